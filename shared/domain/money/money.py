"""Money: an int of minor units and a currency, as Stripe counts them.

Stripe's exponents are not ISO 4217's: ISK and UGX have no minor unit, and Stripe takes them with
two decimals that must be 00. https://docs.stripe.com/currencies#minor-units and #special-cases
"""

from msgspec import Struct

from shared.domain.errors import CurrencyMismatch, InvalidMoney

MAX_AMOUNT_MINOR = 10**15
CURRENCY_LETTERS = 3
MAX_PERCENT = 100

# fmt: off
_ZERO_DECIMAL = frozenset({
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
})
# fmt: on
_THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
# Sent with two decimals, whole units only. HUF and TWD are bound to whole units in payouts alone.
_WHOLE_UNITS_ONLY = frozenset({"isk", "ugx"})


def is_currency(code: object) -> bool:
    """Whether a value has the form of a Stripe currency: three lower-case ASCII letters."""
    return (
        isinstance(code, str)
        and len(code) == CURRENCY_LETTERS
        and code.isascii()
        and code.isalpha()
        and code.islower()
    )


def exponent(currency: str) -> int:
    """Return how many decimals Stripe gives a currency: 0, 2 or 3."""
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else 2


def granularity_minor(currency: str) -> int:
    """Return the step Stripe can charge: 100 for ISK and UGX, 10 for three decimals, else 1."""
    if currency in _WHOLE_UNITS_ONLY:
        return 100
    return 10 if currency in _THREE_DECIMAL else 1


class Money(Struct, frozen=True):
    """A sum in one currency.

    `amount_minor` is an int of Stripe's minor units, of either sign, at most 10**15 from zero;
    `currency` three lower-case letters. Raises `InvalidMoney` when built from anything else, and
    `CurrencyMismatch` when two currencies meet. https://docs.stripe.com/currencies
    """

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        # bool is an int in Python, and True is no amount.
        if type(self.amount_minor) is not int or abs(self.amount_minor) > MAX_AMOUNT_MINOR:
            raise InvalidMoney("amount_minor: not an int of at most 10**15")
        if not is_currency(self.currency):
            raise InvalidMoney("currency: not three lower-case letters")

    def __add__(self, other: "Money") -> "Money":
        self._expect_same_currency(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._expect_same_currency(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._expect_same_currency(other)
        return self.amount_minor < other.amount_minor

    def __le__(self, other: "Money") -> bool:
        self._expect_same_currency(other)
        return self.amount_minor <= other.amount_minor

    def __gt__(self, other: "Money") -> bool:
        return other < self

    def __ge__(self, other: "Money") -> bool:
        return other <= self

    def is_chargeable(self) -> bool:
        """Whether Stripe takes the amount's form: above zero and a multiple of the currency's step.

        The minimum of a charge is another matter: it depends on the settlement currency.
        """
        return self.amount_minor > 0 and self.amount_minor % granularity_minor(self.currency) == 0

    def format_plain(self) -> str:
        """Return the amount as banks and machines read it: `10.50 EUR`, `1050 JPY`, `1.050 KWD`.

        People read `written`.
        """
        decimals = exponent(self.currency)
        sign = "-" if self.amount_minor < 0 else ""
        digits = str(abs(self.amount_minor)).rjust(decimals + 1, "0")
        whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
        mark = "." if decimals else ""
        return f"{sign}{whole}{mark}{fraction} {self.currency.upper()}"

    def _expect_same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
