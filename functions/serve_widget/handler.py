"""What needs neither a login nor Stripe: whether we are there, and what can be booked."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from functions.serve_widget.origins import cross_origin_headers, preflight_headers
from shared.adapters.catalogue_store import CatalogueStore
from shared.config import load_config
from shared.domain.errors import AwsUnreachable, NotFound, Problem, Unavailable
from shared.domain.location import LOCATION_ID
from shared.domain.public_location import public_location
from shared.observability import count, logger, metrics
from shared.version import VERSION

type Event = dict[str, Any]
type Answer = dict[str, Any]
JSON, PROBLEM = "application/json", "application/problem+json"


@cache
def _store() -> CatalogueStore:
    return CatalogueStore(load_config())


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: Event, _context: object) -> Answer:
    """Answer one request of a widget, or `GET /health`."""
    answer_route = ROUTES.get(event.get("routeKey", ""), _show_health)
    try:
        return answer_route(event)
    except Problem as problem:
        return _tell(problem)
    except AwsUnreachable:
        logger.exception("request failed for now")
        count("RequestUnavailable")
        return _tell(Unavailable())
    except Exception:  # noqa: BLE001 (no trace and no message of ours reaches a client)
        logger.exception("request failed")
        count("RequestFailed")
        return _tell(Problem())


def _show_health(_event: Event) -> Answer:
    return _answer(200, {"status": "ok", "version": VERSION})


def _show_location(event: Event) -> Answer:
    location_id = _location_id(event)
    found = _store().get_location_and_terms(location_id)
    if found is None:
        raise _no_location()
    location, terms = found
    catalogue = _store().get_catalogue(location_id)
    shown = public_location(location, terms, catalogue.services, catalogue.employees)
    return _answer(200, shown, headers=cross_origin_headers(location, event))


def _answer_preflight(event: Event) -> Answer:
    """Answer a browser that asks first: an unknown location and origin look the same."""
    found = None
    if LOCATION_ID.fullmatch(location_id := event["pathParameters"]["location_id"]):
        found = _store().get_location_and_terms(location_id)
    headers = preflight_headers(found[0] if found else None, event)
    return {"statusCode": 204, "headers": headers, "body": ""}


ROUTES: dict[str, Callable[[Event], Answer]] = {
    "GET /public/locations/{location_id}": _show_location,
    "OPTIONS /public/locations/{location_id}": _answer_preflight,
}


def _location_id(event: Event) -> str:
    location_id: str = event["pathParameters"]["location_id"]
    if not LOCATION_ID.fullmatch(location_id):
        raise _no_location()
    return location_id


def _no_location() -> NotFound:
    return NotFound("There is no such location.", code="location_not_found")


def _tell(problem: Problem) -> Answer:
    logger.info("request refused", code=problem.code, status=problem.status)
    return _answer(problem.status, problem.to_dict(), PROBLEM)


def _answer(
    status: int, document: object, kind: str = JSON, headers: dict[str, str] | None = None
) -> Answer:
    return {
        "statusCode": status,
        "headers": {"content-type": kind, "cache-control": "no-store", **(headers or {})},
        "body": json.dumps(document),
    }
