"""A disputed online booking with everything that can be known of it."""

from copy import replace
from typing import Any

from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.bookings.dispute_record import dispute_records
from shared.domain.bookings.journal import JournalEntry
from shared.domain.disputes.evidence import Case, SentMail
from shared.domain.locations.location import Location
from shared.domain.stripe_facts.payment_facts import EMPTY, merge
from shared.domain.stripe_facts.read_events import read_event
from tests.builders import booking, charge, event, refund
from tests.disputed import OPENED_S, dispute

STARTS_S = 1_795_350_000
LOCATION = Location(
    location_id="demo",
    name="Salon Demo",
    timezone="Europe/Berlin",
    currency="eur",
    country="DE",
    mode="test",
    created_at_s=1_767_225_600,
)
TERMS = BookingTerms(
    mode="pay",
    due_minor=4900,
    hold_until_s=0,
    purpose="prepayment",
    terms_text="Free until Fri 15:20, then 50% of the price; no-show: the full price.",
    terms_hash="c0ffee" * 10 + "abcd",
    cancellation={},
)


def disputed_booking(*told: dict[str, Any], **changed: Any) -> Booking:
    """The booking with all that these events say; without any: paid, refunded in part, disputed."""
    events = told or (
        event("charge.succeeded", charge(receipt_url="https://pay.stripe.com/receipts/1")),
        event("refund.created", refund()),
        event("charge.dispute.created", dispute()),
    )
    facts = EMPTY
    for each in events:
        facts = merge(facts, read_event(each).facts)
    made: dict[str, Any] = {
        "status": "no_show",
        "starts_at_s": STARTS_S,
        "ends_at_s": STARTS_S + 3600,
        "client": Client("Ada Lovelace", "ada@example.com"),
        "terms": TERMS,
        "facts": facts,
        "journal": (
            JournalEntry("j1", 1_795_300_000, "booking.created", "client"),
            JournalEntry("j2", STARTS_S + 1200, "booking.no_show", "manager@example.com"),
        ),
    }
    return booking(**made | changed)


def case(*told: dict[str, Any], **changed: Any) -> Case:
    made = disputed_booking(*told, **changed)
    [record, *_] = dispute_records(made.facts, made.booking_id)
    mails = (
        SentMail(1_795_300_060, "confirmed", is_to_client=True, message_id="0100018f-ses"),
        SentMail(1_795_372_600, "refund_succeeded", is_to_client=False),
    )
    return Case(LOCATION, made, record, mails)


def reason(name: str, **changed: Any) -> Case:
    """The case, for another reason of the bank's."""
    made = case(**changed)
    return replace(made, dispute=replace(
        made.dispute, facts=replace(made.dispute.facts, reason=name)
    ))  # fmt: skip


NOW_S = OPENED_S + 3600
