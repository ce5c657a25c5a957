"""What ledger entries were for, if that was learned after they were written: beside each entry.

It is written together with the sum of the entry's UTC day, which counts how often that happened: a
report that keeps the count can see that what it said about a day's bookings is out of date. With it
comes the entry's place among those of its booking; the place that it had at another one leads to an
entry that is no longer that one's, and is left out when it is read.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import batched, groupby
from typing import Any

from shared.adapters.booking_places import place_puts
from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.adapters.ledger_keys import LEARNED, entry_key, mode_of, sums_key, utc_day
from shared.adapters.retry_write import retry_write
from shared.config import Config
from shared.domain.errors import Overtaken
from shared.domain.ledger.attribution import attribution_to_dict
from shared.domain.ledger.entry import PAYMENTS_BALANCE, LedgerEntry

# A transaction takes a hundred items: the sum, and two for each entry.
ENTRIES_A_WRITE = 49


class Attributions:
    """Writes attributions; safe to repeat, and by two syncs at once."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def put(self, location_id: str, entries: Iterable[LedgerEntry]) -> int:
        """Write what entries in the ledger were for, and return for how many of them that is new.

        Raises `AwsUnreachable`, `Overtaken` and `WriteConflict`: some may be written, and
        repeating it writes the rest.
        """
        written = 0
        for (livemode, day), group in groupby(sorted(entries, key=_place), key=_partition):
            where = (location_id, mode_of(livemode), day)
            for part in batched(group, ENTRIES_A_WRITE, strict=False):
                entries_of_part = {_key(location_id, each): each for each in part}
                written += retry_write(partial(self._put_part, where, entries_of_part))
        return written

    def _put_part(self, where: tuple[str, str, str], entries: Mapping[Key, LedgerEntry]) -> int:
        total = sums_key(*where)
        found = self._table.get(total, *entries)
        puts, learned, sums = [], [], found[total].body
        for key, entry in entries.items():
            stored = found.get(key)
            times = stored.body["attributions"] if stored else 0
            known = stored.body if stored else {}
            body = {**known, **attribution_to_dict(entry), "attributions": times}
            if stored and stored.body == body:
                continue
            if times != entry.attributions:
                raise Overtaken("another sync has learned more of an entry meanwhile")
            body["attributions"] = times + 1
            puts.append(Put(key, body, stored.version if stored else 0))
            learned.append(entry)
            sums = _counted(sums, entry)
        if puts:
            places = place_puts(where[0], learned)
            self._table.put([Put(total, sums, found[total].version), *puts, *places])
        return len(puts)


def _counted(sums: Mapping[str, Any], entry: LedgerEntry) -> dict[str, Any]:
    if entry.balance_type != PAYMENTS_BALANCE:
        return dict(sums)
    of_currency = sums[entry.currency]
    times = of_currency.get("attributions", 0) + 1
    return {**sums, entry.currency: {**of_currency, "attributions": times}}


def _place(entry: LedgerEntry) -> tuple[bool, int, str]:
    return entry.livemode, entry.created_s, entry.balance_transaction


def _partition(entry: LedgerEntry) -> tuple[bool, str]:
    return entry.livemode, utc_day(entry.created_s)


def _key(location_id: str, entry: LedgerEntry) -> Key:
    key = entry_key(location_id, entry)
    return Key(key.pk, key.sk + LEARNED)
