"""Orders to send a mail: one name on the bus, and a class for each kind of mail. Pure.

None carries an address, a name or a secret: the sender reads them when the mail goes out.
"""

from typing import Annotated, ClassVar, Literal

from shared.domain.messages.message import BookingOrder, CausedBy, ChargeId, FeeId, Instant, Order
from shared.domain.messages.stripe_orders import Version1
from shared.domain.typed_json import Described

SEND_MAIL = "send_mail"

type DisputeMail = Literal["dispute_opened", "dispute_deadline", "dispute_closed"]
type TroubleMail = Literal["stripe_key_refused", "stripe_permission_missing"]
type BookingIfKnown = Annotated[str | None, Described("The booking, if one is known.", "bk_5d2f1c")]


class SendPaymentLink(BookingOrder, frozen=True, kw_only=True):
    """Mail the client a link to pay what is due."""

    detail_type: ClassVar[str] = SEND_MAIL

    schema: Version1 = 1
    kind: Annotated[Literal["payment_link"], Described("The mail.", "payment_link")] = (
        "payment_link"
    )
    link_number: Annotated[int, Described("Which of the booking's links it is.", 1, minimum=1)]


class SendConfirmation(BookingOrder, frozen=True, kw_only=True):
    """Confirm a booking that staff made to its client."""

    detail_type: ClassVar[str] = SEND_MAIL

    schema: Version1 = 1
    kind: Annotated[Literal["confirmation"], Described("The mail.", "confirmation")] = (
        "confirmation"
    )


class SendMoved(BookingOrder, frozen=True, kw_only=True):
    """Tell the client that staff moved their visit."""

    detail_type: ClassVar[str] = SEND_MAIL

    schema: Version1 = 1
    kind: Annotated[Literal["moved"], Described("The mail.", "moved")] = "moved"


class SendReminder(BookingOrder, frozen=True, kw_only=True):
    """Remind the client of a visit that is near."""

    detail_type: ClassVar[str] = SEND_MAIL

    schema: Version1 = 1
    kind: Annotated[Literal["reminder"], Described("The mail.", "reminder")] = "reminder"
    starts_at: Annotated[
        Instant, Described("When the visit began as this was ordered.", "2026-12-04T09:00:00Z")
    ]


class SendFeeLink(BookingOrder, frozen=True, kw_only=True):
    """Mail the client a link to pay a fee that is owed, or remind of it."""

    detail_type: ClassVar[str] = SEND_MAIL

    schema: Version1 = 1
    kind: Annotated[Literal["fee_link", "fee_reminder"], Described("The mail.", "fee_link")]
    fee_id: FeeId


class SendMailAgain(BookingOrder, frozen=True, kw_only=True):
    """Send the client a mail again, as staff asked."""

    detail_type: ClassVar[str] = SEND_MAIL

    schema: Version1 = 1
    kind: Annotated[Literal["again"], Described("The mail.", "again")] = "again"
    fact: Annotated[str, Described("What the mail tells, as its record names it.", "confirmed")]
    number: Annotated[str, Described("Tells this sending from others.", "9f0c1b2a")]


class SendAddressCheck(BookingOrder, frozen=True, kw_only=True):
    """Ask the client to confirm a booking that nothing is paid for, by a link in a mail."""

    detail_type: ClassVar[str] = SEND_MAIL

    schema: Version1 = 1
    kind: Annotated[Literal["confirm_address"], Described("The mail.", "confirm_address")] = (
        "confirm_address"
    )


class SendHoldWarning(BookingOrder, frozen=True, kw_only=True):
    """Warn staff of a hold that is about to expire."""

    detail_type: ClassVar[str] = SEND_MAIL

    schema: Version1 = 1
    kind: Annotated[Literal["hold_lapses"], Described("The mail.", "hold_lapses")] = "hold_lapses"
    charge: ChargeId


class SendFraudWarning(Order, frozen=True, kw_only=True):
    """Tell staff that a bank suspects fraud, as long as a refund can still help."""

    detail_type: ClassVar[str] = SEND_MAIL

    schema: Version1 = 1
    kind: Annotated[
        Literal["early_fraud_warning"], Described("The mail.", "early_fraud_warning")
    ] = "early_fraud_warning"
    booking_id: BookingIfKnown = None
    caused_by: CausedBy
    early_fraud_warning: Annotated[str, Described("Stripe's id of the warning.", "issfr_1Pn9")]
    charge: ChargeId


class SendDisputeMail(Order, frozen=True, kw_only=True):
    """Tell staff that a dispute was opened or closed, or that its evidence is due soon."""

    detail_type: ClassVar[str] = SEND_MAIL

    schema: Version1 = 1
    kind: Annotated[DisputeMail, Described("The mail.", "dispute_opened")]
    booking_id: BookingIfKnown = None
    caused_by: CausedBy
    stripe_dispute_id: Annotated[str, Described("Stripe's id of the dispute.", "dp_1Pn9")]
    dispute_kind: Annotated[
        str, Described("What it was at the time.", "chargeback", enum=("inquiry", "chargeback"))
    ]
    status: Annotated[str, Described("Stripe's status at the time.", "needs_response")]
    amount: Annotated[int, Described("In minor units of `currency`.", 4900, minimum=0)]
    currency: Annotated[str, Described("The dispute's own, in lower case.", "eur")]
    evidence_due_by: Annotated[
        Instant | None, Described("When the evidence is due.", "2026-12-12T23:59:59Z")
    ] = None
    days_left: Annotated[
        int | None, Described("Of `dispute_deadline`: the days until then.", 4)
    ] = None


class SendInvitation(Order, frozen=True, kw_only=True):
    """Mail somebody an invitation to a location's staff."""

    detail_type: ClassVar[str] = SEND_MAIL

    schema: Version1 = 1
    kind: Annotated[Literal["member_invitation"], Described("The mail.", "member_invitation")] = (
        "member_invitation"
    )
    invitation_id: Annotated[str, Described("Our id of the invitation.", "inv_20de")]
    number: Annotated[int, Described("Which of its mails; only the newest counts.", 1, minimum=1)]


class SendTroubleMail(Order, frozen=True, kw_only=True):
    """Warn a location's owners that Stripe refuses its key, or a call that it needs."""

    detail_type: ClassVar[str] = SEND_MAIL

    schema: Version1 = 1
    kind: Annotated[TroubleMail, Described("The mail.", "stripe_key_refused")]


type ClientMailOrder = (
    SendPaymentLink
    | SendConfirmation
    | SendMoved
    | SendReminder
    | SendFeeLink
    | SendMailAgain
    | SendAddressCheck
)
type StaffMailOrder = SendHoldWarning | SendFraudWarning | SendDisputeMail
type MailOrder = ClientMailOrder | StaffMailOrder | SendInvitation | SendTroubleMail
