"""What disputes and early fraud warnings ask of staff. Pure."""

from collections.abc import Iterator

from shared.domain.activity.needed_action import (
    DISPUTE_NEEDS_RESPONSE,
    DISPUTE_TURNED,
    FRAUD_WARNING,
    INQUIRY_NEEDS_RESPONSE,
    NeededAction,
)
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.dispute_record import INQUIRY, DisputeRecord, dispute_records
from shared.domain.bookings.payment_binding import is_of_others
from shared.domain.dates.instants import rfc3339
from shared.domain.stripe_facts.dispute_facts import WON
from shared.domain.stripe_facts.payment_facts import Facts


def dispute_actions(
    facts: Facts, location_id: str, booking: Booking | None = None
) -> tuple[NeededAction, ...]:
    """Return what banks ask of staff about these charges, by deadline, until evidence was sent.

    Disputes that were won and lost after all come next, and mere warnings of fraud last. `deadline`
    is RFC 3339, null if Stripe gives none; `evidence` is a path of the API, null if no booking is
    known to gather it from. Nothing is asked about another program's charges.
    """
    if booking is None and is_of_others(facts, location_id):
        return ()
    booking_id = booking.booking_id if booking else None
    records = dispute_records(facts, booking_id)
    waiting = [each for each in records if each.facts.wants_response]
    waiting.sort(key=lambda each: (each.facts.evidence_due_by_s, each.dispute_id))
    turned = [each for each in records if each.facts.is_lost and WON in each.facts.rulings]
    asked = [_dispute_action(each, booking, _response_needed(each)) for each in waiting]
    lost = [_dispute_action(each, booking, DISPUTE_TURNED) for each in turned]
    return (*asked, *lost, *_fraud_actions(facts))


def _dispute_action(record: DisputeRecord, booking: Booking | None, kind: str) -> NeededAction:
    due_by_s = record.facts.evidence_due_by_s
    evidence = None
    if booking:
        evidence = f"/v1/locations/{booking.location_id}/disputes/{record.dispute_id}/evidence"
    return NeededAction(
        kind,
        {
            "stripe_dispute_id": record.dispute_id,
            "charge": record.charge_id,
            "amount": record.facts.amount_minor,
            "currency": record.facts.currency,
            "reason": record.facts.reason,
            "deadline": rfc3339(due_by_s) if due_by_s else None,
            "evidence": evidence,
        },
    )


def _response_needed(record: DisputeRecord) -> str:
    return INQUIRY_NEEDS_RESPONSE if record.kind == INQUIRY else DISPUTE_NEEDS_RESPONSE


def _fraud_actions(facts: Facts) -> Iterator[NeededAction]:
    for charge_id, charge in sorted(facts.charges.items()):
        for warning_id, warning in sorted(charge.open_fraud_warnings.items()):
            yield NeededAction(
                FRAUD_WARNING,
                {
                    "early_fraud_warning": warning_id,
                    "charge": charge_id,
                    "fraud_type": warning.fraud_type,
                    "amount": charge.amount_captured_minor,
                    "currency": charge.currency or None,
                },
            )
