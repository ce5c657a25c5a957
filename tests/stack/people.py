"""People of the user pool: invited, accepting by their mail, signed in."""

import base64
import hmac
import re
import secrets
import time
from pathlib import Path
from typing import Any

import httpx

from infra.local.mails import list_new_mails
from tests.stack.running_stack import Stack
from tests.stack.started import ROOT
from tests.stack.waiting import wait_until

LINK = re.compile(r"/console#invitation=([a-z0-9-]+)\.([A-Za-z0-9_-]{32})")


class Person:
    """Somebody with an address, a password, and what they hold of the user pool."""

    def __init__(self, stack: Stack, email: str) -> None:
        self.stack, self.email = stack, email
        self.password = f"Aa1{secrets.token_urlsafe(18)}"
        self.cognito = stack.aws("cognito-idp")
        self.tokens: dict[str, str] = {}

    def token(self, location_id: str) -> str:
        """Return the token of the newest invitation that was mailed to them."""

        def look() -> str | None:
            folder = Path(ROOT) / self.stack.described["mail_dir"]
            mails = [mail for mail in list_new_mails(folder) if mail.to == self.email]
            found = [LINK.search(mail.text) for mail in mails]
            tokens = [each[2] for each in found if each and each[1] == location_id]
            return tokens[-1] if tokens else None

        return wait_until(look, "the invitation is mailed")

    def accept(self, location_id: str) -> dict[str, Any]:
        """Follow the mail's link as somebody new."""
        sent = {"token": self.token(location_id), "password": self.password}
        url = f"{self.stack.api_url}/public/locations/{location_id}/invitation/accept"
        answer = httpx.post(url, json=sent, timeout=40)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def sign_in(self, name: str = "", code: str = "") -> None:
        client_id = self.stack.described["user_pool_client_id"]
        answer = self.cognito.initiate_auth(
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name or self.email, "PASSWORD": self.password},
        )
        if code:
            assert answer["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
            user = answer["ChallengeParameters"]["USER_ID_FOR_SRP"]
            answer = self.cognito.respond_to_auth_challenge(
                ClientId=client_id,
                ChallengeName="SOFTWARE_TOKEN_MFA",
                Session=answer["Session"],
                ChallengeResponses={"USERNAME": user, "SOFTWARE_TOKEN_MFA_CODE": code},
            )
        self.tokens = answer["AuthenticationResult"]

    def write_email(self, email: str) -> None:
        """Write an address into their own user: the emulator lets everybody, AWS nobody."""
        self.cognito.update_user_attributes(
            AccessToken=self.tokens["AccessToken"],
            UserAttributes=[{"Name": "email", "Value": email}],
        )

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.tokens['IdToken']}"}
        url = f"{self.stack.api_url}/v1/locations{path}"
        return httpx.request(method, url, headers=headers, timeout=40, **more)


def invite(client: httpx.Client, location_id: str, email: str, role: str) -> dict[str, Any]:
    sent = {"email": email, "role": role}
    answer = client.post(f"/v1/locations/{location_id}/members", json=sent)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


def joined(stack: Stack, admin: httpx.Client, location_id: str, name: str, role: str) -> Person:
    """Return somebody new who was invited, accepted, and is signed in."""
    person = Person(stack, f"{name}-{secrets.token_hex(3)}@salon.example")
    assert invite(admin, location_id, person.email, role)["status"] == "invited"
    assert person.accept(location_id)["status"] == "joined"
    person.sign_in()
    return person


def code_of(secret: str) -> str:
    """Return an authenticator's code of this moment: https://www.rfc-editor.org/rfc/rfc6238."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, int(time.time() // 30).to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
