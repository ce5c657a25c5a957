"""The routes that need neither a login nor Stripe: health, free slots, a client's booking."""

import json
from collections.abc import Callable
from typing import Any

from functions.serve_widget import booking
from shared import environment
from shared.adapters.catalogue_store import CatalogueStore
from shared.domain.catalogue.public_view import public_location
from shared.domain.errors import (
    AwsUnreachable,
    NotFound,
    Problem,
    Unavailable,
    WriteConflict,
)
from shared.domain.locations.location import LOCATION_ID, Location
from shared.entrypoints.cors import cross_origin_headers, preflight_headers
from shared.entrypoints.edge import through_edge
from shared.entrypoints.json_bodies import read_body
from shared.entrypoints.query_strings import QueryString
from shared.entrypoints.version import VERSION
from shared.observability import count, logger, metrics

type Event = dict[str, Any]
type Answer = dict[str, Any]
JSON, PROBLEM = "application/json", "application/problem+json"


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: Event, _context: object) -> Answer:
    """Answer one request of a widget, or `GET /health`."""
    answer_route = ROUTES.get(event.get("routeKey", ""), _show_health)
    try:
        return answer_route(event)
    except Problem as problem:
        return _tell(problem, _cross_origin(event))
    except (AwsUnreachable, WriteConflict):
        logger.exception("request failed for now")
        count("RequestUnavailable")
        return _tell(Unavailable(), {})
    except Exception:  # noqa: BLE001 (no trace and no message of ours reaches a client)
        logger.exception("request failed")
        count("RequestFailed")
        return _tell(Problem(), {})


def _show_health(_event: Event) -> Answer:
    return _answer(200, {"status": "ok", "version": VERSION})


def _show_location(event: Event) -> Answer:
    location_id = _location_id(event)
    found = environment.get(CatalogueStore).get_location_and_terms(location_id)
    if found is None:
        raise _no_location()
    QueryString.of(event).expect_only()
    location, terms = found
    catalogue = environment.get(CatalogueStore).get_catalogue(location_id)
    shown = public_location(location, terms, catalogue.services, catalogue.employees)
    return _answer(200, shown, headers=cross_origin_headers(location, event))


def _show_slots(event: Event) -> Answer:
    location, slots = booking.list_slots(_location_id(event), QueryString.of(event))
    return _answer(200, slots, headers=cross_origin_headers(location, event))


def _show_booking(event: Event) -> Answer:
    shown = booking.show_booking(event["pathParameters"]["booking_id"], QueryString.of(event))
    return _answer(200, shown, headers=_cross_origin(event))


def _cancel_booking(event: Event) -> Answer:
    body = read_body(event.get("body"), is_base64=bool(event.get("isBase64Encoded")))
    shown = booking.cancel_booking(
        event["pathParameters"]["booking_id"], QueryString.of(event), body
    )
    return _answer(200, shown, headers=_cross_origin(event))


def _confirm_booking(event: Event) -> Answer:
    shown = booking.confirm_booking(event["pathParameters"]["booking_id"], QueryString.of(event))
    return _answer(200, shown, headers=_cross_origin(event))


def _answer_preflight(event: Event) -> Answer:
    """Answer a CORS preflight: an unknown location and an unknown origin look the same."""
    headers = preflight_headers(_location_of(event), event)
    return {"statusCode": 204, "headers": headers, "body": ""}


def _cross_origin(event: Event) -> dict[str, str]:
    """Return the CORS headers for another site's page; none for our own."""
    if "origin" not in event.get("headers", {}):
        return {}
    try:
        return cross_origin_headers(_location_of(event), event)
    except AwsUnreachable:
        logger.exception("origin not looked up")
        return {}


def _location_of(event: Event) -> Location | None:
    """Return the location that is asked about; a booking's only with its token.

    Otherwise the headers alone would reveal that the booking exists.
    """
    parameters = event.get("pathParameters") or {}
    location_id = parameters.get("location_id", "")
    if "booking_id" in parameters:
        token = (event.get("queryStringParameters") or {}).get("token", "")
        location_id = booking.find_location_id(parameters["booking_id"], token)
    if not LOCATION_ID.fullmatch(location_id):
        return None
    found = environment.get(CatalogueStore).get_location_and_terms(location_id)
    return found[0] if found else None


ROUTES: dict[str, Callable[[Event], Answer]] = {
    "GET /public/locations/{location_id}": _show_location,
    "GET /public/locations/{location_id}/slots": _show_slots,
    "GET /public/bookings/{booking_id}": _show_booking,
    "POST /public/bookings/{booking_id}/cancel": _cancel_booking,
    "POST /public/bookings/{booking_id}/confirm": _confirm_booking,
    "OPTIONS /public/locations/{location_id}": _answer_preflight,
    "OPTIONS /public/locations/{location_id}/slots": _answer_preflight,
    "OPTIONS /public/locations/{location_id}/bookings": _answer_preflight,
    "OPTIONS /public/bookings/{booking_id}": _answer_preflight,
    "OPTIONS /public/bookings/{booking_id}/cancel": _answer_preflight,
    "OPTIONS /public/bookings/{booking_id}/confirm": _answer_preflight,
}


def _location_id(event: Event) -> str:
    location_id: str = event["pathParameters"]["location_id"]
    if not LOCATION_ID.fullmatch(location_id):
        raise _no_location()
    return location_id


def _no_location() -> NotFound:
    return NotFound("There is no such location.", code="location_not_found")


def _tell(problem: Problem, headers: dict[str, str]) -> Answer:
    logger.info("request refused", code=problem.code, status=problem.status)
    return _answer(problem.status, problem.to_dict(), PROBLEM, headers)


def _answer(
    status: int, document: object, kind: str = JSON, headers: dict[str, str] | None = None
) -> Answer:
    return {
        "statusCode": status,
        "headers": {"content-type": kind, "cache-control": "no-store", **(headers or {})},
        "body": json.dumps(document),
    }
