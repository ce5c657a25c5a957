"""A location's past, a hundred bookings a day, in the table in memory.

What a list is read from is there entry by entry: bookings by when they were made and by their
visits, the words that they are found by, the ledger and its sums. What stands alone, such as a
booking, is made when it is read: what lies beside it changes nothing.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from shared.adapters.booking_items import booking_key, booking_put
from shared.adapters.bookings_table import Key, place
from shared.adapters.ledger_keys import day_partition, instant_key, sums_key
from shared.adapters.table_model import to_json
from shared.domain.bookings.booking import Booking, Client
from shared.domain.ledger.entry import LedgerEntry, entry_to_dict
from shared.domain.money.money import Money
from tests.benchmarks.counted_table import CountedTable
from tests.domain.ledger_entries import entry
from tests.interleaving.memory_table import Item

A_DAY, DAY_S = 100, 86_400
EMPLOYEES = ("anna", "ben", "cleo")
# One client in forty has the same first name, and one in five thousand the same last name.
FIRST_NAMES, LAST_NAMES = 40, 5000
# A visit is three days after its booking was made.
AHEAD_S = 3 * DAY_S
NET_MINOR = 5800
# Further back nobody reads an entry of the ledger one by one.
READ_DAYS = 10


class History:
    """So many bookings of a place, the newest on the UTC day before the one of `now_s`."""

    def __init__(self, location_id: str, number: int, now_s: int, account_id: str) -> None:
        self.number = number
        self._location_id, self._account_id = location_id, account_id
        self._today_s = now_s - now_s % DAY_S

    def fill(self, table: CountedTable) -> None:
        """Put it into a table."""
        rows: dict[str, dict[str, Item]] = {}
        # Entries are many, and most are alike.
        kept: dict[str, Item] = {}
        for number in range(self.number):
            for key, text in self.entries(number):
                rows.setdefault(key.pk, {})[key.sk] = kept.setdefault(text, Item(text, 1))
        for partition, items in rows.items():
            table.add_history(partition, items)
        table.made_when_read = self._made

    def entries(self, number: int) -> Iterator[tuple[Key, str]]:
        """Give the entries of a booking, 0 the newest, of its payment, and the sums of its day."""
        where, made_s = self._location_id, self._made_s(number)
        booking_id, first, last, email = _names(number)
        text = f'{{"employee_id":"{EMPLOYEES[number % len(EMPLOYEES)]}","service_id":"cut"}}'
        yield Key(f"{where}#made", place(made_s, booking_id)), text
        yield Key(f"{where}#visits", place(made_s + AHEAD_S, booking_id)), text
        for word in (first, last, email):
            yield Key(f"{where}#search", f"{word} {booking_id}"), "{}"
        day, moved = number // A_DAY, self.ledger_entry(number)
        on = f"{datetime.fromtimestamp(made_s, UTC):%Y-%m-%d}"
        key = instant_key(made_s, moved.balance_transaction)
        is_read = day < READ_DAYS
        yield (
            Key(day_partition(where, "test", on), key),
            to_json(entry_to_dict(moved)) if is_read else "{}",
        )
        if number % A_DAY == 0:
            sums = to_json({"eur": {"count": A_DAY, "net_minor": 0}})
            for account in {"", self._account_id}:
                yield sums_key(where, "test", on, account), sums

    def booking(self, number: int) -> Booking:
        """Return a booking, 0 the newest."""
        starts_s = self._made_s(number) + AHEAD_S
        booking_id, first, last, email = _names(number)
        return Booking(
            booking_id=booking_id,
            location_id=self._location_id,
            status="confirmed",
            price=Money(6000, "eur"),
            description="Haircut",
            created_at_s=self._made_s(number),
            service_id="cut",
            employee_id=EMPLOYEES[number % len(EMPLOYEES)],
            starts_at_s=starts_s,
            ends_at_s=starts_s + 1800,
            client=Client(f"{first} {last}", email),
            links=1,
        )

    def ledger_entry(self, number: int) -> LedgerEntry:
        """Return what a booking moved: the last of a day is the payout of the others."""
        at_s = self._made_s(number)
        names: dict[str, Any] = {"balance_transaction": f"txn_{number:024x}"}
        if number % A_DAY == A_DAY - 1:
            minor = -(A_DAY - 1) * NET_MINOR
            return entry("payout", minor, created_s=at_s, payout=f"po_{number:024x}", **names)
        paid = {"charge": f"ch_{number:024x}", "source": f"ch_{number:024x}"}
        booked = {"booking_id": _names(number)[0], "service_id": "cut", "purpose": "prepayment"}
        return entry("charge", NET_MINOR + 200, 200, created_s=at_s, **names, **paid, **booked)

    def _made_s(self, number: int) -> int:
        day, of_day = divmod(number, A_DAY)
        return self._today_s - (day + 1) * DAY_S + of_day * (DAY_S // A_DAY)

    def _made(self, key: Key) -> Item | None:
        start = booking_key(self._location_id, "bk_").pk
        digits = key.pk.removeprefix(start)
        if key.sk != "booking" or digits == key.pk or int(digits, 16) >= self.number:
            return None
        return Item(to_json(booking_put(self.booking(int(digits, 16)), 0).body), 1)


def _names(number: int) -> tuple[str, str, str, str]:
    """Return a booking's id, and its client's names and address."""
    first, last = f"klara{number % FIRST_NAMES}a", f"name{number % LAST_NAMES}b"
    return f"bk_{number:024x}", first, last, f"x{number}y@example.com"
