"""Which mails to staff a dispute, or a warning of one, asks for, now and before a deadline. Pure.

They follow from the dispute, not from a booking: one without a known booking costs just as much. An
order's id is derived from what it says, so that events in another order cause no second mail.
"""

from collections.abc import Iterator

from msgspec import Struct

from shared.domain.bookings.dispute_record import DisputeRecord, dispute_records
from shared.domain.bookings.payment_binding import is_of_others
from shared.domain.dates.instants import DAY_S, rfc3339
from shared.domain.messages.mail_orders import DisputeMail, SendDisputeMail, SendFraudWarning
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.dispute_facts import DisputeFacts
from shared.domain.stripe_facts.payment_facts import Facts

# Days before the evidence is due; the first leaves time to ask the client and colleagues.
REMIND_DAYS = (4, 1)


class DisputeOrders(Struct, frozen=True):
    """What a change asks for: mails, and `(message_id, due_s)` of those to be canceled."""

    messages: tuple[SendDisputeMail | SendFraudWarning, ...]
    called_off: tuple[tuple[str, int], ...]


class Cause(Struct, frozen=True):
    """What changed the disputes of which location, and when (seconds since 1970).

    `now_s` is the present: what was to be done before it is not asked for any more.
    """

    location_id: str
    event_id: str
    at_s: int
    now_s: int


def dispute_orders(
    before: Facts, after: Facts, booking_id: str | None, cause: Cause
) -> DisputeOrders:
    """Return the mails to send about a charge's disputes when its facts have changed.

    One when it opens, as inquiry or chargeback, and again when one becomes the other; 4 days and
    1 day before the evidence is due, while the bank waits for it; at closing, and again whenever
    the bank reverses its decision or reopens the dispute. None for another program's charges.
    """
    is_ours = booking_id is not None or not is_of_others(after, cause.location_id)
    known = {each.dispute_id: each.facts for each in dispute_records(before, booking_id)}
    messages: list[SendDisputeMail | SendFraudWarning] = []
    called_off: list[tuple[str, int]] = []
    for record in dispute_records(after, booking_id):
        old = known.get(record.dispute_id)
        messages += _news(old, record, cause) if is_ours else ()
        wanted = dict(_reminders(record.dispute_id, record.facts)) if is_ours else {}
        planned = dict(_reminders(record.dispute_id, old)) if old else {}
        messages += [
            _mail(record, name, "dispute_deadline", cause, days_left=days, due_s=due_s)
            for (name, days), due_s in wanted.items()
            if (name, days) not in planned and due_s > cause.now_s
        ]
        called_off += [
            (name, due_s) for (name, days), due_s in planned.items() if (name, days) not in wanted
        ]
    messages += _warnings(before, after, booking_id, cause) if is_ours else ()
    return DisputeOrders(tuple(messages), tuple(called_off))


def _warnings(
    before: Facts, after: Facts, booking_id: str | None, cause: Cause
) -> Iterator[SendFraudWarning]:
    """Ask for a mail about each new early fraud warning, as long as a refund can still help."""
    for charge_id, charge in after.charges.items():
        known = before.charges.get(charge_id, ChargeFacts()).fraud_warnings
        for warning_id in charge.open_fraud_warnings:
            if warning_id not in known:
                yield SendFraudWarning(
                    message_id=f"{warning_id}-warned",
                    occurred_at=rfc3339(cause.at_s),
                    location_id=cause.location_id,
                    booking_id=booking_id,
                    caused_by=cause.event_id,
                    early_fraud_warning=warning_id,
                    charge=charge_id,
                )


def is_reminder_due(record: DisputeRecord, evidence_due_by: str | None) -> bool:
    """Whether a reminder still applies when it is due: the bank waits, with the same deadline."""
    due_by_s = record.facts.evidence_due_by_s
    return record.facts.wants_response and rfc3339(due_by_s) == evidence_due_by


def days_to_tell(due_by_s: int, reminder_days: int, now_s: int) -> int | None:
    """Return how many days are left to answer when a reminder goes out, one that has begun counted.

    `None` where the deadline has passed, or the next reminder says it: a mail may go out late.
    """
    left = -(-(due_by_s - now_s) // DAY_S)
    later = max((each for each in REMIND_DAYS if each < reminder_days), default=0)
    return left if left > later else None


def _news(
    old: DisputeFacts | None, record: DisputeRecord, cause: Cause
) -> Iterator[SendDisputeMail]:
    new = record.facts
    if not new.is_open:
        if old is None or old.status != new.status:
            name = f"{record.dispute_id}-closed-{new.status}"
            yield _mail(record, f"{name}{_time_of_turn(new)}", "dispute_closed", cause)
    elif old is None or old.is_inquiry != new.is_inquiry or not old.is_open:
        name = f"{record.dispute_id}-opened-{record.kind}"
        yield _mail(record, f"{name}{_time_of_turn(new)}", "dispute_opened", cause)


def _time_of_turn(facts: DisputeFacts) -> str:
    """Return the time that distinguishes a reversed or reopened ruling from the first."""
    if len(facts.rulings) <= (0 if facts.is_open else 1):
        return ""
    at_s = max(each.at_s for each in facts.sightings.values() if each.status == facts.status)
    return f"-{at_s}"


def _reminders(dispute_id: str, facts: DisputeFacts) -> Iterator[tuple[tuple[str, int], int]]:
    """Return `((message_id, days), due_s)` of each reminder; the id has the deadline in it.

    Two deadlines are two mails, and a consumer that knows one by its id must send the other.
    """
    due_by_s = facts.evidence_due_by_s
    if not facts.wants_response or not due_by_s:
        return
    for days in REMIND_DAYS:
        yield (f"{dispute_id}-deadline-{due_by_s}-{days}", days), due_by_s - days * DAY_S


def _mail(
    record: DisputeRecord,
    message_id: str,
    kind: DisputeMail,
    cause: Cause,
    *,
    days_left: int | None = None,
    due_s: int | None = None,
) -> SendDisputeMail:
    due_by_s = record.facts.evidence_due_by_s
    return SendDisputeMail(
        message_id=message_id,
        occurred_at=rfc3339(cause.at_s),
        location_id=cause.location_id,
        due_s=due_s,
        kind=kind,
        booking_id=record.booking_id,
        caused_by=cause.event_id,
        stripe_dispute_id=record.dispute_id,
        dispute_kind=record.kind,
        status=record.facts.status,
        amount=record.facts.amount_minor,
        currency=record.facts.currency,
        evidence_due_by=rfc3339(due_by_s) if due_by_s else None,
        days_left=days_left,
    )
