"""Keys and secrets on the running system: sealed, opened by whom they are for, moved from SSM."""

import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from tests.stack.running_stack import Stack
from tests.stack.started import FOLDER, ROOT
from tests.stack.stripe_sender import StripeSender, charge_succeeded

pytestmark = pytest.mark.stack
WRONG_CONTEXT = "InvalidCiphertextException"
DENIED = "AccessDeniedException"

type AsRole = Callable[[str], Callable[[str], Any]]


@pytest.fixture(scope="module")
def as_role(stack: Stack) -> Iterator[AsRole]:
    """Make clients that may do what a function's role may: by its policy, as it was deployed.

    The emulator lets Lambda alone take up the role itself.
    """
    iam, made = stack.aws("iam"), list[tuple[str, str]]()
    pages = stack.aws("lambda").get_paginator("list_functions").paginate()
    functions = [each for page in pages for each in page["Functions"]]

    def clients_of(function: str) -> Callable[[str], Any]:
        handler = f"functions.{function}.handler.handler"
        [role] = {
            each["Role"].rpartition("/")[2] for each in functions if each["Handler"] == handler
        }
        policy = iam.get_role_policy(RoleName=role, PolicyName="own")["PolicyDocument"]
        user = f"as-{function}-{secrets.token_hex(3)}"
        iam.create_user(UserName=user)
        iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        made.append((user, key["AccessKeyId"]))
        aws = stack.described["aws"]
        return lambda service: boto3.client(  # type: ignore[call-overload]  # any service's
            service,
            endpoint_url=aws["endpoint_url"],
            region_name=aws["region"],
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    yield clients_of
    for user, key_id in made:
        iam.delete_access_key(UserName=user, AccessKeyId=key_id)
        iam.delete_user_policy(UserName=user, PolicyName="own")
        iam.delete_user(UserName=user)


def table_of(stack: Stack) -> str:
    return str(stack.described["outputs"]["SecretsTable"])


def read(dynamodb: Any, stack: Stack, key: str) -> bytes:
    """Return an item's ciphertext."""
    found = dynamodb.get_item(TableName=table_of(stack), Key={"pk": {"S": key}})
    return bytes(found["Item"]["sealed"]["B"])


def opened(kms: Any, stack: Stack, sealed: bytes, location: str, purpose: str) -> dict[str, Any]:
    plain = kms.decrypt(
        KeyId=stack.described["outputs"]["SecretsKey"],
        CiphertextBlob=sealed,
        EncryptionContext={"location": location, "purpose": purpose},
    )["Plaintext"]
    return dict(json.loads(plain))


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as told:
        call()
    return str(told.value.response["Error"]["Code"])


def test_what_is_kept_is_sealed(stack: Stack) -> None:
    pages = stack.aws("dynamodb").get_paginator("scan").paginate(TableName=table_of(stack))
    items = [item for page in pages for item in page["Items"]]
    assert {"api#demo", "signing#demo"} <= {item["pk"]["S"] for item in items}
    for item in items:
        assert item.keys() == {"pk", "version", "sealed"}
        for plain in (b"whsec", b"sk_test", b"pk_test"):
            assert plain not in item["sealed"]["B"]
            assert plain not in base64.b64encode(item["sealed"]["B"])


def test_the_webhooks_role_opens_signing_secrets_and_nothing_else(
    stack: Stack, as_role: AsRole
) -> None:
    client = as_role("receive_stripe_webhook")
    dynamodb, kms = client("dynamodb"), client("kms")
    sealed = read(dynamodb, stack, "signing#demo")
    kept = opened(kms, stack, sealed, "demo", "signing")
    assert stack.described["webhook_secret"] in kept["secrets"]
    assert refusal(lambda: read(dynamodb, stack, "api#demo")) == DENIED
    # Even with the item in its hands.
    keys = read(stack.aws("dynamodb"), stack, "api#demo")
    assert refusal(lambda: opened(kms, stack, keys, "demo", "api")) == DENIED
    assert refusal(lambda: opened(kms, stack, keys, "demo", "signing")) == WRONG_CONTEXT
    assert refusal(lambda: opened(kms, stack, sealed, "other", "signing")) == WRONG_CONTEXT
    no_context = {"KeyId": stack.described["outputs"]["SecretsKey"], "CiphertextBlob": sealed}
    assert refusal(lambda: kms.decrypt(**no_context)) == DENIED
    item = {"pk": {"S": "signing#demo"}, "version": {"N": "9"}, "sealed": {"B": sealed}}
    assert refusal(lambda: dynamodb.put_item(TableName=table_of(stack), Item=item)) == DENIED
    bookings = {"TableName": stack.described["outputs"]["BookingsTable"]}
    place = {"pk": {"S": "demo#location"}, "sk": {"S": "location"}}
    assert refusal(lambda: dynamodb.get_item(**bookings, Key=place)) == DENIED
    assert refusal(lambda: dynamodb.scan(TableName=table_of(stack))) == DENIED


def test_who_refunds_opens_api_keys_and_no_signing_secret(stack: Stack, as_role: AsRole) -> None:
    client = as_role("refund_payment")
    dynamodb, kms = client("dynamodb"), client("kms")
    keys = opened(kms, stack, read(dynamodb, stack, "api#demo"), "demo", "api")
    assert keys["secret_key"] == stack.described["stripe"]["secret_key"]
    assert refusal(lambda: read(dynamodb, stack, "signing#demo")) == DENIED
    sealed = read(stack.aws("dynamodb"), stack, "signing#demo")
    assert refusal(lambda: opened(kms, stack, sealed, "demo", "signing")) == DENIED


@pytest.mark.parametrize("function", ["serve_staff_api", "record_stripe_event"])
def test_who_needs_no_secret_opens_none(stack: Stack, as_role: AsRole, function: str) -> None:
    client = as_role(function)
    for purpose in ("api", "signing"):
        key = f"{purpose}#demo"
        assert refusal(lambda: read(client("dynamodb"), stack, key)) == DENIED  # noqa: B023
        sealed = read(stack.aws("dynamodb"), stack, key)
        assert (
            refusal(lambda: opened(client("kms"), stack, sealed, "demo", purpose))  # noqa: B023
            == DENIED
        )


# ------------------------------------------------------------------ an earlier release's


def move_secrets(**asked: str) -> str:
    """Run `make move-secrets` as an operator would, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.move_secrets"],
        cwd=ROOT,
        env={**os.environ, "BOOKPAY_LOCAL_DIR": str(FOLDER), **asked},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_webhooks_and_payments_go_on_before_during_and_after_the_move(stack: Stack) -> None:
    """Each step with a location that no function has in memory."""
    admin = stack.client("admin")
    with httpx.Client(base_url=stack.described["stripe"]["api_base"], timeout=20) as simulator:
        places = [connected(stack, admin, simulator) for _ in range(4)]
    assert " left" in move_secrets(BACK="yes")
    assert sealed_keys(stack) == set()
    expect_work(stack, admin, *places[0])
    assert "0 left" in move_secrets()
    expect_work(stack, admin, *places[1])
    assert "0 left" in move_secrets(DELETE="yes")
    paths = [stack.described["outputs"][name] for name in ("ApiKeysPath", "SigningSecretsPath")]
    ssm = stack.aws("ssm")
    assert not any(ssm.get_parameters_by_path(Path=path)["Parameters"] for path in paths)
    expect_work(stack, admin, *places[2])
    assert move_secrets(BACK="yes")
    assert move_secrets()
    assert move_secrets(DELETE="yes")
    expect_work(stack, admin, *places[3])


def connected(stack: Stack, admin: httpx.Client, simulator: httpx.Client) -> tuple[str, str]:
    """Make a location with an account of its own; return its id and its signing secret."""
    account = simulator.post("/_sim/accounts", json={"country": "AT"}).json()
    location_id = f"moved-{secrets.token_hex(3)}"
    about = {"name": "Moved", "timezone": "Europe/Vienna", "currency": "eur", "country": "AT"}
    made = admin.post("/v1/locations", json={"location_id": location_id, **about})
    assert made.status_code == 201, made.text
    keys = {name: account[name] for name in ("publishable_key", "secret_key")}
    saved = admin.put(f"/v1/locations/{location_id}/payment-settings", json=keys)
    assert saved.status_code == 200, saved.text
    sealed = read(stack.aws("dynamodb"), stack, f"signing#{location_id}")
    kept = opened(stack.aws("kms"), stack, sealed, location_id, "signing")
    return location_id, str(kept["secrets"][0])


def expect_work(stack: Stack, admin: httpx.Client, location_id: str, secret: str) -> None:
    """Expect that a webhook is accepted, a forged one refused, and a payment opened."""
    with httpx.Client(base_url=stack.api_url, timeout=40) as http:
        sender = StripeSender(http, location_id, secret)
        event = charge_succeeded("bk_unknown", 100)
        assert sender.send(event).status_code == 200
        assert sender.send(event, secret="whsec_guess").status_code == 400
    booking = {"amount": 3000, "currency": "eur", "description": "Cut"}
    made = admin.post(f"/v1/locations/{location_id}/bookings", json=booking).json()
    assert httpx.get(made["pay_url"], follow_redirects=False, timeout=40).status_code == 303


def sealed_keys(stack: Stack) -> set[str]:
    pages = stack.aws("dynamodb").get_paginator("scan").paginate(TableName=table_of(stack))
    return {item["pk"]["S"] for page in pages for item in page["Items"]}
