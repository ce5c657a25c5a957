"""The staff API's routes: each group of them is loaded when it is first asked for.

The libraries that all need are loaded before. A function that has just started answers one request;
to load what every other one needs would take longer than the answer (docs/benchmarks.md).
"""

from collections.abc import Callable

from aws_lambda_powertools.event_handler.api_gateway import Router

from shared.adapters import bookings_table as _table  # noqa: F401 (pynamodb and botocore)
from shared.entrypoints import validation as _validation  # noqa: F401 (pydantic)

type Routers = tuple[Router, ...]

# Where a path says what it is about: `/v1/locations/<location_id>/bookings/...`.
PLACE = 4


def _day() -> Routers:
    from functions.serve_staff_api import agenda

    return (agenda.router,)


def _bookings() -> Routers:
    from functions.serve_staff_api import (
        bookings,
        changes,
        links,
        messages,
        moving,
        payments,
        refunds,
        reopening,
        settling,
        visits,
    )

    return (
        bookings.router,
        changes.router,
        links.router,
        messages.router,
        moving.router,
        payments.router,
        refunds.router,
        reopening.router,
        settling.router,
        visits.router,
    )


def _records() -> Routers:
    from functions.serve_staff_api import audit, clients, disputes, reports

    return (audit.router, clients.router, disputes.router, reports.router)


def _settings() -> Routers:
    from functions.serve_staff_api import (
        absences,
        busy,
        catalogue,
        invitations,
        locations,
        members,
        terms,
    )

    return (
        absences.router,
        busy.router,
        catalogue.router,
        invitations.router,
        locations.router,
        members.router,
        terms.router,
    )


GROUPS: dict[str, Callable[[], Routers]] = {
    "": _settings,
    "agenda": _day,
    "audit": _records,
    "bookings": _bookings,
    "clients": _records,
    "closures": _settings,
    "disputes": _records,
    "employees": _settings,
    "invitation": _settings,
    "members": _settings,
    "needs-action": _bookings,
    "reports": _records,
    "services": _settings,
    "terms": _settings,
}


def routers_for(path: str) -> Routers:
    """Return the routes that a request's path may be one of, none where it cannot be any."""
    parts = path.split("/")
    group = GROUPS.get(parts[PLACE] if len(parts) > PLACE else "")
    return group() if group else ()
