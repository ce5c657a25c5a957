"""The surroundings of a function: environment, table, the other services, the log, the clock."""

import copy
import io
import json
from collections.abc import Callable, Iterator
from copy import replace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
import yaml
from moto import mock_aws
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from functions.serve_pages import asset_files
from infra import bundle
from shared import environment
from shared.adapters import retry_write, signed_http, table_model
from shared.adapters.booking_store import BookingStore
from shared.adapters.event_store import EventStore
from shared.adapters.location_store import LocationStore
from shared.adapters.needed_action_store import NeededActionStore
from shared.config import Config, load_config
from shared.observability import logger
from tests.contract.handlers import hold_functions_to_the_contract
from tests.fake_aws import FakeAws
from tests.moto_tables import query_partitions, share_items
from tests.surroundings.demo_location import DEMO
from tests.surroundings.mailbox import mailbox
from tests.surroundings.morning import morning, now
from tests.surroundings.salon import at_stripe, salon, simulator_beside
from tests.surroundings.stripe_accounts import owners

# Every fixture, for the conftests that take them all.
__all__ = [
    "DEMO",
    "_made_pages",
    "_new_table",
    "_one_fake_aws",
    "at_stripe",
    "aws",
    "clients",
    "cold_start",
    "config",
    "context",
    "events",
    "log",
    "made_pages",
    "mailbox",
    "morning",
    "needed_actions",
    "now",
    "owners",
    "places",
    "salon",
    "simulator_beside",
    "store",
    "table",
]

# Before any test module keeps a handler under a name of its own.
hold_functions_to_the_contract()

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-central-1"
TABLE = "bookings"
ENVIRONMENT = {
    "TABLE_NAME": TABLE,
    "SECRETS_TABLE": "secrets",
    "SECRETS_KEY": "secrets-key",
    "EVENT_BUS_NAME": "bookpay",
    "SIGNING_SECRETS_PATH": "/bookpay/signing-secrets",
    "API_KEYS_PATH": "/bookpay/api-keys",
    "LINK_KEY_ID": "bookpay/link-key",
    "LARGE_EVENTS_BUCKET": "large-events",
    "PUBLIC_URL": "https://pay.example.com/",
    "MAIL_FROM": "bookings@example.com",
    "REPORT_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/report-orders",
    "REPORTS_BUCKET": "reports",
    "USER_POOL_ID": "eu-central-1_pool",
    "USER_POOL_CLIENT_ID": "console-client",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "aws-secret-access-key",
    "AWS_SESSION_TOKEN": "aws-session-token",
}
MEMBERS = {
    "owner": ("demo", ["owner"]),
    "manager": ("demo", ["manager"]),
    "finance": ("demo", ["finance"]),
    "admin": ("*", ["admin"]),
    "other-owner": ("other", ["owner"]),
    "former": ("demo", []),
}


@dataclass
class LambdaContext:
    """What Lambda hands to a handler, as far as the logger looks."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:function"
    aws_request_id: str = "5b0a6e0c-6a4e-4a3e-9a45-0d6a2f5e2a11"


@pytest.fixture
def context() -> LambdaContext:
    return LambdaContext()


def forget_everything() -> None:
    """Become a new execution environment: nothing kept, nothing connected."""
    load_config.cache_clear()
    environment.forget()


@pytest.fixture
def cold_start() -> Callable[[], None]:
    return forget_everything


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """The configuration of the template's variables, and a new execution environment."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "STRIPE_API_BASE", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    forget_everything()
    yield load_config()
    forget_everything()


@pytest.fixture(scope="module")
def _one_fake_aws() -> Iterator[FakeAws]:
    fake = FakeAws()
    yield fake
    fake.close()


@pytest.fixture
def aws(
    _one_fake_aws: FakeAws, config: Config, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeAws]:
    """Secrets, the bus and S3 on loopback; the table of bookings stays with moto."""
    del config
    connections: list[Any] = []
    connect = signed_http._connect

    def remember(url: str) -> Any:
        connections.append(connect(url))
        return connections[-1]

    monkeypatch.setattr(signed_http, "_connect", remember)
    monkeypatch.setattr(signed_http, "_BACK_OFF_S", 0.001)
    monkeypatch.setattr(retry_write, "MOST_S", 0.02)
    _one_fake_aws.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", _one_fake_aws.url)
    forget_everything()
    load_config()
    # What botocore sees from here on is AWS itself, that is: moto.
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    yield _one_fake_aws
    for connection in connections:
        connection.close()


class _Template(yaml.SafeLoader):
    """CloudFormation's short forms are read as what they are written with."""


_Template.add_multi_constructor("!", lambda loader, _tag, node: _written(loader, node))


def _written(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


class TableInMoto:
    """What is in the table, looked at and put back without a call that anybody could count."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def _table(self) -> Any:
        # moto puts another object in its place when it takes a transaction back.
        return get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables[self._name]

    def items(self) -> dict[tuple[str, str], dict[str, str]]:
        """Return every item as its attributes' texts, by its two keys."""
        found = [
            {
                name: next(iter(value.values()))
                for name, value in item.to_json()["Attributes"].items()
            }
            for item in self._table.all_items()
        ]
        return {(item["pk"], item["sk"]): item for item in found}

    def bodies(self, *kinds: str) -> dict[tuple[str, str], Any]:
        """Return the items' bodies, of some kinds or all; versions only count the writes."""
        return {
            key: json.loads(item["body"])
            for key, item in self.items().items()
            if not kinds or key[1] in kinds
        }

    def save(self) -> Any:
        return copy.deepcopy(self._table.items)

    def restore(self, saved: Any) -> None:
        self._table.items = copy.deepcopy(saved)


@pytest.fixture(scope="module", autouse=True)
def clients() -> Iterator[dict[Any, Any]]:
    """Every client that was made, each once: botocore takes a tenth of a second to make one."""
    made: dict[Any, Any] = {}
    # Clients that another module's tests have left open are none of these.
    table_model.model_of.cache_clear()
    create_client = botocore.session.Session.create_client

    def create_once(self: Any, service: str, *wanted: Any, **more: Any) -> Any:
        options = getattr(more.get("config"), "_user_provided_options", None)
        key = (service, str(wanted), more.get("region_name"), str(options))
        if key not in made:
            made[key] = create_client(self, service, *wanted, **more)
        return made[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore.session.Session, "create_client", create_once)
        yield made


@pytest.fixture(scope="session")
def _made_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages") / "made"
    bundle.build(folder)
    return folder


@pytest.fixture
def made_pages(_made_pages: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is made with the package of the pages' function, where the function finds it."""
    monkeypatch.setattr(asset_files, "MADE", _made_pages)
    return _made_pages


@pytest.fixture(scope="module")
def _new_table() -> Iterator[tuple[TableInMoto, Any]]:
    """The table as infra/tables.yaml describes it, in moto."""
    described = yaml.load((ROOT / "infra/tables.yaml").read_text(), _Template)
    made = described["Resources"]["Bookings"]["Properties"]
    wanted = {
        name: made[name]
        for name in ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    }
    with mock_aws(), pytest.MonkeyPatch.context() as kept:
        share_items(kept)
        query_partitions(kept)
        client = boto3.client("dynamodb", region_name=REGION)
        client.create_table(TableName=TABLE, **wanted)
        with pytest.MonkeyPatch.context() as patched:
            for name, value in ENVIRONMENT.items():
                patched.setenv(name, value)
            load_config.cache_clear()
            places = LocationStore(load_config())
        places.save_location(DEMO)
        places.save_location(replace(DEMO, location_id="other", name="Another Salon"))
        for user_id, (location_id, roles) in MEMBERS.items():
            places.put_member(user_id, location_id, roles, f"{user_id}@demo.test")
        table = TableInMoto(TABLE)
        yield table, table.save()


@pytest.fixture
def table(_new_table: tuple[TableInMoto, Any], config: Config) -> TableInMoto:
    """The table with two locations and their staff, and no booking."""
    assert config.table_name == TABLE
    table, no_bookings = _new_table
    table.restore(no_bookings)
    return table


@pytest.fixture
def store(table: TableInMoto, config: Config) -> BookingStore:
    """The store of that table."""
    del table
    return BookingStore(config)


@pytest.fixture
def places(table: TableInMoto, config: Config) -> LocationStore:
    """The locations of that table, and who belongs to them."""
    del table
    return LocationStore(config)


@pytest.fixture
def events(store: BookingStore, config: Config) -> EventStore:
    """What records Stripe's events in that table."""
    del store
    return EventStore(config)


@pytest.fixture
def needed_actions(store: BookingStore, config: Config) -> NeededActionStore:
    """What staff have to look at, in that table."""
    del store
    return NeededActionStore(config)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Everything that is logged."""
    written = io.StringIO()
    for handler in logger._logger.handlers:
        monkeypatch.setattr(handler, "stream", written)
    return written
