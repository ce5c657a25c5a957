"""The routes that need neither a login nor Stripe: health, free slots, a client's booking."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP

from functions.serve_widget import booking, location
from functions.serve_widget.cross_origin import answer_preflight, headers_for
from shared.domain.errors import Problem
from shared.entrypoints.edge import through_edge
from shared.entrypoints.failures import problem_of
from shared.entrypoints.http_api import Answer, Event, json_answer, problem_answer
from shared.entrypoints.version import VERSION
from shared.observability import logger, metrics


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: Event, _context: object) -> Answer:
    """Answer one request of a widget, or `GET /health`."""
    answer_route = ROUTES.get(event.get("routeKey", ""), _show_health)
    try:
        return answer_route(event)
    except Exception as error:  # noqa: BLE001
        # What failed may be what tells whose page may read the answer.
        headers = headers_for(event) if isinstance(error, Problem) else {}
        return problem_answer(problem_of(error), headers)


def _show_health(_event: Event) -> Answer:
    return json_answer({"status": "ok", "version": VERSION})


def _of_a_booking(show: Callable[[Event], dict[str, Any]]) -> Callable[[Event], Answer]:
    """Return the route of a document whose location only the booking's token reveals."""
    return lambda event: json_answer(show(event), headers_for(event))


ROUTES: dict[str, Callable[[Event], Answer]] = {
    "GET /public/locations/{location_id}": location.show_location,
    "GET /public/locations/{location_id}/slots": location.list_slots,
    "GET /public/bookings/{booking_id}": _of_a_booking(booking.show_booking),
    "POST /public/bookings/{booking_id}/cancel": _of_a_booking(booking.cancel_booking),
    "POST /public/bookings/{booking_id}/reschedule": _of_a_booking(booking.move_booking),
    "POST /public/bookings/{booking_id}/confirm": _of_a_booking(booking.confirm_booking),
    "OPTIONS /public/locations/{location_id}": answer_preflight,
    "OPTIONS /public/locations/{location_id}/slots": answer_preflight,
    "OPTIONS /public/locations/{location_id}/bookings": answer_preflight,
    "OPTIONS /public/bookings/{booking_id}": answer_preflight,
    "OPTIONS /public/bookings/{booking_id}/cancel": answer_preflight,
    "OPTIONS /public/bookings/{booking_id}/reschedule": answer_preflight,
    "OPTIONS /public/bookings/{booking_id}/confirm": answer_preflight,
}
