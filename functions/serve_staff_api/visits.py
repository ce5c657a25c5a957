"""How a visit ends: cancelled, not come to, done; and what staff decide about its fee.

All are idempotent by state: who asks again is told what is so.
"""

import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import BaseModel, ConfigDict, Field

from functions.serve_staff_api.giving import Giver
from functions.serve_staff_api.repeating import request_body
from shared.adapters.booking_store import BookingStore, say_nothing, write_nothing_else
from shared.adapters.bookings_table import Put
from shared.adapters.slot_store import SlotStore
from shared.config import load_config
from shared.domain.booking import Booking
from shared.domain.booking_view import staff_view
from shared.domain.cancelling import cancel, complete, confirm_fee, mark_no_show, waive_fee
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.mistakes import mistake
from shared.field_types import Text
from shared.observability import count
from shared.request_bodies import parse
from shared.staff_access import Caller, authorize, find_membership, read_caller

router = Router()  # type: ignore[no-untyped-call]
MAX_ID_CHARS = 64
BOOKING = "/v1/locations/<location_id>/bookings/<booking_id>"


@cache
def _store() -> BookingStore:
    return BookingStore(load_config())


@cache
def _slots() -> SlotStore:
    return SlotStore(load_config())


class CancelInput(BaseModel):
    """Whether the business takes the fee of the terms: only if it says so."""

    model_config = ConfigDict(strict=True, extra="forbid")
    waive_fee: bool = False
    apply_fee: bool = False


class NoShowInput(BaseModel):
    """Whether the fee for not coming is let go."""

    model_config = ConfigDict(strict=True, extra="forbid")
    waive_fee: bool = False


class WaiveInput(BaseModel):
    """Why a fee is waived."""

    model_config = ConfigDict(strict=True, extra="forbid")
    reason: Annotated[Text, Field(max_length=500)]


@router.post(f"{BOOKING}/cancel")
def cancel_booking(location_id: str, booking_id: str) -> dict[str, Any]:
    """Cancel for the business: what was paid goes back, and the slot is free again."""
    caller, giver = _giver(location_id, "cancel_booking")
    asked = parse(CancelInput, request_body(router))
    if asked.waive_fee and asked.apply_fee:
        errors = [mistake("/apply_fee", "must not be true where the fee is waived")]
        raise InvalidInput("A fee is waived or applied, not both.", errors=errors)
    now_s = int(time.time())
    changed = _slots().end_visit(
        location_id,
        _checked(booking_id),
        lambda booking: cancel(
            booking,
            caller.email,
            now_s,
            takes_fee=asked.apply_fee,
            allowance=giver.allowance(booking),
        ),
        giver.count,
        written=lambda: count("BookingCancelled"),
    )
    return staff_view(changed)


@router.post(f"{BOOKING}/no-show")
def note_no_show(location_id: str, booking_id: str) -> dict[str, Any]:
    """Note that the client did not come, and take the fee for it."""
    caller, giver = _giver(location_id, "mark_no_show")
    asked = parse(NoShowInput, request_body(router))
    now_s = int(time.time())
    return _changed(
        location_id,
        booking_id,
        lambda booking: mark_no_show(
            booking,
            caller.email,
            now_s,
            takes_fee=not asked.waive_fee,
            allowance=giver.allowance(booking),
        ),
        giver.count,
        written=lambda: count("BookingNoShow"),
    )


@router.post(f"{BOOKING}/complete")
def complete_booking(location_id: str, booking_id: str) -> dict[str, Any]:
    """Note that the visit took place, and take what is held."""
    caller, now_s = _allowed(location_id, "complete_booking"), int(time.time())
    return _changed(
        location_id,
        booking_id,
        lambda booking: complete(booking, caller.email, now_s),
        written=lambda: count("BookingCompleted"),
    )


@router.post(f"{BOOKING}/fees/<fee_id>/confirm")
def confirm(location_id: str, booking_id: str, fee_id: str) -> dict[str, Any]:
    """Take a fee that was proposed."""
    caller, now_s = _allowed(location_id, "decide_fee"), int(time.time())
    return _changed(
        location_id, booking_id, lambda booking: confirm_fee(booking, fee_id, caller.email, now_s)
    )


@router.post(f"{BOOKING}/fees/<fee_id>/waive")
def waive(location_id: str, booking_id: str, fee_id: str) -> dict[str, Any]:
    """Let a fee go, and say why."""
    caller, giver = _giver(location_id, "decide_fee")
    now_s = int(time.time())
    reason = parse(WaiveInput, request_body(router)).reason
    return _changed(
        location_id,
        booking_id,
        lambda booking: waive_fee(
            booking, fee_id, caller.email, reason, now_s, allowance=giver.allowance(booking)
        ),
        giver.count,
    )


def _allowed(location_id: str, action: str) -> Caller:
    caller = read_caller(router)
    authorize(_store(), caller, location_id, action)
    return caller


def _giver(location_id: str, action: str) -> tuple[Caller, Giver]:
    caller = read_caller(router)
    return caller, Giver(*find_membership(_store(), caller, location_id, action), caller)


def _changed(
    location_id: str,
    booking_id: str,
    change: Callable[[Booking], Booking],
    also: Callable[[Booking, Booking], Sequence[Put]] = write_nothing_else,
    written: Callable[[], None] = say_nothing,
) -> dict[str, Any]:
    changed = _store().update_booking(
        location_id, _checked(booking_id), change, also, written=written
    )
    return staff_view(changed)


def _checked(booking_id: str) -> str:
    # DynamoDB refuses keys of kilobytes, which would look like an outage.
    if len(booking_id) > MAX_ID_CHARS:
        raise NotFound("There is no such booking here.", code="booking_not_found")
    return booking_id
