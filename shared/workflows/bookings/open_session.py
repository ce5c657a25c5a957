"""A booking has one open Checkout Session, however many tabs ask for one."""

import time
from contextlib import suppress
from copy import replace
from typing import TypedDict

from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.adapters.retry_write import retry_write
from shared.adapters.stripe_api import KEY_REUSED, StripeApi
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.checkout_attempts import current_attempt, next_attempt, replaced_session
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
)
from shared.domain.email_address import ascii_address
from shared.domain.errors import (
    Overtaken,
    StripeBusy,
    StripeKeyRefused,
    StripeRefused,
    StripeUnavailable,
    WriteConflict,
)
from shared.domain.locations.location import Location
from shared.observability import count, logger
from shared.workflows.bookings.admission import SessionBudget
from shared.workflows.bookings.close_session import close_replaced
from shared.workflows.stripe_accounts import StripeAccounts

BUSY_S = 0.3
# Stripe's codes for a `customer_email` that it does not take. https://docs.stripe.com/error-codes
ADDRESS_REFUSED = frozenset({"email_invalid", "invalid_customer_email"})


def open_session(
    location: Location,
    stored: StoredBooking,
    return_to: str,
    *,
    store: BookingStore,
    accounts: StripeAccounts,
    budget: SessionBudget,
    now_s: int,
) -> str | None:
    """Return the address of the booking's Checkout Session, opening one where none can be used.

    `return_to` is where Stripe's page leads back to, without a query. `None` where nothing is to be
    paid any more: the booking was paid, or its slot released, in the meantime.

    The attempt is written before Stripe is called, and every retry uses its idempotency key with
    the same parameters: a crash in between, or two tabs at once, end with one session. A session
    that it replaces is closed first, so that there are never two that can be paid. Raises
    `TooManyRequests` where the IP address, or the booking, has opened as many as it may,
    `StripeUnavailable`, `StripeRefused`, `WriteConflict`, `AwsUnreachable`. A key that Stripe
    refuses is shown to staff, too.
    """
    try:
        return _open(
            location,
            stored,
            return_to,
            store=store,
            accounts=accounts,
            budget=budget,
            now_s=now_s,
        )
    except StripeKeyRefused as refused:
        accounts.troubles.try_to_note_refused_key(location.location_id, refused)
        raise


def _open(
    location: Location,
    stored: StoredBooking,
    return_to: str,
    *,
    store: BookingStore,
    accounts: StripeAccounts,
    budget: SessionBudget,
    now_s: int,
) -> str | None:
    booking_id, known = stored.booking.booking_id, iter([stored])

    def open_once() -> str | None:
        stored = next(known, None) or _read_again(location, booking_id, store)
        if not stored.booking.wants_checkout():
            return None
        attempt = current_attempt(stored.booking, now_s, location)
        if attempt and attempt.url:
            return attempt.url
        if attempt is None:
            generation = next_attempt(stored.booking, now_s, location).generation
            budget.spend(stored.booking, generation, now_s)
            if replaced_session(stored.booking, now_s, location):
                close_replaced(location, stored, _stripe(location, accounts), store, now_s)
            attempt = next_attempt(stored.booking, now_s, location)
            stored = _write(stored, attempt, store)
        try:
            session_id, url = _ask_stripe(location, stored, attempt, return_to, store, accounts)
        except StripeBusy as busy:
            time.sleep(BUSY_S)
            raise WriteConflict("another tab opens the same session") from busy
        _write(stored, replace(attempt, session_id=session_id, url=url), store)
        count("CheckoutOpened")
        return url

    return retry_write(open_once)


def _ask_stripe(
    location: Location,
    stored: StoredBooking,
    attempt: CheckoutAttempt,
    return_to: str,
    store: BookingStore,
    accounts: StripeAccounts,
) -> tuple[str, str]:
    stripe = _stripe(location, accounts)
    try:
        return _create(stripe, location, stored.booking, attempt, return_to)
    except StripeUnavailable as error:
        if error.replayed:
            _give_up(stored, attempt, store)
        raise
    except StripeRefused as error:
        # This key was used before the location's settings changed, and its answer was lost.
        if error.code == KEY_REUSED:
            _give_up(stored, attempt, store)
            raise StripeBusy("the attempt was asked for otherwise") from error
        raise


def _stripe(location: Location, accounts: StripeAccounts) -> StripeApi:
    stripe = accounts.open(
        location.location_id, mode=location.mode, account_id=location.stripe_account_id
    )
    if stripe is None:
        raise StripeRefused("Stripe is not connected", code="not_connected")
    return stripe


def _create(
    stripe: StripeApi,
    location: Location,
    booking: Booking,
    attempt: CheckoutAttempt,
    return_to: str,
) -> tuple[str, str]:
    """Open the session with the client's address, so that they are not asked for it again.

    An address that Stripe does not take is left out: it costs nobody their booking.
    """
    email = (ascii_address(booking.client.email) if booking.client else None) or ""
    try:
        return _create_for(email, stripe, location, booking, attempt, return_to)
    except StripeRefused as refused:
        if not email or refused.code not in ADDRESS_REFUSED:
            raise
        logger.warning("Stripe does not take the client's address", code=refused.code)
        return _create_for("", stripe, location, booking, attempt, return_to)


def _create_for(
    email: str,
    stripe: StripeApi,
    location: Location,
    booking: Booking,
    attempt: CheckoutAttempt,
    return_to: str,
) -> tuple[str, str]:
    # Not the payment link itself: the Dashboard shows where a session returns to.
    back = f"{return_to}?booking={booking.booking_id}"
    mode = booking.checkout_mode()
    if booking.terms and booking.status == AWAITING_PAYMENT:
        back = booking.terms.return_url or back
    common: _Common = {
        "currency": booking.price.currency,
        "metadata": {
            "location_id": booking.location_id,
            "booking_id": booking.booking_id,
            "purpose": booking.checkout_purpose(),
        },
        "success_url": _returning(back, "paid"),
        "cancel_url": _returning(back, "left"),
        "expires_at_s": attempt.expires_at_s,
        "locale": location.locale,
        "idempotency_key": attempt.idempotency_key(booking.booking_id, email),
        "customer_email": email,
    }
    if mode == "save_card":
        return stripe.create_setup_session(**common)
    return stripe.create_payment_session(
        **common,
        amount_minor=attempt.amount_minor,
        description=booking.description,
        is_hold=mode == "hold",
        payment_method_types=location.payment_method_types,
    )


def _returning(back: str, outcome: str) -> str:
    """Return an address with `returned` in its query, before a fragment."""
    page, hash_sign, fragment = back.partition("#")
    mark = "&" if "?" in page else "?"
    return f"{page}{mark}returned={outcome}{hash_sign}{fragment}"


class _Common(TypedDict):
    """The parameters of every session."""

    currency: str
    metadata: dict[str, str]
    success_url: str
    cancel_url: str
    expires_at_s: int
    locale: str
    idempotency_key: str
    customer_email: str


def _give_up(stored: StoredBooking, attempt: CheckoutAttempt, store: BookingStore) -> None:
    """End an attempt whose saved answer is a failure: Stripe would repeat it for a day.

    If it did make a session, nobody was given its URL. The next attempt uses a new key.
    """
    logger.warning("checkout attempt given up", generation=attempt.generation)
    # Whoever wrote in between has another attempt under way, or none is wanted any more.
    with suppress(WriteConflict):
        _write(stored, replace(attempt, expires_at_s=attempt.created_at_s), store)


def _write(stored: StoredBooking, attempt: CheckoutAttempt, store: BookingStore) -> StoredBooking:
    changed: Booking = stored.booking.with_checkout(attempt)
    return store.write(stored, changed)


def _read_again(location: Location, booking_id: str, store: BookingStore) -> StoredBooking:
    found = store.get_booking(location.location_id, booking_id)
    if found is None:
        raise Overtaken("the booking is gone")
    return found
