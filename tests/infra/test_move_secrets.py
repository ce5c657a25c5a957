"""Keys and secrets of an earlier release go to their table, and back, on AWS's services in moto."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra import doctor, move_secrets
from infra.deployment import Deployment
from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.secrets_table import SecretsTable
from shared.adapters.signing_secrets import SigningSecretStore
from shared.config import AwsAccess, Config
from shared.domain.errors import AwsRefused
from shared.domain.locations.api_keys import ApiKeys
from shared.domain.locations.connection_check import FAILURE, OK, WARNING
from tests.surroundings.moto_wire import secrets_in_moto

REGION = "eu-central-1"
KEYS, SECRETS = "/bookpay/api-keys", "/bookpay/signing-secrets"
PLACES = tuple(f"salon-{number:02}" for number in range(12))


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """What the functions are told, with nothing in the table yet."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "DELETE", "BACK"):
        monkeypatch.delenv(name, raising=False)
    access = AwsAccess(REGION, "testing", "testing", "", "")
    wanted = Config(access, signing_secrets_path=SECRETS, api_keys_path=KEYS)
    with mock_aws(), secrets_in_moto(wanted, monkeypatch) as found:
        yield found


@pytest.fixture
def deployment(config: Config, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    outputs = {
        "BookingsTable": "bookings",
        "SecretsTable": config.secrets_table,
        "SecretsKey": config.secrets_key,
        "ApiKeysPath": KEYS,
        "SigningSecretsPath": SECRETS,
    }
    made = Deployment("https://api.example", outputs, "", {}, {"region_name": REGION})
    monkeypatch.setattr(move_secrets, "find_deployment", lambda: made)
    return made


@pytest.fixture
def connected(deployment: Deployment) -> tuple[str, ...]:
    """Locations as release 1.0 has left them, more than one page of them."""
    for place in PLACES:
        put(f"{KEYS}/{place}", json.dumps(key_of(place)))
        put(f"{SECRETS}/{place}", json.dumps(secret_of(place)))
    put("/bookpay-test/api-keys/other", "another stack's")
    assert deployment
    return PLACES


def key_of(place: str) -> dict[str, Any]:
    return {
        "publishable_key": f"pk_test_{place}",
        "secret_key": f"sk_test_{place}",
        "account_id": f"acct_{place}",
    }


def secret_of(place: str) -> dict[str, Any]:
    retiring = [{"secret": f"whsec_old_{place}", "until_s": 4_000_000_000}]
    return {
        "mode": "test",
        "secrets": [f"whsec_{place}"],
        "endpoint_id": f"we_{place}",
        "retiring": retiring,
    }


def put(name: str, value: str) -> None:
    boto3.client("ssm", region_name=REGION).put_parameter(
        Name=name, Value=value, Type="SecureString", Overwrite=True
    )


def parameters() -> dict[str, str]:
    pages = boto3.client("ssm", region_name=REGION).get_paginator("get_parameters_by_path")
    found = pages.paginate(Path="/bookpay", Recursive=True, WithDecryption=True)
    return {each["Name"]: each["Value"] for page in found for each in page["Parameters"]}


def items() -> dict[str, int]:
    found = boto3.client("dynamodb", region_name=REGION).scan(TableName="secrets")["Items"]
    return {each["pk"]["S"]: int(each["version"]["N"]) for each in found}


def run(monkeypatch: pytest.MonkeyPatch, **asked: str) -> int:
    with monkeypatch.context() as patched:
        for name, value in asked.items():
            patched.setenv(name, value)
        return move_secrets.main()


def expect_all_work(config: Config) -> None:
    """What the functions find, wherever it is."""
    keys, secrets = ApiKeyStore(config), SigningSecretStore(config)
    for place in PLACES:
        assert keys.secret_key(place, mode="test", account_id=f"acct_{place}") == f"sk_test_{place}"
        assert secrets.get(place).secrets == (f"whsec_{place}", f"whsec_old_{place}")
        assert secrets.get(place).endpoint_id == f"we_{place}"


def test_all_are_moved_deleted_and_work_at_every_step(
    config: Config,
    connected: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    expect_all_work(config)
    assert run(monkeypatch) == 0
    assert "24 moved, 0 there already, 0 newer in the table, 0 left" in capsys.readouterr().out
    assert items() == {
        f"{purpose}#{place}": 1 for place in connected for purpose in ("api", "signing")
    }
    assert len(parameters()) == 24, "they stay until somebody says so"
    expect_all_work(config)
    assert run(monkeypatch, DELETE="yes") == 0
    assert "24 deleted, 0 left" in capsys.readouterr().out
    assert parameters() == {}
    expect_all_work(config)
    said = capsys.readouterr()
    assert "sk_test" not in said.out + said.err
    assert "whsec" not in said.out + said.err


def test_another_stacks_parameters_are_nobodys_business(
    connected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connected
    assert run(monkeypatch) == run(monkeypatch, DELETE="yes") == 0
    other = boto3.client("ssm", region_name=REGION).get_parameter(
        Name="/bookpay-test/api-keys/other"
    )
    assert other["Parameter"]["Name"]
    assert "api#other" not in items()


def test_it_can_be_repeated(
    connected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert connected
    assert run(monkeypatch) == run(monkeypatch) == 0
    assert "0 moved, 24 there already, 0 newer" in capsys.readouterr().out
    assert set(items().values()) == {1}, "and nothing is written again"
    assert run(monkeypatch, DELETE="yes") == run(monkeypatch, DELETE="yes") == 0
    assert run(monkeypatch) == 0


def test_what_an_owner_has_saved_since_the_deployment_stays(
    config: Config, connected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connected
    keys = ApiKeyStore(config)
    stored = keys.get_stored("salon-00")
    new = ApiKeys("pk_test_new", "sk_test_new", "test")
    keys.put("salon-00", new, "acct_new", version=stored.version)
    assert run(monkeypatch) == run(monkeypatch, DELETE="yes") == 0
    assert ApiKeyStore(config).secret_key("salon-00") == "sk_test_new"


def test_an_owner_who_saves_at_the_same_moment_wins(
    config: Config, connected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connected
    write = SecretsTable.put

    def first_the_owner(self: SecretsTable, location_id: str, value: Any, version: int) -> None:
        if location_id == "salon-03":
            write(self, location_id, {**value, "mode": "live"}, 0)
        write(self, location_id, value, version)

    with monkeypatch.context() as patched:
        patched.setattr(SecretsTable, "put", first_the_owner)
        assert run(monkeypatch) == 0
    assert SigningSecretStore(config).get("salon-03").mode == "live"


def test_nothing_is_deleted_that_was_not_moved(
    config: Config,
    connected: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert connected
    assert run(monkeypatch) == 0
    put(f"{SECRETS}/salon-late", json.dumps(secret_of("salon-late")))
    assert run(monkeypatch, DELETE="yes") == 1
    assert list(parameters()) == [f"{SECRETS}/salon-late"]
    assert "salon-late is not in the table: make move-secrets" in capsys.readouterr().out
    assert SigningSecretStore(config).get("salon-late").secrets
    assert run(monkeypatch) == run(monkeypatch, DELETE="yes") == 0
    assert parameters() == {}


def test_nothing_is_deleted_that_cannot_be_opened(
    deployment: Deployment, connected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connected
    assert run(monkeypatch) == 0
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    key = {"pk": {"S": "signing#salon-00"}}
    item = dynamodb.get_item(TableName="secrets", Key=key)["Item"]
    dynamodb.put_item(TableName="secrets", Item={**item, "pk": {"S": "signing#salon-01"}})
    with pytest.raises(AwsRefused):
        move_secrets.delete(deployment)
    assert run(monkeypatch, DELETE="yes") == 2
    assert len(parameters()) == 24


def test_a_parameter_that_holds_no_json_is_named_and_left(
    connected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert connected
    put(f"{SECRETS}/salon-odd", "whsec_odd")
    assert run(monkeypatch) == 1
    said = capsys.readouterr().out
    assert f"{SECRETS}/salon-odd holds no JSON" in said
    assert "whsec_odd" not in said
    assert "24 moved, 0 there already, 0 newer in the table, 1 left" in said
    assert run(monkeypatch, DELETE="yes") == 1
    assert list(parameters()) == [f"{SECRETS}/salon-odd"]


def test_before_an_earlier_release_comes_back_the_items_become_parameters_again(
    config: Config, connected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = parameters()
    assert run(monkeypatch) == run(monkeypatch, DELETE="yes") == 0
    secrets = SigningSecretStore(config)
    secrets.put("salon-new", "test", ["whsec_new"], version=0)
    assert run(monkeypatch, BACK="yes") == 0
    found = parameters()
    assert found.pop(f"{SECRETS}/salon-new") == '{"mode": "test", "secrets": ["whsec_new"]}'
    assert {name: json.loads(value) for name, value in found.items()} == {
        name: json.loads(value) for name, value in written.items()
    }
    assert items() == {}, "one truth at a time: what that release writes is read by this one"
    expect_all_work(config)
    put(f"{KEYS}/salon-00", json.dumps({**key_of("salon-00"), "secret_key": "sk_test_later"}))
    assert ApiKeyStore(config).secret_key("salon-00") == "sk_test_later"
    assert run(monkeypatch, BACK="yes") == 0
    assert run(monkeypatch) == 0
    assert ApiKeyStore(config).secret_key("salon-00") == "sk_test_later"
    assert len(connected) == 12


@pytest.mark.parametrize(
    "asked", [{"DELETE": "no"}, {"BACK": "true"}, {"DELETE": "yes", "BACK": "yes"}]
)
def test_what_is_asked_wrongly_does_nothing(
    connected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, asked: dict[str, str]
) -> None:
    assert connected
    assert run(monkeypatch, **asked) == 2
    assert (len(parameters()), items()) == (24, {})


def test_a_stack_of_an_earlier_release_is_told_to_be_deployed_first(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = {name: deployment.outputs[name] for name in ("ApiKeysPath", "SigningSecretsPath")}
    former = Deployment("https://api.example", outputs, "", {}, deployment.aws)
    monkeypatch.setattr(move_secrets, "find_deployment", lambda: former)
    assert run(monkeypatch) == 2
    assert "make deploy comes first" in capsys.readouterr().err


def test_the_doctor_tells_of_what_was_not_moved_and_of_a_key_that_opens_nothing(
    deployment: Deployment, connected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> tuple[str, str]:
        [line] = doctor.secret_lines(deployment)
        return line.status, line.detail

    assert connected
    status, detail = told()
    assert (status, "make move-secrets" in detail) == (WARNING, True)
    assert run(monkeypatch) == run(monkeypatch, DELETE="yes") == 0
    assert told()[0] == OK
    kms = boto3.client("kms", region_name=REGION)
    key_id = deployment.outputs["SecretsKey"].rpartition("/")[2]
    kms.disable_key(KeyId=key_id)
    status, detail = told()
    assert (status, "enable the key" in detail) == (FAILURE, True)
    kms.schedule_key_deletion(KeyId=key_id)
    status, detail = told()
    assert (status, "about to be deleted" in detail) == (FAILURE, True)
