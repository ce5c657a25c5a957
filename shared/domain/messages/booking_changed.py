"""The one fact that we publish: a booking has changed, with what happened and how it stands. Pure.

The names are those of the API's `Booking`.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Struct

from shared.domain.messages.message import (
    AmountMinor,
    BookingId,
    CausedBy,
    Currency,
    FeeId,
    Instant,
    Message,
)
from shared.domain.typed_json import Described

# A later release may have more: whoever reads takes any.
BOOKING_STATUSES = (
    *("awaiting_payment", "awaiting_confirmation", "confirmed", "expired"),
    *("cancelled", "no_show", "completed"),
)
PAYMENT_STATUSES = (
    *("not_required", "unpaid", "card_saved", "authorized", "paid"),
    *("partially_refunded", "refunded", "disputed", "failed"),
)
type BookingStatus = Annotated[
    str, Described("How the booking stands.", "confirmed", enum=BOOKING_STATUSES)
]
type PaymentStatus = Annotated[
    str, Described("How its money stands.", "paid", enum=PAYMENT_STATUSES)
]
type VisitWord = Literal[
    "booking.confirmed",
    "booking.expired",
    "booking.no_show",
    "booking.completed",
    "booking.slot_lost",
]
type CancelledWord = Literal["booking.cancelled"]
type ReopenedWord = Literal["booking.reopened"]
type MovedWord = Literal["booking.moved"]
type RefundWord = Literal[
    "refund.awaiting_approval",
    "refund.requested",
    "refund.denied",
    "refund.refused",
    "refund.on_its_way",
    "refund.succeeded",
    "refund.failed",
    "refund.canceled",
]
type FeeWord = Literal["fee.proposed", "fee.waived", "fee.taken", "fee.owed", "fee.written_off"]
type PaymentWord = Literal["payment.recorded", "payment.voided"]
type DisputeWord = Literal[
    "inquiry.opened",
    "inquiry.closed",
    "inquiry.escalated",
    "dispute.opened",
    "dispute.updated",
    "dispute.closed",
]


class VisitChange(Struct, frozen=True, kw_only=True):
    """What became of the visit."""

    what: Annotated[VisitWord, Described("What happened.", "booking.confirmed")]


class Cancellation(Struct, frozen=True, kw_only=True):
    """The booking was cancelled."""

    what: Annotated[CancelledWord, Described("What happened.", "booking.cancelled")] = (
        "booking.cancelled"
    )
    by: Annotated[str, Described("Who cancelled.", "client", enum=("client", "business"))]


class Reopening(Struct, frozen=True, kw_only=True):
    """The visit's end was undone: it stands again."""

    what: Annotated[ReopenedWord, Described("What happened.", "booking.reopened")] = (
        "booking.reopened"
    )
    was: Annotated[
        str, Described("Its end until then.", "no_show", enum=("cancelled", "no_show", "completed"))
    ]


class Moving(Struct, frozen=True, kw_only=True):
    """The visit was moved to another time, or to another employee."""

    what: Annotated[MovedWord, Described("What happened.", "booking.moved")] = "booking.moved"
    by: Annotated[str, Described("Who moved it.", "client", enum=("client", "business"))]
    from_: Annotated[Instant, Described("When it began before.", "2026-12-01T10:00:00Z")]
    to: Annotated[Instant, Described("When it begins now.", "2026-12-02T10:00:00Z")]
    from_employee_id: Annotated[str, Described("Who was to do it before.", "emp_mia")]
    to_employee_id: Annotated[str, Described("Who is to do it now.", "emp_ben")]


class RefundChange(Struct, frozen=True, kw_only=True):
    """What became of a refund: asked for, decided on, or at Stripe."""

    what: Annotated[RefundWord, Described("What happened.", "refund.succeeded")]
    refund_id: Annotated[
        str, Described("Our id; Stripe's for a refund that was made in its Dashboard.", "rf_81aa")
    ]
    stripe_refund_id: Annotated[
        str | None, Described("Stripe's id, once Stripe has made it.", "re_3Pn9")
    ] = None
    amount: AmountMinor


class PaymentChange(Struct, frozen=True, kw_only=True):
    """Staff recorded a payment outside Stripe, or voided one."""

    what: Annotated[PaymentWord, Described("What happened.", "payment.recorded")]
    payment_id: Annotated[str, Described("Our id of it.", "pay_4be1")]
    amount: AmountMinor
    method: Annotated[
        str,
        Described(
            "How it was paid.", "cash", enum=("cash", "card_terminal", "transfer", "voucher")
        ),
    ]


class FeeChange(Struct, frozen=True, kw_only=True):
    """What became of a fee for a late cancellation, a late move or a no-show."""

    what: Annotated[FeeWord, Described("What happened.", "fee.taken")]
    fee_id: FeeId
    kind: Annotated[
        str,
        Described(
            "What it is for.", "cancellation", enum=("cancellation", "no_show", "reschedule")
        ),
    ]
    amount: Annotated[
        AmountMinor, Described("The fee; of `fee.owed` the part that is still owed.", 2450)
    ]


class DisputeChange(Struct, frozen=True, kw_only=True):
    """What became of a dispute, or of an inquiry that may become one.

    That funds moved shows in the figures.
    """

    what: Annotated[DisputeWord, Described("What happened.", "dispute.opened")]
    stripe_dispute_id: Annotated[str, Described("Stripe's id.", "dp_1Pn9")]
    amount: Annotated[
        int, Described("In minor units of the dispute's own currency.", 4900, minimum=0)
    ]
    status: Annotated[str, Described("Stripe's status.", "needs_response")]
    evidence_due_by: Annotated[
        Instant | None, Described("When the evidence is due.", "2026-12-12T23:59:59Z")
    ] = None


type Change = (
    VisitChange
    | Cancellation
    | Reopening
    | Moving
    | PaymentChange
    | RefundChange
    | FeeChange
    | DisputeChange
)


class BookingChanged(Message, frozen=True, kw_only=True):
    """Something happened to a booking, or to its money.

    `happened` lists each change once, in the message of the change that first stored it; the rest
    is how the booking stands after it. Figures are totals, so that a lost or repeated message adds
    nothing to them. A booking that still waits for its payment, or for its client to confirm it,
    has not been reported yet.
    """

    detail_type: ClassVar[str] = "booking.changed"

    schema: Annotated[Literal[3], Described("The schema's version.", 3)] = 3
    booking_id: BookingId
    sequence: Annotated[
        int,
        Described("Counts a booking's messages of this type: from 1, without a gap.", 2, minimum=1),
    ]
    caused_by: CausedBy
    external_id: Annotated[
        str | None, Described("Your own id of the booking, if it was made with one.", "A-1042")
    ] = None
    metadata: Annotated[
        Mapping[str, str], Described("Your own data, as it was given.", {"order": "1042"})
    ]
    service_id: Annotated[str | None, Described("The service that was booked.", "srv_cut")] = None
    employee_id: Annotated[str | None, Described("Who is to do it.", "emp_mia")] = None
    starts_at: Annotated[
        Instant | None, Described("When the visit begins; not of a sale.", "2026-12-01T10:00:00Z")
    ] = None
    ends_at: Annotated[
        Instant | None,
        Described("When it ends, where that is known.", "2026-12-01T11:00:00Z"),
    ] = None
    status: BookingStatus
    previous_status: Annotated[
        BookingStatus | None,
        Described("Its status before; not of a new one.", "awaiting_payment"),
    ] = None
    payment_status: PaymentStatus
    previous_payment_status: Annotated[
        PaymentStatus | None, Described("Its payment status before; not of a new one.", "unpaid")
    ] = None
    currency: Currency
    amount_authorized: Annotated[AmountMinor, Described("Held: neither captured nor expired.", 0)]
    amount_captured: Annotated[AmountMinor, Described("Paid.", 4900)]
    amount_refunded: Annotated[
        AmountMinor, Described("Refunded, or on its way; failed refunds do not count.", 0)
    ]
    amount_disputed: Annotated[
        AmountMinor, Described("Withdrawn for disputes and not reinstated.", 0)
    ]
    amount_paid_elsewhere: Annotated[
        AmountMinor, Described("Paid outside Stripe, as staff recorded it.", 0)
    ] = 0
    happened: Annotated[
        tuple[Change, ...],
        Described("What happened, each once. Empty if only the figures changed."),
    ]
