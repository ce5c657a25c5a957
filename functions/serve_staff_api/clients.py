"""Clients: all visits of one, and their personal data, which is exported or erased."""

import time
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.serve_staff_api.messages import message_views
from shared import environment
from shared.adapters.audit_log import AuditLog
from shared.adapters.booking_lists import BookingLists
from shared.adapters.booking_store import BookingStore
from shared.adapters.client_index import PAGE, ClientIndex
from shared.adapters.link_key import LinkKey
from shared.adapters.mail_store import MailStore
from shared.domain.activity.client_visits import client_view
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_to_dict
from shared.domain.bookings.erasure import CLIENT_ID, client_id
from shared.domain.dates.instants import rfc3339
from shared.domain.email_address import MAX_ADDRESS_CHARS
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.mistakes import mistake
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.cursors import Cursor, cursor_of
from shared.entrypoints.validation import Query, read_query
from shared.workflows.bookings.erase_client import ClientErasure
from shared.workflows.staff import audit_of

router = Router()  # type: ignore[no-untyped-call]
# Of a client who has more bookings, so many are shown.
MAX_SHOWN = 200
STAYS = (
    "Amounts, times and Stripe's ids stay, and name nobody. What Stripe itself keeps of a client "
    "is deleted in its Dashboard; the first answers to requests (24 hours), the bus's archive (30 "
    "days) and large events (60 days) end by themselves."
)
ELSEWHERE = (
    "What Stripe keeps of a client is exported in its Dashboard. First answers to requests (24 "
    "hours), the bus's archive (30 days) and large events (60 days) repeat what is here, or what "
    "Stripe has told."
)


class ExportQuery(Query):
    """Where the next bookings begin."""

    cursor: Cursor | None = None


@router.get("/v1/locations/<location_id>/clients/<client>")
def get_client(location_id: str, client: str) -> dict[str, Any]:
    """Show a client: who they are, all their bookings, and what they come to.

    The last visit comes first, and who they are is said as in the newest booking.
    """
    authorize(read_caller(router), location_id, "read_bookings")
    own_id = _read_client(location_id, client)
    index, lists = environment.get(ClientIndex), environment.get(BookingLists)
    found = index.find_bookings(location_id, own_id, limit=MAX_SHOWN + 1)
    theirs = [
        each
        for each in lists.get_bookings(location_id, found[:MAX_SHOWN])
        if each.client and client_id(location_id, each.client.email) == own_id
    ]
    if not theirs:
        raise NotFound("There is no booking of such a client.", code="client_not_found")
    return client_view(own_id, theirs, is_complete=len(found) <= MAX_SHOWN)


@router.delete("/v1/locations/<location_id>/clients/<client>")
def erase_client(location_id: str, client: str) -> dict[str, Any]:
    """Remove a client's name, address and number from all their bookings at this location.

    Their own pages and payment links end with it. `client` is the e-mail address or the
    `client_id`. Safe to repeat; `complete` false means that there are more bookings than one
    request takes.
    """
    staff = authorize(read_caller(router), location_id, "erase_client")
    own_id = _read_client(location_id, client)
    erasure = ClientErasure(
        environment.get(BookingStore),
        environment.get(ClientIndex),
        environment.get(AuditLog),
        environment.get(LinkKey),
    )
    erased = erasure.erase(staff, own_id, int(time.time()))
    return {
        "client_id": own_id,
        "bookings": erased.bookings,
        "complete": erased.is_complete,
        "stays": STAYS,
    }


@router.get("/v1/locations/<location_id>/clients/<client>/export")
def export_client(location_id: str, client: str) -> dict[str, Any]:
    """Return everything that is stored about a client: their whole bookings and their mails.

    Of a booking that had the address by mistake, only that address: the rest is somebody else's.
    """
    caller = read_caller(router)
    staff = authorize(caller, location_id, "export_client", takes=ExportQuery)
    asked = read_query(ExportQuery, caller.query)
    own_id = _read_client(location_id, client)
    environment.get(AuditLog).record(audit_of(staff, "client.exported", client=own_id))
    found = environment.get(ClientIndex).find_bookings(location_id, own_id, asked.cursor or "")
    stored = [environment.get(BookingStore).get_whole(location_id, each) for each in found]
    return {
        "client_id": own_id,
        "items": [_exported(each.booking, own_id) for each in stored if each],
        "elsewhere": ELSEWHERE,
        "next_cursor": cursor_of(found[-1]) if len(found) == PAGE else None,
    }


def _exported(booking: Booking, own_id: str) -> dict[str, Any]:
    location_id, client = booking.location_id, booking.client
    is_theirs = client is not None and client_id(location_id, client.email) == own_id
    mails = (
        environment.get(MailStore).list_mails(location_id, booking.booking_id) if is_theirs else []
    )
    return {
        "booking_id": booking.booking_id,
        "former_emails": [
            {"email": each.email, "until": rfc3339(each.until_s)}
            for each in booking.former_emails
            if is_theirs or client_id(location_id, each.email) == own_id
        ],
        "booking": staff_view(booking) if is_theirs else None,
        "stored": booking_to_dict(booking) if is_theirs else None,
        "messages": message_views(booking, mails),
    }


def _read_client(location_id: str, written: str) -> str:
    # API Gateway passes the path on as it was sent.
    text = written if "@" in written else unquote(written)
    if CLIENT_ID.fullmatch(text):
        return text
    # Any text that was ever accepted as an address: its owner may ask for its erasure.
    if "@" in text and len(text) <= MAX_ADDRESS_CHARS:
        return client_id(location_id, text)
    errors = [mistake("/path/client", "must be an email address or a client_id")]
    raise InvalidInput("Name the client by email address or client_id.", errors=errors)
