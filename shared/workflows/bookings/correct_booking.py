"""Staff correct a booking's client, their note, or another system's metadata."""

from collections.abc import Mapping

from msgspec import Struct

from shared.adapters.audit_log import FORMER_EMAIL, entry_place
from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_links import client_access_put, link_put
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Delete, Put
from shared.adapters.client_index import ClientIndex
from shared.adapters.link_key import LinkKey
from shared.adapters.mail_stops import go_on_delete
from shared.adapters.retry_write import retry_write
from shared.domain.bookings.authorship import signed
from shared.domain.bookings.booking import Booking, Client
from shared.domain.errors import InvalidInput
from shared.domain.link_tokens import derive_client_token, token_digest
from shared.domain.mistakes import mistake
from shared.domain.visits.corrections import BookingChanges, has_new_reader, with_changes
from shared.observability import count
from shared.workflows.bookings.find_booking import find_booking
from shared.workflows.bookings.payment_links import all_link_digests, link_digest
from shared.workflows.staff import Staff, audit_of


class ClientCorrection(Struct, frozen=True):
    """What to change of a client; `None` leaves a field as it is, and so does `keeps_phone`."""

    name: str | None
    email: str | None
    phone: str | None
    keeps_phone: bool


class Correction(Struct, frozen=True):
    """What to change of a booking; `None` leaves a field as it is. `fields` are their names."""

    fields: frozenset[str]
    client: ClientCorrection | None
    note: str | None
    metadata: Mapping[str, str] | None


class BookingCorrections:
    """Corrects bookings; a correction that changes nothing writes nothing."""

    def __init__(self, bookings: BookingStore, index: ClientIndex, link_key: LinkKey) -> None:
        self._bookings = bookings
        self._index = index
        self._link_key = link_key

    def correct(self, staff: Staff, booking_id: str, correction: Correction, now_s: int) -> Booking:
        """Correct a booking and return it.

        With a new e-mail address the former one's page, links and open Checkout Session end. Raises
        `NotFound`, `InvalidInput` for a client without name or address, and as `with_changes` does,
        and `WriteConflict` as `retry_write`.
        """
        location_id = staff.location.location_id

        def write() -> Booking:
            stored = find_booking(self._bookings, location_id, booking_id)
            audit = _audit(stored.booking, correction, staff)
            changed = _changed(stored.booking, correction, staff, entry_place(audit), now_s)
            if changed == stored.booking:
                return changed
            self._write(stored, changed, audit)
            count("BookingCorrected")
            return changed

        return retry_write(write)

    def _write(self, stored: StoredBooking, changed: Booking, audit: Put) -> None:
        if changed.client is None or not has_new_reader(stored.booking, changed):
            self._bookings.write(stored, changed, also=[audit])
            return
        key = self._link_key.get()
        # First: the former reader loses access even if the rest fails.
        self._index.end_links(all_link_digests(key, stored.booking))
        own = token_digest(derive_client_token(key, changed.booking_id, changed.client_access))
        # Mails to the new address are allowed again, if they were stopped.
        leads: list[Put | Delete] = [
            client_access_put(changed, own, is_new=False),
            link_put(changed, link_digest(key, changed, changed.links)),
            go_on_delete(changed.location_id, changed.client.email),
        ]
        self._bookings.write(stored, changed, also=[audit, *leads])


def _audit(booking: Booking, correction: Correction, staff: Staff) -> Put:
    ids = {"booking": booking.booking_id, "fields": ",".join(sorted(correction.fields))}
    email = correction.client.email if correction.client else None
    if booking.client and email not in (None, booking.client.email):
        ids[FORMER_EMAIL] = booking.client.email
    return audit_of(staff, "booking.corrected", **ids)


def _changed(
    booking: Booking, correction: Correction, staff: Staff, audit_place: str, now_s: int
) -> Booking:
    client = _client(booking, correction.client) if correction.client else None
    changes = BookingChanges(client, correction.note, correction.metadata)
    changed = with_changes(booking, changes, now_s, staff.email, audit_place)
    return signed(booking, changed, staff.person)


def _client(booking: Booking, correction: ClientCorrection) -> Client:
    known = booking.client
    name = correction.name or (known.name if known else None)
    email = correction.email or (known.email if known else None)
    known_phone = known.phone if known else None
    phone = known_phone if correction.keeps_phone else correction.phone
    if name is None or email is None:
        missing = "name" if name is None else "email"
        errors = [mistake(f"/client/{missing}", "is required, for the booking names no client yet")]
        raise InvalidInput("Name the client.", errors=errors)
    return Client(name, email, phone)
