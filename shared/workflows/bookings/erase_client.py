"""A client's personal data is removed from all their bookings at a location; the money stays."""

from functools import partial

from msgspec import Struct

from shared.adapters.audit_log import AuditLog
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Delete
from shared.adapters.client_index import PAGE, ClientIndex
from shared.adapters.link_key import LinkKey
from shared.adapters.mail_stops import go_on_delete
from shared.adapters.retry_write import retry_write
from shared.domain.bookings.authorship import signed
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.erasure import without_client
from shared.observability import count
from shared.workflows.bookings.payment_links import all_link_digests
from shared.workflows.staff import Staff, audit_of

# Within the function's 15 s; a client with more bookings takes another request.
MAX_PAGES = 8


class Erased(Struct, frozen=True):
    """How many bookings were changed; not complete where there are more."""

    bookings: int
    is_complete: bool


class ClientErasure:
    """Erases clients; safe to repeat, from any step at which it failed."""

    def __init__(
        self, bookings: BookingStore, index: ClientIndex, audit: AuditLog, link_key: LinkKey
    ) -> None:
        self._bookings = bookings
        self._index = index
        self._audit = audit
        self._link_key = link_key

    def erase(self, staff: Staff, own_id: str, now_s: int) -> Erased:
        """Remove a client, by their `client_id`, from up to `MAX_PAGES` pages of bookings.

        Their own pages and payment links end with it. Raises `WriteConflict` as `retry_write`.
        """
        location_id = staff.location.location_id
        # Written first: the request is on record even if the rest fails.
        self._audit.record(audit_of(staff, "client.erased", client=own_id))
        erased, is_complete = 0, False
        for _ in range(MAX_PAGES):
            found = self._index.find_bookings(location_id, own_id)
            for booking_id in found:
                erased += self._erase_from(booking_id, own_id, staff, now_s)
            if len(found) < PAGE:
                is_complete = True
                break
        count("ClientErased")
        return Erased(erased, is_complete)

    def _erase_from(self, booking_id: str, own_id: str, staff: Staff, now_s: int) -> int:
        """Remove the client from one booking, and all access to it; return how many changed.

        The index entry is deleted last, so that a repetition finds what a failure left.
        """
        location_id = staff.location.location_id

        def erase_once() -> int:
            stored = self._bookings.get_booking(location_id, booking_id)
            if stored is None:
                self._index.forget_booking(location_id, own_id, booking_id)
                return 0
            erased = without_client(stored.booking, own_id, now_s, staff.email)
            changed = signed(stored.booking, erased, staff.person)
            if changed == stored.booking:
                self._index.forget_booking(location_id, own_id, booking_id)
                return 0
            self._end_access(stored.booking, changed)
            stops = _ended_stops(stored.booking, changed)
            self._bookings.write(stored, changed, also=stops)
            return 1

        return retry_write(erase_once)

    def _end_access(self, before: Booking, after: Booking) -> None:
        """Delete links and audit addresses, which are outside the booking's transaction."""
        for former in before.former_emails:
            if former not in after.former_emails:
                self._audit.forget_address(before.location_id, former.audit_place)
        if before.client and after.client is None:
            self._index.end_links(all_link_digests(self._link_key.get(), before))


def _ended_stops(before: Booking, after: Booking) -> list[Delete]:
    """Return the writes that forget that mails to the erased addresses were stopped."""
    gone = {each.email for each in before.former_emails if each not in after.former_emails}
    if before.client and after.client is None:
        gone.add(before.client.email)
    # Two spellings may be one item, and a transaction takes an item once.
    stops = map(partial(go_on_delete, after.location_id), sorted(gone))
    return list({each.key: each for each in stops}.values())
