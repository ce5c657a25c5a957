"""The client's own page: the booking in words, and the way to cancel it, without any script."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from functions.serve_visit import view
from functions.serve_visit.find import VisitStores, find
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.link_key import LinkKey
from shared.adapters.slot_store import SlotStore
from shared.config import Config, load_config
from shared.domain.bookings.booking import Booking
from shared.domain.errors import BookpayError, Conflict, InvalidInput
from shared.domain.link_tokens import derive_token
from shared.domain.locations.location import Location
from shared.domain.refunds.refundable import possibly_double_counted_minor
from shared.domain.visits.end_visit import cancel_for_client
from shared.entrypoints.edge import through_edge
from shared.entrypoints.html_page import page_headers
from shared.entrypoints.json_bodies import read_body
from shared.observability import count, logger, metrics

type Event = dict[str, Any]
type Answer = dict[str, Any]
ASK, CONFIRM = "ask", "confirm"
CANCEL_ROUTE = "POST /visit/{booking_id}/{token}"
FEE_CHANGED, HALF_TOLD = "fee_changed", "request_in_progress"
MAX_DIGITS, MAX_FIELDS = 15, 10


def _stores(config: Config) -> VisitStores:
    return VisitStores(BookingStore(config), SlotStore(config))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: Event, _context: object) -> Answer:
    """Answer `GET` and `POST /visit/{booking_id}/{token}` with a page; failures are pages too."""
    try:
        return _answer(event)
    except BookpayError as error:
        logger.exception("visit page failed", error=type(error).__name__)
        count("VisitPageFailed")
        return _page(503, view.later_page())


def _answer(event: Event) -> Answer:
    asked = event.get("pathParameters") or {}
    found = find(asked.get("booking_id", ""), asked.get("token", ""), environment.get(_stores))
    if found is None:
        return _page(404, view.unknown_page())
    location, booking = found.location, found.stored.booking
    logger.append_keys(location_id=location.location_id, booking_id=booking.booking_id)
    query, now_s = event.get("queryStringParameters") or {}, int(time.time())
    if event.get("routeKey") == CANCEL_ROUTE:
        form = _form(event)
        if CONFIRM in form:
            return _confirm(event, booking, now_s)
        return _cancel(event, form, location, booking, now_s)
    if query.get("cancel") == ASK and view.can_cancel(booking, now_s):
        if possibly_double_counted_minor(booking):
            # What cancelling costs will be known in a moment.
            return _page(503, view.later_page())
        return _page(200, view.ask_page(location, booking, now_s))
    return _page(200, view.own_page(location, booking, _pay_url(location, booking), now_s))


def _confirm(event: Event, booking: Booking, now_s: int) -> Answer:
    """Confirm for a client who pressed the button: programs that follow links press none."""
    try:
        environment.get(_stores).slots.confirm_address(
            booking.location_id,
            booking.booking_id,
            now_s,
            written=lambda: count("BookingConfirmedByClient"),
        )
    except Conflict as conflict:
        logger.info("not confirmed", code=conflict.code)
    return _look_again(event)


def _cancel(
    event: Event, form: Mapping[str, list[str]], location: Location, booking: Booking, now_s: int
) -> Answer:
    """Cancel for the fee that was shown, or less; a higher one is asked about first."""
    accepted_minor = _accepted_minor(form)
    try:
        environment.get(_stores).slots.end_visit(
            booking.location_id,
            booking.booking_id,
            lambda found: cancel_for_client(found, now_s, accepted_fee_minor=accepted_minor),
            written=lambda: count("BookingCancelledByClient"),
        )
    except Conflict as conflict:
        logger.info("not cancelled", code=conflict.code)
        if conflict.code == FEE_CHANGED:
            return _page(200, view.ask_page(location, booking, now_s, has_changed=True))
        if conflict.code == HALF_TOLD:
            return _page(503, view.later_page())
    return _look_again(event)


def _look_again(event: Event) -> Answer:
    """Redirect to the page, so that reloading it does not send the form again."""
    return {
        "statusCode": 303,
        "headers": {**page_headers(), "location": event["rawPath"]},
        "body": "",
    }


def _form(event: Event) -> Mapping[str, list[str]]:
    """Return the fields of the submitted form, none where the body is no form."""
    try:
        body = read_body(event.get("body"), is_base64=bool(event.get("isBase64Encoded")))
        return parse_qs(body or "", max_num_fields=MAX_FIELDS)
    except (InvalidInput, ValueError):
        return {}


def _accepted_minor(form: Mapping[str, list[str]]) -> int | None:
    """Return the fee that the form showed, `None` where it names none."""
    fee = form.get("fee", [""])[0]
    is_number = fee.isascii() and fee.isdecimal() and len(fee) <= MAX_DIGITS
    return int(fee) if is_number else None


def _pay_url(location: Location, booking: Booking) -> str:
    """Return the booking's newest payment link, "" where the location takes no payments by it."""
    if not booking.links or not booking.is_payable_by_link(location):
        return ""
    token = derive_token(
        environment.get(LinkKey).get(), booking.location_id, booking.booking_id, booking.links
    )
    return f"{load_config().public_url}/pay/{token}"


def _page(status: int, page: view.Page) -> Answer:
    return {
        "statusCode": status,
        "headers": page_headers(has_form=True),
        "body": view.html(page),
    }
