"""Exchange rates, fixed so that a run can be repeated, and what a charge settles in.

The rates are the simulator's own: near the market's of 2026, the same on every day of its clock.
"""

from dataclasses import dataclass
from fractions import Fraction

from infra.local.stripe_simulator import currencies
from infra.local.stripe_simulator.state import Account

_PRECISION = 10**8

# How many millionths of the currency one euro buys.
_PER_EURO_MICRO = {
    "aed": 4_260_000, "ars": 1_640_000_000, "aud": 1_770_000, "bgn": 1_955_830,
    "bhd": 437_000, "bif": 3_450_000_000, "brl": 6_270_000, "cad": 1_620_000, "chf": 935_000,
    "clp": 1_100_000_000, "cop": 4_500_000_000, "czk": 24_300_000, "djf": 206_000_000,
    "dkk": 7_460_000, "eur": 1_000_000, "gbp": 875_000, "gnf": 10_080_000_000,
    "hkd": 9_030_000, "huf": 385_000_000, "idr": 19_300_000_000, "ils": 3_800_000,
    "inr": 103_000_000, "isk": 146_000_000, "jod": 822_000, "jpy": 180_000_000,
    "kmf": 492_000_000, "krw": 1_690_000_000, "kwd": 356_000, "mga": 5_180_000_000,
    "mxn": 21_400_000, "myr": 4_820_000, "nok": 11_700_000, "nzd": 2_050_000, "omr": 446_000,
    "php": 68_300_000, "pln": 4_240_000, "pyg": 8_150_000_000, "ron": 5_090_000,
    "rub": 93_000_000, "rwf": 1_680_000_000, "sek": 11_000_000, "sgd": 1_510_000,
    "thb": 37_600_000, "tnd": 3_420_000, "try": 49_000_000, "twd": 36_200_000,
    "uah": 48_900_000, "ugx": 4_200_000_000, "usd": 1_160_000, "vnd": 30_600_000_000,
    "vuv": 141_000_000, "xaf": 655_957_000, "xof": 655_957_000, "xpf": 119_332_000,
    "zar": 20_000_000,
}  # fmt: skip


@dataclass(frozen=True)
class Settled:
    """An amount in the minor units of the currency it is settled in.

    `exchange_rate` is in major units (one pound is so many euros), None when nothing is converted.
    """

    amount: int
    currency: str
    exchange_rate: float | None


def settle(account: Account, amount: int, currency: str) -> Settled:
    """Tell what a signed amount in minor units settles as.

    It stays in its currency where the account settles in that, and else becomes the account's
    default currency (docs.stripe.com/payouts/multicurrency-settlement).
    """
    into = currency if currency in account.settles_in else account.settings.currency
    return settled_in(into, amount, currency)


def settled_in(into: str, amount: int, currency: str) -> Settled:
    """Tell what a signed amount in minor units is in a certain balance's currency."""
    if currency == into:
        return Settled(amount, into, None)
    return Settled(convert(amount, currency, into), into, float(rate(currency, into)))


def convert(amount: int, currency: str, into: str) -> int:
    """Convert a signed amount in minor units, rounded half away from zero."""
    shift = Fraction(10) ** (currencies.exponent(into) - currencies.exponent(currency))
    exact = abs(amount) * rate(currency, into) * shift
    step = currencies.step_minor(into)
    rounded = int(exact / step + Fraction(1, 2)) * step
    return rounded if amount >= 0 else -rounded


def rate(currency: str, into: str) -> Fraction:
    """Tell how many of one currency another buys, to eight decimals."""
    exact = Fraction(_PER_EURO_MICRO[into], _PER_EURO_MICRO[currency])
    return Fraction(round(exact * _PRECISION), _PRECISION)
