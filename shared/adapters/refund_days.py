"""What each of the staff gave back alone in a day: a counter of its own, beside the bookings.

    pk                           sk                body
    <loc>#given#<user_id>        <2026-11-22>      {"eur": 1900}

It is written in the transaction of the refund that it counts, on the condition that it has not
changed: of two refunds at once, the second one sees the first.
"""

from collections.abc import Mapping

from msgspec import Struct

from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.config import Config

# Nobody asks for a day that is over; DynamoDB deletes it after a while.
KEPT_S = 3 * 86_400


class RefundDay(Struct, frozen=True):
    """What somebody gave back in a local day, in minor units by currency, as it was read."""

    key: Key
    given_minor: Mapping[str, int]
    version: int

    def put(self, currency: str, amount_minor: int, now_s: int) -> Put:
        """Return the write of this much more, for the transaction of the refund itself."""
        total_minor = self.given_minor.get(currency, 0) + amount_minor
        body = {**self.given_minor, currency: total_minor}
        return Put(self.key, body, self.version, expires_at_s=now_s + KEPT_S)


class RefundDays:
    """The counters of all locations."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get(self, location_id: str, user_id: str, day: str) -> RefundDay:
        """Return what a person gave back in a local day, such as `2026-11-22`."""
        key = Key(f"{location_id}#given#{user_id}", day)
        stored = self._table.get(key).get(key)
        return RefundDay(key, stored.body, stored.version) if stored else RefundDay(key, {}, 0)
