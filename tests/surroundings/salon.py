"""A salon whose clients book online: its catalogue, their requests, and Stripe beside it."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import replace
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as clock
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import crc32
from zoneinfo import ZoneInfo

import httpx
import pytest
import stripe
import uvicorn

from functions.charge_fee import handler as charge_function
from functions.create_checkout import book as booking_function
from functions.create_checkout import handler as checkout_function
from functions.refund_payment import handler as refund_function
from functions.release_unpaid_slots import handler as release_function
from functions.serve_widget import handler as widget_function
from infra.local.stripe_simulator.app import build_app
from infra.local.stripe_simulator.connections import BreakableProtocol
from infra.local.stripe_simulator.settings import Settings
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable, Key, Put, Stored
from shared.adapters.catalogue_store import CatalogueStore
from shared.config import Config, load_config
from shared.domain.bookings.booking import Booking
from shared.domain.catalogue.public_view import location_terms_hash
from shared.domain.catalogue.services import (
    Employee,
    OpeningHours,
    Service,
    employee_to_dict,
    service_to_dict,
)
from shared.domain.catalogue.terms_document import terms_from_dict, terms_to_dict
from shared.domain.dates.instants import rfc3339
from shared.domain.errors import AwsUnreachable
from shared.domain.money.money import Money
from shared.domain.stripe_facts.fetched_objects import session_facts
from shared.domain.stripe_facts.payment_facts import merge
from shared.domain.visits.accepted_terms import cancellation_fee_for
from shared.workflows.bookings import open_session as opening
from tests.builders import messages
from tests.fake_aws import FakeAws
from tests.messages import order_envelope
from tests.surroundings.demo_location import DEMO
from tests.surroundings.places import locations
from tests.surroundings.staff_calls import REQUEST_ID

SECRET_KEY = "sk_test_online0000000000001"
SESSIONS = "/v1/checkout/sessions"
# The order that an id in a message is of.
DETAIL_TYPES = {
    "refund_id": "refund_payment",
    "order_id": "execute_charge_order",
    "fee_id": "check_fee",
    "charge": "check_hold",
}
BERLIN = ZoneInfo("Europe/Berlin")
# Once, for tests that run over midnight.
TODAY = datetime.now(BERLIN).date()
ORIGIN, ELSEWHERE = "https://salon.example", "https://evil.example"
GOOD_CARD = "4242424242424242"
CLIENT = {"name": "Mira Lindqvist", "email": "mira@example.com", "phone": "+49 30 1"}
TERMS: dict[str, Any] = {
    "prepayment": {"type": "full"},
    "services": ["cut", "colour", "perm", "trim", "blow", "fringe", "gift"],
    "overrides": [
        {"service_id": "colour", "prepayment": {"type": "deposit", "percent": 30}},
        {"service_id": "perm", "prepayment": {"type": "hold"}},
        {"service_id": "trim", "prepayment": {"type": "card_on_file"}},
        {"service_id": "blow", "prepayment": {"type": "full", "required": False}},
    ],
    "hold_minutes": 20,
    "cancellation": {
        "steps": [
            {"hours_before": 48, "fee": {"type": "percent", "percent": 50}},
            {"hours_before": 24, "fee": {"type": "full"}},
        ]
    },
}
SERVICES = (
    Service("cut", "Haircut", Money(4500, "eur"), 60, ("anna", "ben")),
    Service("colour", "Colour", Money(12000, "eur"), 120),
    Service("perm", "Perm", Money(9000, "eur"), 90),
    Service("trim", "Trim", Money(2500, "eur"), 15),
    Service("blow", "Blow-dry", Money(3000, "eur"), 30),
    Service("fringe", "Fringe", Money(40, "eur"), 15),
    Service("gift", "Gift", Money(0, "eur"), 15),
    Service("talk", "Advice", Money(2000, "eur"), 15),
)
BY_DAY = tuple(OpeningHours(day, 8 * 60, 20 * 60) for day in range(7))
ALWAYS = tuple(OpeningHours(day, 0, 24 * 60) for day in range(7))
EMPLOYEES = (
    Employee("anna", "Anna", BY_DAY),
    Employee("ben", "Ben", BY_DAY),
    Employee("nora", "Nora", ALWAYS),
)


@dataclass
class StripeBeside:
    """The simulator on loopback, and what the library has sent to it since the last `reset`."""

    url: str
    control: httpx.Client
    sent: list[tuple[str, str, dict[str, list[str]]]] = field(default_factory=list)

    def reset(self) -> None:
        self.control.delete("/_sim/faults").raise_for_status()
        self.sent.clear()

    def fault(self, status: int | str, times: int = 2, path: str = SESSIONS, **more: Any) -> None:
        """Let the next calls fail; two of them are one call of ours, which the library repeats."""
        order = {"path": path, "status": status, "times": times, **more}
        self.control.post("/_sim/faults", json=order).raise_for_status()

    def pay(self, booking: dict[str, Any], card: str = GOOD_CARD) -> None:
        path = f"/_sim/checkout/{session_id(booking)}/pay"
        answer = self.control.post(path, json={"card": card})
        assert answer.json()["status"] == "succeeded", answer.text

    def expire(self, booking: dict[str, Any]) -> None:
        """End a booking's session before its time."""
        path = f"{SESSIONS}/{session_id(booking)}/expire"
        self.control.post(path, auth=(SECRET_KEY, "")).raise_for_status()

    def session(self, booking: dict[str, Any]) -> dict[str, Any]:
        answer = self.control.get(f"{SESSIONS}/{session_id(booking)}", auth=(SECRET_KEY, ""))
        answer.raise_for_status()
        return dict(answer.json())

    def opened(self) -> list[dict[str, list[str]]]:
        """Return the parameters of all sessions that were asked for."""
        return [
            params for method, path, params in self.sent if (method, path) == ("post", SESSIONS)
        ]


def session_id(booking: dict[str, Any]) -> str:
    return str(booking["checkout_url"]).rpartition("/")[2]


@contextmanager
def stripe_beside(seed: int) -> Iterator[StripeBeside]:
    """Run a simulator in a thread."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = Settings(SECRET_KEY, "pk_test_online0000000000001", url, seed=seed)
        config = uvicorn.Config(build_app(settings), http=BreakableProtocol, log_level="error")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        with httpx.Client(base_url=url, trust_env=False, timeout=10) as control:
            yield StripeBeside(url, control)
        server.should_exit = True
        thread.join()


@contextmanager
def connected(
    beside: StripeBeside, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StripeBeside]:
    """Connect the functions to it, for the location `demo`, through the unmodified library."""
    aws.sealed["api#demo"] = json.dumps({"secret_key": SECRET_KEY})
    aws.secrets["bookpay/link-key"] = "the key of the links"
    transports: list[Any] = []

    class Watched(stripe.RequestsClient):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            transports.append(self)

        def request(
            self, method: str, url: str, headers: Any, post_data: Any = None, **more: Any
        ) -> Any:
            beside.sent.append((method, urlsplit(url).path, parse_qs(post_data or "")))
            return super().request(method, url, headers, post_data, **more)

    monkeypatch.setattr(stripe, "RequestsClient", Watched)
    monkeypatch.setattr(Watched, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(Watched, "MAX_DELAY", 0.01)
    config = replace(load_config(), stripe_api_base=beside.url)
    monkeypatch.setattr(environment, "load_config", lambda: config)
    environment.forget()
    monkeypatch.setattr(opening, "BUSY_S", 0.01)
    beside.reset()
    yield beside
    for transport in transports:
        transport.close()


class Salon:
    """The location `demo` as its clients meet it: they book, look, and let time go by."""

    def __init__(
        self, store: BookingStore, config: Config, context: Any, patched: pytest.MonkeyPatch
    ) -> None:
        self._store = store
        self._context = context
        self._patched = patched
        self.headers: dict[str, str] = {}
        self.address = "203.0.113.9"
        self.catalogue = CatalogueStore(config)
        self.set_location()
        self._open_once()

    def _open_once(self) -> None:
        """Write the catalogue straight into the table: thirteen transactions of moto's are slow."""
        puts = [
            Put(Key("demo#catalogue", f"service#{each.service_id}"), service_to_dict(each))
            for each in SERVICES
        ]
        puts += [
            Put(Key("demo#catalogue", f"employee#{each.employee_id}"), employee_to_dict(each))
            for each in EMPLOYEES
        ]
        puts.append(Put(Key("demo#terms", "terms"), terms_to_dict(terms_from_dict(TERMS, "eur"))))
        self.catalogue._table.put(puts)

    def set_location(self, **changed: Any) -> None:
        locations().save_location(replace(DEMO, allowed_origins=(ORIGIN,), **changed))

    def set_terms(self, **changed: Any) -> None:
        self.catalogue.put_terms("demo", terms_from_dict({**TERMS, **changed}, "eur"))

    def set_price(self, service_id: str, price_minor: int) -> None:
        service = self.catalogue.get_service("demo", service_id)
        assert service
        self.catalogue.put_service("demo", replace(service, price=Money(price_minor, "eur")))

    def send(
        self, body: object, *, location_id: str = "demo", **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Send a body to the route that books; headers with `_` for `-`."""
        event = {
            "routeKey": checkout_function.BOOK_ROUTE,
            "headers": {name.replace("_", "-"): value for name, value in headers.items()},
            "pathParameters": {"location_id": location_id},
            "requestContext": {"requestId": REQUEST_ID, "http": {"sourceIp": self.address}},
            "body": body if isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
        }
        return self._told(checkout_function.handler(event, self._context))

    def book(
        self,
        service_id: str = "cut",
        starts_at: str = "",
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> tuple[int, dict[str, Any]]:
        wanted = {
            "service_id": service_id,
            "employee_id": "anna",
            "starts_at": starts_at or moment(),
            "client": CLIENT,
            **self.shown(service_id),
        }
        agreed = {name: value for name, value in {**wanted, **fields}.items() if value is not None}
        return self.send(agreed, **(headers or {}))

    def shown(self, service_id: str) -> dict[str, Any]:
        """Return what the widget has shown, and a client agrees to: the price and the terms."""
        service = self.catalogue.get_service("demo", service_id)
        found = self.catalogue.get_location_and_terms("demo")
        if service is None or found is None:
            return {}
        price_minor = service.price.amount_minor
        return {"accepted_price": price_minor, "accepted_terms": location_terms_hash(*found)}

    def booked(self, service_id: str = "cut", starts_at: str = "", **fields: Any) -> dict[str, Any]:
        status, made = self.book(service_id, starts_at, **fields)
        assert status == 201, made
        return made

    def look(
        self, booking_id: str, token: str | None = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Ask for the client's own view of a booking."""
        event = {
            "routeKey": "GET /public/bookings/{booking_id}",
            "headers": headers,
            "pathParameters": {"booking_id": booking_id},
        }
        if token is not None:
            event["queryStringParameters"] = {"token": token}
        return self._told(widget_function.handler(event, self._context))

    def looked(self, booking: dict[str, Any]) -> dict[str, Any]:
        status, shown = self.look(booking["booking_id"], booking["token"])
        assert status == 200, shown
        return shown

    def slots(
        self,
        service_id: str = "cut",
        employee_id: str = "anna",
        starts_at: str = "",
        days: str | None = None,
        day: str | None = None,
        **headers: str,
    ) -> tuple[int, Any]:
        """Ask for the free slots of `day`, the local day of an instant, or of `days` from there."""
        at = datetime.fromisoformat(starts_at or moment()).astimezone(BERLIN)
        asked = {"service_id": service_id, "date": f"{at:%Y-%m-%d}" if day is None else day}
        if employee_id:
            asked["employee_id"] = employee_id
        if days is not None:
            asked["days"] = days
        event = {
            "routeKey": "GET /public/locations/{location_id}/slots",
            "headers": headers,
            "pathParameters": {"location_id": "demo"},
            "queryStringParameters": asked,
        }
        return self._told(widget_function.handler(event, self._context))

    def is_free(
        self, starts_at: str = "", service_id: str = "cut", employee_id: str = "anna"
    ) -> bool:
        status, shown = self.slots(service_id, employee_id, starts_at)
        assert status == 200, shown
        return (starts_at or moment()) in [each["starts_at"] for each in shown["slots"]]

    def release(self, after_minutes: float = 21) -> dict[str, int]:
        """Let the minute's function run, some minutes from now."""
        later_s = time.time() + after_minutes * 60
        at = SimpleNamespace(time=lambda: later_s, monotonic=time.monotonic)
        self._patched.setattr(release_function, "time", at)
        return dict(release_function.handler({}, self._context))

    def cancel(
        self, booking: dict[str, Any], body: object = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Let the client cancel, for the fee of this moment where `body` says nothing else."""
        if body is None:
            found = self._store.get_booking("demo", booking["booking_id"])
            fee_minor = cancellation_fee_for(found.booking, int(time.time())) if found else 0
            body = {"accepted_fee": fee_minor}
        event = {
            "routeKey": "POST /public/bookings/{booking_id}/cancel",
            "headers": headers,
            "pathParameters": {"booking_id": booking["booking_id"]},
            "queryStringParameters": {"token": booking["token"]},
            "body": body if isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
        }
        return self._told(widget_function.handler(event, self._context))

    def move(self, booking: dict[str, Any], body: object, **headers: str) -> tuple[int, Any]:
        """Let the client move the visit."""
        event = {
            "routeKey": "POST /public/bookings/{booking_id}/reschedule",
            "headers": headers,
            "pathParameters": {"booking_id": booking["booking_id"]},
            "queryStringParameters": {"token": booking["token"]},
            "body": body if isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
        }
        return self._told(widget_function.handler(event, self._context))

    def confirm(self, booking: dict[str, Any], token: str, **headers: str) -> tuple[int, Any]:
        """Let somebody confirm who has a token, whoever's it is."""
        event = {
            "routeKey": "POST /public/bookings/{booking_id}/confirm",
            "headers": headers,
            "pathParameters": {"booking_id": booking["booking_id"]},
            "queryStringParameters": {"token": token},
        }
        return self._told(widget_function.handler(event, self._context))

    def ask_about(self, method: str, booking_id: str, token: str, **headers: str) -> dict[str, Any]:
        """Send any method to a booking's route that is for cancelling, or for looking."""
        more = "" if method == "GET" else "/cancel"
        event = {
            "routeKey": f"{method} /public/bookings/{{booking_id}}{more}",
            "headers": headers,
            "pathParameters": {"booking_id": booking_id},
            "queryStringParameters": {"token": token},
        }
        return dict(widget_function.handler(event, self._context))

    def later(self, minutes: float, patched: pytest.MonkeyPatch) -> None:
        """Let clients' requests come some minutes from now."""
        later_s = time.time() + minutes * 60
        patched.setattr(
            booking_function, "time", SimpleNamespace(time=lambda: later_s, sleep=time.sleep)
        )

    def hear(self, booking: dict[str, Any], beside: StripeBeside) -> None:
        """Let the booking know what its session came to, as the webhooks would tell."""
        path = f"{SESSIONS}/{session_id(booking)}"
        expand = {"expand[]": ["payment_intent.latest_charge", "setup_intent"]}
        answer = beside.control.get(path, auth=(SECRET_KEY, ""), params=expand)
        facts = session_facts(answer.raise_for_status().json())
        self._store.change(
            "demo",
            booking["booking_id"],
            lambda known: replace(known, facts=merge(known.facts, facts)).advanced(),
        )

    def process_batch(
        self, booking: dict[str, Any], *, attempt: int = 1, later_s: float = 0, **detail: Any
    ) -> bool:
        """Hand an order over to its function, some time from now; return whether it is done."""
        function = refund_function if "refund_id" in detail else charge_function
        now_s = time.time() + later_s
        self._patched.setattr(function, "time", SimpleNamespace(time=lambda: now_s))
        detail_type = DETAIL_TYPES[next(iter(detail))]
        order_id = next(iter(detail.values()))
        message_id = f"{booking['booking_id']}-{order_id}"
        ids = {"message_id": message_id, "location_id": "demo", "booking_id": booking["booking_id"]}
        body = json.dumps(order_envelope(detail_type, **ids, **detail))
        answer = function.handler(messages(body, attempt=attempt), self._context)
        return bool(answer == {"batchItemFailures": []})

    def stored(self, booking: dict[str, Any]) -> Booking:
        found = self._store.get_booking("demo", booking["booking_id"])
        assert found
        return found.booking

    def whole(self, booking: dict[str, Any]) -> Booking:
        """Return the booking with the facts that are kept with its charges alone."""
        found = self._store.get_whole("demo", booking["booking_id"])
        assert found
        return found.booking

    def _told(self, answer: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.headers = answer["headers"]
        is_problem = answer["statusCode"] >= 400
        kind = "application/problem+json" if is_problem else "application/json"
        assert self.headers["content-type"] == kind
        assert self.headers["cache-control"] == "no-store"
        document = json.loads(answer["body"])
        assert not is_problem or document["status"] == answer["statusCode"]
        return answer["statusCode"], document

    def may_read(self) -> str | None:
        return self.headers.get("access-control-allow-origin")


def moment(hour: int = 10, minute: int = 0, *, days: int = 5) -> str:
    """Return a time of day in Berlin, some days from today, as the API writes it."""
    day = TODAY + timedelta(days=days)
    local = datetime.combine(day, clock(hour, minute), BERLIN)
    return rfc3339(int(local.timestamp()))


def in_hours(hours: float, minutes: int = 15) -> str:
    """Return the next quarter of an hour after so many hours from now.

    Where a visit of so many minutes would not end with its day in Berlin it begins earlier.
    """
    start_s = int(time.time() + hours * 3600)
    start_s += 900 - start_s % 900
    day = datetime.fromtimestamp(start_s, BERLIN).date()
    midnight = datetime.combine(day + timedelta(days=1), clock(), BERLIN)
    return rfc3339(min(start_s, int(midnight.timestamp()) - minutes * 60))


def over_utc_midnight() -> str:
    """Return half an hour before a midnight of UTC."""
    day = TODAY + timedelta(days=7)
    return f"{day}T23:30:00Z"


def limit_keys(patched: pytest.MonkeyPatch) -> None:
    """Refuse keys of over 2048 bytes as DynamoDB does, and moto does not."""
    get = BookingsTable.get

    def strict(table: BookingsTable, *keys: Key) -> dict[Key, Stored]:
        if any(len(key.pk.encode()) > 2048 for key in keys):
            raise AwsUnreachable("the table gave no answer")
        return get(table, *keys)

    patched.setattr(BookingsTable, "get", strict)


@pytest.fixture(scope="module")
def simulator_beside(request: pytest.FixtureRequest) -> Iterator[StripeBeside]:
    """A simulator for one file's tests, with ids of its own."""
    with stripe_beside(seed=crc32(request.module.__name__.encode())) as beside:
        yield beside


@pytest.fixture
def at_stripe(
    simulator_beside: StripeBeside, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StripeBeside]:
    """That simulator, working normally, with the functions connected to it."""
    with connected(simulator_beside, aws, monkeypatch) as beside:
        yield beside


@pytest.fixture
def salon(
    at_stripe: StripeBeside,
    store: BookingStore,
    config: Config,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Salon:
    """The salon with its catalogue, whose payments go through that simulator."""
    del at_stripe
    return Salon(store, config, context, monkeypatch)
