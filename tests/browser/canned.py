"""The widget's API in a browser's own network: answers that a test chooses, in the API's form."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, Route

BERLIN = ZoneInfo("Europe/Berlin")
POLICY = (
    "Free until 48 hours before the visit, then 50 % of the price, from 24 hours before the visit "
    "all of it; no-show: all of it."
)
STEPS = [
    {"hours_before": 48, "fee": {"type": "percent", "percent": 50}},
    {"hours_before": 24, "fee": {"type": "full"}},
]


def service(service_id: str, name: str, price: int, minutes: int = 60, **more: Any) -> Any:
    paid = {"amount_due": price, "due_mode": "pay", "due_reason": "full"}
    prepayment = {"type": "full", "required": True}
    made = {"service_id": service_id, "name": name, "price": price, "currency": "eur"}
    return {**made, "duration_minutes": minutes, "prepayment": prepayment, **paid, **more}


DEPOSIT = {
    "prepayment": {"type": "deposit", "percent": 30, "required": True},
    "amount_due": 3600,
    "due_mode": "pay",
    "due_reason": "deposit_percent",
}
CARD = {
    "prepayment": {"type": "card_on_file", "required": True},
    "amount_due": 0,
    "due_mode": "save_card",
    "due_reason": "card_on_file",
}
HOLD = {"prepayment": {"type": "hold", "required": True}, "due_mode": "hold", "due_reason": "hold"}
AT_VISIT = {
    "prepayment": {"type": "none", "required": True},
    "amount_due": 0,
    "due_mode": "at_visit",
    "due_reason": "not_listed",
}
BY_CHOICE = {"prepayment": {"type": "full", "required": False}}
SERVICES = [
    service("haircut", "Haircut", 4500),
    service("colour", "Colour", 12000, 120, **DEPOSIT),
    service("perm", "Perm", 9000, 90, **HOLD),
    service("trim", "Beard trim", 2500, 15, **CARD),
    service("blow", "Blow-dry", 3000, 30, **BY_CHOICE),
    service("talk", "Advice", 2000, 15, **AT_VISIT),
]
PEOPLE = [{"employee_id": "anna", "name": "Anna"}, {"employee_id": "ben", "name": "Ben"}]


def location(**changed: Any) -> dict[str, Any]:
    """Return a `PublicLocation`."""
    return {
        "location_id": "demo",
        "name": "Salon Aurora",
        "timezone": "Europe/Berlin",
        "locale": "en",
        "country": "DE",
        "currency": "eur",
        "mode": "test",
        "online_booking_enabled": True,
        "services": SERVICES,
        "employees": PEOPLE,
        "cancellation": {"steps": STEPS, "no_show_fee": {"type": "full"}, "charge": "automatic"},
        "terms_text": POLICY,
        "terms_hash": "a" * 64,
        **changed,
    }


def booking(**changed: Any) -> dict[str, Any]:
    """Return a `PublicBooking` that waits for a deposit."""
    starts_at = datetime.now(BERLIN).replace(hour=14, minute=0) + timedelta(days=6)
    return {
        "booking_id": "bk_1",
        "status": "awaiting_payment",
        "payment_status": "unpaid",
        "description": "Colour",
        "starts_at": _instant(starts_at),
        "price": 12000,
        "amount_due": 3600,
        "amount_paid": 0,
        "amount_refunded": 0,
        "currency": "eur",
        "checkout_url": "https://checkout.example/c/pay/cs_test_1",
        "expires_at": _instant(datetime.now(UTC) + timedelta(minutes=29)),
        "cancellation_fee_now": 0,
        "terms_text": "Free until Fri 14:00, then 50 % of the price, from Sat 14:00 all of it; "
        "no-show: all of it.",
        **changed,
    }


CONFIRMED = {
    "status": "confirmed",
    "payment_status": "paid",
    "amount_due": 0,
    "amount_paid": 3600,
    "checkout_url": None,
    "expires_at": None,
}


def problem(status: int, code: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Return an answer that is a problem document."""
    return status, {"type": "about:blank", "title": code, "status": status, "code": code, **more}


def week_of_slots(first: date, days: int, people: list[str]) -> list[dict[str, str]]:
    """Return half hours from 9 to 18, none on Sundays and on every fourth day few.

    They begin tomorrow: what is left of today depends on the time of day.
    """
    today = datetime.now(BERLIN).date()
    slots = []
    for day in (first + timedelta(days=number) for number in range(days)):
        ahead = (day - today).days
        if ahead < 1 or day.weekday() == 6:
            continue
        for hour in range(16, 18) if ahead % 4 == 0 else range(9, 18):
            for minute in (0, 30):
                at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)
                slots += [{"starts_at": _instant(at), "employee_id": who} for who in people]
    return slots


class CannedApi:
    """Answers a page's API calls; `asked` holds what was booked."""

    def __init__(self, page: Page, **changed: Any) -> None:
        self.location: Any = location(**changed)
        self.booking: Any = booking()
        self.book: Any = None
        self.cancel: Any = None
        self.has_slots = True
        self.fail: tuple[int, Any] | None = None
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        page.route("**/public/**", self._answer)
        page.route("https://checkout.example/**", self._checkout)

    def _checkout(self, route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body="<title>Stripe</title>Stripe")

    def _answer(self, route: Route) -> None:
        status, document = self.fail or self._document(route)
        route.fulfill(status=status, content_type="application/json", body=json.dumps(document))

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
            return self.cancel or (200, self.booking)
        if "/public/bookings/" in address.path:
            return self.booking if isinstance(self.booking, tuple) else (200, self.booking)
        return self.location if isinstance(self.location, tuple) else (200, self.location)


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
