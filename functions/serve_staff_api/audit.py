"""The audit: who changed or fetched what at a location, newest first."""

import re
import time
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from shared import environment
from shared.adapters.audit_log import AuditLog, month_before, month_of
from shared.adapters.booking_store import BookingStore
from shared.domain.locations.audit import audit_view
from shared.domain.locations.location import Location
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.cursors import NOT_OURS, Cursor, PageQuery, cursor_of
from shared.entrypoints.validation import read_query, rule

router = Router()  # type: ignore[no-untyped-call]
# A page looks into so many months at the most; a cursor then leads on.
MAX_MONTHS = 24
# Behind every place: each begins with a year.
NEWEST = "~"
PLACE = re.compile(r"\d{4}-(0[1-9]|1[0-2])(-\d\dT\d\d:\d\d:\d\dZ#\w{1,64}|~)", re.ASCII)


class AuditQuery(PageQuery):
    """Which page of the audit."""

    cursor: (
        Annotated[Cursor, rule(lambda place: PLACE.fullmatch(place) is not None, NOT_OURS)] | None
    ) = None


@router.get("/v1/locations/<location_id>/audit")
def get_audit(location_id: str) -> dict[str, Any]:
    """List entries; what happened this moment may be missing for another."""
    caller = read_caller(router)
    staff = authorize(
        environment.get(BookingStore), caller, location_id, "read_audit", takes=AuditQuery
    )
    return _page(staff.location, read_query(AuditQuery, caller.query))


def _page(location: Location, asked: AuditQuery) -> dict[str, Any]:
    limit, after = asked.limit, asked.cursor
    oldest_month = month_of(location.created_at_s)
    month = after[:7] if after else month_of(int(time.time()))
    found: list[tuple[str, dict[str, Any]]] = []
    for _ in range(MAX_MONTHS):
        newest = after if after and after.startswith(month) else NEWEST
        # One more than is shown, to know of a next page, and one for the cursor's own place.
        part = environment.get(AuditLog).list_month(
            location.location_id, month, newest, limit + 2 - len(found)
        )
        found += [(place, entry) for place, entry in part if place != after]
        if len(found) > limit:
            return _answer(found[:limit], found[limit - 1][0])
        if month <= oldest_month:
            return _answer(found, None)
        month = month_before(month)
    return _answer(found, f"{month}{NEWEST}")


def _answer(found: list[tuple[str, dict[str, Any]]], last: str | None) -> dict[str, Any]:
    items = [audit_view(entry) for _, entry in found]
    return {"items": items, "next_cursor": cursor_of(last) if last else None}
