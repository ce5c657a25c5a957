"""When a report is due, and the orders to build one. Pure."""

from datetime import date

from shared.domain.dates.instants import HOUR_S, rfc3339
from shared.domain.dates.report_day import ONE_DAY, day_of, local_hour_s
from shared.domain.locations.location import Location
from shared.domain.messages.ledger_orders import BuildReport

# The next ticks make up for one that was missed; the day's record lets only one of them count.
DUE_FOR_S = 3 * HOUR_S
# Once more before that is over, should the first order be lost.
ORDER_LASTS_S = 2 * HOUR_S
# The tick that comes after these three hours looks once whether the report was sent.
LOOKED_FOR_S = HOUR_S
MORNING = "morning"


def due_day(location: Location, now_s: int) -> date | None:
    """Return the day whose report is due now: for three hours from the next day's report hour.

    `None` if it has no recipients, or at any other time of day.
    """
    return _reported_day(location, now_s, 0, DUE_FOR_S)


def day_to_look_for(location: Location, now_s: int) -> date | None:
    """Return the day whose report has to have been sent: that was due until the hour before.

    `None` if it has no recipients, or at any other time of day.
    """
    return _reported_day(location, now_s, DUE_FOR_S, DUE_FOR_S + LOOKED_FOR_S)


def _reported_day(location: Location, now_s: int, from_s: int, until_s: int) -> date | None:
    """Return the day between two distances from whose report's hour it is, if there is one."""
    if not location.report_recipients:
        return None
    today = day_of(now_s, location.timezone)
    # A late hour's report is due past midnight.
    for morning in (today, today - ONE_DAY):
        hour_s = local_hour_s(morning, location.report_hour, location.timezone)
        if hour_s + from_s <= now_s < hour_s + until_s:
            told = morning - ONE_DAY
            return told if day_of(location.created_at_s, location.timezone) <= told else None
    return None


def is_report_ordered(ordered_at_s: int | None, now_s: int) -> bool:
    """Whether a morning's report that was ordered then, `None` for never, is on its way."""
    return ordered_at_s is not None and now_s - ordered_at_s < ORDER_LASTS_S


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
