"""Who somebody is on the running system: not the address that they write into their user."""

import os
import secrets
import subprocess
import sys

import httpx
import pytest

from tests.stack.people import Person, code_of, invite, joined
from tests.stack.running_stack import Stack
from tests.stack.started import FOLDER, ROOT

pytestmark = pytest.mark.stack
NEW = {"name": "Studio Nova", "timezone": "Europe/Vienna", "currency": "eur", "country": "AT"}
DOCTOR_S = 120


@pytest.fixture(scope="module")
def admin(stack: Stack) -> httpx.Client:
    return stack.client("admin")


@pytest.fixture(scope="module")
def nova(admin: httpx.Client) -> str:
    location_id = f"nova-{secrets.token_hex(3)}"
    made = admin.post("/v1/locations", json={"location_id": location_id, **NEW})
    assert made.status_code == 201, made.text
    return location_id


def test_an_address_that_somebody_wrote_into_their_own_user_makes_them_nobody_else(
    stack: Stack, admin: httpx.Client, nova: str
) -> None:
    """A colleague of another business takes the address of a coming owner of this one."""
    attacker = joined(stack, admin, nova, "attacker", "finance")
    assert attacker.call("GET", f"/{nova}").json()["roles"] == ["finance"]
    victim = Person(stack, f"newhire-{secrets.token_hex(3)}@demo.test")
    own_email = attacker.email
    attacker.write_email(victim.email)
    invited = invite(stack.client("demo:owner"), "demo", victim.email, "owner")
    assert invited["user_id"] is None

    attacker.sign_in(victim.email)
    for path in ("", "/members", "/bookings", "/payment-settings"):
        assert attacker.call("GET", f"/demo{path}").status_code == 404
    accomplice = {"email": "accomplice@salon.example", "role": "owner"}
    assert attacker.call("POST", "/demo/members", json=accomplice).status_code == 404
    assert [each["location_id"] for each in attacker.call("GET", "").json()["items"]] == [nova]
    # Even the victim, who alone has the mail, cannot make a member of the attacker's user.
    sent = {"token": victim.token("demo")}
    refused = attacker.call("POST", "/demo/invitation/accept", json=sent)
    assert (refused.status_code, refused.json()["code"]) == (403, "email_differs")
    url = f"{stack.api_url}/public/locations/demo/invitation/accept"
    refused = httpx.post(url, json={**sent, "password": victim.password}, timeout=40)
    assert (refused.status_code, refused.json()["code"]) == (409, "account_exists")

    # In the audit they are who was invited, and out with their next request.
    shown = admin.get(f"/v1/locations/{nova}/audit").json()["items"]
    [entry] = [each for each in shown if each["what"] == "member.joined"]
    assert entry["by"]["email"] == own_email
    member_id = entry["by"]["user_id"]
    assert admin.delete(f"/v1/locations/{nova}/members/{member_id}").status_code == 204
    assert attacker.call("GET", f"/{nova}").status_code in (403, 404)
    with pytest.raises(attacker.cognito.exceptions.NotAuthorizedException):
        attacker.sign_in(victim.email)
    gone = stack.client("demo:owner").delete(f"/v1/locations/demo/members/{invited['member_id']}")
    assert gone.status_code == 204


def test_records_call_somebody_what_they_were_invited_as(
    stack: Stack, admin: httpx.Client, nova: str
) -> None:
    """The name in the token is the user's own to write."""
    owner = joined(stack, admin, nova, "olga", "owner")
    owner.write_email("ceo@headquarters.example")
    owner.sign_in("ceo@headquarters.example")
    assert owner.call("PATCH", f"/{nova}", json={"name": "Studio Nova 2"}).status_code == 200
    shown = owner.call("GET", f"/{nova}/audit").json()["items"]
    [entry] = [each for each in shown if each["what"] == "location.changed"]
    assert entry["by"]["email"] == owner.email


def test_a_second_factor_is_enrolled_and_then_asked_for_everywhere(
    stack: Stack, admin: httpx.Client, nova: str
) -> None:
    owner = joined(stack, admin, nova, "fatima", "owner")
    asked = owner.call("PATCH", f"/{nova}", json={"require_second_factor": True})
    assert asked.json()["require_second_factor"] is True
    refused = owner.call("GET", f"/{nova}/bookings")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_required")

    access = {"AccessToken": owner.tokens["AccessToken"]}
    secret = owner.cognito.associate_software_token(**access)["SecretCode"]
    owner.cognito.verify_software_token(**access, UserCode=code_of(secret))
    enabled = {"Enabled": True, "PreferredMfa": True}
    owner.cognito.set_user_mfa_preference(**access, SoftwareTokenMfaSettings=enabled)
    owner.sign_in(code=code_of(secret))
    assert owner.call("GET", f"/{nova}/bookings").status_code == 200

    done = doctor_of(owner, nova, code_of(secret))
    assert f"{nova}: " in done.stdout.splitlines()[-1], done.stderr
    undone = owner.call("PATCH", f"/{nova}", json={"require_second_factor": False})
    assert undone.status_code == 200


def doctor_of(owner: Person, location_id: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run `make doctor` as somebody at the shell would who has a second factor."""
    environment = {
        **os.environ,
        "BOOKPAY_LOCAL_DIR": str(FOLDER),
        "BOOKPAY_LOCATION": location_id,
        "BOOKPAY_EMAIL": owner.email.upper(),
        "BOOKPAY_PASSWORD": owner.password,
    }
    command = [sys.executable, "-m", "infra.console", "doctor"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, input=f"{code}\n", capture_output=True, text=True,
        timeout=DOCTOR_S, check=False,
    )  # fmt: skip
