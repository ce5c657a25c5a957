"""A client's booking on its own page: shown, confirmed, cancelled."""

import time
from collections.abc import Mapping

from functions.serve_visit import view
from functions.serve_visit.own_booking import find
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.link_key import LinkKey
from shared.config import load_config
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.proved_address import confirm_address
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.errors import Conflict
from shared.domain.link_tokens import derive_token
from shared.domain.locations.location import Location
from shared.domain.refunds.refundable import possibly_double_counted_minor
from shared.domain.visits.cost_of_cancelling import can_client_cancel
from shared.domain.visits.end_visit import cancel_for_client
from shared.entrypoints.html_page import OURSELVES, page_answer, page_headers
from shared.entrypoints.http_api import (
    Answer,
    Event,
    path_parameter,
    query_of,
    read_form,
    redirect,
)
from shared.observability import count, logger

ASK, CONFIRM = "ask", "confirm"
FEE_CHANGED, HALF_TOLD = "fee_changed", "request_in_progress"
MAX_DIGITS = 15


def show(event: Event) -> Answer:
    """Answer with the booking, or with what cancelling it costs and the question whether to."""
    found = _find(event)
    if found is None:
        return _page(404, view.unknown_page())
    (host, booking), now_s = found, int(time.time())
    if query_of(event).get("cancel") != ASK or not can_client_cancel(booking, now_s):
        page = view.own_page(
            host,
            booking,
            now_s,
            pay_url=_pay_url(host.location, booking),
            calendar_url=_calendar_url(event),
            move_url=_move_url(event, booking),
        )
        return _page(200, page)
    if possibly_double_counted_minor(booking):
        # What cancelling costs will be known in a moment.
        return try_again()
    return _page(200, view.ask_page(host, booking, now_s))


def send_form(event: Event) -> Answer:
    """Confirm or cancel, as the form says."""
    found = _find(event)
    if found is None:
        return _page(404, view.unknown_page())
    form, (host, booking) = read_form(event), found
    if CONFIRM in form:
        return _confirm(event, booking)
    return _cancel(event, form, host, booking)


def try_again() -> Answer:
    """Answer with the page for a fault of ours."""
    return _page(503, view.later_page())


def out_of_order() -> Answer:
    """Answer with the page for what nobody mends by trying again."""
    return _page(500, view.out_of_order_page())


def _find(event: Event) -> tuple[VisitHost, Booking] | None:
    return find(path_parameter(event, "booking_id"), path_parameter(event, "token"))


def _confirm(event: Event, booking: Booking) -> Answer:
    """Confirm for a client who pressed the button: programs that follow links press none."""
    now_s = int(time.time())
    try:
        environment.get(BookingStore).change(
            booking.location_id,
            booking.booking_id,
            lambda found: confirm_address(found, now_s),
            written=lambda: count("BookingConfirmedByClient"),
        )
    except Conflict as conflict:
        logger.info("not confirmed", code=conflict.code)
    return _look_again(event)


def _cancel(event: Event, form: Mapping[str, str], host: VisitHost, booking: Booking) -> Answer:
    """Cancel for the fee that was shown, or less; a higher one is asked about first."""
    accepted_minor, now_s = _accepted_minor(form), int(time.time())
    try:
        environment.get(BookingStore).change(
            booking.location_id,
            booking.booking_id,
            lambda found: cancel_for_client(found, now_s, accepted_fee_minor=accepted_minor),
            written=lambda: count("BookingCancelledByClient"),
        )
    except Conflict as conflict:
        logger.info("not cancelled", code=conflict.code)
        if conflict.code == FEE_CHANGED:
            return _page(200, view.ask_page(host, booking, now_s, has_changed=True))
        if conflict.code == HALF_TOLD:
            return try_again()
    return _look_again(event)


def _look_again(event: Event) -> Answer:
    """Redirect to the page, so that reloading it does not send the form again."""
    return redirect(event["rawPath"], page_headers())


def _accepted_minor(form: Mapping[str, str]) -> int | None:
    """Return the fee that the form showed, `None` where it names none."""
    fee = form.get("fee", "")
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


def _calendar_url(event: Event) -> str:
    booking_id, token = path_parameter(event, "booking_id"), path_parameter(event, "token")
    return f"/public/bookings/{booking_id}/calendar.ics?token={token}"


def _move_url(event: Event, booking: Booking) -> str:
    """Return where a new time is chosen; the token is in a fragment, which no server sees."""
    token = path_parameter(event, "token")
    return f"/book/{booking.location_id}#bookpay={booking.booking_id}.{token}"


def _page(status: int, page: view.Page) -> Answer:
    return page_answer(status, view.html(page), form_to=OURSELVES)
