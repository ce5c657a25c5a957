"""Locations on the running system: connected, looked over, kept apart, and closed to strangers."""

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.contract import Contract
from tests.stack.people import joined
from tests.stack.running_stack import Stack
from tests.stack.started import FOLDER, ROOT
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack
NEW = {"name": "Studio Vega", "timezone": "Europe/Vienna", "currency": "eur", "country": "AT"}


@pytest.fixture(scope="module")
def admin(stack: Stack) -> httpx.Client:
    return stack.client("admin")


@pytest.fixture(scope="module")
def simulator(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.described["stripe"]["api_base"], timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def account(simulator: httpx.Client) -> dict[str, str]:
    made = simulator.post("/_sim/accounts", json={"country": "AT", "business_name": "Vega"})
    return dict(made.json())


@pytest.fixture(scope="module")
def vega(admin: httpx.Client, account: dict[str, str]) -> str:
    """A second location with an account of its own."""
    location_id = f"vega-{secrets.token_hex(3)}"
    made = admin.post("/v1/locations", json={"location_id": location_id, **NEW})
    assert made.status_code == 201, made.text
    saved = admin.put(settings_of(location_id), json=keys_of(account))
    assert saved.status_code == 200, saved.text
    assert saved.json()["account"]["id"] == account["id"]
    return location_id


def settings_of(location_id: str) -> str:
    return f"/v1/locations/{location_id}/payment-settings"


def keys_of(account: dict[str, str]) -> dict[str, str]:
    return {name: account[name] for name in ("publishable_key", "secret_key")}


def doctor(stack: Stack, location_id: str = "demo", **environment: str) -> tuple[int, str]:
    """Run `make doctor` as somebody at the shell would."""
    del stack
    done = subprocess.run(
        [sys.executable, "-m", "infra.console", "doctor"],
        cwd=ROOT,
        env={
            **os.environ,
            "BOOKPAY_LOCAL_DIR": str(FOLDER),
            "BOOKPAY_LOCATION": location_id,
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_doctor_finds_the_new_stack_all_ok(stack: Stack) -> None:
    code, said = doctor(stack)
    assert code == 0, said
    assert said.rstrip().endswith("demo: ok")
    assert said.count("✓ ok") >= 17, said
    assert "!" not in said


def test_a_second_location_lives_beside_the_first(
    stack: Stack, admin: httpx.Client, simulator: httpx.Client, account: dict[str, str], vega: str
) -> None:
    assert doctor(stack, vega)[0] == 0
    booking = {"amount": 3000, "currency": "eur", "description": "Cut"}
    made = admin.post(f"/v1/locations/{vega}/bookings", json=booking).json()
    opened = httpx.get(made["pay_url"], follow_redirects=False, timeout=40)
    assert opened.status_code == 303
    session = opened.headers["location"].rpartition("/")[2]
    paid = simulator.post(f"/_sim/checkout/{session}/pay", json={"card": "4242424242424242"})
    assert paid.json()["status"] == "succeeded"
    path = f"/v1/locations/{vega}/bookings/{made['booking_id']}"

    def is_paid() -> bool | None:
        return admin.get(path).json()["payment_status"] == "paid" or None

    wait_until(is_paid, "the second location's booking is paid")
    owner = stack.client("demo:owner")
    assert owner.get(path).status_code == 404
    elsewhere = path.replace(vega, "demo")
    assert owner.get(elsewhere).status_code == 404
    taken = owner.put(settings_of("demo"), json=keys_of(account))
    assert (taken.status_code, taken.json()["code"]) == (409, "account_in_use")


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"secret_key": "sk_test_00000000000000wrong"}, "key_refused_by_stripe"),
        ({"secret_key": "sk_live_00000000000000wrong"}, "invalid_keys"),
        ({"secret_key": "sk_test_1 2"}, "invalid_keys"),
        ({"publishable_key": ""}, "invalid_keys"),
    ],
)
def test_bad_keys_change_nothing(stack: Stack, keys: dict[str, str], code: str) -> None:
    owner = stack.client("demo:owner")
    before = owner.get(settings_of("demo")).json()
    good = {name: stack.described["stripe"][name] for name in ("publishable_key", "secret_key")}
    answer = owner.put(settings_of("demo"), json={**good, **keys})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert owner.get(settings_of("demo")).json() == before


def test_a_rolled_secret_and_its_predecessor_both_work(
    stack: Stack, admin: httpx.Client, vega: str, account: dict[str, str]
) -> None:
    table, key = (stack.described["outputs"][name] for name in ("SecretsTable", "SecretsKey"))

    def kept() -> dict[str, Any]:
        place = {"pk": {"S": f"signing#{vega}"}}
        found = stack.aws("dynamodb").get_item(TableName=table, Key=place)["Item"]
        opened = stack.aws("kms").decrypt(
            KeyId=key,
            CiphertextBlob=found["sealed"]["B"],
            EncryptionContext={"location": vega, "purpose": "signing"},
        )
        return dict(json.loads(opened["Plaintext"]))

    old = kept()["secrets"][0]
    rolled = admin.post(f"{settings_of(vega)}/roll-webhook-secret")
    assert rolled.status_code == 200, rolled.text
    assert kept()["secrets"][0] != old
    assert kept()["retiring"][0]["secret"] == old
    again = admin.put(settings_of(vega), json=keys_of(account))
    assert again.json()["webhook_endpoint_id"] == rolled.json()["webhook_endpoint_id"]
    assert doctor(stack, vega)[0] == 0


def test_the_doctor_names_each_fault(
    stack: Stack, admin: httpx.Client, simulator: httpx.Client, vega: str, account: dict[str, str]
) -> None:
    mine = {"account": account["id"]}
    auth = (account["secret_key"], "")

    def said_of(name: str) -> str:
        code, said = doctor(stack, vega)
        [line] = [each for each in said.splitlines() if f" {name}:" in each and "✓" not in each]
        assert code == (1 if "✗" in line else 0)
        return line

    simulator.post("/_sim/account", params=mine, json={"charges_enabled": False})
    assert "charge cards" in said_of("account")
    simulator.post("/_sim/account", params=mine, json={"charges_enabled": True})
    simulator.post("/_sim/account", params=mine, json={"statement_descriptor": None})
    assert "statement descriptor" in said_of("account")
    simulator.post("/_sim/account", params=mine, json={"statement_descriptor": "VEGA"})
    [endpoint] = simulator.get("/v1/webhook_endpoints", auth=auth).json()["data"]
    here = f"/v1/webhook_endpoints/{endpoint['id']}"
    simulator.post(here, auth=auth, data={"disabled": "true"})
    assert "is disabled" in said_of("webhook endpoint")
    simulator.post(here, auth=auth, data={"disabled": "false"})
    dead = stack.described["outputs"]["LatePaymentsDeadQueueUrl"]
    stack.aws("sqs").send_message(QueueUrl=dead, MessageBody="{}")
    name = "dead letters LatePayments"
    assert "1 messages were given up" in said_of(name)
    stack.aws("sqs").purge_queue(QueueUrl=dead)
    sender = "bookings@bookpay.test"
    stack.aws("ses").delete_identity(Identity=sender)
    assert "verified in SES" in said_of("mail")
    stack.aws("ses").verify_email_identity(EmailAddress=sender)
    granted = {
        "accounts": "read",
        "checkout_sessions": "write",
        "payment_intents": "write",
        "setup_intents": "read",
        "charges": "read",
        "disputes": "read",
        "payouts": "read",
        "balance_transactions": "read",
        "events": "read",
        "webhook_endpoints": "write",
    }
    made = simulator.post(
        "/_sim/keys/restrict", json={"account": account["id"], "permissions": granted}
    )
    saved = admin.put(
        settings_of(vega), json={**keys_of(account), "secret_key": made.json()["key"]}
    )
    assert saved.status_code == 200, saved.text

    def is_seen() -> bool | None:
        # Another worker of the function may keep the former key for two minutes.
        return "permission Charges and Refunds: Allow" in doctor(stack, vega)[1] or None

    wait_until(is_seen, "the missing permission is named")
    assert admin.put(settings_of(vega), json=keys_of(account)).status_code == 200


def test_somebody_who_is_invited_works_and_is_removed(
    stack: Stack, admin: httpx.Client, vega: str
) -> None:
    eva = joined(stack, admin, vega, "eva", "manager")
    assert eva.call("GET", f"/{vega}").json()["roles"] == ["manager"]
    assert eva.call("GET", f"/{vega}/payment-settings").status_code == 403
    assert eva.call("GET", "/demo").status_code == 404
    [member] = admin.get(f"/v1/locations/{vega}/members").json()["items"]
    assert (member["email"], member["status"]) == (eva.email, "joined")
    gone = admin.delete(f"/v1/locations/{vega}/members/{member['member_id']}")
    assert gone.status_code == 204
    assert eva.call("GET", f"/{vega}").status_code in (403, 404)
    shown = admin.get(f"/v1/locations/{vega}/audit", params={"limit": 100}).json()["items"]
    assert {"location.created", "payment_settings.saved", "payment_settings.secret_rolled",
            "member.invited", "member.joined", "member.removed"} <= {
                each["what"] for each in shown}  # fmt: skip


def test_a_stranger_without_a_token_reaches_what_is_public_and_nothing_else(
    stack: Stack, vega: str
) -> None:
    """Tried: every address of the API without a token, and with a forged one."""
    staff_addresses = [
        ("GET", "/v1/locations"),
        ("POST", "/v1/locations"),
        ("GET", f"/v1/locations/{vega}"),
        ("GET", settings_of(vega)),
        ("PUT", settings_of(vega)),
        ("GET", f"{settings_of(vega)}/check"),
        ("POST", f"{settings_of(vega)}/roll-webhook-secret"),
        ("GET", f"/v1/locations/{vega}/bookings"),
        ("GET", f"/v1/locations/{vega}/members"),
        ("GET", f"/v1/locations/{vega}/audit"),
        ("DELETE", f"/v1/locations/{vega}/clients/a@b.example"),
        ("GET", "/v1/anything"),
    ]
    forged = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4IiwidG9rZW5fdXNlIjoiaWQifQ."
    with httpx.Client(base_url=stack.api_url, timeout=40) as stranger:
        for method, path in staff_addresses:
            for headers in ({}, {"authorization": f"Bearer {forged}"}):
                answer = stranger.request(method, path, headers=headers)
                assert answer.status_code == 401, (method, path, answer.status_code)
        public = {
            ("GET", "/health"): 200,
            ("GET", f"/public/locations/{vega}"): 200,
            ("GET", "/public/locations/nowhere"): 404,
            ("GET", "/public/bookings/bk_000000000000000000000000?token=x"): 404,
            ("GET", "/pay/unknown"): 404,
            ("POST", f"/webhooks/stripe/{vega}"): 400,
            ("POST", "/webhooks/stripe/nowhere"): 400,
            ("GET", "/"): 404,
        }
        for (method, path), expected in public.items():
            assert stranger.request(method, path).status_code == expected, (method, path)
        shown = stranger.get(f"/public/locations/{vega}").text
    for secret in ("sk_", "rk_", "pk_", "whsec_", "acct_"):
        assert secret not in shown


def test_anybody_gets_the_contract_and_its_page(stack: Stack) -> None:
    anybody = stack.client()
    assert anybody.get("/openapi.json").json() == Contract.load().document
    shown = anybody.get("/docs")
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    [sheet] = re.findall(r'href="(/assets/[^"]+)"', shown.text)
    assert anybody.get(sheet).headers["content-type"] == "text/css; charset=utf-8"
