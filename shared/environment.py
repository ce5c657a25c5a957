"""The composition root: every store and client, made once for each execution environment.

It names none of them, so that a function loads what it asks for and nothing else: what it imports
is what its package must hold.
"""

from collections.abc import Callable
from typing import Any

from shared.config import Config, load_config

_made: dict[Callable[[Config], Any], Any] = {}


def get[Kind](kind: Callable[[Config], Kind]) -> Kind:
    """Return this environment's own `kind`, such as `BookingStore`, made when first asked for."""
    if kind not in _made:
        _made[kind] = kind(load_config())
    made: Kind = _made[kind]
    return made


def forget() -> None:
    """Make everything anew when it is next asked for, as a new execution environment does."""
    _made.clear()
