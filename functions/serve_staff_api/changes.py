"""What staff correct of a booking: its client, their note, and another system's data."""

import time
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import BeforeValidator, Field

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.client_index import ClientIndex
from shared.adapters.link_key import LinkKey
from shared.domain.activity.staff_view import staff_view
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.field_types import Email, Text, or_none
from shared.entrypoints.request_bodies import Metadata, parse
from shared.entrypoints.staff_api import body_of
from shared.entrypoints.validation import Body
from shared.workflows.bookings.correct_booking import (
    BookingCorrections,
    ClientCorrection,
    Correction,
)

router = Router()  # type: ignore[no-untyped-call]
MAX_NOTE_CHARS = 2000


class ClientPatch(Body):
    """What to change of a client; absent fields stay."""

    name: Annotated[Text, Field(max_length=120)] | None = None
    email: Email | None = None
    phone: Annotated[Annotated[Text, Field(max_length=32)] | None, BeforeValidator(or_none)] = None


class BookingPatch(Body):
    """What to change of a booking; absent fields stay, metadata is replaced as a whole."""

    client: ClientPatch | None = None
    note: Annotated[str, Field(max_length=MAX_NOTE_CHARS)] | None = None
    metadata: Metadata | None = None


@router.patch("/v1/locations/<location_id>/bookings/<booking_id>")
def patch_booking(location_id: str, booking_id: str) -> dict[str, Any]:
    """Correct the client, the note or the metadata of a booking.

    With a new e-mail address the former one's page, links and open Checkout Session end.
    """
    staff = authorize(read_caller(router), location_id, "change_booking")
    asked = parse(BookingPatch, body_of(router))
    corrections = BookingCorrections(
        environment.get(BookingStore), environment.get(ClientIndex), environment.get(LinkKey)
    )
    correction = Correction(
        frozenset(asked.model_fields_set), _client(asked.client), asked.note, asked.metadata
    )
    return staff_view(corrections.correct(staff, booking_id, correction, int(time.time())))


def _client(asked: ClientPatch | None) -> ClientCorrection | None:
    if asked is None:
        return None
    keeps_phone = "phone" not in asked.model_fields_set
    return ClientCorrection(asked.name, asked.email, asked.phone, keeps_phone)
