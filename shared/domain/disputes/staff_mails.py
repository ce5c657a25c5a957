"""Which mails staff get about a charge: disputed, suspected, or held and near its end. Pure.

An order is checked against the dispute as it is when the mail goes out: what no longer holds is not
sent. Words are names of sentences, as in `domain.activity.client_mails`.
"""

from collections.abc import Callable, Mapping

from shared.domain.activity.mail import Mail, Value
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.dispute_record import DisputeRecord
from shared.domain.dates.instants import Moment
from shared.domain.disputes.reminders import days_to_tell, is_reminder_due
from shared.domain.messages.mail_orders import (
    DisputeMail,
    SendDisputeMail,
    SendFraudWarning,
    SendHoldWarning,
)
from shared.domain.money.money import Money
from shared.domain.stripe_facts.charge_facts import ChargeFacts


def dispute_mail(
    order: SendDisputeMail, record: DisputeRecord, booking: Booking | None, now_s: int
) -> Mail | None:
    """Return the mail that an order asks for, `None` if there is nothing left to say.

    `booking` is `None` where none is known; `now_s` is when the mail goes out.
    """
    return _COMPOSERS[order.kind](order, record, booking, now_s)


def fraud_warning_mail(
    order: SendFraudWarning, charge: ChargeFacts, booking: Booking | None
) -> Mail | None:
    """Return the mail about an early fraud warning, `None` once a refund can no longer help.

    `charge` is what is warned of.
    """
    warning = charge.open_fraud_warnings.get(order.early_fraud_warning)
    if warning is None:
        return None
    amount = Money(charge.amount_captured_minor, charge.currency) if charge.currency else None
    rows: list[tuple[str, Value]] = [("dispute.payment", amount)] if amount else []
    if warning.fraud_type:
        rows.append(("dispute.reason", warning.fraud_type.replace("_", " ")))
    return Mail(
        kind=order.kind,
        fact=order.message_id,
        paragraphs=(f"{order.kind}.text",),
        rows=(*rows, *_booking_rows(booking), ("dispute.charge", order.charge)),
        values={},
        notes=(f"{order.kind}.advice", *([] if booking else ["dispute.no_booking"])),
    )


def _opened(
    order: SendDisputeMail, record: DisputeRecord, booking: Booking | None, _now_s: int
) -> Mail | None:
    # The mail about its end, or about the chargeback that it became, says more.
    if not record.facts.is_open or order.dispute_kind != record.kind:
        return None
    return _mail(f"{record.kind}_opened", order, record, booking, advice=f"{record.kind}.advice")


def _deadline(
    order: SendDisputeMail, record: DisputeRecord, booking: Booking | None, now_s: int
) -> Mail | None:
    due_by_s = record.facts.evidence_due_by_s
    if not due_by_s or not is_reminder_due(record, order.evidence_due_by):
        return None
    days = days_to_tell(due_by_s, order.days_left or 1, now_s)
    if days is None:
        return None
    kind = "dispute_deadline_last" if days == 1 else "dispute_deadline"
    return _mail(kind, order, record, booking, advice=f"{record.kind}.advice", days=str(days))


def _closed(
    order: SendDisputeMail, record: DisputeRecord, booking: Booking | None, _now_s: int
) -> Mail | None:
    status = record.facts.status
    if order.status != status or record.facts.is_open:
        return None
    return _mail(f"dispute_{status}", order, record, booking)


def _mail(
    kind: str,
    order: SendDisputeMail,
    record: DisputeRecord,
    booking: Booking | None,
    advice: str = "",
    days: str = "",
) -> Mail:
    amount = Money(record.facts.amount_minor, record.facts.currency)
    notes = ([advice] if advice else []) + ([] if booking else ["dispute.no_booking"])
    return Mail(
        kind=kind,
        fact=order.message_id,
        paragraphs=(f"{kind}.text",),
        rows=_rows(record, booking, amount),
        values={"amount": amount, "days": days},
        notes=tuple(notes),
    )


def _rows(
    record: DisputeRecord, booking: Booking | None, amount: Money
) -> tuple[tuple[str, Value], ...]:
    facts = record.facts
    rows: list[tuple[str, Value]] = [("dispute.amount", amount)]
    if record.fee_minor and record.fee_currency:
        rows.append(("dispute.fee", Money(record.fee_minor, record.fee_currency)))
    if facts.reason:
        rows.append(("dispute.reason", facts.reason.replace("_", " ")))
    if facts.evidence_due_by_s and facts.wants_response:
        rows.append(("dispute.due", Moment(facts.evidence_due_by_s)))
    rows += _booking_rows(booking)
    return (*rows, ("dispute.charge", record.charge_id), ("dispute.id", record.dispute_id))


def _booking_rows(booking: Booking | None) -> list[tuple[str, Value]]:
    if booking is None:
        return []
    rows: list[tuple[str, Value]] = [("what", booking.description)]
    if booking.starts_at_s is not None:
        rows.append(("when", Moment(booking.starts_at_s)))
    return [*rows, ("dispute.booking", booking.booking_id)]


def hold_lapses_mail(
    order: SendHoldWarning, charge: ChargeFacts, booking: Booking | None, now_s: int
) -> Mail | None:
    """Return the mail about a hold that expires soon, `None` if it is settled or has expired.

    `charge` is what holds the money; `now_s` is when the mail goes out.
    """
    if booking is None or not charge.amount_authorized_minor:
        return None
    if charge.capture_before_s <= now_s:
        return None
    if any(each.payment_intent == charge.payment_intent for each in booking.charge_orders):
        return None
    amount = Money(charge.amount_authorized_minor, charge.currency)
    return Mail(
        kind=order.kind,
        fact=order.message_id,
        paragraphs=(f"{order.kind}.text",),
        rows=(
            ("hold.amount", amount),
            ("hold.until", Moment(charge.capture_before_s)),
            *_booking_rows(booking),
            ("dispute.charge", order.charge),
        ),
        values={"amount": amount},
        notes=(f"{order.kind}.advice",),
    )


type _Composer = Callable[[SendDisputeMail, DisputeRecord, Booking | None, int], Mail | None]
_COMPOSERS: Mapping[DisputeMail, _Composer] = {
    "dispute_opened": _opened,
    "dispute_deadline": _deadline,
    "dispute_closed": _closed,
}
