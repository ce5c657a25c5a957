"""The client's own page, the way to cancel, and the visit for a calendar; without any script."""

from collections.abc import Callable

from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP

from functions.serve_visit import calendar, visit
from shared.domain.errors import AwsRefused, BookpayError
from shared.entrypoints.edge import through_edge
from shared.entrypoints.http_api import Answer, Event
from shared.observability import count, fault, logger, metrics

ROUTES: dict[str, Callable[[Event], Answer]] = {
    "GET /visit/{booking_id}/{token}": visit.show,
    "POST /visit/{booking_id}/{token}": visit.send_form,
    "GET /public/bookings/{booking_id}/calendar.ics": calendar.download,
}


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: Event, _context: object) -> Answer:
    """Answer a page of the client's own, whose failures are pages too, or its calendar entry."""
    try:
        return ROUTES.get(event.get("routeKey", ""), visit.show)(event)
    except BookpayError as error:
        logger.error("visit page failed", **fault(error))
        count("VisitPageFailed")
        return visit.out_of_order() if isinstance(error, AwsRefused) else visit.try_again()
