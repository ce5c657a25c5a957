"""A client opens a payment link: Stripe Checkout for what is due, or a page that says why not."""

import json
import time
from typing import Any

from functions.create_checkout import pages
from functions.create_checkout.returning import (
    LEFT,
    PAID,
    find_returned,
    open_session_url,
    outcome_page,
)
from shared import environment
from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.booking_store import BookingStore
from shared.adapters.budget_store import BudgetStore
from shared.adapters.link_key import LinkKey
from shared.adapters.location_store import LocationStore, StoredLocation
from shared.adapters.slot_store import SlotStore
from shared.config import load_config
from shared.domain.bookings.booking import Booking
from shared.domain.errors import (
    BookpayError,
    Conflict,
    NotFound,
    Problem,
    StripeRefused,
    StripeUnavailable,
    TooManyRequests,
    Unavailable,
    WriteConflict,
)
from shared.domain.link_tokens import TOKEN, derive_return_token, token_digest
from shared.domain.locations.location import LOCATION_ID, Location
from shared.domain.money.charge_limits import AMOUNT_REFUSED
from shared.entrypoints.cors import cross_origin_headers
from shared.entrypoints.edge import client_address, through_edge
from shared.entrypoints.html_page import page_headers
from shared.entrypoints.query_strings import QueryString
from shared.observability import count, logger, metrics
from shared.workflows.bookings.admission import SessionBudget
from shared.workflows.bookings.open_session import open_session

BOOK_ROUTE = "POST /public/locations/{location_id}/bookings"
CREATED = 201


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer `GET /pay/{token}`: 303 to Stripe, or an HTML page; failures are pages too."""
    if event.get("routeKey") == BOOK_ROUTE:
        return _book(event)
    token = str((event.get("pathParameters") or {}).get("token", ""))
    query = event.get("queryStringParameters") or {}
    try:
        if "booking" in query:
            return _show_returned(token, query)
        return _answer(token, query.get("returned", ""), client_address(event))
    except TooManyRequests as refused:
        page = _page(refused.status, pages.too_often())
        page["headers"]["retry-after"] = str(refused.retry_after_s)
        return page
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


def _book(event: dict[str, Any]) -> dict[str, Any]:
    # Opening a link needs none of the libraries that read a new booking.
    from functions.create_checkout.book import create_booking  # noqa: PLC0415
    from shared.entrypoints.json_bodies import read_body  # noqa: PLC0415

    location_id = str((event.get("pathParameters") or {}).get("location_id", ""))
    logger.append_keys(location_id=location_id)
    headers = event.get("headers") or {}
    location = None
    try:
        if not LOCATION_ID.fullmatch(location_id):
            raise NotFound("There is no such location.", code="location_not_found")
        location = LocationStore(load_config()).get_location(location_id)
        if location is None:
            raise NotFound("There is no such location.", code="location_not_found")
        QueryString.of(event).expect_only()
        body = read_body(event.get("body"), is_base64=bool(event.get("isBase64Encoded")))
        key = headers.get("idempotency-key")
        made = create_booking(location_id, body, key, client_address(event))
        return _json(201, made, location, event)
    except Problem as problem:
        logger.info("booking refused", code=problem.code, status=problem.status)
        refused = _json(problem.status, problem.to_dict(), location, event)
        if isinstance(problem, TooManyRequests):
            count("BookingRefusedTooMany")
            refused["headers"]["retry-after"] = str(problem.retry_after_s)
        return refused
    except WriteConflict:
        logger.warning("booking lost every race")
        count("BookingFailed")
        busy = Conflict("Many are booking right now. Try again.", code="request_in_progress")
        return _json(busy.status, busy.to_dict(), location, event)
    except BookpayError as error:
        logger.exception("booking failed", error=type(error).__name__)
        count("BookingFailed")
        return _json(503, Unavailable().to_dict(), location, event)


def _json(
    status: int, document: dict[str, Any], found: StoredLocation | None, event: dict[str, Any]
) -> dict[str, Any]:
    kind = "application/json" if status == CREATED else "application/problem+json"
    headers = cross_origin_headers(found.location if found else None, event)
    return {
        "statusCode": status,
        "headers": {"content-type": kind, "cache-control": "no-store", **headers},
        "body": json.dumps(document),
    }


def _answer(token: str, returned: str, address: str) -> dict[str, Any]:
    link = (
        environment.get(BookingStore).find_link(token_digest(token))
        if TOKEN.fullmatch(token)
        else None
    )
    location_id, booking_id = link or ("", "")
    location, stored = (
        environment.get(BookingStore).get_location_and_booking(location_id, booking_id)
        if link
        else (None, None)
    )
    if location is None or stored is None:
        return _page(404, pages.unknown_link())
    logger.append_keys(location_id=location_id, booking_id=booking_id)
    if page := _page_without_payment(location, stored.booking, returned):
        return _page(200, page)
    try:
        url = open_session(
            location,
            stored,
            derive_return_token(
                environment.get(LinkKey).get(), booking_id, stored.booking.client_access
            ),
            store=environment.get(BookingStore),
            slots=SlotStore(load_config()),
            api_keys=environment.get(ApiKeyStore),
            budget=_session_budget(location, address),
            now_s=int(time.time()),
        )
    except StripeRefused as refused:
        if refused.code not in AMOUNT_REFUSED:
            raise
        logger.warning("Stripe does not take this sum", code=refused.code)
        return _page(200, pages.not_by_card(location, stored.booking))
    if url is None:
        _, stored = environment.get(BookingStore).get_location_and_booking(location_id, booking_id)
        return _page(200, pages.settled(location, stored.booking) if stored else pages.try_again())
    logger.info("led to checkout")
    return {
        "statusCode": 303,
        "headers": {"location": url, "cache-control": "no-store"},
        "body": "",
    }


def _session_budget(location: Location, address: str) -> SessionBudget:
    return SessionBudget(BudgetStore(load_config()), environment.get(LinkKey), location, address)


def _show_returned(token: str, query: dict[str, str]) -> dict[str, Any]:
    """Show a client who returns from Stripe how the payment stands, and open no session."""
    slots = SlotStore(load_config())
    found = find_returned(
        token,
        query["booking"],
        environment.get(LinkKey).get(),
        environment.get(BookingStore),
        slots,
    )
    if found is None:
        return _page(404, pages.unknown_link())
    location, booking = found
    logger.append_keys(location_id=location.location_id, booking_id=booking.booking_id)
    again, is_paid = open_session_url(location, booking), query.get("returned") == PAID
    return _page(200, outcome_page(location, booking, again, is_paid=is_paid))


def _page_without_payment(location: Location, booking: Booking, returned: str) -> str | None:
    """Return the page for what needs no payment now; `None` where Checkout is to be opened."""
    if returned in {PAID, LEFT} or not booking.wants_checkout():
        return outcome_page(location, booking, "?", is_paid=returned == PAID)
    if not booking.is_payable_by_link(location):
        return pages.links_switched_off(location)
    return None


def _page(status: int, html: str) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": page_headers(),
        "body": html,
    }
