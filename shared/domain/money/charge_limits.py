"""The smallest and the largest amount that Stripe charges to a card, as data. Pure.

The minimum depends on the currency in which the account settles, not on the one that the card is
charged in: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts. Three copies of
Stripe's table disagree: (A) an extract of that page as read on 2026-07-10, (B) an older copy of
it, which WooCommerce's gateway has too, (C) the table of a Go library, undated. The greatest of
the three stands here, so that what is asked for is never refused. Even so a table is no promise
(10 INR were refused where the page said 0.50): whoever opens a payment maps Stripe's own refusals
(`AMOUNT_REFUSED`) to the same answers.
"""

from typing import Literal

from msgspec import Struct

from shared.domain.money.money import Money, granularity_minor

# Minor units of the settlement currency, as read on 2026-11-22.
_MINIMUM_MINOR = {
    "aed": 200, "ars": 50, "aud": 60, "bgn": 100, "brl": 200, "cad": 60, "chf": 50, "cop": 50,
    "czk": 1500, "dkk": 300, "eur": 50, "gbp": 30, "hkd": 400, "hrk": 300, "huf": 17500,
    "idr": 50, "ils": 50, "inr": 4000, "jpy": 80, "krw": 50, "mxn": 1000, "myr": 200, "nok": 500,
    "nzd": 80, "php": 50, "pln": 250, "ron": 200, "rub": 50, "sek": 500, "sgd": 60, "thb": 1500,
    "usd": 50, "zar": 50,
}  # fmt: skip
# How many digits a charge may have. The stricter rule is eight; B names 9 for INR, 12 for IDR, and
# more than eight, without a number, for LBP, COP, HUF and JPY: ten leaves room for their prices.
_DIGITS = {"cop": 10, "huf": 10, "idr": 12, "inr": 9, "jpy": 10, "lbp": 10}
_DIGITS_ELSEWHERE = 8
# Twelve digits are the most that Stripe takes in any currency (https://docs.stripe.com/currencies).
MAX_PRICE_MINOR = 10**12 - 1
# Without an exchange rate, twice the minimum leaves room for a conversion.
_CONVERSION_FACTOR = 2

# Stripe's codes for an amount outside its limits, not all of which the tables above know.
# https://docs.stripe.com/error-codes#amount-too-small
AMOUNT_REFUSED = frozenset({"amount_too_small", "amount_too_large"})

LimitReason = Literal["below_minimum", "above_maximum", "too_fine"]


class LimitProblem(Struct, frozen=True):
    """Why an amount cannot be charged by card; `limit` is the bound or step that it breaks."""

    reason: LimitReason
    limit: Money


def minimum_minor(currency: str) -> int | None:
    """Return the least charge of an account that settles in `currency`, in its minor units.

    `None` where no table names one: then any chargeable amount is tried, and Stripe decides.
    """
    return _MINIMUM_MINOR.get(currency)


def maximum_minor(currency: str) -> int:
    """Return the most that can be charged in `currency`, in its minor units and steps."""
    most_minor: int = 10 ** _DIGITS.get(currency, _DIGITS_ELSEWHERE) - 1
    return most_minor - most_minor % granularity_minor(currency)


def check_chargeable(price: Money, settlement_currency: str) -> LimitProblem | None:
    """Return why an amount cannot be charged to a card, or `None`.

    Where it would be converted, the minimum of another currency cannot be compared without a rate:
    twice the minimum that the charge's own currency has, if any, stands in for it.
    """
    currency = price.currency
    least_minor = minimum_minor(currency) or 0
    if currency != settlement_currency:
        least_minor *= _CONVERSION_FACTOR
    # Nothing below one step is a charge, in any currency.
    least_minor = max(least_minor, granularity_minor(currency))
    if price.amount_minor < least_minor:
        return LimitProblem("below_minimum", Money(least_minor, currency))
    if price.amount_minor > maximum_minor(currency):
        return LimitProblem("above_maximum", Money(maximum_minor(currency), currency))
    if not price.is_chargeable():
        return LimitProblem("too_fine", Money(granularity_minor(currency), currency))
    return None
