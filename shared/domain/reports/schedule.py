"""When a report is due, and the orders to build one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.domain.activity.messages import SCHEMA, Message
from shared.domain.dates.instants import HOUR_S, rfc3339
from shared.domain.dates.report_day import ONE_DAY, day_of, local_hour_s
from shared.domain.errors import InvalidFacts
from shared.domain.locations.location import LOCATION_ID, Location

# The morning's report closes a day, once; one that is asked for closes none.
REPORT_DUE, REPORT_REQUESTED = "report.due", "build_report"
# The next ticks make up for one that was missed; the day's record lets only one of them count.
DUE_FOR_S = 3 * HOUR_S
MORNING = "morning"


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """A report that is to be built and mailed; `run` tells one sending from another.

    `timezone` is the location's when the order was made, so that its date keeps meaning the same
    stretch of time if the location moves. An order with "" names none: the current zone applies.
    """

    location_id: str
    day: date
    closes: bool
    run: str
    timezone: str = ""


def due_day(location: Location, now_s: int) -> date | None:
    """Return the day whose report is due now: yesterday, for three hours from the report's hour.

    `None` if it has no recipients, or at any other time of day.
    """
    if not location.report_recipients:
        return None
    today = day_of(now_s, location.timezone)
    hour_s = local_hour_s(today, location.report_hour, location.timezone)
    if not hour_s <= now_s < hour_s + DUE_FOR_S:
        return None
    yesterday = today - ONE_DAY
    return yesterday if day_of(location.created_at_s, location.timezone) <= yesterday else None


def report_due(location: Location, day: date, now_s: int) -> Message:
    """Return the order of a morning's report."""
    return _message(REPORT_DUE, f"{location.location_id}-report-{day}", location, day, now_s)


def report_requested(location: Location, day: date, request_id: str, now_s: int) -> Message:
    """Return the order of a report that somebody asked for; `request_id` names the request."""
    message_id = f"{location.location_id}-report-{day}-{request_id}"
    return _message(REPORT_REQUESTED, message_id, location, day, now_s)


def in_queue(message: Message) -> dict[str, Any]:
    """Return a message as the bus would deliver it, for one that is queued directly."""
    return {"detail-type": message.detail_type, "detail": message.detail}


def read_order(envelope: Mapping[str, Any]) -> ReportOrder:
    """Return the order in a message from the bus or the queue.

    Raises `InvalidFacts` if it is not an order of ours.
    """
    detail, kind = envelope["detail"], envelope["detail-type"]
    location_id = str(detail["location_id"])
    if kind not in {REPORT_DUE, REPORT_REQUESTED} or not LOCATION_ID.fullmatch(location_id):
        raise InvalidFacts("not an order of a report")
    closes = kind == REPORT_DUE
    run = MORNING if closes else str(detail["message_id"]).rpartition("-")[2]
    timezone = str(detail.get("timezone") or "")
    return ReportOrder(location_id, date.fromisoformat(detail["date"]), closes, run, timezone)


def _message(kind: str, message_id: str, location: Location, day: date, now_s: int) -> Message:
    detail = {
        "schema": SCHEMA,
        "message_id": message_id,
        "occurred_at": rfc3339(now_s),
        "location_id": location.location_id,
        "date": day.isoformat(),
        "timezone": location.timezone,
    }
    return Message(message_id, kind, detail)
