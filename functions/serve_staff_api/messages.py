"""A booking's mails as staff see them, and their resending."""

import secrets
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.mail_stops import address_digest, go_on_delete
from shared.adapters.mail_store import CLAIMED, HELD_BACK, MAIL_REFUSED, MailRecord, MailStore
from shared.adapters.retry_write import retry_write
from shared.domain.activity.client_mails import again_order, base_fact, mail_of_fact
from shared.domain.bookings.booking import Booking
from shared.domain.dates.instants import rfc3339
from shared.domain.errors import Conflict, NotFound
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.idempotency import REPLAYED, read_repeatable
from shared.entrypoints.staff_api import body_of, json_response
from shared.observability import count
from shared.workflows.bookings.find_booking import find_booking
from shared.workflows.staff import audit_of

router = Router()  # type: ignore[no-untyped-call]
MESSAGES = "/v1/locations/<location_id>/bookings/<booking_id>/messages"


@router.get(MESSAGES)
def get_messages(location_id: str, booking_id: str) -> dict[str, Any]:
    """List the mails to the booking's client, the oldest first, and whether they arrived."""
    authorize(read_caller(router), location_id, "read_messages")
    booking = find_booking(environment.get(BookingStore), location_id, booking_id).booking
    return {"items": message_views(booking, _known(booking)), "next_cursor": None}


@router.post(f"{MESSAGES}/<kind>/resend")
def resend_message(location_id: str, booking_id: str, kind: str) -> Response[dict[str, Any]]:
    """Send the newest mail of a kind again, as the booking is now, to the client's address.

    If mails to this address were stopped, asking for one allows them again.
    """
    caller = read_caller(router)
    staff = authorize(caller, location_id, "resend_message")
    body = body_of(router)

    def write() -> Response[dict[str, Any]]:
        repeatable = read_repeatable(
            router, environment.get(BookingStore), location_id, caller, body
        )
        if kept := repeatable.kept():
            return json_response(202, kept, REPLAYED)
        stored = find_booking(environment.get(BookingStore), location_id, booking_id)
        booking = stored.booking
        if booking.client is None:
            raise Conflict("No address of the client is known.", code="client_has_no_email")
        fact = _fact_to_tell(booking, kind)
        order = again_order(booking, fact, secrets.token_hex(4), repeatable.now_s)
        answer = {"kind": kind, "requested_at": rfc3339(repeatable.now_s)}
        audit = audit_of(staff, "message.sent_again", booking=booking_id, kind=kind)
        environment.get(BookingStore).write(
            stored,
            booking,
            answer=repeatable.first_answer(answer),
            orders=(order,),
            also=[audit, go_on_delete(location_id, booking.client.email)],
        )
        count("MailSentAgain")
        return json_response(202, answer)

    return retry_write(write)


def message_views(booking: Booking, records: list[MailRecord]) -> list[dict[str, Any]]:
    """Return the contract's messages; `to` is null once the address has been erased."""
    addresses = [each.email for each in booking.former_emails]
    if booking.client:
        addresses.append(booking.client.email)
    by_digest = {address_digest(each): each for each in addresses}
    return [
        {
            "kind": each.kind,
            "to": by_digest.get(each.to_digest),
            "status": MAIL_REFUSED if each.status == HELD_BACK else each.status,
            "reason": HELD_BACK if each.status == HELD_BACK else each.reason or None,
            "at": rfc3339(each.at_s),
        }
        for each in records
        if each.status != CLAIMED
    ]


def _known(booking: Booking) -> list[MailRecord]:
    return environment.get(MailStore).list_mails(booking.location_id, booking.booking_id)


def _fact_to_tell(booking: Booking, kind: str) -> str:
    told = [base_fact(each.fact) for each in _known(booking) if each.kind == kind]
    if not told:
        raise NotFound("No mail of this kind was sent.", code="message_not_found")
    if mail_of_fact(booking, told[-1]) is None:
        raise Conflict("What that mail told does not hold any more.", code="message_outdated")
    return told[-1]
