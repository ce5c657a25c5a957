"""What is asked of a report: which days, and in which format."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

from shared.domain.errors import InvalidInput
from shared.domain.money import is_currency
from shared.domain.report_day import ONE_DAY, read_day
from shared.reports.files import FORMATS

PERIODS = ("day", "week", "month")
KINDS = ("day", "month")
DEFAULT_DAYS, MAX_DAYS = 30, 100


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """One day's report: its format, and for JSON the page of its entries.

    `redirects`: a file too large for an answer is a redirect to it, else its address as JSON.
    """

    day: date
    format: str
    cursor: str | None
    redirects: bool = True

    @classmethod
    def read(cls, query: Mapping[str, str], accept: str, day: str, today: date) -> Self:
        """Read the request; `format` wins over `Accept`. Raises `InvalidInput`."""
        wanted = query.get("format") or _accepted(accept)
        if wanted not in FORMATS:
            raise _mistake("format", f"is one of {', '.join(sorted(FORMATS))}")
        redirects = query.get("redirect", "true")
        if redirects not in ("true", "false"):
            raise _mistake("redirect", "is true or false")
        cursor = query.get("entries_cursor")
        return cls(read_day(day, "date", today), wanted, cursor, redirects == "true")


@dataclass(frozen=True, slots=True)
class SummaryQuery:
    """A stretch of days, both ends included, and what is added up: `day`, `week` or `month`."""

    first: date
    last: date
    by: str

    @classmethod
    def read(cls, query: Mapping[str, str], today: date) -> Self:
        """Read the query: thirty days to today where none are named. Raises `InvalidInput`.

        A period that is not over, such as this month, is shown as far as it has come.
        """
        last = min(read_day(query["to"], "to", date.max), today) if "to" in query else today
        default = last - (DEFAULT_DAYS - 1) * ONE_DAY
        first = read_day(query["from"], "from", today) if "from" in query else default
        if not 0 <= (last - first).days < MAX_DAYS:
            raise _mistake("from", f"is at most {MAX_DAYS - 1} days before `to`, and not after it")
        by = query.get("by", "day")
        if by not in PERIODS:
            raise _mistake("by", f"is one of {', '.join(PERIODS)}")
        return cls(first, last, by)


def chart_kind(query: Mapping[str, str]) -> str:
    """Return which picture is asked for; raises `InvalidInput`."""
    kind = query.get("kind", "day")
    if kind not in KINDS:
        raise _mistake("kind", f"is one of {', '.join(KINDS)}")
    return kind


def chart_currency(query: Mapping[str, str], default: str) -> str:
    """Return the currency of a picture, the location's where none is named."""
    currency = query.get("currency", default)
    if not is_currency(currency):
        raise _mistake("currency", "is a code such as eur")
    return currency


def _accepted(accept: str) -> str:
    """Return the first format that a caller accepts; JSON where none is named."""
    for part in accept.split(","):
        media_type = part.partition(";")[0].strip().lower()
        for name, offered in FORMATS.items():
            if media_type == offered:
                return name
    return "json"


def _mistake(name: str, what: str) -> InvalidInput:
    errors = [{"pointer": f"/query/{name}", "detail": f"{name} {what}"}]
    return InvalidInput(f"`{name}` {what}.", errors=errors)
