"""What the routes of this function share: a fresh ledger, a time limit, and files for download."""

import uuid
from typing import Any

from aws_lambda_powertools.event_handler import Response

from shared import environment
from shared.adapters.report_files import ReportFiles
from shared.adapters.sync_state import SyncState
from shared.domain.locations.location import Location
from shared.domain.reports.not_compared import SYNC_UNFINISHED
from shared.entrypoints.staff_api import json_response
from shared.reports.files import ReportFile
from shared.workflows.ledger.sync_ledger import CONTINUES, LedgerSync
from shared.workflows.reports.read_report import ReadingBudget
from shared.workflows.reports.sync_for_report import sync_for_report

# API Gateway waits 30 s. Stripe is asked in the first ten (one call takes four), and the table is
# read in the first 22; what is left is for the writing.
SYNC_S, READ_S = 10, 22
# Whoever turns pages asks Stripe once, and for few pages: the hourly sync does the rest.
FRESH_S, SYNC_PAGES = 5, 3
# Lambda answers 6 MB, and base64 makes a third more of a file: a larger one is fetched from S3.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_ANSWER_BYTES = 4_000_000
# What is fetched once is deleted after a day, by a rule of the bucket. No location's id begins so.
ASKED_FOLDER = "_asked"
# A page or a picture of ours needs its own styles, and nothing else from anywhere.
NO_SCRIPTS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}


def bring_up_to_date(location_id: str, now_s: int, budget: ReadingBudget) -> str:
    """Sync with Stripe, unless that was done a moment ago; return why that came to no end.

    `budget` is the time of the whole request, from its beginning. Where Stripe does not answer in
    its part of that, what is here is shown: a day's report says why it is not compared.
    """
    synced_until_s = environment.get(SyncState).get_cursor(location_id)
    if synced_until_s is not None and now_s - synced_until_s < FRESH_S:
        return ""
    outcome = sync_for_report(
        environment.get(LedgerSync),
        location_id,
        now_s,
        max_pages=SYNC_PAGES,
        ask_until_s=budget.until_s - READ_S + SYNC_S,
    )
    if isinstance(outcome, str):
        return outcome
    return SYNC_UNFINISHED if outcome.status == CONTINUES else ""


def answer_file(location: Location, file: ReportFile, *, redirects: bool) -> Response[Any]:
    """Return a file, or where to fetch it once from S3 if it is too large for an answer."""
    if file.path.stat().st_size > MAX_ANSWER_BYTES:
        once = f"{ASKED_FOLDER}/{location.location_id}/{location.mode}/{uuid.uuid4().hex}"
        key = f"{once}/{file.name}"
        environment.get(ReportFiles).put(key, file.path, file.media_type)
        return _elsewhere(environment.get(ReportFiles).address(key), redirects=redirects)
    if file.media_type == "text/html":
        headers = dict(NO_SCRIPTS)
    else:
        headers = {"content-disposition": f'attachment; filename="{file.name}"'}
    return Response(200, _with_charset(file.media_type), file.path.read_bytes(), headers)


def _elsewhere(address: str, *, redirects: bool) -> Response[Any]:
    """Say where a file is: by a redirect, or to a script as JSON.

    A script that follows a redirect to another origin needs that origin's leave and its own page's,
    and older browsers send the login along, which S3 refuses beside a signed address; one that
    knows the address lets the browser download it. https://github.com/whatwg/fetch/pull/1544
    """
    if redirects:
        return Response(303, "text/plain", "", {"location": address})
    return json_response(200, {"url": address})


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
