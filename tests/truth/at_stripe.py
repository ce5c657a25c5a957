"""Payouts and disputes as a report is to list them, of what Stripe says of them."""

from collections.abc import Container, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from tests.truth import oracle
from tests.truth.oracle import Movement, within
from tests.truth.world import World

type Told = Mapping[str, Any]
# For so long, what no webhook has told may still be told by one.
UNTOLD_S = 600


def payouts_of(
    world: World, payouts: Iterable[Told], known: list[Movement], day: date, bounds: tuple[int, int]
) -> dict[str, Any]:
    """Return the payouts of a day, those that moved money on it, and those on their way."""
    start_s, end_s = bounds
    moved = {
        each.source
        for each in oracle.counted(within(known, start_s, end_s))
        if each.flow == oracle.PAYOUTS
    }
    found = {}
    for each in payouts:
        if not start_s - 31 * 86_400 <= each["created"] < end_s:
            continue
        arrives = datetime.fromtimestamp(each["arrival_date"], UTC).date()
        is_of_day = each["created"] >= start_s or each["id"] in moved
        if is_of_day or each["status"] in {"pending", "in_transit"} or arrives >= day:
            found[each["id"]] = _payout(world, each)
    return found


def _payout(world: World, told: Told) -> dict[str, Any]:
    items = None
    if told["automatic"] and told["reconciliation_status"] == "completed":
        carried = world.stripe.carried(told["id"])
        items = [each for each in carried if each["id"] != told["balance_transaction"]]
    return {
        **{name: told[name] for name in ("amount", "currency", "status", "automatic")},
        "items": len(items or ()),
        "sum_matches": sum(each["net"] for each in items) == told["amount"] if items else None,
        "trace_id": told["trace_id"]["value"],
    }


def disputes_of(
    world: World,
    disputes: Iterable[Told],
    found: Mapping[str, Any],
    heard: Container[str],
    at_s: int,
) -> dict[str, Any]:
    """Return the disputes that are open when `at_s` everything was asked for.

    One whose webhook may still come need not be known. Nor need it be known whose one is whose
    payment's webhook may still come, or may be lost, as it was claimed.
    """
    all_of = list(disputes)
    payments = dict(world.register.payments)
    for each in all_of:
        charge, is_owned = each["charge"], bool(found.get(each["id"], {}).get("booking"))
        if is_owned and charge in world.register.claimed:
            payments[charge] = world.register.claimed[charge]
        elif not is_owned and _made_s(world, charge) > at_s - UNTOLD_S:
            payments.pop(charge, None)
    return {
        each["id"]: {
            "booking": payments.get(each["charge"], ("", ""))[0],
            "amount": each["amount"],
            "currency": each["currency"],
            "status": each["status"],
            "inquiry": each["status"].startswith("warning_"),
        }
        for each in all_of
        if each["status"] not in {"won", "lost", "warning_closed"}
        if each["created"] <= at_s - UNTOLD_S or each["id"] in heard or each["id"] in found
    }


def _made_s(world: World, charge: str) -> int:
    return int(world.stripe.account.get("charge", charge)["created"])
