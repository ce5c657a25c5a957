"""Query strings of JSON routes: what a route does not know is refused, and only to who may ask."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.create_checkout import handler as checkout_function
from functions.serve_visit import handler as visit_function
from functions.serve_widget import handler as widget_function
from shared.adapters.booking_store import BookingStore
from tests.fake_aws import FakeAws
from tests.functions.test_roles import IDS
from tests.surroundings.fixtures import ROOT
from tests.surroundings.salon import Salon
from tests.surroundings.staff_calls import forget_stores, load_staff_routes

pytestmark = pytest.mark.enable_socket
UNKNOWN = {"foo": "bar"}
STAFF, REPORT = "serve_staff_api", "serve_report"
DAY, CHART = "reports/2026-11-22", "reports/2026-11-22/chart.svg"


def functions_with_staff_routes() -> dict[str, Any]:
    """Every function whose handler builds an application of staff routes."""
    return {
        path.parent.name: importlib.import_module(f"functions.{path.parent.name}.handler")
        for path in Path(ROOT / "functions").glob("*/handler.py")
        if "build_app(" in path.read_text()
    }


def staff_routes() -> list[tuple[str, str, str]]:
    load_staff_routes()
    return [
        (name, method, route.path)
        for name, function in sorted(functions_with_staff_routes().items())
        for route in (*function.app._static_routes, *function.app._dynamic_routes)
        for method in ([route.method] if isinstance(route.method, str) else route.method)
    ]


@pytest.fixture
def staff(store: BookingStore, aws: FakeAws) -> Iterator[None]:
    del store, aws
    forget_stores()
    yield
    forget_stores()


def call(
    context: Any, function: str, method: str, path: str, *, by: str = "owner", query: str = ""
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Send a request as API Gateway hands it on; the values of a repeated name are joined."""
    values: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        values[name] = f"{values[name]},{value}" if name in values else value
    places = {**IDS, "location_id": "demo", "day": IDS["date"]}
    where = path.replace("<", "{").replace(">", "}").format(**places)
    answer = functions_with_staff_routes()[function].handler(
        {
            "version": "2.0",
            "rawPath": where,
            "rawQueryString": query,
            "queryStringParameters": values,
            "headers": {},
            "requestContext": {
                "stage": "$default",
                "http": {"method": method, "path": where},
                "authorizer": {"jwt": {"claims": {"sub": by, "token_use": "id"}, "scopes": None}},
            },
            "body": None if method in ("GET", "DELETE") else "{}",
            "isBase64Encoded": False,
        },
        context,
    )
    is_told = "json" in answer["headers"].get("Content-Type", "")
    return answer["statusCode"], json.loads(answer["body"]) if is_told else {}, answer["headers"]


# ------------------------------------------------------------------ staff routes


def test_every_function_with_staff_routes_is_walked() -> None:
    assert set(functions_with_staff_routes()) == {
        "serve_staff_api", "connect_stripe", "serve_report", "serve_evidence",
    }  # fmt: skip
    assert len(staff_routes()) >= 43


@pytest.mark.parametrize(("function", "method", "path"), staff_routes())
@pytest.mark.usefixtures("staff")
def test_a_parameter_that_a_route_does_not_know_is_refused(
    context: Any, function: str, method: str, path: str
) -> None:
    status, problem, headers = call(
        context, function, method, path, by="admin", query=urlencode(UNKNOWN)
    )
    assert (status, problem["code"]) == (422, "unknown_parameter")
    assert problem["errors"] == [{"pointer": "/query/foo", "detail": "Foo is not known here."}]
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("function", "method", "path"), staff_routes())
@pytest.mark.usefixtures("staff")
def test_who_may_not_ask_learns_nothing_by_it(
    context: Any, function: str, method: str, path: str
) -> None:
    status, told, _ = call(context, function, method, path, by="other-owner", query="foo=bar")
    if "/invitation" in path:
        # Who is invited has no role yet: the token in the body says all.
        assert (status, told["code"]) == (422, "unknown_parameter")
    elif "<location_id>" in path:
        assert (status, told["code"]) == (404, "location_not_found")
    elif method == "POST":
        assert (status, told["code"]) == (403, "forbidden")
    else:
        assert path == "/v1/locations", "whoever is logged in may list their own"


@pytest.mark.parametrize(("function", "method", "path"), staff_routes())
@pytest.mark.usefixtures("staff")
def test_every_staff_answer_is_for_nobodys_cache_and_says_what_it_is(
    context: Any, function: str, method: str, path: str
) -> None:
    for by in ("owner", "other-owner"):
        headers = call(context, function, method, path, by=by)[2]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("function", sorted(functions_with_staff_routes()))
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/nothing"), ("PATCH", "/v1/locations"), ("GET", "/")]
)
@pytest.mark.usefixtures("staff")
def test_an_address_that_is_none_is_answered_as_privately(
    context: Any, function: str, method: str, path: str
) -> None:
    status, problem, headers = call(context, function, method, path, query="foo=bar")
    assert (status, problem["code"]) == (404, "not_found")
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


@pytest.mark.parametrize(
    ("function", "path", "query", "names"),
    [
        ("serve_staff_api", "bookings", "limit=1&limit=2", ["limit"]),
        ("serve_staff_api", "bookings", "from=2026-11-22&to=2026-11-22&from=2026-11-23", ["from"]),
        ("serve_staff_api", "disputes", "open=true&open=true", ["open"]),
        ("serve_staff_api", "terms/explain", "service_id=cut&service_id=talk", ["service_id"]),
        ("serve_report", "reports", "by=day&by=week", ["by"]),
    ],
)
@pytest.mark.usefixtures("staff")
def test_a_parameter_that_is_sent_twice_is_refused_by_name(
    context: Any, function: str, path: str, query: str, names: list[str]
) -> None:
    where = f"/v1/locations/<location_id>/{path}"
    status, problem, _ = call(context, function, "GET", where, query=query)
    assert (status, problem["code"]) == (422, "invalid_input")
    assert [each["pointer"] for each in problem["errors"]] == [f"/query/{name}" for name in names]
    assert problem["errors"][0]["detail"].endswith(" must be sent once.")


@pytest.mark.parametrize(
    ("function", "path", "query", "sentence"),
    [
        (STAFF, "bookings", "limit=0", "Limit must be at least 1."),
        (STAFF, "bookings", "limit=101", "Limit must be at most 100."),
        (STAFF, "bookings", "limit=1_0", "Limit must be a whole number."),
        (STAFF, "bookings", "limit=", "Limit must be a whole number."),
        (STAFF, "bookings", "limit=1,2", "Limit must be a whole number."),
        (STAFF, "bookings", "from=20261122", "From must be a day such as 2026-11-22."),
        (STAFF, "bookings", "to=2026-02-30", "To must be a day such as 2026-11-22."),
        (STAFF, "bookings", "cursor=%", "Cursor must be one that this list gave out."),
        (STAFF, "bookings", "cursor=eA==", "Cursor must be one that this list gave out."),
        (STAFF, "audit", "cursor=eA==", "Cursor must be one that this list gave out."),
        (STAFF, "members", "cursor=%", "Cursor must be one that this list gave out."),
        (STAFF, "disputes", "open=1", "Open must be true or false."),
        (STAFF, "terms/explain", "", "Service id is required."),
        (REPORT, "reports", "by=year", "By must be day, week or month."),
        (REPORT, "reports", "from=yesterday", "From must be a day such as 2026-11-22."),
        (REPORT, "reports", "from=9998-01-01", "From must be a day that has begun."),
        (REPORT, DAY, "format=doc", "Format must be one of csv, html, json, pdf, xlsx."),
        (REPORT, DAY, "redirect=no", "Redirect must be true or false."),
        (REPORT, CHART, "kind=year", "Kind must be day or month."),
        (REPORT, CHART, "currency=€", "Currency must be a currency such as eur."),
        (REPORT, "reports/2026-13-22", "", "Date must be a day such as 2026-11-22."),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("staff")
def test_a_wrong_value_is_told_in_a_sentence(
    context: Any, function: str, path: str, query: str, sentence: str
) -> None:
    where = f"/v1/locations/<location_id>/{path}"
    status, problem, _ = call(context, function, "GET", where, query=query)
    assert (status, problem["code"]) == (422, "invalid_input")
    assert [each["detail"] for each in problem["errors"]] == [sentence]


# ------------------------------------------------------------------ public routes


def public_call(
    context: Any, function: Any, route: str, made: dict[str, Any], query: dict[str, str]
) -> tuple[int, dict[str, Any]]:
    answer = function.handler(
        {
            "routeKey": route,
            "headers": {},
            "pathParameters": {"location_id": "demo", "booking_id": made["booking_id"]}
            if "bookings/{" in route
            else {"location_id": "demo"},
            "rawQueryString": urlencode(query),
            "queryStringParameters": query,
            "requestContext": {"http": {"sourceIp": "203.0.113.9"}},
            "body": "{}",
        },
        context,
    )
    return answer["statusCode"], json.loads(answer["body"] or "{}")


PUBLIC = [
    *((widget_function, route) for route in widget_function.ROUTES if "OPTIONS" not in route),
    (checkout_function, checkout_function.BOOK_ROUTE),
]


@pytest.mark.parametrize(("function", "route"), PUBLIC)
def test_a_public_route_refuses_what_it_does_not_know(
    salon: Salon, context: Any, function: Any, route: str
) -> None:
    made = salon.booked()
    query = {"token": made["token"]} if "{booking_id}" in route else {}
    status, problem = public_call(context, function, route, made, {**query, **UNKNOWN})
    assert (status, problem["code"]) == (422, "unknown_parameter")
    assert problem["errors"] == [{"pointer": "/query/foo", "detail": "Foo is not known here."}]
    assert salon.looked(made)["status"] == "awaiting_payment", "it is not cancelled"


@pytest.mark.parametrize("route", [r for r in widget_function.ROUTES if "booking_id" in r])
def test_without_the_token_a_public_route_tells_nothing_of_its_query(
    salon: Salon, context: Any, route: str
) -> None:
    made = salon.booked()
    status, problem = public_call(context, widget_function, route, made, {"token": "x", **UNKNOWN})
    if route.startswith("OPTIONS"):
        assert (status, problem) == (204, {})
    else:
        assert (status, problem["code"]) == (404, "booking_not_found")


def test_health_and_a_clients_page_take_whatever_a_link_was_sent_with(
    salon: Salon, context: Any
) -> None:
    made = salon.booked()
    assert public_call(context, widget_function, "GET /health", made, UNKNOWN)[0] == 200
    answer = visit_function.handler(
        {
            "routeKey": "GET /visit/{booking_id}/{token}",
            "pathParameters": {"booking_id": made["booking_id"], "token": made["token"]},
            "queryStringParameters": {"utm_source": "mail"},
        },
        context,
    )
    assert answer["statusCode"] == 200
