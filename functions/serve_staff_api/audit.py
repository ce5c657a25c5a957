"""The audit: who changed or fetched what at a location, newest first."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from shared import environment
from shared.adapters.audit_log import AuditLog
from shared.adapters.month_lists import is_place
from shared.domain.locations.audit import audit_view
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.cursors import NOT_OURS, Cursor, PageQuery, cursor_of
from shared.entrypoints.validation import read_query, rule

router = Router()  # type: ignore[no-untyped-call]


class AuditQuery(PageQuery):
    """Which page of the audit."""

    cursor: Annotated[Cursor, rule(is_place, NOT_OURS)] | None = None


@router.get("/v1/locations/<location_id>/audit")
def get_audit(location_id: str) -> dict[str, Any]:
    """List entries; what happened this moment may be missing for another."""
    caller = read_caller(router)
    staff = authorize(caller, location_id, "read_audit", takes=AuditQuery)
    asked = read_query(AuditQuery, caller.query)
    found = environment.get(AuditLog).list_entries(
        location_id, staff.location.created_at_s, asked.limit, asked.cursor
    )
    items = [audit_view(entry) for entry in found.items]
    return {"items": items, "next_cursor": cursor_of(found.after) if found.after else None}
