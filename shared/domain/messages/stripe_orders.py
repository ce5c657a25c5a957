"""Orders about the money of one booking, for the functions that speak to Stripe. Pure."""

from typing import Annotated, ClassVar, Literal

from shared.domain.messages.message import BookingOrder, CausedBy, ChargeId, FeeId
from shared.domain.typed_json import Described

type Version1 = Annotated[Literal[1], Described("The schema's version.", 1)]


class RefundPayment(BookingOrder, frozen=True, kw_only=True):
    """Have Stripe make a refund that was asked for and whose amount is reserved."""

    detail_type: ClassVar[str] = "refund_payment"

    schema: Version1 = 1
    refund_id: Annotated[str, Described("Our id of the refund.", "rf_81aa")]


class ExecuteChargeOrder(BookingOrder, frozen=True, kw_only=True):
    """Capture or release a hold, charge a saved card, or expire a Checkout Session."""

    detail_type: ClassVar[str] = "execute_charge_order"

    schema: Version1 = 1
    order_id: Annotated[str, Described("Our id of the order, which the booking has.", "co_19ab")]


class CheckFee(BookingOrder, frozen=True, kw_only=True):
    """Look whether a fee is still owed: remind of it, or write it off after the last reminder."""

    detail_type: ClassVar[str] = "check_fee"

    schema: Version1 = 1
    fee_id: FeeId
    reminders: Annotated[
        int, Described("How many reminders there were when this was ordered.", 0, minimum=0)
    ]


class CheckHold(BookingOrder, frozen=True, kw_only=True):
    """Look at a hold: two days before it expires, and again when it must be over."""

    detail_type: ClassVar[str] = "check_hold"

    schema: Version1 = 1
    charge: ChargeId
    is_over: Annotated[bool, Described("Whether the hold must have ended by now.", example=False)]


class SettleLatePayment(BookingOrder, frozen=True, kw_only=True):
    """Give a booking that was paid too late its slot again, or the money back."""

    detail_type: ClassVar[str] = "settle_late_payment"

    schema: Version1 = 1
    caused_by: CausedBy
