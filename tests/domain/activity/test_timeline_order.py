"""What happened in one second stands in the order in which it came about."""

from copy import replace

from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.journal import JournalEntry
from shared.domain.stripe_facts.payment_facts import fold
from shared.domain.stripe_facts.read_events import read_event
from tests.builders import booking, event, refund

REFUNDED = event("refund.created", refund(amount=4900))


def test_a_request_is_before_its_refund_and_what_follows_is_after_it() -> None:
    """Bug: by their ids, "Refund requested" stood above the refund that it asked for."""
    at_s = REFUNDED["created"]
    known = replace(
        booking(),
        facts=fold([read_event(REFUNDED).facts]),
        journal=(
            JournalEntry("zz-1", at_s, "refund.requested", "anna@salon.test"),
            JournalEntry("aa-1", at_s, "booking.cancelled", None, caused_by=REFUNDED["id"]),
        ),
    )
    shown = [each["what"] for each in staff_view(known)["timeline"]]
    assert shown == ["refund.requested", "refund.created", "booking.cancelled"]
