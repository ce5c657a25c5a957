"""Which bookings are a client's: pointers under a digest of the e-mail address.

Erasing a client removes them, and everything else that leads to the booking from outside.

    pk                        sk           holds
    <loc>#client#<cl_...>     <booking>    the booking's id

They are written with the booking, and taken away with the client's personal data.
"""

from collections.abc import Iterable
from functools import partial

from shared.adapters.booking_links import link_key
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.erasure import client_id

# A page of bookings; the caller asks until a page is not full.
PAGE = 25
# DynamoDB's transactions take a hundred.
LINKS_AT_ONCE = 50


def pointer_writes(before: Booking | None, after: Booking) -> list[Put | Delete]:
    """Return the writes of a booking's pointers, for each address that it names or named before."""
    old, new = _client_ids(before) if before else frozenset(), _client_ids(after)
    keys = partial(_key, after.location_id, booking_id=after.booking_id)
    body = {"booking_id": after.booking_id}
    puts = [Put(keys(own_id), body, version=None) for own_id in sorted(new - old)]
    return [*puts, *(Delete(keys(own_id)) for own_id in sorted(old - new))]


def _client_ids(booking: Booking) -> frozenset[str]:
    emails = [each.email for each in booking.former_emails]
    if booking.client:
        emails.append(booking.client.email)
    return frozenset(client_id(booking.location_id, each) for each in emails)


class ClientIndex:
    """The pointers of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def find_bookings(
        self, location_id: str, own_id: str, after: str = "", limit: int | None = None
    ) -> list[str]:
        """Return the ids of a client's bookings, in order of id, after `after`.

        Up to `PAGE` of them, or `limit`.
        """
        limit = limit or PAGE
        partition = _partition(location_id, own_id)
        found = self._table.query_between(partition, f"{after}!", "~", limit, page_items=limit)
        return [each.sk for each in found]

    def end_links(self, digests: Iterable[str]) -> None:
        """Invalidate payment links, by their tokens' digests."""
        writes = [Delete(link_key(digest)) for digest in digests]
        for at in range(0, len(writes), LINKS_AT_ONCE):
            self._table.put(writes[at : at + LINKS_AT_ONCE])

    def forget_booking(self, location_id: str, own_id: str, booking_id: str) -> None:
        """Remove a client's pointer to a booking that holds nothing of theirs."""
        self._table.put([Delete(_key(location_id, own_id, booking_id))])


def _partition(location_id: str, own_id: str) -> str:
    return f"{location_id}#client#{own_id}"


def _key(location_id: str, own_id: str, booking_id: str) -> Key:
    return Key(_partition(location_id, own_id), booking_id)
