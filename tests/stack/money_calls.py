"""Bookings with money in them, on the running stack; and Stripe's own books to hold against."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.stack.running_stack import Stack
from tests.stack.salon_clients import agreed
from tests.stack.waiting import wait_until

GOOD = "4242424242424242"
CLIENT = {"name": "Mira Lindqvist", "email": "mira@example.com"}
type Shown = dict[str, Any]


@dataclass
class Stripe:
    """The simulator: what it has, and what it is told to do wrong."""

    api: httpx.Client

    def fault(self, path: str, status: int | str, times: int, **more: Any) -> None:
        order = {"path": path, "status": status, "times": times, **more}
        self.api.post("/_sim/faults", json=order).raise_for_status()

    def forget_faults(self) -> None:
        """Work normally again, whatever a test that failed has left behind."""
        self.api.delete("/_sim/faults").raise_for_status()
        self.told("deliveries", release=True)

    def told(self, path: str, **body: Any) -> Shown:
        answer = self.api.post(f"/_sim/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refunds(self, charge: str) -> list[Shown]:
        answer = self.api.get("/v1/refunds", params={"charge": charge, "limit": 100})
        return list(answer.json()["data"])

    def refund(self, charge: str, amount: int) -> None:
        """What somebody does in the dashboard."""
        form = {"charge": charge, "amount": str(amount)}
        self.api.post("/v1/refunds", data=form).raise_for_status()

    def get(self, path: str) -> Shown:
        answer = self.api.get(path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def pay(self, checkout_url: str, card: str = GOOD) -> str:
        session_id = checkout_url.rpartition("/")[2]
        return str(self.told(f"checkout/{session_id}/pay", card=card)["status"])


def stripe_of(stack: Stack) -> Stripe:
    described = stack.described["stripe"]
    auth = (described["secret_key"], "")
    api = httpx.Client(base_url=described["api_base"], auth=auth, timeout=40)
    return Stripe(stack._open.enter_context(api))


@dataclass
class Desk:
    """The staff API, as one person uses it."""

    api: httpx.Client

    def path(self, booking_id: str, rest: str = "") -> str:
        return f"/v1/locations/demo/bookings/{booking_id}{rest}"

    def read(self, booking_id: str) -> Shown:
        answer = self.api.get(self.path(booking_id))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def wait(self, booking_id: str, holds: Callable[[Shown], bool], what: str) -> Shown:
        """Wait until a booking is as it should be, and return it."""
        last: Shown = {}

        def look() -> Shown | None:
            nonlocal last
            last = self.read(booking_id)
            return last if holds(last) else None

        try:
            return wait_until(look, what)
        except AssertionError as error:
            seen = {name: last[name] for name in ("status", "payment_status", "refunds", "fees")}
            raise AssertionError(f"{error}; it is {seen}") from error

    def paid(self, stripe: Stripe, amount: int = 4500, card: str = GOOD) -> tuple[str, str]:
        """Make a booking at the desk and pay it; return its id and its charge."""
        body = {"amount": amount, "currency": "eur", "description": "Haircut"}
        made = self.api.post("/v1/locations/demo/bookings", json=body)
        assert made.status_code == 201, made.text
        opened = httpx.get(made.json()["pay_url"], timeout=40)
        assert opened.status_code == 303, opened.text
        assert stripe.pay(opened.headers["location"], card) == "succeeded"
        booking_id = made.json()["booking_id"]
        found = self.wait(booking_id, lambda b: b["payment_status"] == "paid", "paid")
        return booking_id, found["payments"][0]["charge"]

    def refund(self, booking_id: str, **body: Any) -> httpx.Response:
        headers = {"idempotency-key": body.pop("key")} if "key" in body else {}
        return self.api.post(self.path(booking_id, "/refunds"), json=body, headers=headers)

    def ended(self, booking_id: str, how: str, **body: Any) -> Shown:
        answer = self.api.post(self.path(booking_id, f"/{how}"), json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def slot_between(public: httpx.Client, service: str, hours: tuple[int, int]) -> tuple[str, str]:
    """Return a free `(starts_at, employee)` so many hours from now."""
    now = datetime.now(UTC)
    first, last = now + timedelta(hours=hours[0]), now + timedelta(hours=hours[1])
    days = sorted({f"{now + timedelta(days=n):%Y-%m-%d}" for n in range(hours[1] // 24 + 2)})
    for day in days:
        for employee in ("anna", "ben"):
            query = {"service_id": service, "employee_id": employee, "date": day}
            answer = public.get("/public/locations/demo/slots", params=query)
            assert answer.status_code == 200, answer.text
            for slot in answer.json()["slots"]:
                if first < datetime.fromisoformat(slot["starts_at"]) < last:
                    return str(slot["starts_at"]), employee
    raise AssertionError(f"no slot of {service} in {hours} hours")


def book(public: httpx.Client, service: str, hours: tuple[int, int]) -> Shown:
    """Book a visit online, so many hours from now."""
    starts_at, employee = slot_between(public, service, hours)
    body = {
        "service_id": service,
        "employee_id": employee,
        "starts_at": starts_at,
        "client": CLIENT,
        **agreed(public, service),
    }
    answer = public.post("/public/locations/demo/bookings", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def pause(seconds: float) -> None:
    """Let time pass in which nothing may happen."""
    time.sleep(seconds)
