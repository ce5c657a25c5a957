"""What staff correct of a booking: its client, their note, and another system's data."""

import time
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from functions.serve_staff_api.links import link_token, link_tokens
from shared import environment
from shared.adapters.audit_log import FORMER_EMAIL, entry_place
from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Put
from shared.adapters.client_index import ClientIndex
from shared.adapters.link_key import LinkKey
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.authorship import signed
from shared.domain.bookings.booking import Booking, Client
from shared.domain.errors import Conflict, InvalidInput, WriteConflict
from shared.domain.link_tokens import derive_client_token, token_digest
from shared.domain.mistakes import mistake
from shared.domain.visits.corrections import BookingChanges, has_new_reader, with_changes
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.field_types import Email, Text, or_none
from shared.entrypoints.idempotency import request_body
from shared.entrypoints.request_bodies import Metadata, parse
from shared.observability import count
from shared.workflows.bookings.find_booking import find_booking
from shared.workflows.staff import Staff, audit_of

router = Router()  # type: ignore[no-untyped-call]
WRITE_ATTEMPTS = 5
MAX_NOTE_CHARS = 2000


class ClientPatch(BaseModel):
    """What is to be other of a client; what is left out stays."""

    model_config = ConfigDict(strict=True, extra="forbid")
    name: Annotated[Text, Field(max_length=120)] | None = None
    email: Email | None = None
    phone: Annotated[Annotated[Text, Field(max_length=32)] | None, BeforeValidator(or_none)] = None


class BookingPatch(BaseModel):
    """What is to be other of a booking; what is left out stays, metadata is replaced as a whole."""

    model_config = ConfigDict(strict=True, extra="forbid")
    client: ClientPatch | None = None
    note: Annotated[str, Field(max_length=MAX_NOTE_CHARS)] | None = None
    metadata: Metadata | None = None


@router.patch("/v1/locations/<location_id>/bookings/<booking_id>")
def patch_booking(location_id: str, booking_id: str) -> dict[str, Any]:
    """Correct the client, the note or the metadata of a booking.

    With a new e-mail address the former one's page, links and open Checkout Session end.
    """
    staff = authorize(
        environment.get(BookingStore), read_caller(router), location_id, "change_booking"
    )
    asked = parse(BookingPatch, request_body(router))
    for _ in range(WRITE_ATTEMPTS):
        stored = find_booking(environment.get(BookingStore), location_id, booking_id)
        audit = _audit(stored.booking, asked, staff)
        changed = _changed(stored.booking, asked, staff, entry_place(audit))
        if changed == stored.booking:
            return staff_view(changed)
        try:
            _write(stored, changed, audit)
        except WriteConflict:
            continue
        count("BookingCorrected")
        return staff_view(changed)
    raise Conflict("The booking is being changed; try again.", code="request_in_progress")


def _audit(booking: Booking, asked: BookingPatch, staff: Staff) -> Put:
    ids = {"booking": booking.booking_id, "fields": ",".join(sorted(asked.model_fields_set))}
    email = asked.client.email if asked.client else None
    if booking.client and email not in (None, booking.client.email):
        ids[FORMER_EMAIL] = booking.client.email
    return audit_of(staff, "booking.corrected", **ids)


def _changed(booking: Booking, asked: BookingPatch, staff: Staff, audit_place: str) -> Booking:
    client = _client(booking, asked.client) if asked.client else None
    changes = BookingChanges(client, asked.note, asked.metadata)
    changed = with_changes(booking, changes, int(time.time()), staff.email, audit_place)
    return signed(booking, changed, staff.person)


def _client(booking: Booking, asked: ClientPatch) -> Client:
    known = booking.client
    name = asked.name or (known.name if known else None)
    email = asked.email or (known.email if known else None)
    phone = asked.phone if "phone" in asked.model_fields_set else known.phone if known else None
    if name is None or email is None:
        missing = "name" if name is None else "email"
        errors = [mistake(f"/client/{missing}", "is required, for the booking names no client yet")]
        raise InvalidInput("Name the client.", errors=errors)
    return Client(name, email, phone)


def _write(stored: StoredBooking, changed: Booking, audit: Put) -> None:
    store = environment.get(BookingStore)
    if changed.client is None or not has_new_reader(stored.booking, changed):
        store.change_booking(stored, changed, also=[audit])
        return
    # First: whoever should not have them has them no longer, even if the rest breaks off.
    environment.get(ClientIndex).end_links(map(token_digest, link_tokens(stored.booking)))
    key = environment.get(LinkKey).get()
    own = derive_client_token(key, changed.booking_id, changed.client_access)
    link = link_token(changed.location_id, changed.booking_id, changed.links)
    store.change_reader(
        stored,
        changed,
        client_digest=token_digest(own),
        link_digest=token_digest(link),
        also=[audit],
    )
