"""What a person has looked at and settles by saying why: for what no fact ends by itself. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

SETTLED: Final = "action.settled"
_ID_CHARS = 20


@dataclass(frozen=True, slots=True)
class SettledAction:
    """One action that somebody has settled: what it was, why, when and who.

    `at_s` is in seconds since 1970.
    """

    action_id: str
    kind: str
    reason: str
    at_s: int
    by: str


def action_id(kind: str, details: Mapping[str, Any]) -> str:
    """Return by which an action is settled: another one where anything of it changes."""
    text = json.dumps([kind, details], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_CHARS]
