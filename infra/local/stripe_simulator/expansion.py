"""`expand[]`: ids in an answer replaced by their objects, down to four levels."""

from collections.abc import Callable
from typing import Any

from infra.local.stripe_simulator import library
from infra.local.stripe_simulator.errors import StripeObject, invalid_param
from infra.local.stripe_simulator.state import Account, snapshot

MAX_DEPTH = 4

# What an account keeps under its id; an attribute that names anything else is not expanded.
_KEPT = (
    "balance_transaction charge customer dispute payment_intent payment_method payout refund "
    "setup_attempt setup_intent"
)
KEPT = frozenset(_KEPT.split())
# Attributes that an answer has only when asked for: (object name, attribute) -> how to make it.
INCLUDABLE: dict[tuple[str, str], Callable[[Account, StripeObject], Any]] = {}


def expanded(account: Account, answer: StripeObject, paths: list[str]) -> StripeObject:
    """Give a copy of an answer in which each path of `expand[]` is followed."""
    copied = snapshot(answer)
    for path in paths:
        steps = path.split(".")
        is_list = copied.get("object") == "list"
        if len(steps) > MAX_DEPTH + is_list:
            raise _refused(path)
        _follow(account, copied, steps, path)
    return copied


def _follow(account: Account, here: StripeObject, steps: list[str], path: str) -> None:
    name, rest = steps[0], steps[1:]
    if here.get("object") == "list":
        if name != "data" or not rest:
            raise _refused(path)
        for item in here["data"]:
            _follow(account, item, rest, path)
        return
    kind = here.get("object", "")
    if (kind, name) in INCLUDABLE:
        here.setdefault(name, INCLUDABLE[kind, name](account, here))
    elif kinds := KEPT.intersection(library.expandable(kind, name)):
        here[name] = _resolved(account, kinds, here.get(name))
    elif not (rest and isinstance(here.get(name), dict)):
        raise _refused(path)
    if rest and isinstance(here.get(name), dict):
        _follow(account, here[name], rest, path)


def _resolved(account: Account, kinds: frozenset[str], value: object) -> object:
    if not isinstance(value, str):
        return value
    for kind in kinds:
        found = account.find(kind, value)
        if found is not None:
            return snapshot(found)
    return value


def _refused(path: str) -> Exception:
    return invalid_param(f"This property cannot be expanded ({path}).", param="expand")
