"""Calls that are made without an SDK, answered by moto: where AWS would be, at the connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
import yaml
from moto import mock_aws

from shared.adapters import signed_http
from shared.config import Config
from tests.surroundings.fixtures import REGION, _Template

ROOT = Path(__file__).resolve().parents[2]


class MotoConnection:
    """What `http.client` has of a connection, with moto behind it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._answer = requests.Response()

    def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        self._answer = requests.request(
            method, self._url + path, data=body, headers=headers, timeout=5
        )

    def getresponse(self) -> Any:
        return self

    @property
    def status(self) -> int:
        return self._answer.status_code

    length = 0

    def read(self, _limit: int) -> bytes:
        return self._answer.content

    def close(self) -> None:
        self._answer.close()


@contextmanager
def secrets_in_moto(config: Config, patched: pytest.MonkeyPatch) -> Iterator[Config]:
    """Make the table of secrets as infra/tables.yaml has it, and a key of KMS for it."""
    described = yaml.load((ROOT / "infra/tables.yaml").read_text(), _Template)
    made = described["Resources"]["Secrets"]["Properties"]
    wanted = {name: made[name] for name in ("BillingMode", "AttributeDefinitions", "KeySchema")}
    patched.setattr(signed_http, "_connect", MotoConnection)
    patched.setattr(signed_http, "_BACK_OFF_S", 0.001)
    with mock_aws():
        boto3.client("dynamodb", region_name=REGION).create_table(TableName="secrets", **wanted)
        key = boto3.client("kms", region_name=REGION).create_key()["KeyMetadata"]["Arn"]
        assert urlsplit(config.aws.endpoint_url).netloc == ""
        yield replace(config, secrets_table="secrets", secrets_key=key)
