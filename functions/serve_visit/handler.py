"""The client's own page: the booking in words, and the way to cancel it, without any script."""

from collections.abc import Callable

from functions.serve_visit import visit
from shared.domain.errors import AwsRefused, BookpayError
from shared.entrypoints.edge import through_edge
from shared.entrypoints.http_api import Answer, Event
from shared.observability import count, fault, logger, metrics

ROUTES: dict[str, Callable[[Event], Answer]] = {
    "GET /visit/{booking_id}/{token}": visit.show,
    "POST /visit/{booking_id}/{token}": visit.send_form,
}


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: Event, _context: object) -> Answer:
    """Answer `GET` and `POST /visit/{booking_id}/{token}` with a page; failures are pages too."""
    try:
        return ROUTES.get(event.get("routeKey", ""), visit.show)(event)
    except BookpayError as error:
        logger.error("visit page failed", **fault(error))
        count("VisitPageFailed")
        return visit.out_of_order() if isinstance(error, AwsRefused) else visit.try_again()
