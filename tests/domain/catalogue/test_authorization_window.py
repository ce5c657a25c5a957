"""A sum is held only where the authorisation outlives the visit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.booking import Booking
from shared.domain.catalogue.authorization_window import (
    HOLD_DAYS,
    ONLINE_WINDOW_DAYS,
    outlives_visit,
)
from shared.domain.catalogue.terms import Due, Prepayment, Rule, amounts_due
from shared.domain.money.money import Money
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.payment_facts import Facts

NOW_S = 1_795_000_000
DAY_S = 86_400
PRICE = Money(9000, "eur")
HOLD = Rule(Prepayment("hold"), "default")


@pytest.mark.parametrize(
    ("ends_after_s", "outlives"),
    [
        pytest.param(3600, True, id="today"),
        pytest.param(6 * DAY_S, True, id="six days to the second"),
        pytest.param(6 * DAY_S + 1, False, id="a second more"),
        pytest.param(7 * DAY_S, False, id="when the hold lapses"),
        pytest.param(90 * DAY_S, False, id="in three months"),
    ],
)
def test_a_hold_lasts_a_day_beyond_the_visits_end(ends_after_s: int, outlives: bool) -> None:
    assert outlives_visit(NOW_S + ends_after_s, NOW_S) is outlives


@given(st.integers(1, 60 * DAY_S), st.sampled_from(sorted(ONLINE_WINDOW_DAYS)))
def test_what_is_held_can_be_captured_a_day_after_the_visit_with_every_brand(
    ends_after_s: int, brand: str
) -> None:
    if outlives_visit(NOW_S + ends_after_s, NOW_S):
        assert ends_after_s + DAY_S <= ONLINE_WINDOW_DAYS[brand] * DAY_S


def test_a_hold_that_would_lapse_is_a_saved_card_and_says_so() -> None:
    held = amounts_due(HOLD, PRICE, "eur", can_hold=True)
    saved = amounts_due(HOLD, PRICE, "eur", can_hold=False)

    assert held == Due("hold", PRICE, Money(0, "eur"), "hold")
    assert saved == Due("save_card", Money(0, "eur"), PRICE, "hold_would_lapse")


@pytest.mark.parametrize("kind", ["none", "full", "card_on_file"])
def test_what_is_no_hold_is_the_same_however_far_ahead(kind: str) -> None:
    rule = Rule(Prepayment(kind), "default")  # type: ignore[arg-type]
    assert amounts_due(rule, PRICE, "eur", can_hold=False) == amounts_due(rule, PRICE, "eur")


def test_a_sum_that_stripe_does_not_take_is_paid_at_the_visit_however_far_ahead() -> None:
    too_little = Money(20, "eur")
    for can_hold in (True, False):
        due = amounts_due(HOLD, too_little, "eur", can_hold=can_hold)
        assert (due.mode, due.reason) == ("at_visit", "below_minimum")


def test_the_days_are_what_the_documented_windows_leave() -> None:
    assert HOLD_DAYS == 6


@pytest.mark.parametrize(
    ("lapses_after_visit_s", "kind"),
    [(-1, "hold_lapses_before_visit"), (0, "hold_lapses"), (DAY_S, "hold_lapses")],
)
def test_staff_are_told_whether_a_hold_lapses_before_its_visit(
    lapses_after_visit_s: int, kind: str
) -> None:
    ends_at_s = NOW_S + DAY_S
    charge = ChargeFacts(
        amount_minor=9000,
        currency="eur",
        authorized=True,
        succeeded=True,
        payment_intent="pi_1",
        capture_before_s=ends_at_s + lapses_after_visit_s,
    )
    booking = Booking(
        booking_id="bk_1",
        location_id="demo",
        status="confirmed",
        price=PRICE,
        description="Perm",
        created_at_s=NOW_S,
        starts_at_s=ends_at_s,
        facts=Facts(charges={"ch_1": charge}),
        lapsing_holds=("ch_1",),
    )
    [action] = booking_actions(booking)
    assert (action.kind, action.details["amount"]) == (kind, 9000)
