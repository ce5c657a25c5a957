"""The AWS emulator, as the local stack runs it: with what it lacks or does too often.

It unpacks packages and layers anew for each worker of each function, some fifty at the start and
hundreds in a run of the tests, which took most of the time that the stack needs to start and to
end. Lambda's code does not change while it runs and lies on a file system that is read-only, so
that one copy does for all workers.

It tells IAM neither the partition key that a request to DynamoDB names nor the encryption context
of one to KMS, on which the policies of our roles have conditions; both stand in the request.

Where a nested stack is deployed again, it forgets the attributes of what has not changed, so that
the first `Fn::GetAtt` to such a resource fails. Here they are handed to it.

The emulator's own Python runs this file: `python infra/local/emulator.py`. Nothing here may import
what is not in its environment, or in Python.
"""

import hashlib
import json
import sys
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Self

PACKAGES = "packages"
# In every table of ours.
PARTITION_KEY = "pk"

type Conditions = dict[str, Any]


class UnpackedOnce:
    """What the emulator opens a package with: `ZipFile`, as far as its workers use it.

    A folder that a package is to be unpacked into becomes a link to the one copy of it.
    """

    _lock = threading.Lock()
    _locks: ClassVar[dict[str, threading.Lock]] = {}

    def __init__(self, file: str) -> None:
        self._file = Path(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # It was written for this worker alone, and is not read again.
        self._file.unlink()

    def namelist(self) -> list[str]:
        """Return no names: the emulator looks for those that lead elsewhere; `ZipFile` does so."""
        return []

    def extractall(self, path: str) -> None:
        """Put a link to the unpacked package where the empty folder `path` is."""
        digest = hashlib.sha256(self._file.read_bytes()).hexdigest()
        unpacked = Path(tempfile.gettempdir(), PACKAGES, digest)
        with self._lock:
            lock = self._locks.setdefault(digest, threading.Lock())
        with lock:
            if not unpacked.exists():
                made = unpacked.with_suffix(".part")
                with zipfile.ZipFile(self._file) as archive:
                    archive.extractall(made)
                made.rename(unpacked)
        Path(path).rmdir()
        Path(path).symlink_to(unpacked, target_is_directory=True)


def keep_attributes(provisioners: SimpleNamespace, stacks: Mapping[str, Any]) -> None:
    """Let what is updated and has not changed keep its attributes, in nested stacks too."""
    # The emulator has no public place for it, and its version is locked.
    update = provisioners._update_resource  # noqa: SLF001

    def update_with_attributes(
        kind: str,
        physical_id: str,
        old: object,
        new: object,
        stack: str,
        logical_id: str | None = None,
        attributes: object = None,
    ) -> object:
        if attributes is None:
            known = stacks.get(stack, {}).get("_resources", {}).get(logical_id, {})
            attributes = known.get("Attributes")
        return update(kind, physical_id, old, new, stack, logical_id, attributes)

    provisioners._update_resource = update_with_attributes  # noqa: SLF001


def leading_keys(body: bytes) -> Conditions:
    """Return the partition key that a request for one item names.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    sent = _read(body)
    for place in ("Key", "Item"):
        named = sent.get(place)
        if isinstance(named, dict) and (key := named.get(PARTITION_KEY, {}).get("S")):
            return {"dynamodb:LeadingKeys": [key]}
    return {}


def encryption_context(service: str, body: bytes) -> Conditions:
    """Return the encryption context of a request to KMS, a condition for each of its keys.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    context = _read(body).get("EncryptionContext") if service == "kms" else None
    if not isinstance(context, dict):
        return {}
    return {f"kms:EncryptionContext:{name}": value for name, value in context.items()}


def _read(body: bytes) -> dict[str, Any]:
    try:
        sent = json.loads(body or b"{}")
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


def tell_conditions(iam_actions: Any) -> None:  # noqa: ANN401 (a module of the emulator's)
    """Let the emulator's `iam_actions` tell IAM both conditions too."""
    of_dynamodb = iam_actions.dynamodb_service_context
    of_tags = iam_actions.request_tag_context

    def with_leading_keys(body: bytes) -> Conditions:
        return {**of_dynamodb(body), **leading_keys(body)}

    def with_encryption_context(
        service: str, action: str, body: bytes, params: Conditions
    ) -> Conditions:
        return {**of_tags(service, action, body, params), **encryption_context(service, body)}

    iam_actions.dynamodb_service_context = with_leading_keys
    iam_actions.request_tag_context = with_encryption_context


def main() -> int:
    """Run the emulator until it is ended."""
    # They are in the emulator's environment alone.
    from ministack.app import main as run  # type: ignore[import-not-found]  # noqa: PLC0415
    from ministack.core import (  # type: ignore[import-not-found]  # noqa: PLC0415
        iam_actions,
        lambda_runtime,
    )
    from ministack.services import cloudformation  # type: ignore[import-not-found]  # noqa: PLC0415

    tell_conditions(iam_actions)
    lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": UnpackedOnce})
    keep_attributes(cloudformation.provisioners, cloudformation._stacks)  # noqa: SLF001
    return int(run() or 0)


if __name__ == "__main__":
    sys.exit(main())
