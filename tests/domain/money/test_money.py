import itertools
from typing import Any

import pytest

from shared.domain.errors import BookpayError, CurrencyMismatch, InvalidMoney
from shared.domain.money.money import Money, exponent


@pytest.mark.parametrize("amount", [True, 1.0, "1", None, 10**15 + 1, -(10**15) - 1])
def test_an_amount_is_an_int_within_bounds(amount: Any) -> None:
    with pytest.raises(InvalidMoney):
        Money(amount, "eur")


@pytest.mark.parametrize("currency", ["EUR", "eu", "euro", "e1r", "", None, "éur", 978])
def test_a_currency_is_three_lower_case_letters(currency: Any) -> None:
    with pytest.raises(InvalidMoney):
        Money(1, currency)


def test_money_of_one_currency_adds_subtracts_and_compares() -> None:
    assert Money(1, "eur") + Money(2, "eur") == Money(3, "eur")
    assert Money(1, "eur") - Money(2, "eur") == Money(-1, "eur")
    assert Money(1, "eur") < Money(2, "eur") <= Money(2, "eur")
    assert Money(2, "eur") > Money(1, "eur") >= Money(1, "eur")
    assert not Money(2, "eur") < Money(2, "eur")


@pytest.mark.parametrize("name", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_two_currencies_never_meet(name: str) -> None:
    with pytest.raises(CurrencyMismatch) as raised:
        getattr(Money(1, "eur"), name)(Money(1, "usd"))
    assert isinstance(raised.value, BookpayError)
    assert Money(1, "eur") != Money(1, "usd")


def test_a_sum_beyond_the_bound_is_refused() -> None:
    with pytest.raises(InvalidMoney):
        Money(10**15, "eur") + Money(1, "eur")


def test_stripes_exponents_and_not_isos() -> None:
    zero = [
        "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
        "xof", "xpf",
    ]  # fmt: skip
    three = ["bhd", "jod", "kwd", "omr", "tnd"]
    letters = "abcdefghijklmnopqrstuvwxyz"
    every = ["".join(code) for code in itertools.product(letters, repeat=3)]
    assert sorted(code for code in every if exponent(code) == 0) == sorted(zero)
    assert sorted(code for code in every if exponent(code) == 3) == sorted(three)
    assert {exponent(code) for code in ("isk", "ugx", "huf", "twd", "eur")} == {2}


@pytest.mark.parametrize(
    ("amount", "currency", "chargeable"),
    [
        (50, "eur", True), (0, "eur", False), (-1, "eur", False), (1, "jpy", True),
        (5120, "kwd", True), (5124, "kwd", False), (500, "isk", True), (550, "isk", False),
        (100, "ugx", True), (1, "ugx", False), (1, "huf", True), (101, "twd", True),
    ],
)  # fmt: skip
def test_what_stripe_can_charge(amount: Any, currency: Any, chargeable: bool) -> None:
    assert Money(amount, currency).is_chargeable() is chargeable


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1050, "eur", "10.50 EUR"), (1050, "jpy", "1050 JPY"), (1050, "kwd", "1.050 KWD"),
        (5, "usd", "0.05 USD"), (-5, "usd", "-0.05 USD"), (0, "jpy", "0 JPY"),
        (-123456, "eur", "-1234.56 EUR"), (7, "kwd", "0.007 KWD"), (500, "isk", "5.00 ISK"),
    ],
)  # fmt: skip
def test_money_is_written_for_people(amount: Any, currency: Any, text: str) -> None:
    assert Money(amount, currency).format_plain() == text
