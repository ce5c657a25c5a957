"""DynamoDB's table of keys and secrets: each an item that KMS alone can open.

    pk                      version   sealed
    <purpose>#<location>    1, 2...   JSON, encrypted under the deployment's key

The purpose comes first, so that IAM can hold a role to one (`dynamodb:LeadingKeys`). Purpose and
location are the encryption context: what was moved to another item cannot be opened there, and a
role that may open one purpose cannot open another
(docs/decisions/0147-secrets-are-sealed-items.md).
https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shared.adapters.signed_http import SignedHttp
from shared.config import Config
from shared.domain.errors import AwsInvalid, AwsRefused, AwsTooLarge, WriteConflict

API, SIGNING = "api", "signing"
# What KMS encrypts in one call.
# https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
MAX_BYTES = 4096
CONDITION_FAILED, NO_PARAMETER = "ConditionalCheckFailedException", "ParameterNotFound"


class StoredSecret(NamedTuple):
    """What is kept for a location; `version` is 0 and `sealed` "" where it is not in the table."""

    value: Mapping[str, Any]
    version: int = 0
    sealed: str = ""

    def __repr__(self) -> str:
        """Return nothing that is secret."""
        return f"StoredSecret(version={self.version})"


class SecretsTable:
    """Reads and writes the secrets of one purpose; which of both is a matter of IAM."""

    def __init__(self, config: Config, purpose: str, former_path: str) -> None:
        """`former_path` is where SSM has what releases up to 1.0 wrote; with "" it is not asked."""
        self._name, self._key = config.secrets_table, config.secrets_key
        self._purpose = purpose
        self._dynamodb = SignedHttp(config.aws, "dynamodb")
        self._kms = SignedHttp(config.aws, "kms")
        self._former_path = former_path
        self._ssm = SignedHttp(config.aws, "ssm")

    def get(self, location_id: str, known: StoredSecret | None = None) -> StoredSecret | None:
        """Return what is kept for a location, `None` where there is nothing.

        KMS is not asked again about what is still as it was in `known`. What is not in the table is
        looked for among the parameters, until `make move-secrets` has moved it. Raises `AwsRefused`
        or `AwsUnreachable`; `AwsInvalid` also for what is no JSON.
        """
        item = self.read_sealed(location_id)
        if item is None:
            value = self._read_parameter(location_id) if self._former_path else None
            return StoredSecret(value) if value else None
        version, sealed = item
        if known and known.sealed == sealed:
            return known
        return StoredSecret(self._open(location_id, sealed), version, sealed)

    def put(self, location_id: str, value: Mapping[str, Any], version: int) -> None:
        """Write in the place of `version`, 0 for a new item.

        Raises `WriteConflict` where another version is there, `AwsTooLarge` for over 4 KiB, and
        otherwise as `get`. Repeated by the connection after a lost answer, it finds its own item.
        """
        plain = json.dumps(value).encode()
        if len(plain) > MAX_BYTES:
            raise AwsTooLarge(f"kms: a secret of {len(plain)} bytes", code="SecretTooLarge")
        answer = self._kms.call(
            "TrentService.Encrypt",
            {
                "KeyId": self._key,
                "Plaintext": base64.b64encode(plain).decode(),
                "EncryptionContext": self._context(location_id),
            },
        )
        sealed = str(answer["CiphertextBlob"])
        item = {
            **self._item_key(location_id),
            "version": {"N": str(version + 1)},
            "sealed": {"B": sealed},
        }
        put: dict[str, Any] = {
            "TableName": self._name,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if version:
            put |= {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":version": {"N": str(version)}},
            }
        try:
            self._dynamodb.call("DynamoDB_20120810.PutItem", put)
        except AwsRefused as refused:
            # No ciphertext is made twice: where this one stands, an attempt came through unheard.
            if refused.code != CONDITION_FAILED:
                raise
            if self.read_sealed(location_id) != (version + 1, sealed):
                raise WriteConflict("a secret was written by somebody else") from refused

    def read_sealed(self, location_id: str) -> tuple[int, str] | None:
        """Return an item's version and ciphertext in base64, `None` where there is none."""
        answer = self._dynamodb.call(
            "DynamoDB_20120810.GetItem",
            {"TableName": self._name, "Key": self._item_key(location_id), "ConsistentRead": True},
        )
        item = answer.get("Item")
        if item is None:
            return None
        try:
            return int(item["version"]["N"]), str(item["sealed"]["B"])
        except (LookupError, TypeError, ValueError) as error:
            raise AwsInvalid("an item of secrets is not as written", code="NoSecret") from error

    def _open(self, location_id: str, sealed: str) -> dict[str, Any]:
        answer = self._kms.call(
            "TrentService.Decrypt",
            {
                "KeyId": self._key,
                "CiphertextBlob": sealed,
                "EncryptionContext": self._context(location_id),
            },
        )
        return _read_json(lambda: base64.b64decode(answer["Plaintext"]))

    def _read_parameter(self, location_id: str) -> dict[str, Any]:
        """Return what a release up to 1.0 wrote, nothing where it wrote nothing."""
        asked = {"Name": f"{self._former_path}/{location_id}", "WithDecryption": True}
        try:
            answer = self._ssm.call("AmazonSSM.GetParameter", asked)
        except AwsRefused as refused:
            if refused.code == NO_PARAMETER:
                return {}
            raise
        return _read_json(lambda: answer["Parameter"]["Value"])

    def _context(self, location_id: str) -> dict[str, str]:
        return {"location": location_id, "purpose": self._purpose}

    def _item_key(self, location_id: str) -> dict[str, Any]:
        return {"pk": {"S": f"{self._purpose}#{location_id}"}}


def _read_json(text: Callable[[], str | bytes]) -> dict[str, Any]:
    try:
        found = json.loads(text())
    except (LookupError, TypeError, ValueError):
        # The cause would quote the value.
        raise AwsInvalid("a secret is no JSON", code="NoJson") from None
    return found if isinstance(found, dict) else {}
