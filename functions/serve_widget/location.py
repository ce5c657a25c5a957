"""What a widget shows of a location: its services, its employees, and their free slots."""

import re
import time
from datetime import UTC, date, datetime, timedelta

from shared import environment
from shared.adapters.agenda_store import AgendaStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.domain.catalogue.public_view import public_location
from shared.domain.catalogue.terms import Terms
from shared.domain.dates.instants import rfc3339
from shared.domain.dates.local_day import A_DAY, parse_day
from shared.domain.errors import InvalidInput
from shared.domain.locations.location import Location
from shared.domain.mistakes import mistake
from shared.entrypoints.compressed import compressed
from shared.entrypoints.cors import cross_origin_headers
from shared.entrypoints.http_api import Answer, Event, json_answer, no_location, read_location_id
from shared.entrypoints.query_strings import QueryString, invalid_query
from shared.workflows.bookings.free_slots import SlotSearch, find_free_slots

# A widget shows a week with one request.
MAX_DAYS = 7


def show_location(event: Event) -> Answer:
    """Answer with what a location offers; raises `NotFound`, `InvalidInput`."""
    location, terms = _find(event)
    QueryString.of(event).expect_only()
    catalogue = environment.get(CatalogueStore).get_catalogue(location.location_id)
    shown = public_location(location, terms, catalogue.services, catalogue.employees)
    return compressed(event, json_answer(shown, cross_origin_headers(location, event)))


def list_slots(event: Event) -> Answer:
    """Answer with the free slots of `days` local days from `date` on, in order.

    Raises `NotFound` for a location, service or employee that is not there, `InvalidInput`.
    """
    location, _ = _find(event)
    free = find_free_slots(
        location,
        _read_search(QueryString.of(event)),
        catalogue=environment.get(CatalogueStore),
        agendas=environment.get(AgendaStore),
        now_s=int(time.time()),
    )
    slots = [{"starts_at": rfc3339(start_s), "employee_id": who} for start_s, who in free]
    answer = json_answer({"slots": slots}, cross_origin_headers(location, event))
    return compressed(event, answer)


def _find(event: Event) -> tuple[Location, Terms]:
    found = environment.get(CatalogueStore).get_location_and_terms(read_location_id(event))
    if found is None:
        raise no_location()
    return found


def _read_search(query: QueryString) -> SlotSearch:
    query.expect_only("date", "days", "service_id", "employee_id")
    asked = query.values
    first, days = _day(asked.get("date", "")), _days(asked.get("days", "1"))
    service_id = asked.get("service_id")
    if not service_id:
        raise _mistake("service_id", "is required")
    return SlotSearch(first, days, service_id, asked.get("employee_id"))


def _day(text: str) -> date:
    day = parse_day(text)
    if day is None:
        raise _mistake("date", A_DAY)
    today = datetime.fromtimestamp(time.time(), UTC).date()
    if abs(day - today) > timedelta(days=400):
        raise _mistake("date", "must be within 400 days of today")
    return day


def _days(text: str) -> int:
    if not re.fullmatch(rf"[1-{MAX_DAYS}]", text):
        raise _mistake("days", f"must be a whole number from 1 to {MAX_DAYS}")
    return int(text)


def _mistake(name: str, what: str) -> InvalidInput:
    return invalid_query([mistake(f"/query/{name}", what)])
