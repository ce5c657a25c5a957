"""Every status and every step: where it leads, or that it leads nowhere."""

import itertools

import pytest

from shared.domain.bookings.lifecycle import (
    BOOKING_STATUSES,
    NEXT,
    WAITING_STATUSES,
    Step,
    status_after,
)

# By status, the steps that are possible; all others are refused.
POSSIBLE = {
    "awaiting_payment": {"secure", "pay_at_visit", "expire", "cancel"},
    "awaiting_confirmation": {"confirm_address", "expire", "cancel"},
    "confirmed": {"ask_to_confirm", "cancel", "miss", "complete"},
    "expired": {"rebook"},
    "cancelled": {"reopen"},
    "no_show": {"reopen"},
    "completed": {"reopen"},
}
LEADS_TO = {
    "secure": "confirmed",
    "pay_at_visit": "confirmed",
    "ask_to_confirm": "awaiting_confirmation",
    "confirm_address": "confirmed",
    "expire": "expired",
    "rebook": "confirmed",
    "cancel": "cancelled",
    "miss": "no_show",
    "complete": "completed",
    "reopen": "confirmed",
}


def test_every_status_and_step_is_in_the_tables() -> None:
    assert POSSIBLE.keys() == BOOKING_STATUSES
    assert LEADS_TO.keys() == set(Step)


@pytest.mark.parametrize(
    ("status", "step"), list(itertools.product(sorted(POSSIBLE), sorted(Step))), ids=str
)
def test_a_step_leads_where_it_may_and_nowhere_else(status: str, step: Step) -> None:
    if step in POSSIBLE[status]:
        assert status_after(status, step) == LEADS_TO[step]
    else:
        with pytest.raises(ValueError, match=f"no booking that is {status} can {step}"):
            status_after(status, step)


def test_every_status_but_the_waiting_ones_can_be_reached_from_any() -> None:
    reached = {"awaiting_payment", "awaiting_confirmation"}
    for _ in BOOKING_STATUSES:
        reached |= {after for (before, _), after in NEXT.items() if before in reached}
    assert reached == BOOKING_STATUSES
    assert set(NEXT.values()) == BOOKING_STATUSES - WAITING_STATUSES | {"awaiting_confirmation"}
