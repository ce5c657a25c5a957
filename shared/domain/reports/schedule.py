"""When a report is due, and the orders to build one. Pure."""

from datetime import date

from shared.domain.dates.instants import HOUR_S, rfc3339
from shared.domain.dates.report_day import ONE_DAY, day_of, local_hour_s
from shared.domain.locations.location import Location
from shared.domain.messages.ledger_orders import BuildReport

# The next ticks make up for one that was missed; the day's record lets only one of them count.
DUE_FOR_S = 3 * HOUR_S
MORNING = "morning"


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


def morning_report(location: Location, day: date, now_s: int) -> BuildReport:
    """Return the order of a morning's report, which closes the day, once."""
    message_id = f"{location.location_id}-report-{day}"
    return _order(message_id, location, day, now_s, run=MORNING, closes=True)


def report_on_request(location: Location, day: date, request_id: str, now_s: int) -> BuildReport:
    """Return the order of a report that somebody asked for, which closes no day.

    `request_id` names the request.
    """
    message_id = f"{location.location_id}-report-{day}-{request_id}"
    return _order(message_id, location, day, now_s, run=request_id, closes=False)


def _order(
    message_id: str, location: Location, day: date, now_s: int, *, run: str, closes: bool
) -> BuildReport:
    return BuildReport(
        message_id=message_id,
        occurred_at=rfc3339(now_s),
        location_id=location.location_id,
        date=day.isoformat(),
        timezone=location.timezone,
        closes=closes,
        run=run,
    )
