"""Behind a CDN only what came through it is answered, and it alone says who asks."""

import hmac
import importlib
import json
from copy import replace
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from functions.serve_widget import handler as widget_function
from shared.config import Config, load_config
from shared.entrypoints import edge
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import Salon, moment

pytestmark = pytest.mark.enable_socket

SECRET = "the-cdns-secret-of-forty-characters-0000"
ROUTES = [
    ("create_checkout", "POST /public/locations/{location_id}/bookings"),
    ("serve_widget", "GET /public/locations/{location_id}"),
    ("serve_staff_api", "ANY /v1/{proxy+}"),
    ("serve_staff_api", "POST /public/locations/{location_id}/invitation"),
    ("serve_evidence", "GET /v1/locations/{location_id}/disputes/{dispute_id}/evidence"),
    ("serve_report", "GET /v1/locations/{location_id}/reports"),
    ("connect_stripe", "ANY /v1/locations/{location_id}/payment-settings"),
    ("create_checkout", "GET /pay/{token}"),
    ("serve_visit", "GET /visit/{booking_id}/{token}"),
    ("serve_pages", "GET /console"),
]
LOCATION = "GET /public/locations/{location_id}"
PARAMETERS = {
    "location_id": "demo",
    "booking_id": "bk_1",
    "dispute_id": "dp_1",
    "token": "x",
    "proxy": "locations",
}


@pytest.fixture
def behind_a_cdn(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    del config
    put_behind_a_cdn(monkeypatch)


def put_behind_a_cdn(monkeypatch: pytest.MonkeyPatch) -> None:
    known = replace(load_config(), edge_secret=SECRET)
    monkeypatch.setattr(edge, "load_config", lambda: known)


def function(name: str) -> ModuleType:
    return importlib.import_module(f"functions.{name}.handler")


def event(route: str, **headers: str) -> dict[str, Any]:
    method, _, template = route.replace("ANY", "GET").replace("+}", "}").partition(" ")
    path = template.format_map(PARAMETERS)
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "pathParameters": PARAMETERS,
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "198.51.100.1"}},
        "isBase64Encoded": False,
    }


@pytest.mark.usefixtures("behind_a_cdn")
@pytest.mark.parametrize(("name", "route"), ROUTES)
@pytest.mark.parametrize("shown", ["", "x", SECRET[:-1], f"{SECRET}x", SECRET.upper(), "ü"])
def test_what_did_not_come_through_the_cdn_is_refused_before_anything_is_read(
    name: str, route: str, shown: str, context: Any
) -> None:
    asked = event(route, **({"x_bookpay_edge": shown} if shown else {}))
    answer = function(name).handler(asked, context)
    assert (answer["statusCode"], answer["headers"]["cache-control"]) == (403, "no-store")
    if asked["rawPath"].startswith(("/v1/", "/public/")):
        assert json.loads(answer["body"])["code"] == "edge_required"
        assert answer["headers"]["content-type"] == "application/problem+json"
    else:
        assert answer["body"] == "This address is not open to the public.\n"


@pytest.mark.usefixtures("behind_a_cdn", "table")
def test_what_came_through_it_is_answered(context: Any) -> None:
    asked = event(LOCATION, x_bookpay_edge=SECRET)
    assert widget_function.handler(asked, context)["statusCode"] == 200


@pytest.mark.usefixtures("behind_a_cdn")
def test_health_is_answered_to_everybody(context: Any) -> None:
    assert widget_function.handler(event("GET /health"), context)["statusCode"] == 200


@pytest.mark.usefixtures("table")
def test_without_a_cdn_nothing_is_asked_for(context: Any) -> None:
    assert widget_function.handler(event(LOCATION), context)["statusCode"] == 200


# ------------------------------------------------------------------ who asks


@dataclass(frozen=True, slots=True)
class Case:
    """What is set, what is sent, and whose address counts."""

    has_cdn: bool
    headers: dict[str, str]
    counts: str


FORWARDED = {
    "x-bookpay-client-address": "203.0.113.77",
    "cloudfront-viewer-address": "203.0.113.77:46532",
    "x-forwarded-for": "203.0.113.77",
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Case(False, FORWARDED, "198.51.100.1"), id="no CDN"),
        pytest.param(
            Case(False, FORWARDED | {"x-bookpay-edge": ""}, "198.51.100.1"), id="no CDN, empty"
        ),
        pytest.param(Case(True, FORWARDED, "198.51.100.1"), id="no secret"),
        pytest.param(
            Case(True, FORWARDED | {"x-bookpay-edge": "x"}, "198.51.100.1"), id="wrong secret"
        ),
        pytest.param(
            Case(True, FORWARDED | {"x-bookpay-edge": SECRET}, "203.0.113.77"), id="the secret"
        ),
        pytest.param(
            Case(True, {"x-forwarded-for": "1.2.3.4", "x-bookpay-edge": SECRET}, "198.51.100.1"),
            id="a CDN that does not say who asks",
        ),
    ],
)
def test_a_forwarded_address_is_believed_with_the_secret_alone(
    case: Case, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    del config
    if case.has_cdn:
        put_behind_a_cdn(monkeypatch)
    asked = {**event("GET /pay/{token}"), "headers": case.headers}
    assert edge.client_address(asked) == case.counts


def test_each_client_behind_the_cdn_has_limits_of_their_own(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_behind_a_cdn(monkeypatch)
    salon.set_location(holds_per_client=1, holds_per_address=1)

    def through(address: str) -> dict[str, str]:
        return {"x_bookpay_edge": SECRET, "x_bookpay_client_address": address}

    salon.booked(starts_at=moment(9), headers=through("203.0.113.1"))
    assert salon.book(starts_at=moment(10), headers=through("203.0.113.1"))[0] == 429
    salon.booked(starts_at=moment(10), headers=through("203.0.113.2"))


# ------------------------------------------------------------------ the secret itself


def test_the_secret_is_compared_in_constant_time(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    del config
    put_behind_a_cdn(monkeypatch)
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def compare(shown: bytes, known: bytes) -> bool:
        compared.append((shown, known))
        return real(shown, known)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    edge.client_address(event("GET /pay/{token}", x_bookpay_edge="x" * 40))
    assert compared == [(b"x" * 40, SECRET.encode())]


@pytest.mark.usefixtures("behind_a_cdn", "made_pages")
@pytest.mark.parametrize("shown", [SECRET, f"wrong-{SECRET}"])
def test_the_secret_is_in_no_log_answer_or_item(
    shown: str, table: TableInMoto, context: Any, log: Any
) -> None:
    answers = [
        function(name).handler(event(route, x_bookpay_edge=shown), context)
        for name, route in ROUTES
        if name in ("serve_widget", "serve_pages", "serve_visit", "create_checkout")
    ]
    told = log.getvalue()
    assert SECRET not in json.dumps(answers) + told + str(table.items()) + repr(load_config())
    assert ("edge_required" in told) is (shown != SECRET)
