"""The widget's API in a browser's own network: what the real functions make, as a test chooses."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route

from shared.domain.activity.client_view import client_view
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.dates.instants import rfc3339
from tests.browser.answering import answer
from tests.browser.clock import BERLIN, NOW, NOW_S, set_clock
from tests.browser.pages_site import LOCATION
from tests.browser.world import booked, fee_terms, paid, shown_location

HOST = VisitHost(LOCATION)
UNPAID = booked("bk_1", days=6)
CONFIRMED = client_view(paid(UNPAID), NOW_S, HOST)


def booking(**changed: Any) -> dict[str, Any]:
    """Return a `PublicBooking` that waits for a deposit."""
    return {**client_view(UNPAID, NOW_S, HOST), **changed}


def costing(fee_minor: int) -> dict[str, Any]:
    """Return a `PublicBooking` with 36.00 paid, of which cancelling costs a sum, or more."""
    made = booked("bk_1", days=6, terms=fee_terms(fee_minor))
    return {**CONFIRMED, **client_view(paid(made), NOW_S, HOST)}


def problem(status: int, code: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Return an answer that is a problem document."""
    return status, {"type": "about:blank", "title": code, "status": status, "code": code, **more}


def week_of_slots(first: date, days: int, people: list[str]) -> list[dict[str, str]]:
    """Return half hours from 9 to 18, none on Sundays and on every fourth day few.

    They begin tomorrow: what is left of today depends on the time of day.
    """
    slots = []
    for day in (first + timedelta(days=number) for number in range(days)):
        ahead = (day - NOW.date()).days
        if ahead < 1 or day.weekday() == 6:
            continue
        for hour in range(16, 18) if ahead % 4 == 0 else range(9, 18):
            for minute in (0, 30):
                at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)
                starts_at = rfc3339(int(at.timestamp()))
                slots += [{"starts_at": starts_at, "employee_id": who} for who in people]
    return slots


def preflight(origin: str) -> dict[str, str]:
    """Return what lets a page of another site ask with our headers."""
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "content-type, idempotency-key",
    }


class CannedApi:
    """Answers a page's API calls; `asked` holds what was booked."""

    def __init__(self, page: Page, **changed: Any) -> None:
        self.location: Any = shown_location(**changed)
        self.booking: Any = booking()
        self.book: Any = None
        self.cancel: Any = None
        self.has_slots = True
        self.fail: tuple[int, Any] | None = None
        self.allowed_origin = ""
        self.asked: list[Any] = []
        self.keys: list[str] = []
        self.cancelled: list[dict[str, Any]] = []
        self.move: Any = None
        self.moved: list[dict[str, Any]] = []
        set_clock(page)
        page.route("**/public/**", self._answer)
        page.route("https://checkout.example/**", self._checkout)

    def _checkout(self, route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body="<title>Stripe</title>Stripe")

    def _answer(self, route: Route) -> None:
        if route.request.method == "OPTIONS":
            route.fulfill(status=204, headers=preflight(self.allowed_origin))
            return
        status, document = self.fail or self._document(route)
        answer(route, status, document, allowed_origin=self.allowed_origin)

    def _document(self, route: Route) -> tuple[int, Any]:
        address = urlsplit(route.request.url)
        if address.path.endswith("/slots"):
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            people = [query["employee_id"]] if "employee_id" in query else ["anna", "ben"]
            first = date.fromisoformat(query["date"])
            slots = week_of_slots(first, int(query["days"]), people) if self.has_slots else []
            return 200, {"slots": slots}
        if address.path.endswith("/bookings"):
            self.asked.append(dict(route.request.post_data_json or {}))
            self.keys.append(route.request.headers["idempotency-key"])
            return self.book or (201, {**self.booking, "token": "t" * 32})
        if address.path.endswith("/cancel"):
            self.cancelled.append(dict(route.request.post_data_json or {}))
            return self.cancel or (200, self.booking)
        if address.path.endswith("/reschedule"):
            self.moved.append(dict(route.request.post_data_json or {}))
            return self.move or (200, self.booking)
        if "/public/bookings/" in address.path:
            return self.booking if isinstance(self.booking, tuple) else (200, self.booking)
        return self.location if isinstance(self.location, tuple) else (200, self.location)
