"""Refunds that staff ask for and deny; `reopening` has their approval."""

import time
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.refund_days import RefundDays
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking_id import require_booking_id
from shared.domain.money.charge_limits import MAX_PRICE_MINOR
from shared.domain.refunds.refund_rules import deny_refund
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.idempotency import REPLAYED, key_of
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of, json_response
from shared.entrypoints.validation import Body
from shared.observability import count
from shared.workflows.refunds.ask_for_refund import Wish, ask_for_refund

router = Router()  # type: ignore[no-untyped-call]


class RefundInput(Body):
    """What to refund; a misspelt `amount` must not become all that is left."""

    amount: Annotated[int, Field(ge=1, le=MAX_PRICE_MINOR)] | None = None
    reason: Literal["requested_by_customer", "duplicate", "fraudulent"] | None = None
    note: Annotated[str, Field(max_length=500)] | None = None


@router.post("/v1/locations/<location_id>/bookings/<booking_id>/refunds")
def create_refund(location_id: str, booking_id: str) -> Response[dict[str, Any]]:
    """Reserve an amount and ask for its refund; above a role's limit somebody else must agree."""
    caller = read_caller(router)
    staff = authorize(caller, location_id, "refund")
    body = body_of(router)
    asked = parse(RefundInput, body)
    reply = ask_for_refund(
        staff,
        booking_id,
        Wish(asked.amount, asked.reason or "", asked.note or ""),
        key_of(router, caller, body),
        bookings=environment.get(BookingStore),
        days=environment.get(RefundDays),
        now_s=int(time.time()),
    )
    return json_response(202, reply.body, REPLAYED if reply.is_repeated else {})


@router.post("/v1/locations/<location_id>/bookings/<booking_id>/refunds/<refund_id>/deny")
def deny(location_id: str, booking_id: str, refund_id: str) -> dict[str, Any]:
    """Deny a refund that waits for approval; its amount can be refunded again."""
    staff = authorize(read_caller(router), location_id, "approve_refund")
    by, now_s = staff.person, int(time.time())
    changed = environment.get(BookingStore).change(
        location_id,
        require_booking_id(booking_id),
        staff.signing(lambda booking: deny_refund(booking, refund_id, by, now_s)),
        staff.recording("refund.denied", booking=booking_id, refund=refund_id),
    )
    count("RefundDenied")
    return staff_view(changed)
