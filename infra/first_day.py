"""`make admin` and `make location`: from an empty stack to a location whose owner is invited.

    EMAIL=you@example.com python -m infra.first_day admin
    python -m infra.first_day location

An admin may do everything, everywhere; only who has AWS credentials can make the first one. Both
commands are safe to repeat. Which deployment is meant is said in `infra.deployment`.
"""

import os
import sys
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from infra.console import sign_in
from infra.deployment import CommandError, Deployment, find_deployment
from shared.adapters.location_store import EVERYWHERE, LocationStore
from shared.domain.email_address import is_email_address
from shared.domain.locations.permissions import ADMIN

QUESTIONS = (
    ("location_id", "BOOKPAY_NEW_LOCATION_ID", "Id, in lower case, such as salon-mitte: "),
    ("name", "BOOKPAY_NEW_NAME", "Name, as clients see it: "),
    ("timezone", "BOOKPAY_NEW_TIMEZONE", "Time zone, such as Europe/Berlin: "),
    ("country", "BOOKPAY_NEW_COUNTRY", "Country of its Stripe account, such as DE: "),
    ("currency", "BOOKPAY_NEW_CURRENCY", "Currency, such as eur: "),
)


def main(arguments: list[str]) -> int:
    """Do what is asked; 1 where the API refused it, 2 where nothing could be done."""
    commands = {"admin": make_admin, "location": make_location}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"Say one of: {', '.join(commands)}", file=sys.stderr)
        return 2
    try:
        return commands[arguments[0]](find_deployment())
    except (CommandError, httpx.HTTPError, BotoCoreError, ClientError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2


def make_admin(deployment: Deployment) -> int:
    """Make a user of the pool, if there is none yet, a platform admin."""
    email = os.environ.get("EMAIL", "").strip().lower()
    if not is_email_address(email):
        raise CommandError("EMAIL=you@example.com names the admin")
    user_id, is_new = _user_of(deployment, email)
    LocationStore(deployment.config()).put_member(user_id, EVERYWHERE, [ADMIN], email)
    print(f"{email} is an admin of {deployment.api_url}")
    if is_new:
        print("  Cognito has mailed a temporary password.")
    print(f"  Sign in at {deployment.api_url}/console, then: make location")
    return 0


def make_location(deployment: Deployment) -> int:
    """Make a location as an admin, and invite its owner; one that is there is left as it is."""
    with sign_in(deployment) as api:
        asked = {name: _asked(variable, question) for name, variable, question in QUESTIONS}
        made = api.post("/v1/locations", json=asked)
        if made.status_code == httpx.codes.CONFLICT and _code(made) == "location_exists":
            print(f"{asked['location_id']} is there already")
        elif made.status_code != httpx.codes.CREATED:
            return _refused(made)
        else:
            print(f"{asked['location_id']} is made")
        owner = _asked(
            "BOOKPAY_NEW_OWNER", "E-mail of its owner, who is invited; empty for nobody: "
        )
        if owner:
            body = {"email": owner, "roles": ["owner"]}
            invited = api.post(f"/v1/locations/{asked['location_id']}/members", json=body)
            if not invited.is_success:
                return _refused(invited)
            print(f"  {owner} is invited as its owner: the mail is on its way")
    print("  Its owner connects Stripe in the console; or: make connect")
    return 0


def _user_of(deployment: Deployment, email: str) -> tuple[str, bool]:
    """Return the pool's id of a user, and whether they were made just now."""
    cognito, pool = deployment.client("cognito-idp"), deployment.outputs["UserPoolId"]
    try:
        made = cognito.admin_create_user(
            UserPoolId=pool,
            Username=email,
            DesiredDeliveryMediums=["EMAIL"],
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true"},
            ],
        )["User"]["Attributes"]
        is_new = True
    except cognito.exceptions.UsernameExistsException:
        made = cognito.admin_get_user(UserPoolId=pool, Username=email)["UserAttributes"]
        is_new = False
    return next(each["Value"] for each in made if each["Name"] == "sub"), is_new


def _asked(variable: str, question: str) -> str:
    """Return what the environment says, or a person."""
    given = os.environ.get(variable)
    return (input(question) if given is None else given).strip()


def _code(answer: httpx.Response) -> str:
    return str(answer.json().get("code"))


def _refused(answer: httpx.Response) -> int:
    found: dict[str, Any] = answer.json()
    print(f"Refused: {found.get('detail') or found.get('message')}", file=sys.stderr)
    for mistake in found.get("errors", []):
        print(f"  {mistake['pointer']} {mistake['detail']}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
