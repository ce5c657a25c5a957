"""Money, dates and times in a location's own format, by Babel."""

import copy
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import NumberPattern, parse_pattern

from shared.domain.dates.instants import Moment
from shared.domain.locales import LOCALES
from shared.domain.money.money import Money, exponent, granularity_minor
from shared.domain.reports.section import Cell

FALLBACK = "en"
# Stripe gives these two currencies two decimals that are always 00 and never written.
WHOLE_UNITS_MINOR = 100


@cache
def locale_of(name: str, country: str = "") -> Locale:
    """Return the nearest locale whose data is packaged: `de` for `de-AT`, English if there is none.

    A language without a region takes that of `country`, if it is known: English in Germany has days
    before months, and 24 hours.
    """
    language = name.partition("-")[0]
    known = next((each for each in (name, language) if each in LOCALES), FALLBACK)
    if country and "-" not in known:
        try:
            return Locale(known, country.upper())
        except UnknownLocaleError:
            return Locale(known)
    return Locale.parse(known, sep="-")


def decimals(money: Money) -> int:
    """Return how many decimals an amount is written with: Stripe's, but none for ISK and UGX."""
    whole = granularity_minor(money.currency) == WHOLE_UNITS_MINOR
    return 0 if whole and money.amount_minor % WHOLE_UNITS_MINOR == 0 else exponent(money.currency)


def major_units(money: Money) -> Decimal:
    """Return the amount in the currency's own unit, exact: `10.50`, `1050`, `1.050`."""
    return Decimal(money.amount_minor).scaleb(-exponent(money.currency))


def money_text(money: Money, locale: Locale, *, as_code: bool = False) -> str:
    """Return an amount in the locale's format, with the currency's sign or its code."""
    pattern = _money_pattern(str(locale), decimals(money), as_code)
    currency = money.currency.upper()
    return str(pattern.apply(major_units(money), locale, currency=currency, currency_digits=False))


@cache
def _money_pattern(locale: str, places: int, as_code: bool) -> NumberPattern:
    pattern: NumberPattern = Locale.parse(locale).currency_formats["standard"]
    if as_code:
        # A code is separated from the digits; a sign need not be.
        text = pattern.pattern.replace("\N{CURRENCY SIGN}", "\N{CURRENCY SIGN}" * 2)
        pattern = parse_pattern(text.replace("\N{CURRENCY SIGN}#", "\N{CURRENCY SIGN}\xa0#"))
    made = copy.copy(pattern)
    # Babel's own digits are ISO's, Stripe's are not.
    made.frac_prec = (places, places)
    return made


def day_text(day: date, locale: Locale, *, style: str = "medium") -> str:
    """Return a date, with `full` also the weekday."""
    return format_date(day, style, locale)


def moment_text(at_s: int, timezone: str, locale: Locale) -> str:
    """Return an instant as local time."""
    zone = ZoneInfo(timezone)
    local = datetime.fromtimestamp(at_s, UTC).astimezone(zone)
    return format_datetime(local, "short", tzinfo=zone, locale=locale)


def cell_text(cell: Cell, timezone: str, locale: Locale) -> str:
    """Return any cell of a section as text."""
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return money_text(cell, locale)
    if isinstance(cell, Moment):
        return moment_text(cell.at_s, timezone, locale)
    return day_text(cell, locale) if isinstance(cell, date) else str(cell)
