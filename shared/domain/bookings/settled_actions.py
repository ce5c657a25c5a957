"""Needed actions that a person has settled, giving a reason, as no fact may end them. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from shared.domain.stored_record import StoredRecord

SETTLED: Final = "action.settled"
_ID_CHARS = 20


class SettledAction(StoredRecord, frozen=True):
    """One action that somebody has settled: what it was, why, when and who.

    `at_s` is in seconds since 1970.
    """

    action_id: str
    kind: str
    reason: str
    at_s: int
    by: str


def action_id(kind: str, details: Mapping[str, Any]) -> str:
    """Return the id by which an action is settled; if anything in it changes, its id changes."""
    text = json.dumps([kind, details], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_CHARS]
