"""Cognito: the users of the pool, as far as membership needs them.

Nothing here makes anybody a member. An address alone identifies nobody: it says who a user was
invited as; their id (`sub`) says who they are.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from shared.adapters.signed_http import SignedHttp
from shared.config import Config
from shared.domain.errors import AwsRefused, AwsUnreachable, InvalidInput
from shared.domain.mistakes import mistake

SERVICE = "AWSCognitoIdentityProviderService"
USER_EXISTS = "UsernameExistsException"
NO_USER = "UserNotFoundException"
BAD_PARAMETER = "InvalidParameterException"
BAD_PASSWORD = "InvalidPasswordException"  # noqa: S105
SOFTWARE_TOKEN = "SOFTWARE_TOKEN_MFA"  # noqa: S105
UNUSED = "FORCE_CHANGE_PASSWORD"
KEEP_S = 60
MAX_KEPT = 1000


class PoolUser(Struct, frozen=True):
    """A user as the pool has them now.

    `email` is in lower case, `is_unused` of a user who never had a password of their own.
    """

    user_id: str
    email: str
    email_is_verified: bool
    is_enabled: bool
    is_unused: bool
    has_second_factor: bool


class UserPool:
    """Makes, finds, enables and disables users."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.time) -> None:
        self._pool_id = config.user_pool_id
        self._http = SignedHttp(config.aws, "cognito-idp")
        self._clock = clock
        self._kept: dict[str, tuple[float, PoolUser | None]] = {}

    def look_up(self, user_id: str, token_issued_s: int) -> PoolUser | None:
        """Return the user of a token as they were within the last minute, `None` if there is none.

        A token that is newer than what is kept may tell of a second factor enrolled since: then the
        pool is asked again. Raises `AwsUnreachable`.
        """
        now = self._clock()
        asked_at, user = self._kept.get(user_id, (0.0, None))
        if now - asked_at >= KEEP_S or asked_at < token_issued_s + 1:
            user = self.find(user_id)
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[user_id] = (now, user)
        return user

    def find(self, name: str) -> PoolUser | None:
        """Return the user with this id, or with this e-mail address, as they are at this moment.

        Raises `InvalidInput` for an address that Cognito does not take, and `AwsUnreachable`.
        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminGetUser.html
        """
        try:
            found = self._call("AdminGetUser", name)
        except AwsRefused as refused:
            if refused.code == NO_USER:
                return None
            if refused.code == BAD_PARAMETER:
                raise _not_invitable() from refused
            raise
        attributes = _attributes(found.get("UserAttributes"))
        return PoolUser(
            user_id=attributes["sub"],
            email=attributes.get("email", "").lower(),
            email_is_verified=attributes.get("email_verified", "").lower() == "true",
            is_enabled=found.get("Enabled") is True,
            is_unused=found.get("UserStatus") == UNUSED,
            has_second_factor=SOFTWARE_TOKEN in (found.get("UserMFASettingList") or ()),
        )

    def create(self, email: str) -> str | None:
        """Make a user with this proved address and no password that anybody knows; return the id.

        `None` where the address has a user. Nothing is mailed: the person is at our page.
        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
        """
        proved = [
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": "true"},
        ]
        try:
            made = self._call(
                "AdminCreateUser", email, UserAttributes=proved, MessageAction="SUPPRESS"
            )
        except AwsRefused as refused:
            if refused.code == USER_EXISTS:
                return None
            raise
        return _attributes(made.get("User", {}).get("Attributes"))["sub"]

    def set_password(self, user_id: str, password: str) -> None:
        """Set a password for good; raises `InvalidInput` where the pool's policy refuses it.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserPassword.html
        """
        try:
            self._call("AdminSetUserPassword", user_id, Password=password, Permanent=True)
        except AwsRefused as refused:
            if refused.code not in (BAD_PASSWORD, BAD_PARAMETER):
                raise
            detail = "needs at least 12 characters, a capital letter, a small one and a digit"
            errors = [mistake("/password", detail)]
            raise InvalidInput(f"The password {detail}.", errors=errors) from refused

    def enable(self, user_id: str) -> None:
        """Allow a user to sign in again; nothing changes for one who can."""
        self._call("AdminEnableUser", user_id)

    def disable(self, user_id: str) -> None:
        """End a user's sessions and disable them; safe if the user is gone."""
        try:
            self._call("AdminDisableUser", user_id)
        except AwsRefused as refused:
            if refused.code != NO_USER:
                raise

    def _call(self, action: str, name: str, **more: object) -> dict[str, Any]:
        asked = {"UserPoolId": self._pool_id, "Username": name, **more}
        return self._http.call(f"{SERVICE}.{action}", asked)


def _attributes(listed: list[Mapping[str, Any]] | None) -> dict[str, str]:
    found = {str(each["Name"]): str(each.get("Value", "")) for each in listed or ()}
    if not found.get("sub"):
        raise AwsUnreachable("the user pool did not say whose answer it is")
    return found


def _not_invitable() -> InvalidInput:
    errors = [mistake("/email", "is not an address that can be invited")]
    return InvalidInput("Some fields are not valid.", errors=errors)
