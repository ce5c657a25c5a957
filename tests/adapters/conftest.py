"""An adapter's surroundings: a configuration, its table in moto, the other services on loopback."""

from collections.abc import Iterator
from copy import replace
from pathlib import Path

import boto3
import pytest
import yaml
from moto import mock_aws

from shared.adapters import signed_http
from shared.config import AwsAccess, Config
from tests.fake_aws import FakeAws
from tests.moto_tables import query_partitions, share_items
from tests.surroundings.fixtures import TableInMoto, _Template

ROOT = Path(__file__).resolve().parents[2]
REGION, TABLE = "eu-central-1", "adapters"


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Config:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-secret-access-key")
    monkeypatch.setattr(signed_http, "_BACK_OFF_S", 0.001)
    return Config(
        table_name=TABLE,
        secrets_table="secrets",
        secrets_key="secrets-key",
        event_bus_name="bookpay",
        signing_secrets_path="/secrets",
        api_keys_path="/keys",
        link_key_id="link-key",
        large_events_bucket="large-events",
        public_url="https://pay.example.com",
        aws=AwsAccess(REGION, "AKIDEXAMPLE", "s", "", ""),
    )


@pytest.fixture
def aws(config: Config) -> Iterator[FakeAws]:
    del config
    fake = FakeAws()
    yield fake
    fake.close()


@pytest.fixture
def at_fake_aws(config: Config, aws: FakeAws) -> Config:
    """The configuration with every service but DynamoDB on loopback."""
    return replace(config, aws=replace(config.aws, endpoint_url=aws.url))


@pytest.fixture
def table(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[TableInMoto]:
    """The table as infra/tables.yaml describes it, in moto and empty."""
    share_items(monkeypatch)
    query_partitions(monkeypatch)
    described = yaml.load((ROOT / "infra/tables.yaml").read_text(), _Template)
    made = described["Resources"]["Bookings"]["Properties"]
    wanted = {
        name: made[name]
        for name in ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    }
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        client.create_table(TableName=config.table_name, **wanted)
        yield TableInMoto(config.table_name)
        client.delete_table(TableName=config.table_name)
