"""All locations, for what is done at a schedule: in parts that run beside each other.

Each part reads the whole list, a hundred locations a call, and works off those that are its own. A
part whose time is up notes where it stopped, and goes on there with the next tick: whatever there
is, nobody waits behind those who come first in the list each time.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from shared.adapters.bookings_table import Listed
from shared.adapters.location_store import PAGE, LocationStore
from shared.adapters.tick_positions import TickPositions
from shared.config import Config
from shared.domain.locations.location import Location, location_from_dict
from shared.observability import count, fault, logger

# The functions may run for 300 s; the last page that is begun has a minute.
MAX_S = 240


class Part(Struct, frozen=True):
    """One of `parts` parts of all locations; numbers begin with 0."""

    number: int = 0
    parts: int = 1

    @property
    def name(self) -> str:
        """Its name, such as `0 of 4`."""
        return f"{self.number} of {self.parts}"

    def has(self, location_id: str) -> bool:
        """Whether a location is of this part: of each number of parts it is of one."""
        return hashlib.sha256(location_id.encode()).digest()[0] % self.parts == self.number


def part_of(event: Mapping[str, Any]) -> Part:
    """Return the part that a schedule's input names, all locations where it names none."""
    return Part(int(event.get("part", 0)), int(event.get("parts", 1)))


class LocationsInParts:
    """Reads the locations of a part, and keeps where a part stopped."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.monotonic) -> None:
        self._locations = LocationStore(config)
        self._positions = TickPositions(config)
        self._clock = clock

    def pages(self, tick: str, part: Part) -> Iterator[list[Location]]:
        """Yield a part's locations, from where its last tick stopped, until the time is up.

        Those of up to a hundred places at a time, in the order in which they were made. A page
        that was yielded is done once the next is asked for.
        """
        started, after = self._clock(), self._positions.get(tick, part.name)
        for place, page in self._around(after):
            yield [found for each in page if (found := _own(each, part))]
            if self._clock() - started > MAX_S:
                # The next tick goes on here.
                logger.warning("locations wait for the next tick", tick=tick, part=part.name)
                count("TickUnfinished")
                self._positions.put(tick, part.name, place)
                return
        if after:
            self._positions.forget(tick, part.name)

    def _around(self, after: str) -> Iterator[tuple[str, list[Listed]]]:
        """Yield pages with the place of their last: after a place, and then those before it."""
        yield from self._between(after, "")
        if after:
            yield from self._between("", after)

    def _between(self, after: str, until: str) -> Iterator[tuple[str, list[Listed]]]:
        while page := self._locations.list_oldest(after, until):
            after = page[-1].place
            yield after, page
            if len(page) < PAGE:
                return


def _own(listed: Listed, part: Part) -> Location | None:
    """Return a location of the part; one that cannot be read keeps no other waiting."""
    location_id = listed.place.partition("#")[2]
    if not part.has(location_id):
        return None
    try:
        return location_from_dict(listed.body)
    except Exception as error:  # noqa: BLE001 (whatever is wrong with it)
        logger.error("location not read", location_id=location_id, **fault(error))
        count("TickUnfinished")
        return None
