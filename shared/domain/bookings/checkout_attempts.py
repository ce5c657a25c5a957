"""When a Checkout Session is opened, kept or replaced. Pure."""

from copy import replace

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import EXPIRE_SESSION
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
)
from shared.domain.locations.location import Location

# Stripe allows 30 minutes to 24 hours; these bounds leave room for clock skew.
# https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at
SESSION_S = 23 * 3600 + 55 * 60
SHORTEST_S = 31 * 60
SHORTEST_SESSION_S = 35 * 60
AFTER_HOLD_S = 5 * 60
# A session this close to its end is not handed out any more.
MARGIN_S = 120
# Stripe expires a session on time, and reports within moments what was paid before.
SURELY_OVER_S = 30 * 60


def is_opened_at(attempt: CheckoutAttempt, location: Location) -> bool:
    """Whether an attempt was made at the account and in the mode that the location has now.

    Old attempts that did not store these count as such.
    """
    has_account = attempt.account_id in ("", location.stripe_account_id)
    return has_account and attempt.mode in ("", location.mode)


def current_attempt(booking: Booking, now_s: int, location: Location) -> CheckoutAttempt | None:
    """Return the attempt that a client can still use: open, and for the amount that is due.

    An attempt at a former account of the location, or in its other mode, cannot be used.
    """
    attempt = booking.checkout
    if (
        attempt is None
        or not is_opened_at(attempt, location)
        or attempt.expires_at_s - MARGIN_S <= now_s
    ):
        return None
    if not attempt.url and attempt.expires_at_s - SHORTEST_S <= now_s:
        # Stripe never answered, and would reject its end as too soon now.
        return None
    if attempt.amount_minor != booking.amount_due_minor() or is_closed_by_us(booking):
        return None
    session = booking.facts.sessions.get(attempt.session_id)
    if session is not None and session.status != "open":
        return None
    return attempt


def replaced_session(booking: Booking, now_s: int, location: Location) -> str | None:
    """Return the session that a client could still pay although another one is to be opened.

    `None` if there is none, or Stripe has said that it is over. The present key cannot close a
    session at a former account: those were closed, or shown to staff, when the keys were saved.
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
    """Whether a slot waits for a session that has expired at Stripe without any payment.

    Where staff made the booking, its time waits for its link until `pay_by`, not for a session. One
    that we have closed, as it showed another sum, is replaced by the next.
    """
    attempt = booking.checkout
    if booking.status != AWAITING_PAYMENT or attempt is None or is_closed_by_us(booking):
        return False
    if booking.terms and booking.terms.offered_hash:
        return False
    session = booking.facts.sessions.get(attempt.session_id)
    if session is None or session.status != "expired":
        return False
    summary = booking.payments()
    is_paid = summary.amount_captured or summary.amount_authorized or summary.awaiting_charge
    return not is_paid and not booking.paid_elsewhere_minor()


def is_closed_by_us(booking: Booking) -> bool:
    """Whether the newest session is expired, or being expired, by an order of ours."""
    session_id = booking.checkout.session_id if booking.checkout else ""
    return bool(session_id) and any(
        each.kind == EXPIRE_SESSION and each.session_id == session_id
        for each in booking.charge_orders
    )


def without_used_address(booking: Booking) -> Booking:
    """Return the booking without its session's address once nothing is to be paid there.

    Nobody is sent there again, and it is the longest text that a paid booking would carry on.
    """
    attempt = booking.checkout
    if attempt is None or not attempt.url or booking.wants_checkout() or booking.is_being_paid():
        return booking
    return booking.with_checkout(replace(attempt, url=""))


def is_surely_over(booking: Booking, now_s: int) -> bool:
    """Whether nobody can pay the booking's session any more, even if Stripe cannot be asked.

    A payment at the last moment would be known by now; one that is reported later is settled then.
    """
    attempt = booking.checkout
    return attempt is None or now_s >= attempt.expires_at_s + SURELY_OVER_S


def next_attempt(booking: Booking, now_s: int, location: Location) -> CheckoutAttempt:
    """Return the attempt to store before Stripe is asked, with the next idempotency key."""
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
    """Return how long a session stays open: a little longer than its slot waits, within bounds.

    We expire it ourselves when the slot's time is up.
    """
    if booking.terms is None or booking.status != AWAITING_PAYMENT:
        return SESSION_S
    waits_s = booking.terms.hold_until_s - now_s
    return min(max(waits_s + AFTER_HOLD_S, SHORTEST_SESSION_S), SESSION_S)
