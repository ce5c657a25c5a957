"""What anybody may know of a location, and which other sites' pages may read it."""

import json
from collections.abc import Iterator
from copy import replace
from typing import Any

import pytest

from functions.serve_widget import handler as widget
from shared import environment
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.location_store import LocationStore
from shared.config import Config
from shared.domain.catalogue.services import Employee, OpeningHours, Service
from shared.domain.catalogue.terms_document import terms_from_dict
from shared.domain.errors import AwsUnreachable
from shared.domain.money.money import Money
from shared.entrypoints.version import VERSION
from tests.surroundings.fixtures import DEMO

ORIGIN = "https://salon.example"
TERMS = {
    "prepayment": {"type": "full"},
    "services": ["cut", "colour", "fringe"],
    "overrides": [
        {"service_id": "colour", "prepayment": {"type": "deposit", "percent": 30}},
        {"employee_id": "ben", "prepayment": {"type": "card_on_file"}},
    ],
    "cancellation": {"steps": [{"hours_before": 24, "fee": {"type": "full"}}]},
}
MONDAY = (OpeningHours(0, 540, 1080),)


class Widget:
    """The widget, as API Gateway hands its requests on."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self.headers: dict[str, str] = {}

    def call(self, method: str, location_id: str, **headers: str) -> tuple[int, Any]:
        template = "/public/locations/{location_id}"
        event = {
            "version": "2.0",
            "routeKey": f"{method} {template}",
            "rawPath": f"/public/locations/{location_id}",
            "headers": headers,
            "pathParameters": {"location_id": location_id},
        }
        answer = widget.handler(event, self._context)
        self.headers = answer["headers"]
        assert "*" not in self.headers.values()
        return answer["statusCode"], json.loads(answer["body"] or "null")

    def get(self, location_id: str = "demo", **headers: str) -> tuple[int, Any]:
        return self.call("GET", location_id, **headers)

    def may_read(self) -> str | None:
        return self.headers.get("access-control-allow-origin")


@pytest.fixture
def catalogue(places: LocationStore, config: Config) -> CatalogueStore:
    places.save_location(
        replace(DEMO, allowed_origins=(ORIGIN,), report_recipients=("boss@demo.example",))
    )
    made = CatalogueStore(config)
    for service in (
        Service("cut", "Haircut", Money(4500, "eur"), 60, ("anna", "ben")),
        Service("colour", "Colour", Money(12000, "eur"), 120),
        Service("fringe", "Fringe", Money(40, "eur"), 15, ("anna",)),
        Service("talk", "Advice", Money(2000, "eur"), 30),
    ):
        made.put_service("demo", service)
    made.put_employee("demo", Employee("anna", "Anna", MONDAY))
    made.put_employee("demo", Employee("ben", "Ben", MONDAY))
    made.put_terms("demo", terms_from_dict(TERMS, "eur"))
    return made


@pytest.fixture
def site(catalogue: CatalogueStore, context: Any) -> Iterator[Widget]:
    del catalogue
    environment.forget()
    yield Widget(context)
    environment.forget()


def test_a_hold_says_what_is_done_instead_for_visits_too_far_ahead(
    site: Widget, catalogue: CatalogueStore
) -> None:
    held = {**TERMS, "prepayment": {"type": "hold"}}
    catalogue.put_terms("demo", terms_from_dict(held, "eur"))
    _, shown = site.get()
    (cut,) = [each for each in shown["services"] if each["service_id"] == "cut"]
    assert (cut["due_mode"], cut["amount_due"]) == ("hold", 4500)
    assert cut["due_later"] == {
        "beyond_days": 6,
        "amount_due": 0,
        "due_mode": "save_card",
        "due_reason": "hold_would_lapse",
    }
    assert all("due_later" not in each for each in shown["services"] if each != cut)


def test_it_is_shown_what_can_be_booked_and_what_is_due_for_it(site: Widget) -> None:
    status, shown = site.get()
    assert status == 200
    due = {
        each["service_id"]: (each["amount_due"], each["due_mode"], each["due_reason"])
        for each in shown["services"]
    }
    assert due == {
        "talk": (0, "at_visit", "not_listed"),
        "colour": (3600, "pay", "deposit_percent"),
        "fringe": (0, "at_visit", "below_minimum"),
        "cut": (4500, "pay", "full"),
    }
    (cut,) = [each for each in shown["services"] if each["service_id"] == "cut"]
    assert cut == {
        "service_id": "cut",
        "name": "Haircut",
        "price": 4500,
        "currency": "eur",
        "duration_minutes": 60,
        "category": "",
        "description": "",
        "position": 0,
        "prepayment": {"type": "full", "required": True},
        "amount_due": 4500,
        "due_mode": "pay",
        "due_reason": "full",
        "employee_ids": ["anna", "ben"],
        "employee_terms": [
            {
                "employee_id": "ben",
                "prepayment": {"type": "card_on_file", "required": True},
                "amount_due": 0,
                "due_mode": "save_card",
                "due_reason": "card_on_file",
            }
        ],
    }
    # An override of the service is more exact than one of the employee, and Ben does no fringes.
    assert all("employee_terms" not in each for each in shown["services"] if each != cut)
    assert shown["employees"] == [
        {"employee_id": "anna", "name": "Anna"},
        {"employee_id": "ben", "name": "Ben"},
    ]
    assert shown["terms_text"] == (
        "Kostenlos absagbar bis 24 Stunden vor dem Termin, danach der volle Preis; "
        "bei Nichterscheinen: kostenlos."
    )
    assert shown["cancellation"]["steps"] == [{"hours_before": 24, "fee": {"type": "full"}}]
    assert len(shown["terms_hash"]) == 64
    assert (shown["locale"], shown["country"]) == ("de", "DE")
    assert (shown["timezone"], shown["currency"], shown["mode"]) == ("Europe/Berlin", "eur", "test")


def test_nothing_is_shown_that_is_for_staff(site: Widget) -> None:
    shown = json.dumps(site.get()[1])
    for private in ("boss@", ORIGIN, 'hours": [', "recipients", "created_at", "report"):
        assert private not in shown
    assert site.headers["cache-control"] == "no-store"


def test_the_hash_changes_with_the_terms_and_with_nothing_else(
    site: Widget, catalogue: CatalogueStore
) -> None:
    before = site.get()[1]["terms_hash"]
    catalogue.put_service("demo", Service("new", "New", Money(100, "eur"), 30))
    catalogue.put_terms("demo", terms_from_dict({**TERMS, "hold_minutes": 60}, "eur"))
    assert site.get()[1]["terms_hash"] == before
    catalogue.put_terms("demo", terms_from_dict({**TERMS, "cancellation": {}}, "eur"))
    assert site.get()[1]["terms_hash"] != before


def test_terms_in_another_language_are_other_terms(site: Widget, places: LocationStore) -> None:
    german = site.get()[1]
    places.save_location(replace(DEMO, locale="en"))
    english = site.get()[1]
    assert english["terms_text"].startswith("Free until 24 hours before the visit")
    assert english["terms_hash"] != german["terms_hash"]


def test_while_online_booking_is_off_there_are_no_services(
    site: Widget, places: LocationStore
) -> None:
    places.save_location(replace(DEMO, online_booking_enabled=False))
    status, shown = site.get()
    assert status == 200
    assert (shown["online_booking_enabled"], shown["services"], shown["employees"]) == (
        False,
        [],
        [],
    )


def test_a_location_that_has_set_nothing_is_shown_empty(site: Widget) -> None:
    status, shown = site.get("other")
    assert (status, shown["services"]) == (200, [])
    assert shown["terms_text"] == "Jederzeit kostenlos absagbar; bei Nichterscheinen: kostenlos."


@pytest.mark.parametrize("location_id", ["nobody", "No", "a", "demo#catalogue", "x" * 3000, "%2e"])
def test_an_unknown_location_is_a_problem_document(site: Widget, location_id: str) -> None:
    status, problem = site.get(location_id, origin=ORIGIN)
    assert (status, problem["code"]) == (404, "location_not_found")
    assert site.headers["content-type"] == "application/problem+json"


def test_pages_of_an_allowed_origin_may_read_and_others_may_not(site: Widget) -> None:
    for origin, allowed in (
        (ORIGIN, ORIGIN),
        ("https://evil.example", None),
        ("https://salon.example.evil.example", None),
        ("http://salon.example", None),
        ("null", None),
        ("", None),
    ):
        assert site.get(origin=origin)[0] == 200
        assert site.may_read() == allowed
        assert "origin" in site.headers["vary"].split(", ")
    assert site.get("other", origin=ORIGIN)[0] == 200
    assert site.may_read() is None
    assert "access-control-allow-credentials" not in site.headers


def test_a_browser_that_asks_first_is_told_the_same(site: Widget) -> None:
    assert site.call("OPTIONS", "demo", origin=ORIGIN) == (204, None)
    assert site.headers == {
        "vary": "origin",
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": "content-type, idempotency-key",
        "access-control-max-age": "600",
    }
    for location_id, origin in (
        ("demo", "https://evil.example"),
        ("nobody", ORIGIN),
        ("No", ORIGIN),
    ):
        assert site.call("OPTIONS", location_id, origin=origin) == (204, None)
        assert site.headers == {"vary": "origin"}


def test_what_fails_is_told_without_its_reason(
    site: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise AwsUnreachable("secret details")

    monkeypatch.setattr(BookingsTable, "get", unreachable)
    status, problem = site.get()
    assert (status, problem["code"]) == (503, "unavailable")
    monkeypatch.setattr(BookingsTable, "get", lambda *_: 1 / 0)
    status, problem = site.get()
    assert (status, problem["code"]) == (500, "internal_error")
    assert "division" not in json.dumps(problem)


def test_health_asks_nobody(context: Any) -> None:
    for event in ({"routeKey": "GET /health"}, {}):
        answer = widget.handler(event, context)
        assert answer["statusCode"] == 200
        assert json.loads(answer["body"]) == {"status": "ok", "version": VERSION}
