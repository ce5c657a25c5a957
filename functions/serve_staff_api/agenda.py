"""The agenda: a location's visits by day, with who is away and what is taken elsewhere."""

from datetime import timedelta
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from shared import environment
from shared.adapters.agenda_store import AgendaStore
from shared.adapters.booking_lists import BookingLists
from shared.adapters.catalogue_store import CatalogueStore
from shared.domain.mistakes import mistake
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.field_types import Day, Id
from shared.entrypoints.query_strings import invalid_query
from shared.entrypoints.validation import Query, read_query
from shared.workflows.calendar.read_agenda import MAX_DAYS, AgendaSearch, read_agenda

router = Router()  # type: ignore[no-untyped-call]


class AgendaQuery(Query):
    """The local days, both included, and whose visits, if not everybody's."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]
    employee_id: Id | None = None


@router.get("/v1/locations/<location_id>/agenda")
def get_agenda(location_id: str) -> dict[str, Any]:
    """Show the visits of some days in order of time, and when nobody can be booked."""
    caller = read_caller(router)
    staff = authorize(caller, location_id, "read_bookings", takes=AgendaQuery)
    asked = read_query(AgendaQuery, caller.query)
    if not timedelta() <= asked.last - asked.first < timedelta(days=MAX_DAYS):
        what = f"must be `from` or one of the {MAX_DAYS - 1} days after"
        raise invalid_query([mistake("/query/to", what)])
    days = read_agenda(
        staff.location,
        AgendaSearch(asked.first, asked.last, asked.employee_id),
        lists=environment.get(BookingLists),
        agendas=environment.get(AgendaStore),
        catalogue=environment.get(CatalogueStore),
    )
    return {"days": days}
