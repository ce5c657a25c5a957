"""Test and live never mix: what holds of a place that was tried out in test mode and has gone live.

Bookings of the time before keep what was play-paid for them. No figure of live mode has any of it,
and none of test mode has real money.
"""

import json
import re
from collections.abc import Iterator, Mapping
from copy import replace
from typing import Any

from shared.domain.bookings.booking import Booking
from shared.domain.stripe_facts.payment_facts import Facts
from tests.simulation.stripe_place import StripePlace
from tests.simulation.world import SESSION, World

# Stripe's objects that are money, or what it is paid with.
MONEY = ("balance_transaction", "charge", "refund", "dispute", "payout", "payment_intent")
NAMED = re.compile(r"\b(?:txn|ch|re|du|po|pi)_[A-Za-z0-9]+")


def without_test_money(world: World, booking: Booking) -> Booking:
    """Return a booking without what was paid in the test mode that its place has left."""
    left = world.left.get(booking.location_id)
    if left is None:
        return booking
    facts = booking.facts
    kept = Facts(
        charges=_others(facts.charges, left, "charge"),
        sessions=_others(facts.sessions, left, SESSION),
        intents=_others(facts.intents, left, "payment_intent"),
        setups=_others(facts.setups, left, "setup_intent"),
        payouts=facts.payouts,
    )
    return replace(booking, facts=kept)


def _others[Fact](facts: Mapping[str, Fact], left: StripePlace, kind: str) -> dict[str, Fact]:
    return {name: fact for name, fact in facts.items() if not left.account.find(kind, name)}


def mode_faults(world: World, place: str, bookings: list[Booking]) -> Iterator[str]:
    """Yield what of one mode stands in what is the other's."""
    left = world.left.get(place)
    if left is None:
        return
    for page in world.play_pages:
        if left.account.find(SESSION, page):
            yield f"{place} {page} takes play money, and was shown after it went live"
    test, live = _names(left), _names(world.stripes[place])
    for booking in bookings:
        yield from _charge_faults(place, booking, left)
    for key, item in world.cloud.table.items.items():
        if key.pk.startswith(f"{place}#"):
            where = f"{key.pk}#{key.sk}#"
            yield from _mixed(where, item.text, "#test#", live)
            yield from _mixed(where, item.text, "#live#", test)
    for path, content in world.cloud.objects.items():
        if f"{place}/" in path and (text := _told(path, content)):
            yield from _mixed(path, text, "/test/", live)
            yield from _mixed(path, text, "/live/", test)


def _names(stripe: StripePlace) -> frozenset[str]:
    return frozenset(name for kind in MONEY for name in stripe.account.objects.get(kind, ()))


def _charge_faults(place: str, booking: Booking, left: StripePlace) -> Iterator[str]:
    """Yield charges that are not of their mode, or that are more than ever was at Stripe."""
    for name, facts in booking.facts.charges.items():
        charge = left.account.find("charge", name)
        if facts.livemode is not None and facts.livemode == (charge is not None):
            yield f"{place} {booking.booking_id}: {name} is said to be of the other mode"
        if charge and facts.amount_captured_minor > charge["amount_captured"]:
            yield f"{place} {booking.booking_id}: {name} has more than was taken in test mode"


def _mixed(where: str, text: str, mode: str, names: frozenset[str]) -> Iterator[str]:
    if mode in where and (found := names.intersection(NAMED.findall(text))):
        yield f"{where} has {min(found)} of the other mode"


def _told(path: str, content: bytes) -> str:
    """Return a file's text; a report's without the list of what staff have to look at.

    That one is of all bookings, those of the time before too.
    """
    if not path.endswith(".json"):
        return content.decode() if path.endswith(".csv") else ""
    told: Any = json.loads(content)
    if isinstance(told, dict):
        told.pop("needs_action", None)
    return json.dumps(told)
