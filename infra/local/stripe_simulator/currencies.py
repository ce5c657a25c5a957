"""How many minor units Stripe counts in each currency, and the least it charges.

Stripe's exponents, not ISO's: ISK and UGX have no cents but are sent with two decimals, always 00.
docs.stripe.com/currencies
"""

_WITHOUT_DECIMALS = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"
_WITH_TWO_DECIMALS = (
    "aed ars aud bgn brl cad chf cop czk dkk eur gbp hkd huf idr ils inr isk mxn myr "
    "nok nzd php pln ron rub sek sgd thb try twd uah ugx usd zar"
)
_ZERO_DECIMAL = frozenset(_WITHOUT_DECIMALS.split())
_THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
_SHOWN_WITHOUT_DECIMALS = frozenset({"isk", "ugx"})
_SUPPORTED = frozenset(_WITH_TWO_DECIMALS.split()) | _ZERO_DECIMAL | _THREE_DECIMAL

# Minor units, from Stripe's table as read on 2026-07-10.
_MINIMUM_MINOR = {
    "aed": 200, "ars": 50, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "cop": 50, "czk": 1500,
    "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "idr": 50, "ils": 50, "inr": 50,
    "jpy": 50, "krw": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "php": 50, "pln": 200,
    "ron": 200, "rub": 50, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50, "zar": 50,
}  # fmt: skip


# Eight digits elsewhere; from the same facts.
_MOST_DIGITS = {"cop": 10, "huf": 10, "idr": 12, "inr": 9, "jpy": 10}

# Banks take these without cents, although charges may have them.
_PAID_OUT_WHOLE = frozenset({"huf", "twd"}) | _SHOWN_WITHOUT_DECIMALS
_SIGNS = {"eur": "€", "gbp": "£", "jpy": "¥", "usd": "$"}


def is_supported(currency: str) -> bool:
    """Tell whether the account can charge in this currency."""
    return currency in _SUPPORTED


def supported() -> list[str]:
    """Give all currencies that can be charged, by their codes."""
    return sorted(_SUPPORTED)


def exponent(currency: str) -> int:
    """Tell how many decimals an amount in minor units has."""
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else 2


def step_minor(currency: str) -> int:
    """Tell of what number each amount must be a multiple."""
    if currency in _SHOWN_WITHOUT_DECIMALS:
        return 100
    return 10 if currency in _THREE_DECIMAL else 1


def payout_step_minor(currency: str) -> int:
    """Tell of what number a payout's amount must be a multiple."""
    return 100 if currency in _PAID_OUT_WHOLE else step_minor(currency)


def minimum_minor(currency: str) -> int:
    """Tell the least amount that is charged, in minor units; 1 where Stripe names none."""
    return _MINIMUM_MINOR.get(currency, 1)


def maximum_minor(currency: str) -> int:
    """Tell the greatest amount that is charged, in minor units."""
    return int("9" * _MOST_DIGITS.get(currency, 8))


def formatted(amount_minor: int, currency: str) -> str:
    """Write an amount for a reader: `1,234.50 EUR`, `4,900 JPY`, `5.120 KWD`, `500 ISK`."""
    decimals = exponent(currency)
    whole, part = divmod(abs(amount_minor), 10**decimals)
    sign = "-" if amount_minor < 0 else ""
    shown = f"{sign}{whole:,}"
    if decimals and currency not in _SHOWN_WITHOUT_DECIMALS:
        shown += f".{part:0{decimals}d}"
    return f"{shown} {currency.upper()}"


def with_sign(amount_minor: int, currency: str) -> str:
    """Write an amount as Stripe's messages do: `$40.01`, `€1,234.50`; others as `formatted`."""
    if currency not in _SIGNS:
        return formatted(amount_minor, currency)
    return _SIGNS[currency] + formatted(amount_minor, currency).rpartition(" ")[0]
