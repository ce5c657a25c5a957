"""A client opens a payment link: Stripe Checkout for what is due, or a page that says why not."""

import time
from functools import cache
from typing import Any

from functions.create_checkout import pages
from functions.create_checkout.open_session import open_session
from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.booking_store import BookingStore
from shared.config import load_config
from shared.domain.booking import Booking
from shared.domain.errors import BookpayError, StripeRefused, StripeUnavailable
from shared.domain.location import Location
from shared.domain.payment_link import TOKEN, token_digest
from shared.observability import count, logger, metrics


@cache
def _store() -> BookingStore:
    return BookingStore(load_config())


@cache
def _api_keys() -> ApiKeyStore:
    return ApiKeyStore(load_config())


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer `GET /pay/{token}`: 303 to Stripe, or an HTML page; failures are pages too."""
    token = str((event.get("pathParameters") or {}).get("token", ""))
    query = event.get("queryStringParameters") or {}
    try:
        return _answer(token, query.get("returned", ""))
    except (StripeRefused, StripeUnavailable) as error:
        # No traceback: it would show what the library says, and that may quote what was sent.
        code = error.code if isinstance(error, StripeRefused) else ""
        logger.error("payment link failed", error=type(error).__name__, code=code)
        count("PaymentLinkFailed")
        return _page(503, pages.try_again())
    except BookpayError as error:
        logger.exception("payment link failed", error=type(error).__name__)
        count("PaymentLinkFailed")
        return _page(503, pages.try_again())


def _answer(token: str, returned: str) -> dict[str, Any]:
    link = _store().find_link(token_digest(token)) if TOKEN.fullmatch(token) else None
    location_id, booking_id = link or ("", "")
    location, stored = (
        _store().get_location_and_booking(location_id, booking_id) if link else (None, None)
    )
    if location is None or stored is None:
        return _page(404, pages.unknown_link())
    logger.append_keys(location_id=location_id, booking_id=booking_id)
    if page := _page_without_payment(location, stored.booking, returned):
        return _page(200, page)
    url = open_session(
        location, stored, token, store=_store(), api_keys=_api_keys(), now_s=int(time.time())
    )
    count("CheckoutOpened")
    logger.info("checkout opened")
    return {
        "statusCode": 303,
        "headers": {"location": url, "cache-control": "no-store"},
        "body": "",
    }


def _page_without_payment(location: Location, booking: Booking, returned: str) -> str | None:
    """Return the page for what needs no payment now; `None` where Checkout is to be opened."""
    if not booking.wants_checkout():
        return pages.nothing_due(location, booking)
    if returned == "paid":
        return pages.processing(location, booking)
    if returned == "left":
        return pages.not_paid(location, booking)
    if not location.visit_link_enabled:
        return pages.links_switched_off(location)
    return None


def _page(status: int, html: str) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {
            "content-type": "text/html; charset=utf-8",
            "cache-control": "no-store",
            "content-security-policy": pages.CONTENT_SECURITY_POLICY,
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "strict-transport-security": "max-age=31536000",
        },
        "body": html,
    }
