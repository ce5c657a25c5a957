"""What is asked of a range of days: its money flow, its payouts, its entries."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.domain.dates.report_day import HAS_BEGUN, day_of, report_day
from shared.domain.ledger.flows import ALL_FLOWS
from shared.domain.locations.location import Location
from shared.domain.mistakes import mistake
from shared.domain.reports.flow_range import MAX_RANGE_DAYS
from shared.entrypoints.cursors import PageQuery
from shared.entrypoints.field_types import Day, Id, TrueOrFalse
from shared.entrypoints.query_strings import invalid_query
from shared.entrypoints.validation import Query, rule

A_FLOW = f"must be one of {', '.join(ALL_FLOWS)}"


class RangeQuery(Query):
    """The local days, both included."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]


class FlowQuery(RangeQuery):
    """A range's money flow, and in which format.

    `redirect`: a file too large for an answer is a redirect to it, else its address as JSON.
    """

    format: Literal["json", "csv", "xlsx", "pdf"] = "json"
    redirect: TrueOrFalse = "true"


class PayoutsQuery(PageQuery, RangeQuery):
    """The days on which payouts were made, and the page."""


class EntriesQuery(PageQuery):
    """The days of entries, the booking or the flow that they belong to, and the page.

    A booking's entries need no days.
    """

    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
    booking_id: Id | None = None
    flow: Annotated[str, rule(lambda name: name in ALL_FLOWS, A_FLOW)] | None = None


def expect_range(first: date, last: date, today: date) -> None:
    """Raise `InvalidInput` unless these are up to a year of days that have begun."""
    if not 0 <= (last - first).days < MAX_RANGE_DAYS:
        what = f"must be `to` or one of the {MAX_RANGE_DAYS - 1} days before it"
        raise invalid_query([mistake("/query/from", what)])
    if last > today:
        raise invalid_query([mistake("/query/to", HAS_BEGUN)])


def bounds_of(location: Location, first: date, last: date, now_s: int) -> tuple[int, int]:
    """Return days as instants `[start_s, end_s)`; raises as `expect_range` does."""
    expect_range(first, last, day_of(now_s, location.timezone))
    return (
        report_day(first, location.timezone).start_s,
        report_day(last, location.timezone).end_s,
    )


def entry_bounds(location: Location, asked: EntriesQuery, now_s: int) -> tuple[int, int]:
    """Return the days of entries as instants: all that were for a booking that names none.

    Raises `InvalidInput`.
    """
    if asked.first and asked.last:
        return bounds_of(location, asked.first, asked.last, now_s)
    if asked.booking_id and not asked.first and not asked.last:
        return 0, now_s + 1
    missing = [name for name, day in (("from", asked.first), ("to", asked.last)) if not day]
    raise invalid_query([mistake(f"/query/{name}", "is required") for name in missing])
