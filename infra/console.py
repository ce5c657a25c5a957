"""`make connect` and `make doctor`: a location's connection to Stripe, from the shell.

    python -m infra.console connect    saves the keys and shows the account
    python -m infra.console doctor     looks everything over; exit code 1 where something fails

Keys and passwords come from the environment or are asked for, and are never arguments, which every
user of a machine can read. Which deployment is meant is said in `infra.deployment`.
"""

import getpass
import os
import sys
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import CommandError, Deployment, find_deployment
from infra.doctor import deployment_lines
from shared.domain.locations.connection_check import FAILURE, worst

TIMEOUT_S = 40
MARKS = {"ok": "✓", "warning": "!", "failure": "✗"}
MFA = "SOFTWARE_TOKEN_MFA"


def main(arguments: list[str]) -> int:
    """Do what is asked; 1 where the check found a failure, 2 where nothing could be done."""
    commands = {"connect": connect, "doctor": doctor}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"Say one of: {', '.join(commands)}", file=sys.stderr)
        return 2
    command = commands[arguments[0]]
    try:
        deployment = find_deployment(needs_location=True)
        fails = command is doctor and not deployment_is_well(deployment)
        with sign_in(deployment) as api:
            return command(api, deployment.location_id) or int(fails)
    except (CommandError, httpx.HTTPError, BotoCoreError, ClientError) as error:
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


def deployment_is_well(deployment: Deployment) -> bool:
    """Print what concerns all locations, and say whether nothing of it fails."""
    lines = deployment_lines(deployment)
    for line in lines:
        print(f"  {MARKS[line.status]} {line.status:8} {line.name}: {line.detail}")
    status = worst(lines)
    print(f"the deployment: {status}\n")
    return status != FAILURE


def doctor(api: httpx.Client, location_id: str) -> int:
    """Print what the check says, a line each."""
    answer = api.get(f"/v1/locations/{location_id}/payment-settings/check")
    found = answer.json()
    if answer.status_code != httpx.codes.OK:
        raise CommandError(str(found.get("detail") or found.get("message")))
    for line in found["lines"]:
        print(f"  {MARKS[line['status']]} {line['status']:8} {line['name']}: {line['detail']}")
    print(f"{location_id}: {found['status']}")
    return 1 if found["status"] == "failure" else 0


def sign_in(deployment: Deployment) -> httpx.Client:
    """Return a client of the API with an owner's token; a second factor is asked for."""
    token = os.environ.get("BOOKPAY_ID_TOKEN") or _token(deployment)
    headers = {"authorization": f"Bearer {token}"}
    return httpx.Client(base_url=deployment.api_url, headers=headers, timeout=TIMEOUT_S)


def _token(deployment: Deployment) -> str:
    seeded = next((each for each in deployment.staff if each.startswith("admin@")), "")
    email = (os.environ.get("BOOKPAY_EMAIL") or seeded or input("E-mail: ")).strip().lower()
    password = deployment.staff.get(email) or _given("BOOKPAY_PASSWORD", "Password: ")
    cognito = deployment.client("cognito-idp")
    pool = {
        "UserPoolId": deployment.outputs["UserPoolId"],
        "ClientId": deployment.outputs["UserPoolClientId"],
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
        raise CommandError(f"sign in at the console first: {answer.get('ChallengeName')}")
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
