"""What webhooks reported, for the ledger: charges and payouts with their bookings, in batches."""

from collections.abc import Iterable
from typing import Any

from shared.adapters.booking_items import booking_key
from shared.adapters.bookings_table import BookingsTable, Key, Stored
from shared.adapters.subject_items import subject_item_key
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict
from shared.domain.ledger.subject import Subject
from shared.domain.stripe_facts.payment_facts import Facts

MAX_KEYS = 100


class KnownPayments:
    """Reads subjects and bookings of a location, up to a hundred a call."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get_subjects(self, location_id: str, names: Iterable[str]) -> dict[str, Subject]:
        """Return what is known of subjects such as `charge#ch_1` and `payout#po_1`, by name."""
        keys = {subject_item_key(location_id, name): name for name in names}
        found = self._read(keys)
        return {
            keys[key]: Subject(Facts.from_dict(body["facts"]), body.get("booking_id"))
            for key, body in found.items()
        }

    def get_bookings(self, location_id: str, booking_ids: Iterable[str]) -> dict[str, Booking]:
        """Return those of the bookings that are there, by id."""
        keys = {booking_key(location_id, each): each for each in booking_ids}
        return {keys[key]: booking_from_dict(body) for key, body in self._read(keys).items()}

    def _read(self, keys: Iterable[Key]) -> dict[Key, dict[str, Any]]:
        wanted = list(keys)
        found: dict[Key, Stored] = {}
        for start in range(0, len(wanted), MAX_KEYS):
            found |= self._table.get(*wanted[start : start + MAX_KEYS])
        return {key: stored.body for key, stored in found.items()}
