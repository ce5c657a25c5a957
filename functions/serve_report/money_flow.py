"""A range of days: its money flow, its payouts with their entries, and single entries."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import BaseModel

from functions.serve_report.answers import READ_S, answer_file, bring_up_to_date
from functions.serve_report.asked_ranges import (
    EntriesQuery,
    FlowQuery,
    PayoutsQuery,
    bounds_of,
    entry_bounds,
)
from shared import environment
from shared.adapters.audit_log import AuditLog
from shared.adapters.ledger_keys import instant_key, is_entry_place
from shared.adapters.payout_store import PayoutStore
from shared.domain.errors import NotFound
from shared.domain.reports.range_document import payout_document, range_document
from shared.entrypoints.caller import Caller, authorize, read_caller
from shared.entrypoints.cursors import PageQuery, bound_cursor, place_after
from shared.entrypoints.staff_api import json_response
from shared.entrypoints.validation import read_query
from shared.reports.range_files import write_range_file
from shared.workflows.ledger.find_payout import PayoutFinder
from shared.workflows.reports.list_entries import EntryLists, Stretch
from shared.workflows.reports.read_range import RangeReader
from shared.workflows.reports.read_report import ReadingBudget
from shared.workflows.staff import Staff, audit_of

router = Router()  # type: ignore[no-untyped-call]
HERE = "/v1/locations/<location_id>"
ADDED_UP_ONCE = (
    "These days are being added up for the first time since an update. Ask again in a moment."
)


@router.get(f"{HERE}/money-flow")
def get_money_flow(location_id: str) -> Response[Any]:
    """Return a range's totals, days and payouts as JSON or as a file."""
    budget = _budget()
    _, staff, asked = _authorized(location_id, FlowQuery)
    location, now_s = staff.location, int(time.time())
    bounds_of(location, asked.first, asked.last, now_s)
    unsynced = bring_up_to_date(location_id, now_s, budget)
    shown = environment.get(RangeReader).read(
        location, asked.first, asked.last, now_s, budget, unsynced=unsynced
    )
    if asked.format == "json":
        return json_response(200, range_document(shown))
    told = {"from": str(asked.first), "to": str(asked.last), "format": asked.format}
    environment.get(AuditLog).record(audit_of(staff, "money_flow.downloaded", **told))
    with TemporaryDirectory() as place:
        file = write_range_file(shown, Path(place), asked.format)
        return answer_file(location, file, redirects=asked.redirect == "true")


@router.get(f"{HERE}/payouts")
def list_payouts(location_id: str) -> dict[str, Any]:
    """List the payouts that were made on some days, a page at a time, the oldest first."""
    budget = _budget()
    caller, staff, asked = _authorized(location_id, PayoutsQuery)
    now_s = int(time.time())
    start_s, end_s = bounds_of(staff.location, asked.first, asked.last, now_s)
    after = place_after(asked.cursor, caller.query, is_entry_place) or ""
    bring_up_to_date(location_id, now_s, budget)
    found = environment.get(PayoutStore).list_payouts(location_id, start_s, end_s)
    placed = [(instant_key(each.created_s, each.payout), each) for each in found]
    rest = [(place, each) for place, each in placed if place > after]
    page = rest[: asked.limit]
    return {
        "items": [payout_document(each) for _, each in page],
        "next_cursor": bound_cursor(page[-1][0], caller.query) if len(rest) > len(page) else None,
    }


@router.get(f"{HERE}/payouts/<payout_id>")
def get_payout(location_id: str, payout_id: str) -> dict[str, Any]:
    """Return a payout with a page of its entries, and whether these add up to it."""
    budget = _budget()
    caller, _, asked = _authorized(location_id, PageQuery)
    after = place_after(asked.cursor, caller.query, is_entry_place) or ""
    now_s = int(time.time())
    bring_up_to_date(location_id, now_s, budget)
    payout = environment.get(PayoutFinder).find(location_id, payout_id, now_s)
    if payout is None:
        raise NotFound("There is no such payout.", code="payout_not_found")
    lists = environment.get(EntryLists)
    page, last = lists.of_payout(location_id, payout, asked.limit, after)
    return {
        **payout_document(payout),
        "entries": lists.describe(location_id, page),
        "next_cursor": last and bound_cursor(last, caller.query),
    }


@router.get(f"{HERE}/entries")
def list_entries(location_id: str) -> dict[str, Any]:
    """List the ledger's entries of some days, or those of one booking, a page at a time."""
    budget = _budget()
    caller, staff, asked = _authorized(location_id, EntriesQuery)
    now_s = int(time.time())
    start_s, end_s = entry_bounds(staff.location, asked, now_s)
    after = place_after(asked.cursor, caller.query, is_entry_place) or ""
    bring_up_to_date(location_id, now_s, budget)
    stretch = Stretch(start_s, end_s, asked.limit, after, asked.flow)
    lists = environment.get(EntryLists)
    if asked.booking_id:
        page, last = lists.of_booking(
            location_id, asked.booking_id, stretch, now_s=now_s, budget=budget
        )
    else:
        page, last = lists.of_days(location_id, stretch)
    return {
        "items": lists.describe(location_id, page),
        "next_cursor": last and bound_cursor(last, caller.query),
    }


def _authorized[Asked: BaseModel](
    location_id: str, model: type[Asked]
) -> tuple[Caller, Staff, Asked]:
    caller = read_caller(router)
    staff = authorize(caller, location_id, "read_reports", takes=model)
    return caller, staff, read_query(model, caller.query)


def _budget() -> ReadingBudget:
    return ReadingBudget(time.monotonic() + READ_S, ADDED_UP_ONCE, "range_not_ready")
