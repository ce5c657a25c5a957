"""What a client paid outside Stripe: recorded by staff, and voided where that was a mistake."""

import time
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking_id import require_booking_id
from shared.domain.bookings.outside_payment import VOIDED
from shared.domain.money.charge_limits import MAX_PRICE_MINOR
from shared.domain.visits.outside_payments import PaidOutside, void_payment
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.field_types import Text
from shared.entrypoints.idempotency import REPLAYED, key_of
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of, json_response
from shared.entrypoints.validation import Body
from shared.observability import count
from shared.workflows.visits.record_payment import record_paid_outside

router = Router()  # type: ignore[no-untyped-call]
PAYMENTS = "/v1/locations/<location_id>/bookings/<booking_id>/payments"
Note = Annotated[Text, Field(max_length=500)]


class PaymentInput(Body):
    """What was paid outside Stripe, in minor units of the booking's currency, and how."""

    amount: Annotated[int, Field(ge=1, le=MAX_PRICE_MINOR)]
    method: Literal["cash", "card_terminal", "transfer", "voucher"]
    note: Note | None = None


class VoidInput(Body):
    """Why a recorded payment does not count."""

    note: Note


@router.post(PAYMENTS)
def record_payment(location_id: str, booking_id: str) -> Response[dict[str, Any]]:
    """Record what was paid outside Stripe: nobody is asked for it again."""
    caller = read_caller(router)
    staff = authorize(caller, location_id, "record_payment")
    body = body_of(router)
    asked = parse(PaymentInput, body)
    reply = record_paid_outside(
        staff,
        booking_id,
        PaidOutside(asked.amount, asked.method, asked.note or ""),
        key_of(router, caller, body),
        bookings=environment.get(BookingStore),
        now_s=int(time.time()),
    )
    return json_response(201, reply.body, REPLAYED if reply.is_repeated else {})


@router.post(f"{PAYMENTS}/<payment_id>/void")
def void(location_id: str, booking_id: str, payment_id: str) -> dict[str, Any]:
    """Void a recorded payment, with a note: what it had paid is due again."""
    staff = authorize(read_caller(router), location_id, "record_payment")
    note, now_s = parse(VoidInput, body_of(router)).note, int(time.time())
    changed = environment.get(BookingStore).change(
        location_id,
        require_booking_id(booking_id),
        staff.signing(lambda booking: void_payment(booking, payment_id, note, staff.email, now_s)),
        staff.recording(VOIDED, booking=booking_id, payment=payment_id),
        written=lambda: count("OutsidePaymentVoided"),
    )
    return staff_view(changed)
