"""A client opens a payment link: Stripe Checkout for what is due, or a page that says why not.

Clients return from Stripe to a URL that everybody with access to the Dashboard sees. It shows how
the payment stands. It links to the booking's open session, if there is one, which is in the
Dashboard too, and opens none: for that a client needs the payment link.
"""

import time
from collections.abc import Mapping

from functions.create_checkout import pages
from shared import environment
from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.adapters.budget_store import BudgetStore
from shared.adapters.link_key import LinkKey
from shared.adapters.visit_hosts import VisitHosts
from shared.config import load_config
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.checkout_attempts import current_attempt
from shared.domain.bookings.lifecycle import (
    CONFIRMED,
    EXPIRED,
)
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.catalogue.consent import Consent
from shared.domain.errors import (
    AwsRefused,
    BookpayError,
    InvalidInput,
    NotAgreed,
    StripeRefused,
    StripeUnavailable,
    TooManyRequests,
)
from shared.domain.link_tokens import TOKEN, derive_return_token, token_digest
from shared.domain.locales import spoken_language
from shared.domain.locations.location import Location
from shared.domain.money.charge_limits import AMOUNT_REFUSED
from shared.domain.visits.accepted_terms import accept_terms, asks_consent
from shared.entrypoints.edge import client_address
from shared.entrypoints.html_page import page_answer
from shared.entrypoints.http_api import (
    Answer,
    Event,
    path_parameter,
    problem_headers,
    query_of,
    read_form,
    redirect,
)
from shared.observability import count, fault, logger
from shared.workflows.bookings.admission import SessionBudget
from shared.workflows.bookings.client_access import find_returned, read_with_host
from shared.workflows.bookings.open_session import open_session
from shared.workflows.stripe_accounts import StripeAccounts

# How a client returns: after paying, or without.
PAID, LEFT = "paid", "left"
ACCEPT_ROUTE = "POST /pay/{token}"
MAX_DIGITS, OK = 12, 200
# Browsers hold a form's redirects to this too, and Checkout may be at a domain of the account's.
FORM_TO = "'self' https: http:"


def answer(event: Event) -> Answer:
    """Answer `GET` and `POST /pay/{token}`: 303 to Stripe, or a page; failures are pages too.

    Where the client has yet to accept price and terms, GET shows them, and POST accepts them.
    """
    token, query = path_parameter(event, "token"), query_of(event)
    try:
        if "booking" in query:
            return _show_returned(token, query)
        form = read_form(event) if event.get("routeKey") == ACCEPT_ROUTE else None
        return _open(token, query.get("returned", ""), client_address(event), form)
    except TooManyRequests as refused:
        return page_answer(refused.status, pages.too_often(), problem_headers(refused))
    except (StripeRefused, StripeUnavailable) as error:
        # No traceback: it would show what the library says, and that may quote what was sent.
        code = error.code if isinstance(error, StripeRefused) else ""
        logger.error("payment link failed", error=type(error).__name__, code=code)
    except BookpayError as error:
        logger.error("payment link failed", **fault(error))
        if isinstance(error, AwsRefused):
            count("PaymentLinkFailed")
            return page_answer(500, pages.out_of_order())
    count("PaymentLinkFailed")
    return page_answer(503, pages.try_again())


def _open(token: str, returned: str, address: str, form: Mapping[str, str] | None) -> Answer:
    found = _find(token)
    if found is None:
        return page_answer(404, pages.unknown_link())
    host, stored = found
    booking = stored.booking
    logger.append_keys(location_id=booking.location_id, booking_id=booking.booking_id)
    if form is not None:
        accepted = _accept(host.location, booking, form, address)
        if accepted is None:
            return _consent_page(409, host, booking)
        if "at_visit" in form and accepted.booking.status == CONFIRMED:
            return page_answer(200, pages.accepted(host, accepted.booking))
        stored = accepted
    elif asks_consent(booking) and returned not in {PAID, LEFT} and not booking.is_being_paid():
        return _consent_page(200, host, booking)
    return _lead_on(host, stored, returned, address)


def _lead_on(host: VisitHost, stored: StoredBooking, returned: str, address: str) -> Answer:
    booking = stored.booking
    if page := _page_without_payment(host, booking, returned):
        return page_answer(200, page)
    try:
        url = _open_session(host.location, stored, address)
    except StripeRefused as refused:
        if refused.code not in AMOUNT_REFUSED:
            raise
        logger.warning("Stripe does not take this amount", code=refused.code)
        return page_answer(200, pages.not_by_card(host, booking))
    if url is None:
        return page_answer(200, _settled_meanwhile(host, booking))
    logger.info("led to checkout")
    return redirect(url)


def _consent_page(status: int, host: VisitHost, booking: Booking) -> Answer:
    # Only who has something to accept waits for what reads terms.
    from functions.create_checkout.consent_page import consent_page  # noqa: PLC0415

    page = consent_page(host, booking, is_changed=status != OK)
    return page_answer(status, page, form_to=FORM_TO)


def _accept(
    location: Location, booking: Booking, form: Mapping[str, str], address: str
) -> StoredBooking | None:
    """Return the booking with its client's consent; `None` if they were shown something else."""
    price = form.get("accepted_price", "")
    consent = Consent(
        int(price) if price.isascii() and price.isdigit() and len(price) <= MAX_DIGITS else None,
        form.get("accepted_terms", ""),
    )

    def accept(known: Booking) -> Booking:
        language = spoken_language(location.locale)
        return accept_terms(
            known, consent, language=language, address=address, now_s=int(time.time())
        )

    store, name = environment.get(BookingStore), (location.location_id, booking.booking_id)
    try:
        store.change(*name, accept)
    except (NotAgreed, InvalidInput):
        return None
    return store.get_booking(*name)


def _find(token: str) -> tuple[VisitHost, StoredBooking] | None:
    bookings = environment.get(BookingStore)
    link = bookings.find_link(token_digest(token)) if TOKEN.fullmatch(token) else None
    if link is None:
        return None
    return read_with_host(*link, bookings, environment.get(VisitHosts))


def _page_without_payment(host: VisitHost, booking: Booking, returned: str) -> str | None:
    """Return the page for what needs no payment now; `None` where Checkout is to be opened."""
    if booking.status == EXPIRED:
        return pages.expired(host, booking)
    if returned in {PAID, LEFT} or not booking.wants_checkout():
        return _outcome_page(host, booking, "?", is_paid=returned == PAID)
    if not booking.is_payable_by_link(host.location):
        return pages.links_switched_off(host)
    return None


def _open_session(location: Location, stored: StoredBooking, address: str) -> str | None:
    key, booking = environment.get(LinkKey), stored.booking
    token = derive_return_token(key.get(), booking.booking_id, booking.client_access)
    return open_session(
        location,
        stored,
        f"{load_config().public_url}/pay/{token}",
        store=environment.get(BookingStore),
        accounts=environment.get(StripeAccounts),
        budget=SessionBudget(environment.get(BudgetStore), key, location, address),
        now_s=int(time.time()),
    )


def _settled_meanwhile(host: VisitHost, booking: Booking) -> str:
    stored = environment.get(BookingStore).get_booking(booking.location_id, booking.booking_id)
    return pages.settled(host, stored.booking) if stored else pages.try_again()


def _show_returned(token: str, query: Mapping[str, str]) -> Answer:
    """Show a client who returns from Stripe how the payment stands, and open no session."""
    found = find_returned(
        token,
        query["booking"],
        environment.get(LinkKey).get(),
        environment.get(BookingStore),
        environment.get(VisitHosts),
    )
    if found is None:
        return page_answer(404, pages.unknown_link())
    host, booking = found
    logger.append_keys(location_id=booking.location_id, booking_id=booking.booking_id)
    attempt = current_attempt(booking, int(time.time()), host.location)
    again, is_paid = attempt.url if attempt else "", query.get("returned") == PAID
    return page_answer(200, _outcome_page(host, booking, again, is_paid=is_paid))


def _outcome_page(host: VisitHost, booking: Booking, again: str, *, is_paid: bool) -> str:
    """Return the page for a client who returns; `again` is where to pay after all, or ""."""
    if not booking.wants_checkout():
        return pages.settled(host, booking)
    if not is_paid:
        return pages.not_paid(host, booking, again)
    if booking.is_checkout_complete():
        return pages.rest_at_visit(host, booking)
    return pages.processing(host, booking)
