"""What is asked of a report: which days, and in which format."""

from datetime import date
from typing import Annotated, Literal, Self

from msgspec import Struct
from pydantic import Field

from shared.domain.dates.report_day import HAS_BEGUN, ONE_DAY
from shared.domain.mistakes import mistake
from shared.domain.money.money import is_currency
from shared.entrypoints.field_types import Day, TrueOrFalse
from shared.entrypoints.query_strings import invalid_query
from shared.entrypoints.validation import Query, rule
from shared.reports.files import FORMATS

DEFAULT_DAYS, MAX_DAYS = 30, 100


class ReportQuery(Query):
    """One day's report: its format, and for JSON the page of its entries.

    `redirect`: a file too large for an answer is a redirect to it, else its address as JSON.
    """

    format: (
        Annotated[
            str,
            rule(lambda name: name in FORMATS, f"must be one of {', '.join(sorted(FORMATS))}"),
        ]
        | None
    ) = None
    redirect: TrueOrFalse = "true"
    entries_cursor: str | None = None

    def format_for(self, accept: str) -> str:
        """Return the format of the answer: `format` wins over the `Accept` header."""
        return self.format or _accepted(accept)


class SummaryQuery(Query):
    """A stretch of days, both ends included, and what is added up."""

    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
    by: Literal["day", "week", "month"] = "day"


class Stretch(Struct, frozen=True):
    """The days of a summary, both ends included."""

    first: date
    last: date

    @classmethod
    def of(cls, asked: SummaryQuery, today: date) -> Self:
        """Return the days: thirty to today where none are named. Raises `InvalidInput`.

        A period that is not over, such as this month, is shown as far as it has come.
        """
        last = min(asked.last or today, today)
        first = asked.first or last - (DEFAULT_DAYS - 1) * ONE_DAY
        if first > today:
            raise invalid_query([mistake("/query/from", HAS_BEGUN)])
        if not 0 <= (last - first).days < MAX_DAYS:
            what = f"must be at most {MAX_DAYS - 1} days before `to`, and not after it"
            raise invalid_query([mistake("/query/from", what)])
        return cls(first, last)


class ChartQuery(Query):
    """Which picture, and in which currency: the location's where none is named."""

    kind: Literal["day", "month"] = "day"
    currency: Annotated[str, rule(is_currency, "must be a currency such as eur")] | None = None


def _accepted(accept: str) -> str:
    """Return the first format that a caller accepts; JSON where none is named."""
    for part in accept.split(","):
        media_type = part.partition(";")[0].strip().lower()
        for name, offered in FORMATS.items():
            if media_type == offered:
                return name
    return "json"
