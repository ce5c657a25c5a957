"""An unpaid slot whose time is up: Stripe expires the session, and only then is the slot released.

Expiring comes first, so that nobody can pay for a slot that is about to be released. A session that
cannot be expired because it was paid confirms its booking, whether or not a webhook came; one whose
delayed payment failed releases its slot. Where Stripe cannot be asked any more (a revoked key), the
slot waits until the session has certainly ended by itself, and is then released on what is known
here; staff are notified.

A slot that its client has not confirmed by the link in an email has no session: it is released at
once.
"""

from collections.abc import Mapping
from typing import Any

from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.adapters.hold_store import Hold, HoldStore
from shared.adapters.retry_write import retry_write
from shared.adapters.stripe_api import StripeApi
from shared.domain.activity.apply_event import with_facts
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.checkout_attempts import has_ended_unpaid, is_surely_over
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
    WAITING_STATUSES,
)
from shared.domain.bookings.online_booking import expire
from shared.domain.errors import StripeKeyRefused, StripeRefused
from shared.domain.stripe_facts.fetched_objects import session_facts
from shared.domain.stripe_facts.session_facts import has_failed
from shared.workflows.stripe_accounts import StripeAccounts

FREED, PAID, FORGOTTEN, WAITING = "freed", "paid", "forgotten", "waiting"
FREED_UNASKED = "freed_unasked"
# Expiring and reading fit into the function's 45 s; a minute later it is tried again anyway.
TIMEOUT_S, NETWORK_RETRIES = 6, 0
# Stripe's code for an object that the account does not have: the key is another account's now.
# https://docs.stripe.com/error-codes#resource-missing
MISSING = "resource_missing"


def release(
    hold: Hold, store: BookingStore, holds: HoldStore, accounts: StripeAccounts, now_s: int
) -> str:
    """Free a slot, or confirm its booking, and say which: `freed`, `paid`, `forgotten`, `waiting`.

    `waiting` is a session that is complete and not yet paid, or one that replaced a session which
    ended early: it is checked again later. `freed_unasked` is a slot whose session Stripe could not
    confirm as ended. Raises `StripeRefused`, `StripeUnavailable`, `AwsUnreachable` and
    `WriteConflict`: nothing was changed.
    """

    def release_once() -> str:
        stored = store.get_booking(hold.location_id, hold.booking_id)
        if stored is None or stored.booking.status not in WAITING_STATUSES:
            holds.forget(hold)
            return FORGOTTEN
        until_s = stored.booking.terms.hold_until_s if stored.booking.terms else 0
        if now_s < until_s and not has_ended_unpaid(stored.booking):
            # Its session ended early, and the client has opened another one since.
            holds.postpone(hold, until_s)
            return WAITING
        return _settle(stored, store, accounts, now_s)

    return retry_write(release_once)


def _settle(
    stored: StoredBooking, store: BookingStore, accounts: StripeAccounts, now_s: int
) -> str:
    booking = stored.booking
    session_id = booking.checkout.session_id if booking.checkout else ""
    if session_id:
        try:
            session = _close(_stripe(booking, accounts), session_id)
        except StripeRefused as refused:
            cannot_tell = isinstance(refused, StripeKeyRefused) or refused.code == MISSING
            if cannot_tell and has_ended_unpaid(booking):
                # It was expired at an account that the location has left since.
                store.write(stored, expire(booking, now_s))
                return FREED
            if not cannot_tell or not is_surely_over(booking, now_s):
                raise
            store.write(stored, expire(booking, now_s, unasked=True))
            return FREED_UNASKED
        if session is not None and session.get("status") != "expired":
            return _take_up(stored, session, store, now_s)
    store.write(stored, expire(booking, now_s))
    return FREED


def _close(stripe: StripeApi, session_id: str) -> dict[str, Any] | None:
    """Expire a session, or return one that is not open any more."""
    try:
        stripe.expire_session(session_id)
    except StripeKeyRefused:
        raise
    except StripeRefused:
        return stripe.get_session(session_id)
    return None


def _take_up(
    stored: StoredBooking, session: Mapping[str, Any], store: BookingStore, now_s: int
) -> str:
    told = store.ours(stored.booking, session_facts(session))
    changed = with_facts(stored.booking, told, now_s)
    if changed.status != AWAITING_PAYMENT:
        store.write(stored, changed, caused_by=f"{session['id']}-asked", is_from_stripe=True)
        return PAID
    if not has_failed(session):
        return WAITING
    store.write(stored, expire(changed, now_s))
    return FREED


def _stripe(booking: Booking, accounts: StripeAccounts) -> StripeApi:
    stripe = accounts.open(
        booking.location_id, timeout_s=TIMEOUT_S, network_retries=NETWORK_RETRIES
    )
    if stripe is None:
        raise StripeKeyRefused("Stripe is not connected any more", code="not_connected")
    return stripe
