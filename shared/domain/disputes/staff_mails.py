"""Which mails staff get about a charge: disputed, suspected, or held and near its end. Pure.

An order is checked against the dispute as it is when the mail goes out: what no longer holds is not
sent. Words are names of sentences, as in `domain.activity.client_mails`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.domain.activity.mail import Mail, Value
from shared.domain.activity.messages import HOLD_EXPIRY_MAIL
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.dispute_record import DisputeRecord
from shared.domain.dates.instants import Moment
from shared.domain.disputes.reminders import (
    DISPUTE_CLOSED,
    DISPUTE_DEADLINE,
    DISPUTE_OPENED,
    FRAUD_WARNED,
    is_reminder_due,
)
from shared.domain.money.money import Money
from shared.domain.stripe_facts.charge_facts import ChargeFacts


def dispute_mail(
    detail: Mapping[str, Any], record: DisputeRecord, booking: Booking | None
) -> Mail | None:
    """Return the mail that an order asks for, `None` if there is nothing left to say.

    `detail` is a `send_mail` of `domain.disputes.reminders`; `booking` is `None` where none is
    known.
    """
    composer = COMPOSERS.get(str(detail["kind"]))
    return composer(detail, record, booking) if composer else None


def fraud_warning_mail(
    detail: Mapping[str, Any], charge: ChargeFacts, booking: Booking | None
) -> Mail | None:
    """Return the mail about an early fraud warning, `None` once a refund can no longer help.

    `detail` is a `send_mail` of `domain.disputes.reminders`, `charge` what is warned of.
    """
    warning = charge.open_fraud_warnings.get(str(detail["early_fraud_warning"]))
    if warning is None:
        return None
    amount = Money(charge.amount_captured_minor, charge.currency) if charge.currency else None
    rows: list[tuple[str, Value]] = [("dispute.payment", amount)] if amount else []
    if warning.fraud_type:
        rows.append(("dispute.reason", warning.fraud_type.replace("_", " ")))
    return Mail(
        kind=FRAUD_WARNED,
        fact=str(detail["message_id"]),
        paragraphs=(f"{FRAUD_WARNED}.text",),
        rows=(*rows, *_booking_rows(booking), ("dispute.charge", str(detail["charge"]))),
        values={},
        notes=(f"{FRAUD_WARNED}.advice", *([] if booking else ["dispute.no_booking"])),
    )


def _opened(
    detail: Mapping[str, Any], record: DisputeRecord, booking: Booking | None
) -> Mail | None:
    # The mail about its end, or about the chargeback that it became, says more.
    if not record.facts.is_open or detail["dispute_kind"] != record.kind:
        return None
    return _mail(f"{record.kind}_opened", detail, record, booking, advice=f"{record.kind}.advice")


def _deadline(
    detail: Mapping[str, Any], record: DisputeRecord, booking: Booking | None
) -> Mail | None:
    if not is_reminder_due(record, str(detail["evidence_due_by"])):
        return None
    kind = "dispute_deadline_last" if detail["days_left"] == 1 else "dispute_deadline"
    return _mail(kind, detail, record, booking, advice=f"{record.kind}.advice")


def _closed(
    detail: Mapping[str, Any], record: DisputeRecord, booking: Booking | None
) -> Mail | None:
    status = record.facts.status
    if detail["status"] != status or record.facts.is_open:
        return None
    return _mail(f"dispute_{status}", detail, record, booking)


def _mail(
    kind: str,
    detail: Mapping[str, Any],
    record: DisputeRecord,
    booking: Booking | None,
    advice: str = "",
) -> Mail:
    amount = Money(record.facts.amount_minor, record.facts.currency)
    notes = ([advice] if advice else []) + ([] if booking else ["dispute.no_booking"])
    return Mail(
        kind=kind,
        fact=str(detail["message_id"]),
        paragraphs=(f"{kind}.text",),
        rows=_rows(record, booking, amount),
        values={"amount": amount, "days": str(detail.get("days_left", ""))},
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
    detail: Mapping[str, Any], charge: ChargeFacts, booking: Booking | None
) -> Mail | None:
    """Return the mail about a hold that expires soon, `None` if it is already settled.

    `detail` is a `send_mail` of `domain.activity.messages`, `charge` what holds the money.
    """
    if booking is None or not charge.amount_authorized_minor:
        return None
    if any(each.payment_intent == charge.payment_intent for each in booking.charge_orders):
        return None
    amount = Money(charge.amount_authorized_minor, charge.currency)
    return Mail(
        kind=HOLD_EXPIRY_MAIL,
        fact=str(detail["message_id"]),
        paragraphs=(f"{HOLD_EXPIRY_MAIL}.text",),
        rows=(
            ("held", amount),
            ("hold.until", Moment(charge.capture_before_s)),
            *_booking_rows(booking),
            ("dispute.charge", str(detail["charge"])),
        ),
        values={"amount": amount},
        notes=(f"{HOLD_EXPIRY_MAIL}.advice",),
    )


type _Composer = Callable[[Mapping[str, Any], DisputeRecord, Booking | None], Mail | None]
COMPOSERS: Mapping[str, _Composer] = {
    DISPUTE_OPENED: _opened,
    DISPUTE_DEADLINE: _deadline,
    DISPUTE_CLOSED: _closed,
}
