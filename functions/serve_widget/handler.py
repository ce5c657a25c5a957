"""The routes that need neither a login nor Stripe: health, free slots, a client's booking."""

from collections.abc import Callable
from typing import Any

from functions.serve_widget import booking, location
from functions.serve_widget.cross_origin import answer_preflight, headers_for
from shared.domain.errors import AwsUnreachable, Problem, Unavailable, WriteConflict
from shared.entrypoints.edge import through_edge
from shared.entrypoints.http_api import Answer, Event, json_answer, problem_answer
from shared.entrypoints.version import VERSION
from shared.observability import count, logger, metrics


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: Event, _context: object) -> Answer:
    """Answer one request of a widget, or `GET /health`."""
    answer_route = ROUTES.get(event.get("routeKey", ""), _show_health)
    try:
        return answer_route(event)
    except Problem as problem:
        return _refuse(problem, headers_for(event))
    except (AwsUnreachable, WriteConflict):
        logger.exception("request failed for now")
        count("RequestUnavailable")
        return _refuse(Unavailable(), {})
    except Exception:  # noqa: BLE001 (no trace and no message of ours reaches a client)
        logger.exception("request failed")
        count("RequestFailed")
        return _refuse(Problem(), {})


def _show_health(_event: Event) -> Answer:
    return json_answer({"status": "ok", "version": VERSION})


def _refuse(problem: Problem, headers: dict[str, str]) -> Answer:
    logger.info("request refused", code=problem.code, status=problem.status)
    return problem_answer(problem, headers)


def _of_a_booking(show: Callable[[Event], dict[str, Any]]) -> Callable[[Event], Answer]:
    """Return the route of a document whose location only the booking's token reveals."""
    return lambda event: json_answer(show(event), headers_for(event))


ROUTES: dict[str, Callable[[Event], Answer]] = {
    "GET /public/locations/{location_id}": location.show_location,
    "GET /public/locations/{location_id}/slots": location.list_slots,
    "GET /public/bookings/{booking_id}": _of_a_booking(booking.show_booking),
    "POST /public/bookings/{booking_id}/cancel": _of_a_booking(booking.cancel_booking),
    "POST /public/bookings/{booking_id}/confirm": _of_a_booking(booking.confirm_booking),
    "OPTIONS /public/locations/{location_id}": answer_preflight,
    "OPTIONS /public/locations/{location_id}/slots": answer_preflight,
    "OPTIONS /public/locations/{location_id}/bookings": answer_preflight,
    "OPTIONS /public/bookings/{booking_id}": answer_preflight,
    "OPTIONS /public/bookings/{booking_id}/cancel": answer_preflight,
    "OPTIONS /public/bookings/{booking_id}/confirm": answer_preflight,
}
