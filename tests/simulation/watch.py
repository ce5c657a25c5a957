"""What must hold of a world at any moment, looked at every hour in it, while things go wrong too.

Each of these is written in one transaction with what it follows from: nothing has to come to rest.
"""

import json
from collections.abc import Iterator

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict
from tests.simulation.judge import list_faults, sold_twice
from tests.simulation.world import HOUR_S, PLACES, World


class Watch:
    """Looks at a world once an hour, and keeps what was wrong, the first time that it was."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looked_at_s = world.at_stripe()
        self._read: dict[str, Booking] = {}
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
        every = [self._booking(text) for text in self._texts()]
        for place in PLACES:
            bookings = [each for each in every if each.location_id == place]
            yield from sold_twice(place, bookings)
            yield from list_faults(place, bookings)
            yield from _refund_faults(self._world, place)

    def _texts(self) -> list[str]:
        items = self._world.cloud.table.items
        return [item.text for key, item in items.items() if key.sk == "booking"]

    def _booking(self, text: str) -> Booking:
        """Return a booking; most are as they were an hour ago, and read once."""
        if text not in self._read:
            self._read[text] = booking_from_dict(json.loads(text))
        return self._read[text]


def _refund_faults(world: World, place: str) -> Iterator[str]:
    refunds = world.stripes[place].objects("refund")
    for charge in world.stripes[place].objects("charge"):
        back = sum(
            each["amount"]
            for each in refunds
            if each["charge"] == charge["id"] and each["status"] not in ("failed", "canceled")
        )
        if back > charge["amount"]:
            yield f"{place} {charge['id']}: {back} of {charge['amount']} went back"
    ours = [each["metadata"]["refund_id"] for each in refunds if "refund_id" in each["metadata"]]
    for refund_id in {each for each in ours if ours.count(each) > 1}:
        yield f"{place} {refund_id} was made {ours.count(refund_id)} times"
