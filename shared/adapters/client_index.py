"""Which bookings are a client's: pointers under a digest of the e-mail address.

Erasing a client takes them away, and with them whatever leads to the booking from outside.

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

    def forget_booking(self, location_id: str, own_id: str, booking_id: str) -> None:
        """Remove a client's pointer to a booking that holds nothing of theirs."""
        self._table.put([Delete(_key(location_id, own_id, booking_id))])

    def erase(self, stored: StoredBooking, changed: Booking, own_id: str) -> None:
        """Write a booking without what a client's erasure took out of it, and remove what led here.

        The pointer of `own_id` goes with it, and those of the addresses that the booking had by
        mistake and no longer names; with the client, the booking's own page. Raises `WriteConflict`
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
