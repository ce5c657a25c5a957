"""Visits that clients of the running stack book and pay, sales, and what Stripe tells of each.

Bookings go through the API, payments to the simulator, whose webhooks are held back: whoever
measures them sends them.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from shared.domain.stripe_facts.event_types import is_consumed
from tests.stack.money_calls import Stripe, stripe_of
from tests.stack.running_stack import Stack
from tests.stack.salon_clients import agreed
from tests.stack.stripe_sender import charge_succeeded

# Enough for four hundred slots a day.
EMPLOYEES = 20
EVERY_HOUR = [{"weekday": day, "from": "00:00", "to": "24:00"} for day in range(7)]
SERVICE = "haircut"
CLIENTS_AT_ONCE = 8
FIRST_DAY = 3
# Of a card payment; by then Stripe has told the last of them.
EVENTS_OF_A_PAYMENT, TOLD_AFTER_S = 4, 10
PAGE = 100
SALE_MINOR = 4500

type Event = dict[str, Any]
type Step = Callable[[], None]


@dataclass(frozen=True)
class Paid:
    """A visit that was paid: the charge, and what Stripe tells of it, in its order."""

    booking_id: str
    amount_minor: int
    charge: str
    events: tuple[Event, ...]


class Visits:
    """Books and pays visits of the location `demo`; every booking takes a slot of its own."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._stripe: Stripe = stripe_of(stack)
        self._stripe.told("deliveries", mode="hold")
        self._open_house()
        self._slots = self._free_slots()
        self._mine = threading.local()
        self._agreed = agreed(stack.client(), SERVICE)

    def book(self, number: int, step: Step) -> tuple[list[dict[str, Any]], float]:
        """Return bookings with their open payments, and how long it took, in seconds."""
        slots = [next(self._slots) for _ in range(number)]
        begun_s = time.monotonic()
        made = _at_once(self._book, slots, step)
        return made, time.monotonic() - begun_s

    def pay(self, bookings: Sequence[dict[str, Any]], step: Step) -> list[Paid]:
        """Let all of them be paid; nothing is told of it yet."""
        known = {each["id"] for each in self._events(set())}
        charges = _at_once(self._pay, bookings, step)
        self._stripe.told("clock/advance", seconds=TOLD_AFTER_S)
        told: dict[str, list[Event]] = defaultdict(list)
        for event in reversed(list(self._events(known))):
            if is_consumed(event["type"]):
                told[event["data"]["object"]["metadata"].get("booking_id", "")].append(event)
        paid = [
            Paid(each["booking_id"], self._agreed["accepted_price"], charge, tuple(of_it))
            for each, charge in zip(bookings, charges, strict=True)
            if (of_it := told[each["booking_id"]])
        ]
        assert all(len(each.events) == EVENTS_OF_A_PAYMENT for each in paid), "events are missing"
        assert len(paid) == len(bookings)
        return paid

    def sell(self, number: int, step: Step) -> list[Paid]:
        """Enter sales at the desk; return them with the charge that Stripe is to tell of each."""
        token = self._stack.sign_in("demo:manager")
        body = {"amount": SALE_MINOR, "currency": "eur", "description": "Haircut"}
        headers = {"authorization": f"Bearer {token}"}

        def enter(_: int) -> Paid:
            path = "/v1/locations/demo/bookings"
            answer = self._http().post(path, json=body, headers=headers)
            assert answer.status_code == 201, answer.text
            booking_id = str(answer.json()["booking_id"])
            told = charge_succeeded(booking_id, SALE_MINOR)
            return Paid(booking_id, SALE_MINOR, told["data"]["object"]["id"], (told,))

        return _at_once(enter, range(number), step)

    def _open_house(self) -> None:
        owner = self._stack.client("demo:owner")
        for number in range(EMPLOYEES):
            body = {"name": f"Employee {number:02}", "hours": EVERY_HOUR}
            path = f"/v1/locations/demo/employees/load-{number:02}"
            owner.put(path, json=body).raise_for_status()

    def _free_slots(self) -> Iterator[tuple[str, str]]:
        """Give free slots, each once, day by day."""
        public, today = self._stack.client(), datetime.now(UTC).date()
        for ahead in range(FIRST_DAY, FIRST_DAY + 60):
            day = (today + timedelta(days=ahead)).isoformat()
            query = {"service_id": SERVICE, "date": day}
            answer = public.get("/public/locations/demo/slots", params=query).raise_for_status()
            # Those that overlap would be refused.
            yield from (
                (slot["starts_at"], slot["employee_id"])
                for slot in answer.json()["slots"]
                if slot["employee_id"].startswith("load-") and ":00:00" in slot["starts_at"]
            )

    def _book(self, slot: tuple[str, str]) -> dict[str, Any]:
        starts_at, employee_id = slot
        name = f"{employee_id}.{starts_at}".replace(":", "").lower()
        body = {
            "service_id": SERVICE,
            "employee_id": employee_id,
            "starts_at": starts_at,
            "client": {"name": "Mira Lindqvist", "email": f"{name}@example.com"},
            **self._agreed,
        }
        answer = self._http().post("/public/locations/demo/bookings", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def _pay(self, booking: dict[str, Any]) -> str:
        session_id = booking["checkout_url"].rpartition("/")[2]
        told = self._stripe.told(f"checkout/{session_id}/pay", card="4242424242424242")
        assert told["status"] == "succeeded", told
        return str(told["charge"])

    def _http(self) -> httpx.Client:
        """Return this thread's own connection."""
        if not hasattr(self._mine, "http"):
            self._mine.http = httpx.Client(base_url=self._stack.api_url, timeout=60)
        return self._mine.http  # type: ignore[no-any-return]

    def _events(self, known: set[str]) -> Iterator[Event]:
        """Give Stripe's events, the newest first, as far as they are not known."""
        after = ""
        while True:
            page = self._stripe.get(f"/v1/events?limit={PAGE}{after}")
            for event in page["data"]:
                if event["id"] in known:
                    return
                yield event
            if not page["has_more"]:
                return
            after = f"&starting_after={page['data'][-1]['id']}"


def _at_once[Each, Done](
    work: Callable[[Each], Done], many: Sequence[Each], step: Step
) -> list[Done]:
    def one(each: Each) -> Done:
        done = work(each)
        step()
        return done

    with ThreadPoolExecutor(CLIENTS_AT_ONCE) as clients:
        return list(clients.map(one, many))
