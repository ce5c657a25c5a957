"""`make rebuild`: what is derived from a location's bookings is made anew.

    BOOKPAY_STACK=bookpay LOCATION=salon-mitte python -m infra.rebuild
    BOOKPAY_STACK=bookpay LOCATION=all python -m infra.rebuild

Entries of lists and search, clients' pointers, what staff have to look at, bindings, waits for a
payment, and visits in the agendas: what is missing or differs is written, what belongs to no
booking is deleted. Bookings stay as they are, and nobody is told. It needs an operator's AWS
credentials, reads the whole table, and can run beside the system: whatever changes meanwhile is
read again. Safe to break off, and to repeat.
"""

import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import CommandError, Deployment, find_deployment
from shared.adapters.agenda_store import AgendaStore
from shared.adapters.booking_items import (
    StoredBooking,
    booking_asked_about,
    booking_key,
    booking_put,
    read_booking,
)
from shared.adapters.booking_writes import derived_writes
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put, Stored
from shared.adapters.hold_store import hold_key
from shared.adapters.retry_write import retry_write
from shared.adapters.search_index import external_key
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.calendar.agenda import Agenda

ALL = "all"
READ_AT_ONCE, TOLD_EVERY = 100, 500
# Where a booking's entries are, behind the location's id: all but these name the booking last.
ENTRIES = ("made", "visits", "search", "client", "action")


@dataclass
class Kept:
    """What the table has of one location, by keys."""

    booking_ids: list[str] = field(default_factory=list)
    entries: defaultdict[str, set[Key]] = field(default_factory=lambda: defaultdict(set))
    agenda_days: list[tuple[str, str]] = field(default_factory=list)

    def add(self, key: Key) -> None:
        """Note an item of the location, if it is a booking or derived from some."""
        _, _, rest = key.pk.partition("#")
        kind, _, name = rest.partition("#")
        if kind == "booking":
            self.booking_ids.append(name)
        elif kind == "agenda":
            self.agenda_days.append((name, key.sk))
        elif kind in ENTRIES and (booking_id := _booking_of(kind, name, key.sk)):
            self.entries[booking_id].add(key)


def main() -> int:
    """Rebuild a location, or all; 2 where nothing could be done."""
    wanted = os.environ.get("LOCATION", "")
    if not wanted:
        print("LOCATION=<id> names the location; LOCATION=all is each of them", file=sys.stderr)
        return 2
    try:
        rebuild(find_deployment(), wanted)
    except (CommandError, BotoCoreError, ClientError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    return 0


def rebuild(deployment: Deployment, wanted: str) -> Counter[str]:
    """Rebuild what is derived, of one location or `all`; return what was written and deleted."""
    done: Counter[str] = Counter()
    for location_id, kept in sorted(_keys(deployment, wanted).items()):
        of_one = Rebuild(deployment.config(), location_id).run(kept)
        print(f"{location_id}: {_in_words(of_one)}")
        done += of_one
    if not done["bookings"]:
        print("There are no bookings.")
    return done


class Rebuild:
    """Makes what is derived from one location's bookings."""

    def __init__(self, config: Config, location_id: str) -> None:
        self._table, self._agendas = BookingsTable(config), AgendaStore(config)
        self._location_id = location_id

    def run(self, kept: Kept) -> Counter[str]:
        """Make what is missing or differs, and delete what belongs to none of the bookings."""
        done: Counter[str] = Counter()
        for number, booking_id in enumerate(kept.booking_ids, start=1):
            done += retry_write(partial(self._make, booking_id, kept.entries[booking_id]))
            if number % TOLD_EVERY == 0:
                print(f"  {number} of {len(kept.booking_ids)} bookings", flush=True)
        there = set(kept.booking_ids)
        for booking_id, keys in kept.entries.items():
            if booking_id not in there:
                done["deleted"] += self._delete(keys)
        for employee_id, day in kept.agenda_days:
            done["taken out of agendas"] += self._clear_day(employee_id, day)
        return done

    def _make(self, booking_id: str, found: Iterable[Key]) -> Counter[str]:
        key = booking_key(self._location_id, booking_id)
        stored = read_booking(self._table.get(key).get(key))
        if stored is None:
            return Counter()
        taken = self._take_time(stored.booking)
        writes, deleted = self._differing(stored, found)
        if writes or stored.is_in_index:
            # Over the version that was read: what is derived from another one is not written.
            self._table.put([booking_put(stored.booking, stored.version), *writes])
        mended = bool(writes or taken or stored.is_in_index)
        made = len(writes) - deleted
        return Counter(
            {
                "bookings": 1,
                "mended": int(mended),
                "made": made,
                "deleted": deleted,
                "put into agendas": taken,
            }
        )

    def _differing(
        self, stored: StoredBooking, found: Iterable[Key]
    ) -> tuple[list[Put | Delete], int]:
        """Return the writes that are needed, and how many of them delete."""
        booking = stored.booking
        wanted = {
            each.key: each
            for each in derived_writes(None, booking, int(time.time()), has_entries=False)
            if isinstance(each, Put)
        }
        if booking.external_id:
            external = external_key(self._location_id, booking.external_id)
            wanted[external] = Put(external, {"booking_id": booking.booking_id}, version=None)
        hold = hold_key(booking.booking_id)
        there = _get(self._table, {*wanted, hold})
        puts = [put for key, put in wanted.items() if not _is_as(put, there.get(key))]
        stale = {key for key in found if key not in wanted}
        if hold in there and hold not in wanted:
            stale.add(hold)
        return [*puts, *(Delete(key) for key in sorted(stale, key=str))], len(stale)

    def _take_time(self, booking: Booking) -> int:
        """Put a booking's time into its employee's days, also beside what overlaps it there."""
        time_taken = booking.held_time()
        if time_taken is None or not booking.employee_id:
            return 0
        taken = 0

        def with_visit(_day: str, agenda: Agenda) -> Agenda:
            nonlocal taken
            if agenda.visits.get(booking.booking_id) == time_taken:
                return agenda
            taken += 1
            return agenda.take(booking.booking_id, time_taken, allow_overlap=True)

        days = time_taken.blocked.utc_days()
        self._agendas.change_days(self._location_id, booking.employee_id, days, with_visit)
        return taken

    def _clear_day(self, employee_id: str, day: str) -> int:
        """Take out of a day what none of the bookings takes of it; return how many these were."""
        cleared = 0

        def without_strangers(_day: str, agenda: Agenda) -> Agenda:
            nonlocal cleared
            keys = [booking_key(self._location_id, each) for each in agenda.visits]
            # Read behind the agenda: a visit is written with its booking.
            bookings = {
                found.booking.booking_id: found.booking
                for each in _get(self._table, keys).values()
                if (found := read_booking(each))
            }
            gone = [
                each
                for each in agenda.visits
                if each not in bookings or not _takes(bookings[each], employee_id, day)
            ]
            cleared = len(gone)
            for each in gone:
                agenda = agenda.release(each)
            return agenda

        self._agendas.change_days(self._location_id, employee_id, [day], without_strangers)
        return cleared

    def _delete(self, keys: Iterable[Key]) -> int:
        writes = [Delete(key) for key in keys]
        self._table.put(writes)
        return len(writes)


def _keys(deployment: Deployment, wanted: str) -> dict[str, Kept]:
    """Return what the table has of each wanted location."""
    found: defaultdict[str, Kept] = defaultdict(Kept)
    for number, key in enumerate(_scan(deployment, wanted), start=1):
        location_id = key.pk.partition("#")[0]
        found[location_id].add(key)
        if number % (TOLD_EVERY * 100) == 0:
            print(f"  {number} items looked through", flush=True)
    return {location_id: kept for location_id, kept in found.items() if kept.booking_ids}


def _scan(deployment: Deployment, wanted: str) -> Iterator[Key]:
    """Yield the key of each item that a location's id begins; entries may be what is missing."""
    asked: dict[str, Any] = {
        "TableName": deployment.outputs["BookingsTable"],
        "ProjectionExpression": "pk, sk",
        "ConsistentRead": True,
    }
    if wanted != ALL:
        asked |= {
            "FilterExpression": "begins_with(pk, :location)",
            "ExpressionAttributeValues": {":location": {"S": f"{wanted}#"}},
        }
    for page in deployment.client("dynamodb").get_paginator("scan").paginate(**asked):
        for item in page["Items"]:
            yield Key(item["pk"]["S"], item["sk"]["S"])


def _get(table: BookingsTable, keys: Iterable[Key]) -> dict[Key, Stored]:
    wanted, found = list(keys), dict[Key, Stored]()
    for start in range(0, len(wanted), READ_AT_ONCE):
        found |= table.get(*wanted[start : start + READ_AT_ONCE])
    return found


def _booking_of(kind: str, name: str, sk: str) -> str | None:
    """Return the booking that an entry is of; `None` for what staff see of other things."""
    if kind == "action":
        return booking_asked_about(name)
    if kind == "client":
        return sk
    return sk.rpartition(" " if kind == "search" else "#")[2]


def _is_as(put: Put, stored: Stored | None) -> bool:
    """Whether an item is there as it is wanted; since when staff have to look, it says itself."""
    if stored is None:
        return False
    return {**stored.body, "at_s": 0} == {**put.body, "at_s": 0}


def _takes(booking: Booking, employee_id: str, day: str) -> bool:
    held = booking.held_time()
    return (
        held is not None and booking.employee_id == employee_id and day in held.blocked.utc_days()
    )


def _in_words(done: Counter[str]) -> str:
    names = ("bookings", "mended", "made", "deleted", "put into agendas", "taken out of agendas")
    return ", ".join(f"{done[name]} {name}" for name in names)


if __name__ == "__main__":
    sys.exit(main())
