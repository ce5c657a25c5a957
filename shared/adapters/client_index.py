"""Which bookings are a client's: pointers under a digest of the e-mail address.

Erasing a client takes them away, and with them whatever leads to the booking from outside.

    pk                        sk           holds
    <loc>#client#<cl_...>     <booking>    the booking's id

They are written with the booking, and taken away with the client's personal data.
"""

from collections.abc import Iterable

from shared.adapters.booking_links import link_key
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.erasure import client_id

# So many are looked up at once; who asks goes on until there are none.
PAGE = 25
# DynamoDB's transactions take a hundred.
LINKS_AT_ONCE = 50


def client_puts(booking: Booking) -> list[Put]:
    """Return the write of a new booking's pointer, none where it names no client."""
    if booking.client is None:
        return []
    own_id = client_id(booking.location_id, booking.client.email)
    key = _key(booking.location_id, own_id, booking.booking_id)
    return [Put(key, {"booking_id": booking.booking_id}, version=None)]


def client_delete(location_id: str, own_id: str, booking_id: str) -> Delete:
    """Return the removal of a pointer."""
    return Delete(_key(location_id, own_id, booking_id))


class ClientIndex:
    """The pointers of all locations; every method is told which location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def find_bookings(self, location_id: str, own_id: str, after: str = "") -> list[str]:
        """Return the ids of up to `PAGE` bookings of a client, in their order, behind `after`."""
        partition = _partition(location_id, own_id)
        found = self._table.query_between(partition, f"{after}!", "~", PAGE)
        return [each.sk for each in found]

    def end_links(self, digests: Iterable[str]) -> None:
        """Let payment links lead nowhere, by their tokens' digests."""
        writes = [Delete(link_key(digest)) for digest in digests]
        for at in range(0, len(writes), LINKS_AT_ONCE):
            self._table.put(writes[at : at + LINKS_AT_ONCE])

    def erase(self, writes: list[Put | Delete]) -> None:
        """Write what one booking's erasure is made of; raises `WriteConflict` if it has changed."""
        self._table.put(writes)


def _partition(location_id: str, own_id: str) -> str:
    return f"{location_id}#client#{own_id}"


def _key(location_id: str, own_id: str, booking_id: str) -> Key:
    return Key(_partition(location_id, own_id), booking_id)
