"""An end that was a mistake is undone, and the refund that this needed is approved."""

import random
import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import BaseModel, ConfigDict

from functions.serve_staff_api.giving import Giver
from functions.serve_staff_api.links import find_booking
from shared import environment
from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.adapters.slot_store import SlotStore
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import CONFIRMED, Booking
from shared.domain.errors import Conflict, WriteConflict
from shared.domain.visits.reopening import approve, reopen
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.idempotency import REPLAYED, read_repeatable, request_body
from shared.entrypoints.request_bodies import parse
from shared.observability import count
from shared.workflows.repeated_requests import Repeatable
from shared.workflows.staff import Staff

router = Router()  # type: ignore[no-untyped-call]
BOOKING = "/v1/locations/<location_id>/bookings/<booking_id>"
# Each loses at most to all others who write the booking or its day at this moment.
ATTEMPTS = 12
BACK_OFF_S = 0.03


class ReopenInput(BaseModel):
    """Nothing: what happens to the money is not chosen."""

    model_config = ConfigDict(strict=True, extra="forbid")


@router.post(f"{BOOKING}/reopen")
def reopen_booking(location_id: str, booking_id: str) -> Response[dict[str, Any]]:
    """Undo a no-show, a completion or a cancellation; 202 waits for a second person."""
    caller = read_caller(router)
    staff = authorize(environment.get(BookingStore), caller, location_id, "reopen_booking")
    giver = Giver(staff)
    body = request_body(router)
    parse(ReopenInput, body)

    def answered() -> Response[dict[str, Any]]:
        repeatable = read_repeatable(
            router, environment.get(BookingStore), location_id, caller, body
        )
        if kept := repeatable.kept():
            return _answer(kept, is_repeated=True)
        stored = find_booking(environment.get(BookingStore), location_id, booking_id)
        return _reopened(stored, staff, giver, repeatable)

    return _tried(answered)


@router.post(f"{BOOKING}/refunds/<refund_id>/approve")
def approve_refund(location_id: str, booking_id: str, refund_id: str) -> dict[str, Any]:
    """Agree to a refund that somebody else asked for; the visit that it reopens stands again."""
    staff = authorize(
        environment.get(BookingStore), read_caller(router), location_id, "approve_refund"
    )
    now_s = int(time.time())
    change = staff.signing(lambda booking: approve(booking, refund_id, staff.person, now_s))
    also = staff.recording("refund.approved", booking=booking_id, refund=refund_id)

    def approved() -> dict[str, Any]:
        stored = find_booking(environment.get(BookingStore), location_id, booking_id)
        changed = change(stored.booking)
        environment.get(SlotStore).reopen_visit(
            stored, changed, now_s, also=also(stored.booking, changed)
        )
        _count_reopened(stored.booking, changed)
        return staff_view(changed)

    view = _tried(approved)
    count("RefundApproved")
    return view


def _reopened(
    stored: StoredBooking, staff: Staff, giver: Giver, repeatable: Repeatable
) -> Response[dict[str, Any]]:
    """Write the booking reopened, or with what has to be approved first, and its answer."""
    booking, now_s = stored.booking, repeatable.now_s
    allowance = giver.allowance(booking)
    change = staff.signing(lambda found: reopen(found, staff.person, now_s, allowance=allowance))
    changed = change(booking)
    view = staff_view(changed)
    if changed != booking:
        ids = {"booking": booking.booking_id, "was": booking.status}
        also = staff.recording("booking.reopened", giver.count, **ids)(booking, changed)
        answer = repeatable.first_answer(view)
        environment.get(SlotStore).reopen_visit(stored, changed, now_s, answer=answer, also=also)
        _count_reopened(booking, changed)
    return _answer(view)


def _count_reopened(before: Booking, after: Booking) -> None:
    if after.status == CONFIRMED and before.status != CONFIRMED:
        count("BookingReopened")


def _tried[T](write: Callable[[], T]) -> T:
    """Return what a write gives, tried again where somebody wrote in between."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, BACK_OFF_S * 2 ** min(attempt, 4)))  # noqa: S311 (jitter)
        try:
            return write()
        except WriteConflict:
            continue
    raise Conflict("The booking is being changed; try again.", code="request_in_progress")


def _answer(view: dict[str, Any], *, is_repeated: bool = False) -> Response[dict[str, Any]]:
    status = 200 if view["status"] == CONFIRMED else 202
    headers = REPLAYED if is_repeated else {}
    return Response(status, "application/json", view, dict(headers))
