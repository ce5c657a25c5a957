"""When a Checkout Session is opened, kept or replaced. Pure."""

from shared.domain.bookings.booking import AWAITING_PAYMENT, Booking, CheckoutAttempt
from shared.domain.locations.location import Location

# Stripe's bounds are 30 minutes and 24 hours; half a minute of clock skew must not break them.
# https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at
SESSION_S = 23 * 3600 + 55 * 60
SHORTEST_S = 31 * 60
SHORTEST_SESSION_S = 35 * 60
AFTER_HOLD_S = 5 * 60
# A session so close to its end is not given to anybody any more.
MARGIN_S = 120
# Stripe ends a session at its time by itself, and tells within moments of what was paid before.
SURELY_OVER_S = 30 * 60


def is_opened_at(attempt: CheckoutAttempt, location: Location) -> bool:
    """Whether an attempt is of the account and the mode that the location has now.

    One of before these were written down is taken to be.
    """
    has_account = attempt.account_id in ("", location.stripe_account_id)
    return has_account and attempt.mode in ("", location.mode)


def current_attempt(booking: Booking, now_s: int, location: Location) -> CheckoutAttempt | None:
    """Return the attempt that a client can still use: neither lapsed nor ended, for what is due.

    One of a former account of the location's, or of its other mode, is none.
    """
    attempt = booking.checkout
    if (
        attempt is None
        or not is_opened_at(attempt, location)
        or attempt.expires_at_s - MARGIN_S <= now_s
    ):
        return None
    if not attempt.url and attempt.expires_at_s - SHORTEST_S <= now_s:
        # It was never answered, and Stripe would not take it any more.
        return None
    if attempt.amount_minor != booking.amount_due_minor():
        return None
    session = booking.facts.sessions.get(attempt.session_id)
    if session is not None and session.status != "open":
        return None
    return attempt


def replaced_session(booking: Booking, now_s: int, location: Location) -> str | None:
    """Return the session that a client could still pay although another one is to be opened.

    `None` where there is none, or Stripe has said that it is over. What is open at a former account
    the present key does not know: it was closed, or shown to staff, as the keys were saved.
    """
    attempt = booking.checkout
    if (
        attempt is None
        or not is_opened_at(attempt, location)
        or not attempt.session_id
        or attempt.expires_at_s <= now_s
    ):
        return None
    session = booking.facts.sessions.get(attempt.session_id)
    return attempt.session_id if session is None or session.status == "open" else None


def has_ended_unpaid(booking: Booking) -> bool:
    """Whether a slot waits for a session that Stripe says is over, and nothing was paid at all."""
    attempt = booking.checkout
    if booking.status != AWAITING_PAYMENT or attempt is None:
        return False
    session = booking.facts.sessions.get(attempt.session_id)
    if session is None or session.status != "expired":
        return False
    summary = booking.payments()
    return not (summary.amount_captured or summary.amount_authorized or summary.awaiting_charge)


def is_surely_over(booking: Booking, now_s: int) -> bool:
    """Whether nobody can pay the booking's session any more, even if Stripe cannot be asked.

    A payment of its last moment would have been told of; one that is told of later is settled then.
    """
    attempt = booking.checkout
    return attempt is None or now_s >= attempt.expires_at_s + SURELY_OVER_S


def next_attempt(booking: Booking, now_s: int, location: Location) -> CheckoutAttempt:
    """Return the attempt to write down before Stripe is asked, under the next idempotency key."""
    last = booking.checkout.generation if booking.checkout else 0
    return CheckoutAttempt(
        generation=last + 1,
        amount_minor=booking.amount_due_minor(),
        created_at_s=now_s,
        expires_at_s=now_s + _session_s(booking, now_s),
        account_id=location.stripe_account_id,
        mode=location.mode,
    )


def _session_s(booking: Booking, now_s: int) -> int:
    """Return how long a session is open: a little longer than its slot waits, within the bounds.

    We expire it ourselves when the slot's own time is up.
    """
    if booking.online is None or booking.status != AWAITING_PAYMENT:
        return SESSION_S
    waits_s = booking.online.hold_until_s - now_s
    return min(max(waits_s + AFTER_HOLD_S, SHORTEST_SESSION_S), SESSION_S)
