"""What cancelling costs, to the second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.catalogue.cancellation_policy import (
    Cancellation,
    CancellationStep,
    FeeRule,
    cancellation_fee,
    fee_minor,
    no_show_fee,
    step_at,
)
from shared.domain.dates.instants import HOUR_S
from shared.domain.money.money import Money

PRICE = Money(4500, "eur")
HALF, FULL = FeeRule("percent", percent=50), FeeRule("full")
STEPPED = Cancellation((CancellationStep(48, HALF), CancellationStep(24, FULL)), FULL)
START_S = 1_795_500_000


@pytest.mark.parametrize(
    ("time_left_s", "expected"),
    [
        (720 * HOUR_S, 0),
        (48 * HOUR_S + 1, 0),
        (48 * HOUR_S, 0),
        (48 * HOUR_S - 1, 2250),
        (24 * HOUR_S + 1, 2250),
        (24 * HOUR_S, 2250),
        (24 * HOUR_S - 1, 4500),
        (1, 4500),
        (0, 4500),
        (-1, 4500),
    ],
)
def test_the_steps_of_the_contract_to_the_second(time_left_s: int, expected: int) -> None:
    fee = cancellation_fee(STEPPED, PRICE, START_S, START_S - time_left_s)
    assert fee == Money(expected, "eur")


def test_the_order_in_which_steps_are_written_does_not_matter() -> None:
    turned = Cancellation(tuple(reversed(STEPPED.steps)))
    assert cancellation_fee(turned, PRICE, START_S, START_S - 3600) == PRICE
    assert cancellation_fee(turned, PRICE, START_S, START_S - 30 * 3600) == Money(2250, "eur")


def test_without_steps_cancelling_is_free_and_a_step_of_no_hours_begins_with_the_visit() -> None:
    assert cancellation_fee(Cancellation(), PRICE, START_S, START_S + 1).amount_minor == 0
    at_start = Cancellation((CancellationStep(0, FULL),))
    assert cancellation_fee(at_start, PRICE, START_S, START_S).amount_minor == 0
    assert cancellation_fee(at_start, PRICE, START_S, START_S + 1) == PRICE


def test_a_later_step_may_be_free_again() -> None:
    odd = Cancellation((CancellationStep(48, FULL), CancellationStep(24, FeeRule("none"))))
    assert cancellation_fee(odd, PRICE, START_S, START_S - 25 * HOUR_S) == PRICE
    assert cancellation_fee(odd, PRICE, START_S, START_S - 23 * HOUR_S).amount_minor == 0


@pytest.mark.parametrize(
    ("fee", "price", "expected"),
    [
        (FeeRule("none"), PRICE, 0),
        (FeeRule("full"), PRICE, 4500),
        (FeeRule("percent", percent=1), PRICE, 45),
        (FeeRule("percent", percent=50), Money(4501, "eur"), 2251),
        (FeeRule("percent", percent=100), PRICE, 4500),
        (FeeRule("fixed", amount_minor=1000), PRICE, 1000),
        (FeeRule("fixed", amount_minor=4501), PRICE, 4500),
        (FeeRule("full"), Money(0, "eur"), 0),
        (FeeRule("percent", percent=50), Money(161, "jpy"), 81),
        (FeeRule("percent", percent=50), Money(5130, "kwd"), 2570),
        (FeeRule("percent", percent=50), Money(500, "isk"), 300),
    ],
)
def test_fees(fee: FeeRule, price: Money, expected: int) -> None:
    assert fee_minor(fee, price) == expected
    assert no_show_fee(Cancellation(no_show_fee=fee), price).amount_minor == expected


FEES = st.one_of(
    st.sampled_from([FeeRule("none"), FeeRule("full")]),
    st.builds(FeeRule, st.just("percent"), percent=st.integers(1, 100)),
    st.builds(FeeRule, st.just("fixed"), amount_minor=st.integers(1, 10**6)),
)


@given(
    st.dictionaries(st.integers(0, 720), FEES, max_size=6),
    st.integers(0, 10**6),
    st.sampled_from([-1, 0, 1]),
)
def test_at_each_boundary_the_step_begins_one_second_later(
    fees: dict[int, FeeRule], price_minor: int, off_s: int
) -> None:
    steps = tuple(CancellationStep(hours, fee) for hours, fee in fees.items())
    policy, price = Cancellation(steps), Money(price_minor, "eur")
    for hours in fees:
        now_s = START_S - hours * HOUR_S + off_s
        wanted = hours if off_s > 0 else min((h for h in fees if h > hours), default=None)
        found = step_at(policy, START_S - now_s)
        assert (found and found.hours_before) == wanted
        fee = cancellation_fee(policy, price, START_S, now_s)
        assert 0 <= fee.amount_minor <= price_minor
        assert fee.amount_minor == (0 if wanted is None else fee_minor(fees[wanted], price))
