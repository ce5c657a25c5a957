"""Time that another calendar has taken: pushed in bulk, day by day."""

from datetime import timedelta
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from functions.serve_staff_api.absences import conflicts_view
from functions.serve_staff_api.entries import authorize_here, find_entry
from shared import environment
from shared.adapters.agenda_store import AgendaStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.domain.calendar.intervals import Interval
from shared.domain.errors import InvalidInput
from shared.domain.mistakes import mistake
from shared.entrypoints.caller import read_caller
from shared.entrypoints.field_types import Day, Instant, OneLine
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of
from shared.entrypoints.validation import Body, Query, read_query
from shared.workflows.calendar.push_busy import BusyDays, push_busy

router = Router()  # type: ignore[no-untyped-call]
MAX_DAYS, MAX_INTERVALS, MAX_REF_CHARS = 92, 1000, 200
# A thousand intervals with their names.
MAX_KIB = 512


class BusyQuery(Query):
    """The whole UTC days that are replaced, both included."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]


class IntervalInput(Body):
    """A stretch of time that is taken; `ref` is the other calendar's name for it, and not kept."""

    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
    ref: Annotated[str, Field(max_length=MAX_REF_CHARS), OneLine] | None = None


class BusyInput(Body):
    """Everything that the other calendar has on those days."""

    intervals: Annotated[list[IntervalInput], Field(max_length=MAX_INTERVALS)]


@router.put("/v1/locations/<location_id>/employees/<employee_id>/busy")
def put_busy(location_id: str, employee_id: str) -> dict[str, Any]:
    """Replace what another calendar has taken on some days; visits there stay, and are told."""
    authorize_here(router, location_id, "change_calendar", takes=BusyQuery)
    find_entry(employee_id, "employee", environment.get(CatalogueStore).get_employee, location_id)
    asked = read_query(BusyQuery, read_caller(router).query)
    if not timedelta() <= asked.last - asked.first < timedelta(days=MAX_DAYS):
        errors = [mistake("/query/to", f"must be `from` or one of the {MAX_DAYS - 1} days after")]
        raise InvalidInput("These are not up to 92 days.", errors=errors)
    busy = BusyDays(asked.first, asked.last, _intervals(parse(BusyInput, body_of(router), MAX_KIB)))
    _expect_inside(busy)
    return conflicts_view(push_busy(location_id, employee_id, busy, environment.get(AgendaStore)))


def _intervals(asked: BusyInput) -> list[Interval]:
    found = [
        Interval(int(each.start.timestamp()), int(each.end.timestamp())) for each in asked.intervals
    ]
    errors = [
        mistake(f"/intervals/{at}/to", "must be after `from`")
        for at, each in enumerate(found)
        if each.end_s <= each.start_s
    ]
    if errors:
        raise InvalidInput("Some intervals are not valid.", errors=errors)
    return found


def _expect_inside(busy: BusyDays) -> None:
    bounds = busy.bounds()
    errors = [
        mistake(f"/intervals/{at}", "must touch one of the days that are replaced")
        for at, each in enumerate(busy.intervals)
        if not each.overlaps(bounds)
    ]
    if errors:
        raise InvalidInput("Some intervals lie on other days.", errors=errors)
