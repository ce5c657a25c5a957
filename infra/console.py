"""`make connect` and `make doctor`: a location's connection to Stripe, from the shell.

    python -m infra.console connect    saves the keys and shows the account
    python -m infra.console doctor     looks everything over; exit code 1 where something fails

Keys and passwords come from the environment or are asked for, and are never arguments, which every
user of a machine can read. Without `BOOKPAY_STACK` the stack of this machine is meant, if one runs;
with it, the stack of that name in the AWS account of the shell's credentials.
"""

import getpass
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.settings import read_settings

TIMEOUT_S = 40
MARKS = {"ok": "✓", "warning": "!", "failure": "✗"}
MFA = "SOFTWARE_TOKEN_MFA"


class ConsoleError(Exception):
    """What stops a command, in words for whoever called it."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the API is, and which pool knows its staff; `aws` are options of boto3's clients."""

    api_url: str
    user_pool_id: str
    user_pool_client_id: str
    location_id: str
    staff: Mapping[str, str]
    aws: Mapping[str, str]


def main(arguments: list[str]) -> int:
    """Do what is asked; 1 where the check found a failure, 2 where nothing could be done."""
    commands = {"connect": connect, "doctor": doctor}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"Say one of: {', '.join(commands)}", file=sys.stderr)
        return 2
    try:
        deployment = find_deployment()
        with sign_in(deployment) as api:
            return commands[arguments[0]](api, deployment.location_id)
    except (ConsoleError, httpx.HTTPError, BotoCoreError, ClientError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2


def connect(api: httpx.Client, location_id: str) -> int:
    """Save the keys; every mistake is told with its field."""
    body: dict[str, Any] = {
        "publishable_key": _given("BOOKPAY_PUBLISHABLE_KEY", "Publishable key (pk_...): "),
        "secret_key": _given("BOOKPAY_SECRET_KEY", "Secret or restricted key (sk_..., rk_...): "),
    }
    if secrets := os.environ.get("BOOKPAY_SIGNING_SECRETS"):
        body["webhook_signing_secrets"] = secrets.split(",")
    answer = api.put(f"/v1/locations/{location_id}/payment-settings", json=body)
    found = answer.json()
    if answer.status_code != httpx.codes.OK:
        print(f"Not connected: {found.get('detail') or found.get('message')}", file=sys.stderr)
        for mistake in found.get("errors", []):
            print(f"  {mistake['pointer']} {mistake['detail']}", file=sys.stderr)
        return 1
    account = found["account"]
    print(f"{location_id} is connected in {found['mode']} mode")
    print(f"  account   {account['name']} ({account['id']})")
    print(f"  country   {account['country']}, settles in {account['default_currency']}")
    print(
        f"  charges   {_on(account['charges_enabled'])}, payouts {_on(account['payouts_enabled'])}"
    )
    print(f"  webhook   {found['webhook_url']}")
    for warning in found["warnings"]:
        print(f"  ! {warning['detail']}")
    return 0


def doctor(api: httpx.Client, location_id: str) -> int:
    """Print what the check says, a line each."""
    answer = api.get(f"/v1/locations/{location_id}/payment-settings/check")
    found = answer.json()
    if answer.status_code != httpx.codes.OK:
        raise ConsoleError(str(found.get("detail") or found.get("message")))
    for line in found["lines"]:
        print(f"  {MARKS[line['status']]} {line['status']:8} {line['name']}: {line['detail']}")
    print(f"{location_id}: {found['status']}")
    return 1 if found["status"] == "failure" else 0


def find_deployment() -> Deployment:
    """Return what is meant; raises `ConsoleError`."""
    location_id = os.environ.get("BOOKPAY_LOCATION", "")
    if name := os.environ.get("BOOKPAY_STACK"):
        described = boto3.client("cloudformation").describe_stacks(StackName=name)
        found = described["Stacks"][0].get("Outputs", [])
        outputs = {each["OutputKey"]: each["OutputValue"] for each in found}
        if not location_id:
            raise ConsoleError("BOOKPAY_LOCATION names the location")
        ids = (outputs["UserPoolId"], outputs["UserPoolClientId"])
        return Deployment(outputs["PublicUrl"], *ids, location_id, {}, {})
    file = read_settings().stack_file
    if not file.exists():
        raise ConsoleError("no stack runs here; name one of AWS with BOOKPAY_STACK")
    stack = json.loads(file.read_text())
    aws = stack["aws"]
    return Deployment(
        api_url=stack["api_url"],
        user_pool_id=stack["user_pool_id"],
        user_pool_client_id=stack["user_pool_client_id"],
        location_id=location_id or stack["location_id"],
        staff={each["email"]: each["password"] for each in stack["staff"]},
        aws={
            "endpoint_url": aws["endpoint_url"],
            "region_name": aws["region"],
            "aws_access_key_id": aws["access_key_id"],
            "aws_secret_access_key": aws["secret_access_key"],
        },
    )


def sign_in(deployment: Deployment) -> httpx.Client:
    """Return a client of the API with an owner's token; a second factor is asked for."""
    token = os.environ.get("BOOKPAY_ID_TOKEN") or _token(deployment)
    headers = {"authorization": f"Bearer {token}"}
    return httpx.Client(base_url=deployment.api_url, headers=headers, timeout=TIMEOUT_S)


def _token(deployment: Deployment) -> str:
    seeded = next((each for each in deployment.staff if each.startswith("admin@")), "")
    email = (os.environ.get("BOOKPAY_EMAIL") or seeded or input("E-mail: ")).strip().lower()
    password = deployment.staff.get(email) or _given("BOOKPAY_PASSWORD", "Password: ")
    cognito: Any = boto3.client("cognito-idp", **deployment.aws)  # type: ignore[call-overload]
    pool = {
        "UserPoolId": deployment.user_pool_id,
        "ClientId": deployment.user_pool_client_id,
    }
    # The flow of administrators: it takes the AWS credentials of who deployed this, too.
    answer = cognito.admin_initiate_auth(
        **pool,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    if answer.get("ChallengeName") == MFA:
        code = input("Code of your authenticator: ")
        answer = cognito.admin_respond_to_auth_challenge(
            **pool,
            ChallengeName=MFA,
            Session=answer["Session"],
            ChallengeResponses={
                # The pool's own name for them, not the address they signed in with.
                "USERNAME": answer["ChallengeParameters"].get("USER_ID_FOR_SRP", email),
                "SOFTWARE_TOKEN_MFA_CODE": code.strip(),
            },
        )
    if "AuthenticationResult" not in answer:
        raise ConsoleError(f"sign in at the console first: {answer.get('ChallengeName')}")
    return str(answer["AuthenticationResult"]["IdToken"])


def _given(variable: str, question: str) -> str:
    """Return a secret from the environment, a terminal that hides it, or a line of stdin."""
    value = os.environ.get(variable)
    if value:
        return value
    if sys.stdin.isatty():
        return getpass.getpass(question)
    return sys.stdin.readline()


def _on(enabled: object) -> str:
    return "enabled" if enabled is True else "not enabled"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
