"""What leads a client to Stripe Checkout: booking online, and opening a payment link."""

from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP

from functions.create_checkout import pay_link
from shared.entrypoints.edge import through_edge
from shared.entrypoints.http_api import Answer, Event
from shared.observability import logger, metrics

BOOK_ROUTE = "POST /public/locations/{location_id}/bookings"


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: Event, _context: object) -> Answer:
    """Answer a new booking with JSON, and `GET /pay/{token}` with 303 to Stripe or a page."""
    if event.get("routeKey") != BOOK_ROUTE:
        return pay_link.answer(event)
    # Opening a link needs none of the libraries that read a new booking.
    from functions.create_checkout import book  # noqa: PLC0415

    return book.answer(event)
