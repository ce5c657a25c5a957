"""Keys and secrets are items that KMS alone can open, held to moto's DynamoDB and KMS."""

import base64
import json
import uuid
from collections.abc import Iterator
from copy import replace
from typing import Any

import boto3
import pytest

from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.secrets_table import API, MAX_BYTES, SIGNING, SecretsTable
from shared.adapters.signed_http import SignedHttp
from shared.adapters.signing_secrets import SigningSecretStore
from shared.config import Config
from shared.domain.errors import (
    AwsGone,
    AwsInvalid,
    AwsRefused,
    AwsTooLarge,
    WriteConflict,
)
from shared.domain.locations.api_keys import ApiKeys
from tests.adapters.conftest import REGION
from tests.surroundings.moto_wire import secrets_in_moto

VALUE = {"mode": "test", "secrets": ["whsec_1", "whsec_2"]}
FORMER = "/bookpay/signing-secrets"


@pytest.fixture
def sealed(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    with secrets_in_moto(config, monkeypatch) as found:
        yield found


@pytest.fixture
def table(sealed: Config) -> SecretsTable:
    return SecretsTable(sealed, SIGNING, FORMER)


def items() -> list[dict[str, Any]]:
    found = boto3.client("dynamodb", region_name=REGION).scan(TableName="secrets")
    return list(found["Items"])


def parameter(name: str, value: str) -> None:
    boto3.client("ssm", region_name=REGION).put_parameter(
        Name=name, Value=value, Type="SecureString"
    )


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that each call of a service adds its operation to."""
    seen: list[str] = []
    call = SignedHttp.call

    def watched(self: SignedHttp, target: str, payload: Any) -> dict[str, Any]:
        seen.append(target.partition(".")[2])
        return call(self, target, payload)

    monkeypatch.setattr(SignedHttp, "call", watched)
    return seen


# ------------------------------------------------------------------ written and read


def test_what_was_written_is_read_with_its_version(table: SecretsTable) -> None:
    assert table.get("demo") is None
    table.put("demo", VALUE, 0)
    table.put("demo", {**VALUE, "mode": "live"}, 1)
    found = table.get("demo")
    assert found
    assert (found.value, found.version) == ({**VALUE, "mode": "live"}, 2)


def test_nothing_of_a_secret_is_in_the_table_in_clear(table: SecretsTable) -> None:
    table.put("demo", VALUE, 0)
    [item] = items()
    assert item.keys() == {"pk", "version", "sealed"}
    assert item["pk"] == {"S": "signing#demo"}
    assert b"whsec" not in item["sealed"]["B"]
    assert "whsec" not in repr(table.get("demo"))


def test_each_location_and_purpose_has_an_item_of_its_own(
    sealed: Config, table: SecretsTable
) -> None:
    table.put("demo", VALUE, 0)
    table.put("other", {"mode": "live", "secrets": []}, 0)
    SecretsTable(sealed, API, "").put("demo", {"secret_key": "sk_test_1"}, 0)
    assert {each["pk"]["S"] for each in items()} == {"signing#demo", "signing#other", "api#demo"}


def test_the_same_is_sealed_in_another_way_each_time(table: SecretsTable) -> None:
    table.put("demo", VALUE, 0)
    first = table.read_sealed("demo")
    table.put("demo", VALUE, 1)
    second = table.read_sealed("demo")
    assert first
    assert second
    assert first[1] != second[1]


# ------------------------------------------------------------------ the encryption context


@pytest.mark.parametrize(
    ("of", "put_as"),
    [
        ((SIGNING, "demo"), (SIGNING, "other")),
        ((SIGNING, "demo"), (API, "demo")),
        ((API, "demo"), (SIGNING, "demo")),
    ],
    ids=["another location's", "a signing secret as an API key", "an API key as a signing secret"],
)
def test_what_was_moved_to_another_item_cannot_be_opened(
    sealed: Config, of: tuple[str, str], put_as: tuple[str, str]
) -> None:
    SecretsTable(sealed, of[0], "").put(of[1], VALUE, 0)
    [item] = items()
    moved = {**item, "pk": {"S": f"{put_as[0]}#{put_as[1]}"}}
    boto3.client("dynamodb", region_name=REGION).put_item(TableName="secrets", Item=moved)
    with pytest.raises(AwsRefused) as told:
        SecretsTable(sealed, put_as[0], "").get(put_as[1])
    assert told.value.code == "InvalidCiphertextException"


def test_kms_is_told_location_and_purpose_and_nothing_else(
    table: SecretsTable, sealed: Config
) -> None:
    table.put("demo", VALUE, 0)
    stored = table.read_sealed("demo")
    assert stored
    opened = boto3.client("kms", region_name=REGION).decrypt(
        KeyId=sealed.secrets_key,
        CiphertextBlob=base64.b64decode(stored[1]),
        EncryptionContext={"location": "demo", "purpose": "signing"},
    )
    assert json.loads(opened["Plaintext"]) == VALUE


# ------------------------------------------------------------------ two who write


@pytest.mark.parametrize("version", [0, 2])
def test_who_read_another_version_writes_nothing(table: SecretsTable, version: int) -> None:
    table.put("demo", VALUE, 0)
    with pytest.raises(WriteConflict):
        table.put("demo", {**VALUE, "mode": "live"}, version)
    found = table.get("demo")
    assert found
    assert (found.value, found.version) == (VALUE, 1)


def test_a_write_whose_answer_was_lost_finds_its_own_item(
    table: SecretsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = SignedHttp._exchange
    lost: list[tuple[int, bytes]] = []

    def lose_the_first(self: SignedHttp, method: str, path: str, headers: Any, body: bytes) -> Any:
        answer = exchange(self, method, path, headers, body)
        if headers["x-amz-target"].endswith("PutItem") and not lost:
            lost.append(answer)
            raise ConnectionResetError
        return answer

    monkeypatch.setattr(SignedHttp, "_exchange", lose_the_first)
    table.put("demo", VALUE, 0)
    found = table.get("demo")
    assert lost
    assert found
    assert (found.value, found.version) == (VALUE, 1)


def test_keys_and_secrets_are_written_on_the_version_that_was_read(sealed: Config) -> None:
    keys, secrets = ApiKeyStore(sealed), SigningSecretStore(sealed)
    pair = ApiKeys("pk_test_1", "sk_test_1", "test")
    assert keys.get_stored("demo").version == secrets.get_lasting("demo").version == 0
    keys.put("demo", pair, "acct_1", version=0)
    secrets.put("demo", "test", ["whsec_1"], "we_1", version=0)
    assert keys.get_stored("demo").version == secrets.get_lasting("demo").version == 1
    with pytest.raises(WriteConflict):
        keys.put("demo", replace(pair, secret_key="sk_test_2"), "acct_1", version=0)
    with pytest.raises(WriteConflict):
        secrets.put("demo", "test", ["whsec_2"], version=0)
    assert keys.secret_key("demo") == "sk_test_1"
    assert secrets.get("demo").secrets == ("whsec_1",)


# ------------------------------------------------------------------ limits and faults


def test_what_kms_does_not_encrypt_in_one_call_is_refused(table: SecretsTable) -> None:
    with pytest.raises(AwsTooLarge) as told:
        table.put("demo", {"secrets": ["s" * MAX_BYTES]}, 0)
    assert "sss" not in str(told.value)
    assert items() == []


@pytest.mark.parametrize("written", ["no JSON", "[]", '"whsec_1"'])
def test_what_is_no_object_is_nobodys_secret(
    sealed: Config, table: SecretsTable, written: str
) -> None:
    blob = boto3.client("kms", region_name=REGION).encrypt(
        KeyId=sealed.secrets_key,
        Plaintext=written.encode(),
        EncryptionContext={"location": "demo", "purpose": "signing"},
    )["CiphertextBlob"]
    item = {"pk": {"S": "signing#demo"}, "version": {"N": "1"}, "sealed": {"B": blob}}
    boto3.client("dynamodb", region_name=REGION).put_item(TableName="secrets", Item=item)
    if written == "no JSON":
        with pytest.raises(AwsInvalid) as told:
            table.get("demo")
        assert "JSON" not in repr(told.value.__cause__)
    else:
        found = table.get("demo")
        assert found
        assert found.value == {}


def test_an_item_that_is_not_as_written_is_refused(table: SecretsTable) -> None:
    boto3.client("dynamodb", region_name=REGION).put_item(
        TableName="secrets", Item={"pk": {"S": "signing#demo"}}
    )
    with pytest.raises(AwsInvalid):
        table.get("demo")


def test_without_its_key_nothing_is_read_or_written(sealed: Config, table: SecretsTable) -> None:
    table.put("demo", VALUE, 0)
    gone = SecretsTable(replace(sealed, secrets_key=str(uuid.uuid4())), SIGNING, FORMER)
    with pytest.raises(AwsGone):
        gone.get("demo")
    with pytest.raises(AwsGone):
        gone.put("demo", VALUE, 1)


# ------------------------------------------------------------------ what an earlier release left


def test_what_is_still_a_parameter_is_read_there(sealed: Config) -> None:
    parameter(f"{sealed.signing_secrets_path}/demo", json.dumps(VALUE))
    parameter(f"{sealed.api_keys_path}/demo", '{"secret_key": "sk_test_1"}')
    assert SigningSecretStore(sealed).get("demo").secrets == ("whsec_1", "whsec_2")
    assert ApiKeyStore(sealed).secret_key("demo") == "sk_test_1"


def test_the_table_is_right_where_a_parameter_says_something_else(sealed: Config) -> None:
    parameter(f"{sealed.signing_secrets_path}/demo", json.dumps(VALUE))
    store = SigningSecretStore(sealed)
    assert store.get_lasting("demo").version == 0
    store.put("demo", "live", ["whsec_new"], version=0)
    assert store.get("demo").secrets == ("whsec_new",)


def test_what_is_in_the_table_costs_no_look_at_parameters(
    table: SecretsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.put("demo", VALUE, 0)
    seen = counted(monkeypatch)
    first = table.get("demo")
    assert table.get("demo", first) == first
    assert seen == ["GetItem", "Decrypt", "GetItem"]
    table.get("nobody")
    assert seen[3:] == ["GetItem", "GetParameter"]
