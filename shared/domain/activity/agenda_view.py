"""A location's days as the desk works with them: visits in order of time, and time off. Pure.

A visit stands on the local day on which it begins, time off on every day that it touches. What was
cancelled or has expired takes nobody's time, and is not shown.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.lifecycle import CANCELLED, EXPIRED
from shared.domain.calendar.intervals import Interval
from shared.domain.calendar.opening import day_interval
from shared.domain.dates.instants import rfc3339

type Kind = Literal["absence", "closure", "busy"]


class TimeOff(Struct, frozen=True):
    """Time in which nobody can be booked: an employee's, or with `None` the whole location's.

    `busy` is what another calendar has taken; it has no id of its own.
    """

    kind: Kind
    time: Interval
    employee_id: str | None = None
    own_id: str | None = None
    reason: str = ""


def agenda_days(
    days: Sequence[date],
    timezone: str,
    visits: Iterable[Booking],
    off: Collection[TimeOff],
    overlapping: Collection[str],
    names: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return the contract's `days` of an agenda, each local day of `days` in turn.

    `overlapping` are ids of bookings whose time somebody else has too, `names` those of the
    employees by id. Visits that begin on none of the days are left out.
    """
    zone = ZoneInfo(timezone)
    by_day: dict[date, list[Booking]] = {day: [] for day in days}
    for booking in visits:
        if booking.starts_at_s is None or booking.status in (CANCELLED, EXPIRED):
            continue
        day = datetime.fromtimestamp(booking.starts_at_s, zone).date()
        if day in by_day:
            by_day[day].append(booking)
    in_order = sorted(off, key=lambda each: (each.time, each.kind, each.employee_id or ""))
    return [
        {
            "date": day.isoformat(),
            "visits": [
                _visit(each, names, overlaps=each.booking_id in overlapping)
                for each in sorted(found, key=_order)
            ],
            "absences": [
                _time_off(each)
                for each in in_order
                if each.time.overlaps(day_interval(day, timezone))
            ],
        }
        for day, found in by_day.items()
    ]


def _order(booking: Booking) -> tuple[int, int, str, str]:
    starts_at_s = booking.starts_at_s or 0
    ends_at_s = booking.ends_at_s or starts_at_s
    return starts_at_s, ends_at_s, booking.employee_id or "", booking.booking_id


def _visit(booking: Booking, names: Mapping[str, str], *, overlaps: bool) -> dict[str, Any]:
    client = booking.client
    return {
        "booking_id": booking.booking_id,
        "starts_at": _instant(booking.starts_at_s),
        "ends_at": _instant(booking.ends_at_s),
        "employee_id": booking.employee_id,
        "employee_name": names.get(booking.employee_id or ""),
        "service_id": booking.service_id,
        "description": booking.description,
        "client": {"name": client.name, "phone": client.phone} if client else None,
        "status": booking.status,
        "payment_status": booking.payments().payment_status,
        "price": booking.price.amount_minor,
        "amount_due": booking.amount_due_minor(),
        "currency": booking.price.currency,
        "overlaps": overlaps,
        "note": booking.note or None,
    }


def _time_off(off: TimeOff) -> dict[str, Any]:
    return {
        "kind": off.kind,
        "id": off.own_id,
        "employee_id": off.employee_id,
        "from": rfc3339(off.time.start_s),
        "to": rfc3339(off.time.end_s),
        "reason": off.reason,
    }


def _instant(at_s: int | None) -> str | None:
    return None if at_s is None else rfc3339(at_s)
