"""A sum as people write it, in the languages of our own sentences. Pure.

Every page, mail and file has the same form: `format.js` writes it in the browser, and the reports
ask Babel for the languages that are not here.
https://cldr.unicode.org/translation/number-currency-formats/number-and-currency-patterns
"""

from collections.abc import Mapping

from msgspec import Struct, field

from shared.domain.money.money import Money, exponent, granularity_minor

# Stripe gives these currencies two decimals that are always 00 and never written.
_WHOLE_UNITS_MINOR = 100
_NO_BREAK = "\u00a0"
# fmt: off
_SIGNS = {
    "brl": "R$", "cad": "CA$", "cny": "CN¥", "eur": "€", "gbp": "£", "hkd": "HK$", "ils": "₪",
    "inr": "₹", "jpy": "¥", "krw": "₩", "mxn": "MX$", "nzd": "NZ$", "twd": "NT$", "usd": "$",
    "vnd": "₫", "xaf": "FCFA", "xcd": "EC$", "xof": "F\u202fCFA", "xpf": "CFPF",
}
# fmt: on
ENGLISH = "en"
ENGLISH = "en"


class Form(Struct, frozen=True):
    """How sums are written: marks, where the sign stands, and signs other than the usual ones.

    `mark` parts whole units from the rest, `thousands` is between groups. A sign `before` the
    figures has a space after it where `is_apart` or where it ends in a letter, and the minus behind
    it where `minus_inside`.
    """

    mark: str
    thousands: str
    before: bool
    is_apart: bool = True
    minus_inside: bool = False
    signs: Mapping[str, str] = field(default_factory=dict)


_GERMAN = {"aud": "AU$", "thb": "฿"}
_SWISS = {**_GERMAN, "eur": "EUR"}
# English has one form everywhere; German has another beside it in three countries.
FORMS: Mapping[str, Form] = {
    ENGLISH: Form(".", ",", before=True, is_apart=False, signs={"aud": "A$", "php": "₱"}),
    "de": Form(",", ".", before=False, signs=_GERMAN),
    "de-AT": Form(",", ".", before=True, signs=_GERMAN),
    "de-CH": Form(".", "'", before=True, minus_inside=True, signs=_SWISS),
    "de-LI": Form(".", "'", before=True, signs=_SWISS),
}


def form_name(language: str, country: str) -> str:
    """Return the name of the form that a language has in a country (`AT`): `de-AT`, else `de`."""
    named = f"{language}-{country.upper()}"
    return named if named in FORMS else language


def decimals(money: Money) -> int:
    """Return how many decimals an amount is written with: Stripe's, but none for ISK and UGX."""
    whole = granularity_minor(money.currency) == _WHOLE_UNITS_MINOR
    return 0 if whole and money.amount_minor % _WHOLE_UNITS_MINOR == 0 else exponent(money.currency)


def written(amount: Money, form: str = ENGLISH) -> str:
    """Return an amount for people, in one of `FORMS`: `€1,234.50`, or `1.234,50 €` in German.

    A currency without a sign of its own has its code. Raises `KeyError` for another form.
    """
    of = FORMS[form]
    places = decimals(amount)
    minor = abs(amount.amount_minor) // 10 ** (exponent(amount.currency) - places)
    digits = str(minor).rjust(places + 1, "0")
    whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :]
    grouped = f"{int(whole):,}".replace(",", of.thousands)
    figures = f"{grouped}{of.mark}{fraction}" if places else grouped
    minus = "-" if amount.amount_minor < 0 else ""
    sign = of.signs.get(amount.currency) or _SIGNS.get(amount.currency, amount.currency.upper())
    if not of.before:
        return f"{minus}{figures}{_NO_BREAK}{sign}"
    if of.minus_inside and minus:
        return f"{sign}{minus}{figures}"
    return f"{minus}{sign}{_NO_BREAK if of.is_apart or sign[-1].isalpha() else ''}{figures}"
