"""What must hold of a world at any moment, looked at every hour in it, while things go wrong too.

Each of these is written in one transaction with what it follows from: nothing has to come to rest.
The one exception is a slot whose time is up, for which the product has to ask Stripe (`sweeps`).
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict
from tests.simulation.judge import calendar_faults, list_faults, wanted_actions
from tests.simulation.sweeps import time_held
from tests.simulation.world import HOUR_S, PLACES, World


@dataclass(frozen=True)
class Seen:
    """A booking as it was read, and what staff have to look at of it."""

    booking: Booking
    wanted: frozenset[str]


class Watch:
    """Looks at a world once an hour, and keeps what was wrong, the first time that it was."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looked_at_s = world.at_stripe()
        self._read: dict[str, Seen] = {}
        self.found: list[str] = []

    def look(self) -> None:
        """Look, where an hour has gone by."""
        if self._world.at_stripe() - self._looked_at_s < HOUR_S:
            return
        self._looked_at_s = self._world.at_stripe()
        for fault in self._faults():
            if fault not in self.found:
                self.found.append(fault)

    def _faults(self) -> Iterator[str]:
        items = self._world.cloud.table.of_kind("booking").values()
        every = [self._seen(each.text) for each in items]
        for place in PLACES:
            own = [each for each in every if each.booking.location_id == place]
            bookings = [each.booking for each in own]
            yield from calendar_faults(self._world, place, bookings)
            yield from list_faults(place, {each.booking.booking_id: each.wanted for each in own})
            yield from time_held(self._world, place, bookings)
            yield from _refund_faults(self._world, place)

    def _seen(self, text: str) -> Seen:
        """Return a booking; most are as they were an hour ago, and read once."""
        if text not in self._read:
            booking = booking_from_dict(json.loads(text))
            self._read[text] = Seen(booking, wanted_actions(booking))
        return self._read[text]


def _refund_faults(world: World, place: str) -> Iterator[str]:
    accounts = world.accounts(place)
    refunds = [each for stripe in accounts for each in stripe.objects("refund")]
    back: dict[str, int] = defaultdict(int)
    for each in refunds:
        if each["status"] not in ("failed", "canceled"):
            back[each["charge"]] += each["amount"]
    for charge in (each for stripe in accounts for each in stripe.objects("charge")):
        if back[charge["id"]] > charge["amount"]:
            went_back = f"{back[charge['id']]} of {charge['amount']} went back"
            yield f"{place} {charge['id']}: {went_back}"
    ours = Counter(
        each["metadata"]["refund_id"] for each in refunds if "refund_id" in each["metadata"]
    )
    for refund_id, number in ours.items():
        if number > 1:
            yield f"{place} {refund_id} was made {number} times"
