"""The least and the most that Stripe charges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.money import charge_limits
from shared.domain.money.charge_limits import (
    LimitProblem,
    check_chargeable,
    maximum_minor,
    minimum_minor,
)
from shared.domain.money.money import Money, granularity_minor
from shared.domain.stripe_facts.regions import COUNTRIES, CURRENCIES

# The three tables that `charge_limits` names, in minor units: A, B, C; 0 where one has no row.
TABLES = {
    "usd": (50, 50, 50),
    "aed": (200, 200, 200),
    "ars": (50, 0, 0),
    "aud": (50, 50, 60),
    "bgn": (0, 100, 100),
    "brl": (50, 50, 200),
    "cad": (50, 50, 60),
    "chf": (50, 50, 50),
    "cop": (50, 0, 0),
    "czk": (1500, 1500, 1500),
    "dkk": (250, 250, 300),
    "eur": (50, 50, 50),
    "gbp": (30, 30, 30),
    "hkd": (400, 400, 400),
    "hrk": (0, 0, 300),
    "huf": (17500, 17500, 17500),
    "idr": (50, 0, 0),
    "ils": (50, 0, 0),
    "inr": (50, 50, 4000),
    "jpy": (50, 50, 80),
    "krw": (50, 0, 0),
    "mxn": (1000, 1000, 1000),
    "myr": (200, 200, 200),
    "nok": (300, 300, 500),
    "nzd": (50, 50, 80),
    "php": (50, 0, 0),
    "pln": (200, 200, 250),
    "ron": (200, 200, 200),
    "rub": (50, 0, 0),
    "sek": (300, 300, 500),
    "sgd": (50, 50, 60),
    "thb": (1000, 1000, 1500),
    "zar": (50, 0, 0),
}


def test_the_strictest_of_the_three_tables_stands_for_each_currency() -> None:
    assert {each: max(rows) for each, rows in TABLES.items()} == charge_limits._MINIMUM_MINOR


def test_every_minimum_and_maximum_is_itself_chargeable() -> None:
    for currency in charge_limits._MINIMUM_MINOR | charge_limits._DIGITS:
        assert Money(minimum_minor(currency) or 100, currency).is_chargeable()
        assert Money(maximum_minor(currency), currency).is_chargeable()


@pytest.mark.parametrize(
    ("amount_minor", "currency", "problem"),
    [
        (50, "eur", None),
        (49, "eur", ("below_minimum", 50)),
        (0, "eur", ("below_minimum", 50)),
        (-100, "eur", ("below_minimum", 50)),
        (99_999_999, "eur", None),
        (100_000_000, "eur", ("above_maximum", 99_999_999)),
        (80, "jpy", None),
        (79, "jpy", ("below_minimum", 80)),
        (4000, "inr", None),
        (3999, "inr", ("below_minimum", 4000)),
        (999_999_999, "inr", None),
        (1_000_000_000, "inr", ("above_maximum", 999_999_999)),
        # No table names these: what one step is, is tried.
        (10, "kwd", None),
        (5, "kwd", ("below_minimum", 10)),
        (5124, "kwd", ("too_fine", 10)),
        (99_999_990, "kwd", None),
        (100, "isk", None),
        (99, "isk", ("below_minimum", 100)),
        (150, "isk", ("too_fine", 100)),
        (99_999_900, "ugx", None),
        (100_000_000, "ugx", ("above_maximum", 99_999_900)),
        (1, "xaf", None),
    ],
)
def test_what_can_be_charged(
    amount_minor: int, currency: str, problem: tuple[str, int] | None
) -> None:
    found = check_chargeable(Money(amount_minor, currency), currency)
    assert (found and (found.reason, found.limit.amount_minor)) == problem
    assert found is None or found.limit.currency == currency


def test_a_charge_that_is_converted_has_to_be_twice_its_own_minimum() -> None:
    # 0.50 USD were refused on an account that settles in EUR (stripe-python 643).
    assert check_chargeable(Money(99, "usd"), "eur") == LimitProblem(
        "below_minimum", Money(100, "usd")
    )
    assert check_chargeable(Money(100, "usd"), "eur") is None
    assert check_chargeable(Money(1, "xaf"), "eur") is None


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(-(10**13), 10**13))
def test_what_passes_the_check_has_a_form_that_stripe_takes(
    currency: str, amount_minor: int
) -> None:
    money = Money(amount_minor, currency)
    if check_chargeable(money, currency) is None:
        assert money.is_chargeable()
        assert (minimum_minor(currency) or 1) <= amount_minor <= maximum_minor(currency)
        assert amount_minor % granularity_minor(currency) == 0


def test_stripe_serves_46_countries() -> None:
    assert len(COUNTRIES) == 46
    assert {"eur", "jpy", "kwd", "isk", "ugx"} <= CURRENCIES
