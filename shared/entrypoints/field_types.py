"""Fields of requests: what each may hold, and the sentence for what it may not."""

import re
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic.types import AwareDatetime

from shared.domain.dates.local_day import A_DAY, parse_day
from shared.domain.email_address import MAX_ADDRESS_CHARS, is_email_address
from shared.domain.money.money import is_currency
from shared.entrypoints.validation import AN_INSTANT, broken, rule

_ONE_LINE = re.compile(r"[^\x00-\x1f\x7f]*")
_DIGITS = re.compile(r"[0-9]{1,9}")
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
FIRST_YEAR, LAST_YEAR = 1971, 9998


def _is_one_line(text: str) -> bool:
    return _ONE_LINE.fullmatch(text) is not None


OneLine = rule(_is_one_line, "must have no line breaks or other control characters")
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), OneLine]
Email = Annotated[
    str,
    StringConstraints(max_length=MAX_ADDRESS_CHARS),
    rule(is_email_address, "must be an email address such as jane@example.com"),
]
Id = Annotated[
    str,
    rule(
        lambda text: _ID.fullmatch(text) is not None,
        "must be 1 to 64 letters, digits or any of . _ : -",
    ),
]
# What another system calls a booking is up to that system.
ForeignId = Annotated[str, StringConstraints(min_length=1, max_length=64), OneLine]
CurrencyCode = Annotated[
    str, StringConstraints(to_lower=True), rule(is_currency, "must be a currency such as eur")
]


def _as_text(value: object) -> object:
    # A number, even as text, would be read as seconds since 1970.
    if not isinstance(value, str) or "T" not in value.upper():
        raise broken(AN_INSTANT)
    return value


def _within_bounds(instant: datetime) -> datetime:
    # In UTC, an instant of the first or the last year may be out of range.
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise broken(f"must be from {FIRST_YEAR} to {LAST_YEAR}")
    return instant


Instant = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_as_text), AfterValidator(_within_bounds)
]


def or_none(value: object) -> object:
    """Return `None` for a text without a visible character."""
    # A form sends fields that were left empty, too.
    return None if isinstance(value, str) and not value.strip() else value


def _day(value: object) -> date:
    day = parse_day(value) if isinstance(value, str) else None
    if day is None:
        raise broken(A_DAY)
    return day


def _whole_number(text: object) -> object:
    # Python accepts other forms too, such as 1_0 and +5.
    if isinstance(text, str):
        if not _DIGITS.fullmatch(text):
            raise broken("must be a whole number")
        return int(text)
    return text


# How a query string writes a local day, a number, and yes or no.
Day = Annotated[date, BeforeValidator(_day)]
Number = Annotated[int, BeforeValidator(_whole_number)]
TrueOrFalse = Literal["true", "false"]
