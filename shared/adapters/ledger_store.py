"""The ledger: Stripe's balance transactions as items that are written once.

An entry's key is made of what Stripe never changes (its instant and id), and it is written on the
condition that it is not there, together with the sums of its UTC day (`ledger_quarters` has finer
ones) and its place among its booking's entries (`booking_places`): an entry is in them exactly when
it is in the ledger, however many syncs run at once. Which payout carried it to the bank is known
later and is an item of its own beside it, also written once; what it was for, where that is learned
later, is another (`ledger_attributions`). No entry is ever overwritten.

It is over 300 lines because each way to read entries, and the sums that they come with, is here.

A UTC day of a location is a partition. 200,000 entries of 0.7 KB are 140 MB, below what a partition
holds, and a sync writes some five transactions of fifty a second into it, 500 of the 1,000 units
that it takes; so days are not sharded, and a day is read in its order by one query.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import replace
from functools import partial
from itertools import groupby

from msgspec import Struct

from shared.adapters.booking_places import place_puts
from shared.adapters.bookings_table import BookingsTable, Key, Put, Stored
from shared.adapters.ledger_keys import (
    AFTER_ALL,
    BEFORE_ALL,
    LEARNED,
    PAID_OUT,
    Where,
    account_at,
    day_partition,
    entry_key,
    instant_key,
    location_mode,
    mode_of,
    read_cursor,
    sums_key,
    utc_day,
)
from shared.adapters.ledger_quarters import quarters_key, quarters_put
from shared.adapters.retry_write import retry_write
from shared.config import Config
from shared.domain.ledger.attribution import with_attribution
from shared.domain.ledger.entry import PAYMENTS_BALANCE, LedgerEntry, entry_from_dict, entry_to_dict

# A transaction takes a hundred items: three sums, and two for each entry.
ENTRIES_A_WRITE = 48
PAGE_ITEMS = 500
# Days with entries that are looked through: thirty years of them. A call brings 1 MB, some five
# thousand of them.
MAX_DAYS = 11_000


class DaySum(Struct, frozen=True):
    """What a UTC day's entries of the payments balance amount to in one currency; minor units.

    `attributions` is how often what one of them was for was learned later.
    """

    day: str
    currency: str
    count: int
    net_minor: int
    attributions: int


class LedgerStore:
    """The ledgers of all locations; every method takes the location it is for.

    What is read is of the location's present mode: test entries are in partitions of their own, so
    that a live ledger cannot show them.
    """

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    # ------------------------------------------------------------------ entries

    def put_entries(
        self, location_id: str, entries: Iterable[LedgerEntry], account_id: str = ""
    ) -> int:
        """Write those of an account's entries that are not there yet; return how many these were.

        An entry that is there stays as it is. Raises `AwsUnreachable` and `WriteConflict`: some may
        be written, and repeating it writes the rest.
        """
        by_day = sorted(set(entries), key=_partition_and_place)
        new = 0
        for (livemode, day), group in groupby(by_day, key=_partition):
            of_day = list(group)
            for start in range(0, len(of_day), ENTRIES_A_WRITE):
                part = of_day[start : start + ENTRIES_A_WRITE]
                where = (location_id, mode_of(livemode), day, account_id)
                new += retry_write(partial(self._put_part, where, part))
        return new

    def find_known(
        self, location_id: str, entries: Sequence[LedgerEntry]
    ) -> dict[str, LedgerEntry]:
        """Return those of up to a hundred entries that are in the ledger, as it has them, by id."""
        found = self._read([entry_key(location_id, entry) for entry in entries])
        return {entry.balance_transaction: entry for entry in found}

    def list_entries(
        self, location_id: str, start_s: int, end_s: int, limit: int, cursor: str | None = None
    ) -> tuple[list[LedgerEntry], str | None]:
        """Return up to `limit` entries created in `[start_s, end_s)` and a cursor for the rest.

        They are in the order of `created_s` and id, which nothing changes. Raises `InvalidInput`
        for a cursor that is none of ours.
        """
        page: list[LedgerEntry] = []
        for entry in self._iterate(location_id, start_s, end_s, read_cursor(cursor), limit):
            if len(page) == limit:
                last = page[-1]
                return page, instant_key(last.created_s, last.balance_transaction)
            page.append(entry)
        return page, None

    def iterate_entries(
        self,
        location_id: str,
        start_s: int,
        end_s: int,
        *,
        after: str = "",
        page: int = PAGE_ITEMS,
    ) -> Iterator[LedgerEntry]:
        """Yield all entries created in `[start_s, end_s)` in order, a page of them in memory.

        They begin after the place `after`, as `instant_key` writes it.
        """
        return self._iterate(location_id, start_s, end_s, after, page)

    def get_entries(self, location_id: str, places: Iterable[str]) -> list[LedgerEntry]:
        """Return the entries at some places, as `instant_key` writes them."""
        mode = location_mode(self._table, location_id)
        keys = [_key_of(location_id, mode, place) for place in places]
        stamps = {key: Key(key.pk, key.sk + PAID_OUT) for key in keys}
        found = self._table.get(*stamps.values()) if keys else {}
        return [
            replace(entry, paid_out_by=found[stamp].body["payout"])
            if (stamp := stamps[entry_key(location_id, entry)]) in found
            else entry
            for entry in self._read(keys)
        ]

    # ------------------------------------------------------------------ sums and balances

    def sum_days(self, location_id: str, until_day: str) -> list[DaySum]:
        """Return the sums of all UTC days before `until_day`, the oldest first."""
        mode = location_mode(self._table, location_id)
        return self._sum_days(sums_key(location_id, mode, "").pk, until_day)

    def _sum_days(self, partition: str, until_day: str) -> list[DaySum]:
        found = self._table.query_between(
            partition, BEFORE_ALL, until_day, MAX_DAYS, page_items=MAX_DAYS
        )
        return [
            DaySum(
                each.sk,
                currency,
                sums["count"],
                sums["net_minor"],
                sums.get("attributions", 0),
            )
            for each in found
            for currency, sums in sorted(each.stored.body.items())
            if each.sk < until_day
        ]

    def sum_before(self, location_id: str, at_s: int) -> dict[str, int]:
        """Return the balance of the ledger right before an instant, by currency in minor units.

        It is the sum of every net since the first entry, whichever account's: whole UTC days by
        their sums, the rest of the last day entry by entry.
        """
        day = utc_day(at_s)
        balances = balances_of_days(self.sum_days(location_id, day))
        day_start_s = at_s - at_s % 86_400
        for entry in self.iterate_entries(location_id, day_start_s, at_s):
            if entry.balance_type == PAYMENTS_BALANCE:
                balances[entry.currency] = balances.get(entry.currency, 0) + entry.net_minor
        return balances

    def count_before(self, location_id: str, at_s: int) -> int:
        """Return how much was written of the payments balance's entries before an instant.

        That is how many they are, and how often what one was for was learned later. Entries
        are never deleted or overwritten: an equal count means an equal ledger.
        """
        day_start_s = at_s - at_s % 86_400
        days = self.sum_days(location_id, utc_day(at_s))
        in_days = sum(each.count + each.attributions for each in days)
        of_day = self.iterate_entries(location_id, day_start_s, at_s) if at_s > day_start_s else ()
        return in_days + sum(
            1 + each.attributions for each in of_day if each.balance_type == PAYMENTS_BALANCE
        )

    def get_balances(self, where: Where) -> dict[str, int]:
        """Return the sum of every net of an account, by currency in minor units."""
        account = account_at(self._table, where)
        partition = sums_key(account.location_id, account.mode, "", account.account_id).pk
        return balances_of_days(self._sum_days(partition, AFTER_ALL))

    def get_left_balances(self, location_id: str) -> dict[str, int]:
        """Return what is left on accounts that the location had before, by currency; mostly {}."""
        left = balances_of_days(self.sum_days(location_id, AFTER_ALL))
        for currency, minor in self.get_balances(location_id).items():
            left[currency] = left.get(currency, 0) - minor
        return {currency: minor for currency, minor in left.items() if minor}

    def _put_part(self, where: tuple[str, str, str, str], part: list[LedgerEntry]) -> int:
        location_id, mode, day, account_id = where
        entries = {entry_key(location_id, entry): entry for entry in part}
        # The account's own sum, and that of all accounts: one and the same where none is known.
        totals = {sums_key(location_id, mode, day, each) for each in ("", account_id)}
        quarters = quarters_key(location_id, mode, day)
        found = self._table.get(*totals, quarters, *entries)
        new = {key: entry for key, entry in entries.items() if key not in found}
        if new:
            puts = [_sums_put(total, found.get(total), new.values()) for total in totals]
            puts.append(quarters_put(quarters, found.get(quarters), new.values()))
            puts += [Put(key, entry_to_dict(entry)) for key, entry in new.items()]
            puts += place_puts(location_id, new.values())
            # Another sync writes the same day: its sum is what both meet at.
            self._table.put(puts)
        return len(new)

    def _read(self, keys: Sequence[Key]) -> list[LedgerEntry]:
        """Return the entries that are at these keys, with what was learned of them since."""
        beside = {key: Key(key.pk, key.sk + LEARNED) for key in keys}
        found = self._table.get(*keys, *beside.values()) if keys else {}
        read = []
        for key in keys:
            if key in found:
                entry, later = entry_from_dict(found[key].body), found.get(beside[key])
                read.append(with_attribution(entry, later.body) if later else entry)
        return read

    def _iterate(
        self, location_id: str, start_s: int, end_s: int, after: str, page: int
    ) -> Iterator[LedgerEntry]:
        """Yield entries in order, each with the items that follow it in its partition."""
        mode = location_mode(self._table, location_id)
        first = after + PAID_OUT + AFTER_ALL if after else instant_key(start_s)
        last = instant_key(end_s - 1, AFTER_ALL)
        first_day = utc_day(int(after.partition("#")[0])) if after else utc_day(start_s)
        # Only days that have entries are asked for: a range may be the whole past.
        sums = self._table.query_between(
            sums_key(location_id, mode, "").pk,
            first_day,
            utc_day(max(0, end_s - 1)),
            MAX_DAYS,
            page_items=MAX_DAYS,
        )
        for day in sums:
            yield from self._iterate_day(
                day_partition(location_id, mode, day.sk), first, last, min(page + 1, PAGE_ITEMS)
            )

    def _iterate_day(
        self, partition: str, first: str, last: str, page: int
    ) -> Iterator[LedgerEntry]:
        held: LedgerEntry | None = None
        while first <= last:
            found = self._table.query_between(partition, first, last, page)
            for each in found:
                if each.sk.endswith(PAID_OUT):
                    held = held and replace(held, paid_out_by=each.stored.body["payout"])
                elif each.sk.endswith(LEARNED):
                    held = held and with_attribution(held, each.stored.body)
                else:
                    if held:
                        yield held
                    held = entry_from_dict(each.stored.body)
            if len(found) < page:
                break
            first = found[-1].sk + BEFORE_ALL
        if held:
            yield held


def _sums_put(total: Key, stored: Stored | None, new: Iterable[LedgerEntry]) -> Put:
    sums = _added(stored.body if stored else {}, new)
    return Put(total, sums, stored.version if stored else 0)


def balances_of_days(days: Iterable[DaySum]) -> dict[str, int]:
    """Return what some days' nets add up to, by currency in minor units."""
    balances: dict[str, int] = {}
    for each in days:
        balances[each.currency] = balances.get(each.currency, 0) + each.net_minor
    return balances


def _added(
    sums: Mapping[str, Mapping[str, int]], entries: Iterable[LedgerEntry]
) -> dict[str, dict[str, int]]:
    total = {currency: dict(each) for currency, each in sums.items()}
    for entry in entries:
        of_currency = total.setdefault(entry.currency, {"count": 0, "net_minor": 0})
        if entry.balance_type == PAYMENTS_BALANCE:
            of_currency["count"] += 1
            of_currency["net_minor"] += entry.net_minor
    return total


def _partition(entry: LedgerEntry) -> tuple[bool, str]:
    return entry.livemode, utc_day(entry.created_s)


def _partition_and_place(entry: LedgerEntry) -> tuple[bool, int, str]:
    return entry.livemode, entry.created_s, entry.balance_transaction


def _key_of(location_id: str, mode: str, place: str) -> Key:
    day = utc_day(int(place.partition("#")[0]))
    return Key(day_partition(location_id, mode, day), place)
