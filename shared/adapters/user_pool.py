"""Cognito: the users of the pool, as far as inviting somebody needs them."""

from collections.abc import Mapping
from typing import Any

from shared.adapters.signed_http import SignedHttp
from shared.config import Config
from shared.domain.errors import AwsRefused, AwsUnreachable, InvalidInput
from shared.domain.mistakes import mistake

SERVICE = "AWSCognitoIdentityProviderService"
USER_EXISTS = "UsernameExistsException"
BAD_PARAMETER = "InvalidParameterException"


class UserPool:
    """Makes users and finds them by their e-mail address."""

    def __init__(self, config: Config) -> None:
        self._pool_id = config.user_pool_id
        self._http = SignedHttp(config.aws, "cognito-idp")

    def invite(self, email: str) -> str:
        """Return the id of the user with this address, who is made and written to if new.

        Cognito sends the invitation with a password for the first login. Safe to repeat: whoever is
        there is found. Raises `InvalidInput` for an address that Cognito does not take,
        `AwsRefused` and `AwsUnreachable`.
        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
        """
        attributes = [
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": "true"},
        ]
        asked = {
            "UserPoolId": self._pool_id,
            "Username": email,
            "UserAttributes": attributes,
            "DesiredDeliveryMediums": ["EMAIL"],
        }
        try:
            made = self._http.call(f"{SERVICE}.AdminCreateUser", asked)
        except AwsRefused as refused:
            if refused.code == BAD_PARAMETER:
                errors = [mistake("/email", "is not an address that can be invited")]
                raise InvalidInput("Some fields are not valid.", errors=errors) from refused
            if refused.code != USER_EXISTS:
                raise
            return self._find(email)
        return _id_in(made.get("User", {}).get("Attributes"))

    def _find(self, email: str) -> str:
        asked = {"UserPoolId": self._pool_id, "Username": email}
        found = self._http.call(f"{SERVICE}.AdminGetUser", asked)
        return _id_in(found.get("UserAttributes"))


def _id_in(attributes: list[Mapping[str, Any]] | None) -> str:
    for each in attributes or ():
        if each.get("Name") == "sub" and each.get("Value"):
            return str(each["Value"])
    raise AwsUnreachable("the user pool did not say whom it made")
