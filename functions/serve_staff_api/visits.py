"""How a visit ends: cancelled, no-show, completed; and what staff decide about its fee.

All are idempotent by state: a repetition returns the booking as it is.
"""

import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from functions.serve_staff_api.links import live_pay_url
from shared import environment
from shared.adapters.booking_store import BookingStore, count_nothing
from shared.adapters.bookings_table import Put
from shared.adapters.refund_days import RefundDays
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_id import require_booking_id
from shared.domain.errors import InvalidInput
from shared.domain.mistakes import mistake
from shared.domain.visits.end_visit import cancel, complete, mark_no_show
from shared.domain.visits.fee_decisions import confirm_fee, waive_fee
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.field_types import Text
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of
from shared.entrypoints.validation import Body
from shared.observability import count
from shared.workflows.refunds.allowance import Giver
from shared.workflows.staff import Staff

router = Router()  # type: ignore[no-untyped-call]
BOOKING = "/v1/locations/<location_id>/bookings/<booking_id>"


class CancelInput(Body):
    """Whether the business charges the fee of the terms: only if it asks for that."""

    waive_fee: bool = False
    apply_fee: bool = False


class NoShowInput(Body):
    """Whether the no-show fee is waived."""

    waive_fee: bool = False


class WaiveInput(Body):
    """Why a fee is waived."""

    reason: Annotated[Text, Field(max_length=500)]


@router.post(f"{BOOKING}/cancel")
def cancel_booking(location_id: str, booking_id: str) -> dict[str, Any]:
    """Cancel for the business: what was paid is refunded, and the slot is released."""
    staff = _allowed(location_id, "cancel_booking")
    giver = _giver(staff)
    asked = parse(CancelInput, body_of(router))
    if asked.waive_fee and asked.apply_fee:
        errors = [mistake("/apply_fee", "must not be true where the fee is waived")]
        raise InvalidInput("A fee is waived or applied, not both.", errors=errors)
    now_s = int(time.time())
    return _changed(
        staff,
        booking_id,
        lambda booking: cancel(
            booking,
            staff.email,
            now_s,
            takes_fee=asked.apply_fee,
            allowance=giver.allowance(booking),
        ),
        staff.recording("booking.cancelled", giver.count, booking=booking_id),
        written=lambda: count("BookingCancelled"),
    )


@router.post(f"{BOOKING}/no-show")
def note_no_show(location_id: str, booking_id: str) -> dict[str, Any]:
    """Mark a no-show, and charge the fee for it."""
    staff = _allowed(location_id, "mark_no_show")
    giver = _giver(staff)
    asked = parse(NoShowInput, body_of(router))
    now_s = int(time.time())
    return _changed(
        staff,
        booking_id,
        lambda booking: mark_no_show(
            booking,
            staff.email,
            now_s,
            takes_fee=not asked.waive_fee,
            allowance=giver.allowance(booking),
        ),
        staff.recording("booking.no_show", giver.count, booking=booking_id),
        written=lambda: count("BookingNoShow"),
    )


@router.post(f"{BOOKING}/complete")
def complete_booking(location_id: str, booking_id: str) -> dict[str, Any]:
    """Mark the visit as completed, capture what is held, and show the link for what is due."""
    staff, now_s = _allowed(location_id, "complete_booking"), int(time.time())
    changed = environment.get(BookingStore).change(
        location_id,
        require_booking_id(booking_id),
        staff.signing(lambda booking: complete(booking, staff.email, now_s)),
        staff.recording("booking.completed", booking=booking_id),
        written=lambda: count("BookingCompleted"),
    )
    url = live_pay_url(staff.location, changed) if changed.wants_checkout() else None
    return {**staff_view(changed), "pay_url": url}


@router.post(f"{BOOKING}/fees/<fee_id>/confirm")
def confirm(location_id: str, booking_id: str, fee_id: str) -> dict[str, Any]:
    """Charge a fee that was proposed."""
    staff, now_s = _allowed(location_id, "decide_fee"), int(time.time())
    return _changed(
        staff,
        booking_id,
        lambda booking: confirm_fee(booking, fee_id, staff.email, now_s),
        staff.recording("fee.confirmed", booking=booking_id, fee=fee_id),
    )


@router.post(f"{BOOKING}/fees/<fee_id>/waive")
def waive(location_id: str, booking_id: str, fee_id: str) -> dict[str, Any]:
    """Waive a fee, with a reason."""
    staff, now_s = _allowed(location_id, "decide_fee"), int(time.time())
    giver = _giver(staff)
    reason = parse(WaiveInput, body_of(router)).reason
    return _changed(
        staff,
        booking_id,
        lambda booking: waive_fee(
            booking, fee_id, staff.email, reason, now_s, allowance=giver.allowance(booking)
        ),
        staff.recording("fee.waived", giver.count, booking=booking_id, fee=fee_id),
    )


def _allowed(location_id: str, action: str) -> Staff:
    return authorize(read_caller(router), location_id, action)


def _giver(staff: Staff) -> Giver:
    return Giver(staff, environment.get(RefundDays), int(time.time()))


def _changed(
    staff: Staff,
    booking_id: str,
    change: Callable[[Booking], Booking],
    also: Callable[[Booking, Booking], Sequence[Put]],
    *,
    written: Callable[[], None] = count_nothing,
) -> dict[str, Any]:
    location_id, checked_id = staff.location.location_id, require_booking_id(booking_id)
    changed = environment.get(BookingStore).change(
        location_id, checked_id, staff.signing(change), also, written=written
    )
    return staff_view(changed)
