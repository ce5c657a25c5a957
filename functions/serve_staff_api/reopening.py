"""Reopening a visit, and the approval of the refund that this may need."""

import time
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.refund_days import RefundDays
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.lifecycle import (
    CONFIRMED,
)
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.idempotency import REPLAYED, key_of
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of, json_response
from shared.entrypoints.validation import Body
from shared.workflows.visits.reopen_visit import approve_refund, reopen_visit

router = Router()  # type: ignore[no-untyped-call]
BOOKING = "/v1/locations/<location_id>/bookings/<booking_id>"


class ReopenInput(Body):
    """Nothing: the rules decide what happens to the money."""


@router.post(f"{BOOKING}/reopen")
def reopen(location_id: str, booking_id: str) -> Response[dict[str, Any]]:
    """Undo a no-show, a completion or a cancellation; 202 waits for a second person."""
    caller = read_caller(router)
    staff = authorize(caller, location_id, "reopen_booking")
    body = body_of(router)
    parse(ReopenInput, body)
    reply = reopen_visit(
        staff,
        booking_id,
        key_of(router, caller, body),
        bookings=environment.get(BookingStore),
        days=environment.get(RefundDays),
        now_s=int(time.time()),
    )
    status = 200 if reply.body["status"] == CONFIRMED else 202
    return json_response(status, reply.body, REPLAYED if reply.is_repeated else {})


@router.post(f"{BOOKING}/refunds/<refund_id>/approve")
def approve(location_id: str, booking_id: str, refund_id: str) -> dict[str, Any]:
    """Agree to a refund that somebody else asked for; the visit that it reopens stands again."""
    staff = authorize(read_caller(router), location_id, "approve_refund")
    changed = approve_refund(
        staff,
        booking_id,
        refund_id,
        bookings=environment.get(BookingStore),
        now_s=int(time.time()),
    )
    return staff_view(changed)
