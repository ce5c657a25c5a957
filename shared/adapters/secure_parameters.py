"""SSM: SecureString parameters that hold JSON, one at a time, and never in a log."""

import json
from collections.abc import Mapping
from typing import Any

from shared.adapters.signed_http import SignedHttp
from shared.config import Config
from shared.domain.errors import AwsInvalid, AwsRefused

NOT_THERE = "ParameterNotFound"
NO_JSON = "NoJson"


class SecureParameters:
    """Reads parameters, decrypted, and writes them; which of both is a matter of IAM."""

    def __init__(self, config: Config) -> None:
        self._http = SignedHttp(config.aws, "ssm")

    def get(self, name: str) -> dict[str, Any] | None:
        """Return a parameter's JSON object, or `None` if there is no such parameter.

        Raises `AwsRefused` or `AwsUnreachable`; `AwsInvalid` also for a value that is not JSON.
        https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
        """
        try:
            answer = self._http.call(
                "AmazonSSM.GetParameter", {"Name": name, "WithDecryption": True}
            )
        except AwsRefused as refused:
            if refused.code == NOT_THERE:
                return None
            raise
        try:
            found = json.loads(answer["Parameter"]["Value"])
        except (LookupError, TypeError, ValueError):
            # The cause would quote the value.
            raise AwsInvalid("a parameter holds no JSON", code=NO_JSON) from None
        return found if isinstance(found, dict) else None

    def put(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a parameter's JSON object over what is there, encrypted with the account's key.

        Raises `AwsRefused` or `AwsUnreachable`; writing the same again changes nothing.
        https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
        """
        self._http.call(
            "AmazonSSM.PutParameter",
            {"Name": name, "Value": json.dumps(value), "Type": "SecureString", "Overwrite": True},
        )
