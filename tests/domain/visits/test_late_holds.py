"""Money that comes when the slot is gone, be it taken or only held."""

from copy import replace

import pytest

from shared.domain.activity.apply_event import BOOKING, apply_event
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.stripe_facts.read_events import read_event
from tests.builders import booking, charge, event


@pytest.mark.parametrize(
    ("is_captured", "proposed_refund"), [(True, 4900), (False, 0)], ids=["taken", "held"]
)
def test_a_payment_after_the_slot_was_given_away_is_shown(
    is_captured: bool, proposed_refund: int
) -> None:
    """Bug: nobody was notified of a hold, and the client's money was out of reach for a week."""
    expired = replace(booking(), status="expired")
    late = charge(captured=is_captured, amount_captured=4900 if is_captured else 0)
    change = apply_event(
        read_event(event("charge.succeeded", late)),
        expired.facts,
        expired,
        "bk_1",
        location_id="demo",
    )
    assert change.booking
    assert change.booking.status == "expired"
    [action] = booking_actions(change.booking)
    assert change.actions == {BOOKING: (action,)}
    assert action.kind == "paid_after_expiry"
    assert (action.details["amount"], action.details["proposed_refund"]) == (4900, proposed_refund)
