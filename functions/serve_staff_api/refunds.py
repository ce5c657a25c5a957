"""Refunds that staff ask for and deny; `reopening` has their approval."""

import random
import secrets
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import BaseModel, ConfigDict, Field

from functions.serve_staff_api.giving import Giver
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.domain.activity.staff_view import request_view, staff_view
from shared.domain.bookings.authorship import signed
from shared.domain.bookings.booking_id import require_booking_id
from shared.domain.bookings.refund_order import STAFF
from shared.domain.errors import Conflict, NotFound, WriteConflict
from shared.domain.money.charge_limits import MAX_PRICE_MINOR
from shared.domain.refunds.refund_rules import RefundRequest, deny_refund, request_refund
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.idempotency import REPLAYED, read_repeatable, request_body
from shared.entrypoints.request_bodies import parse
from shared.observability import count
from shared.workflows.repeated_requests import Repeatable
from shared.workflows.staff import Staff, audit_of

router = Router()  # type: ignore[no-untyped-call]
ID_BYTES = 12
# Each clerk loses at most to all others, and to Stripe's events, at this moment.
ATTEMPTS = 12
BACK_OFF_S = 0.03


class RefundInput(BaseModel):
    """What is to go back; a misspelt `amount` must not become all that is left."""

    model_config = ConfigDict(strict=True, extra="forbid")
    amount: Annotated[int, Field(ge=1, le=MAX_PRICE_MINOR)] | None = None
    reason: Literal["requested_by_customer", "duplicate", "fraudulent"] | None = None
    note: Annotated[str, Field(max_length=500)] | None = None


@router.post("/v1/locations/<location_id>/bookings/<booking_id>/refunds")
def create_refund(location_id: str, booking_id: str) -> Response[dict[str, Any]]:
    """Reserve an amount and ask for its refund; above a role's limit somebody else must agree."""
    caller = read_caller(router)
    staff = authorize(environment.get(BookingStore), caller, location_id, "refund")
    giver = Giver(staff)
    body = request_body(router)
    asked = parse(RefundInput, body)
    request_id = f"rf_{secrets.token_hex(ID_BYTES)}"
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, BACK_OFF_S * 2 ** min(attempt, 4)))  # noqa: S311 (jitter)
        repeatable = read_repeatable(
            router, environment.get(BookingStore), location_id, caller, body
        )
        if kept := repeatable.kept():
            return _accepted(kept, REPLAYED)
        request = RefundRequest(
            request_id=request_id,
            amount_minor=asked.amount,
            requested_by=staff.email,
            requested_at_s=repeatable.now_s,
            cause=STAFF,
            reason=asked.reason or "",
            note=asked.note or "",
            requester_id=staff.user_id,
        )
        try:
            answer = _write(staff, booking_id, request, repeatable, giver)
        except WriteConflict:
            continue
        count("RefundRequested")
        return _accepted(answer)
    raise Conflict("The booking is being changed; try again.", code="request_in_progress")


@router.post("/v1/locations/<location_id>/bookings/<booking_id>/refunds/<refund_id>/deny")
def deny(location_id: str, booking_id: str, refund_id: str) -> dict[str, Any]:
    """Refuse a refund that waits for approval; its amount is free again."""
    staff = authorize(
        environment.get(BookingStore), read_caller(router), location_id, "approve_refund"
    )
    by, now_s = staff.person, int(time.time())
    changed = environment.get(BookingStore).update_booking(
        location_id,
        require_booking_id(booking_id),
        staff.signing(lambda booking: deny_refund(booking, refund_id, by, now_s)),
        staff.recording("refund.denied", booking=booking_id, refund=refund_id),
    )
    count("RefundDenied")
    return staff_view(changed)


def _write(
    staff: Staff, booking_id: str, request: RefundRequest, repeatable: Repeatable, giver: Giver
) -> dict[str, Any]:
    """Write a request with the answer that it gets, and return that."""
    stored = environment.get(BookingStore).get_booking(
        staff.location.location_id, require_booking_id(booking_id)
    )
    if stored is None:
        raise NotFound("There is no such booking here.", code="booking_not_found")
    asked = request_refund(stored.booking, request, giver.allowance(stored.booking))
    changed = signed(stored.booking, asked, staff.person)
    answer = request_view(changed, request.request_id)
    audit = audit_of(staff, "refund.requested", booking=booking_id, refund=request.request_id)
    first = repeatable.first_answer(answer)
    also = [audit, *giver.count(stored.booking, changed)]
    environment.get(BookingStore).change_booking(stored, changed, answer=first, also=also)
    return answer


def _accepted(
    document: dict[str, Any], headers: Mapping[str, str] | None = None
) -> Response[dict[str, Any]]:
    return Response(202, "application/json", document, dict(headers or {}))
