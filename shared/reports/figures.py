"""Money, dates and times in a location's own format, by Babel."""

import copy
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import NumberPattern, parse_pattern

from shared.domain.dates.instants import Moment
from shared.domain.locales import LANGUAGES, LOCALES
from shared.domain.money.money import Money, exponent
from shared.domain.money.written import decimals, form_name, written
from shared.domain.reports.section import Cell, Visit, plain

FALLBACK = "en"
LAST_OF_ID = 6
_SIGN_BEFORE = re.compile("\N{CURRENCY SIGN}(?=[#0])")


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


def major_units(money: Money) -> Decimal:
    """Return the amount in the currency's own unit, exact: `10.50`, `1050`, `1.050`."""
    return Decimal(money.amount_minor).scaleb(-exponent(money.currency))


def money_text(money: Money, locale: Locale) -> str:
    """Return an amount as the locale writes it, the same in every document."""
    if locale.language in LANGUAGES:
        return written(money, form_name(locale.language, locale.territory or ""))
    currency = money.currency.upper()
    pattern = _money_pattern(str(locale), decimals(money), currency)
    return str(pattern.apply(major_units(money), locale, currency=currency, currency_digits=False))


@cache
def _money_pattern(locale: str, places: int, currency: str) -> NumberPattern:
    parsed = Locale.parse(locale)
    pattern: NumberPattern = parsed.currency_formats["standard"]
    sign = parsed.currency_symbols.get(currency, currency)
    # Letters and digits do not touch. https://unicode.org/reports/tr35/tr35-numbers.html#Currencies
    if sign[-1].isalpha():
        pattern = parse_pattern(_SIGN_BEFORE.sub("\N{CURRENCY SIGN}\xa0", pattern.pattern))
    made = copy.copy(pattern)
    # Babel's own digits are ISO's, Stripe's are not.
    made.frac_prec = (places, places)
    return made


def number_pattern(money: Money, locale: Locale) -> str:
    """Return a spreadsheet's format of an amount: its sign stands where the language has it.

    Decimal and thousands marks are those of whoever opens it.
    """
    places = decimals(money)
    digits = f"#,##0{'.' + '0' * places if places else ''}"
    text = money_text(Money(0, money.currency), locale)
    before, after = re.split(r"\d[\d.,\u066b\u066c]*", text, maxsplit=1)
    shown = f"{_quoted(before)}{digits}{_quoted(after)}"
    return f"{shown};-{shown}"


def _quoted(text: str) -> str:
    kept = text.replace('"', "")
    return f'"{kept}"' if kept else ""


def day_text(day: date, locale: Locale, *, style: str = "medium") -> str:
    """Return a date, with `full` also the weekday."""
    return format_date(day, style, locale)


def moment_text(at_s: int, timezone: str, locale: Locale) -> str:
    """Return an instant as local time."""
    zone = ZoneInfo(timezone)
    local = datetime.fromtimestamp(at_s, UTC).astimezone(zone)
    return format_datetime(local, "short", tzinfo=zone, locale=locale)


def cell_text(cell: Cell, timezone: str, locale: Locale) -> str:
    """Return any cell of a section, or its note, as text."""
    shown = plain(cell)
    if shown is None:
        return ""
    if isinstance(shown, Money):
        return money_text(shown, locale)
    if isinstance(shown, Moment):
        return moment_text(shown.at_s, timezone, locale)
    if isinstance(shown, Visit):
        return _visit_text(shown, timezone, locale)
    if isinstance(shown, tuple):
        return "".join(cell_text(each, timezone, locale) for each in shown)
    return day_text(shown, locale) if isinstance(shown, date) else str(shown)


def _visit_text(visit: Visit, timezone: str, locale: Locale) -> str:
    if visit.starts_at_s is None:
        # The end is what tells ids apart.
        return visit.what or f"Booking\xa0\u2026{visit.booking_id[-LAST_OF_ID:]}"
    begins = moment_text(visit.starts_at_s, timezone, locale)
    return f"{begins}, {visit.what}" if visit.what else begins
