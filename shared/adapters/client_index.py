"""Which bookings are a client's: pointers under a digest of the e-mail address.

Erasing a client removes them, and everything else that leads to the booking from outside.

    pk                        sk           holds
    <loc>#client#<cl_...>     <booking>    the booking's id

They are written with the booking, and taken away with the client's personal data.
"""

from collections.abc import Iterable

from shared.adapters.booking_items import StoredBooking, change_puts
from shared.adapters.booking_links import client_access_key, link_key
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put
from shared.adapters.mail_stops import go_on_delete
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.erasure import client_id

# A page of bookings; the caller asks until a page is not full.
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


class ClientIndex:
    """The pointers of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def find_bookings(self, location_id: str, own_id: str, after: str = "") -> list[str]:
        """Return the ids of up to `PAGE` bookings of a client, in order of id, after `after`."""
        partition = _partition(location_id, own_id)
        found = self._table.query_between(partition, f"{after}!", "~", PAGE)
        return [each.sk for each in found]

    def end_links(self, digests: Iterable[str]) -> None:
        """Invalidate payment links, by their tokens' digests."""
        writes = [Delete(link_key(digest)) for digest in digests]
        for at in range(0, len(writes), LINKS_AT_ONCE):
            self._table.put(writes[at : at + LINKS_AT_ONCE])

    def forget_booking(self, location_id: str, own_id: str, booking_id: str) -> None:
        """Remove a client's pointer to a booking that holds nothing of theirs."""
        self._table.put([Delete(_key(location_id, own_id, booking_id))])

    def erase(self, stored: StoredBooking, changed: Booking, own_id: str) -> None:
        """Write a booking from which a client's data was erased, and remove what led to it.

        Removed are the pointer of `own_id`, those of former addresses that the booking no longer
        names, and, if the client is gone, access by the booking's id. Raises `WriteConflict`
        if the booking has changed.
        """
        before, location_id = stored.booking, changed.location_id
        gone = [each.email for each in before.former_emails if each not in changed.former_emails]
        pointers = {own_id, *(client_id(location_id, each) for each in gone)}
        writes: list[Put | Delete] = [
            Delete(_key(location_id, each, changed.booking_id)) for each in sorted(pointers)
        ]
        if before.client and changed.client is None:
            writes.append(Delete(client_access_key(changed.booking_id)))
            gone.append(before.client.email)
        # One address may be there twice, and a transaction takes an item once.
        stops = {stop.key: stop for stop in (go_on_delete(location_id, each) for each in gone)}
        self._table.put([*writes, *stops.values(), *change_puts(stored, changed)])


def _partition(location_id: str, own_id: str) -> str:
    return f"{location_id}#client#{own_id}"


def _key(location_id: str, own_id: str, booking_id: str) -> Key:
    return Key(_partition(location_id, own_id), booking_id)
