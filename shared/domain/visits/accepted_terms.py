"""What ending a visit costs by the terms that the client accepted with the booking. Pure.

The terms are those of `booking.terms`, as they stood then; what the location offers now does not
matter. Where staff made the booking under terms, its client accepts them with the link; without
terms nothing is ever charged for its end.
"""

from copy import replace
from typing import Any

from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
    CONFIRMED,
    NO_SHOW,
)
from shared.domain.catalogue.cancellation_policy import (
    Cancellation,
    cancellation_fee,
    fee_minor,
    no_show_fee,
    step_of,
)
from shared.domain.catalogue.consent import Agreement, Consent, check_consent
from shared.domain.catalogue.terms_document import terms_from_dict
from shared.domain.money.money import Money


def accepted_policy(booking: Booking) -> Cancellation | None:
    """Return the policy that the client accepted, `None` where the booking was not made online.

    A client who booked online and accepted no terms pays no fee, whatever the terms say.
    """
    if booking.terms is None:
        return None
    if not booking.terms.terms_hash:
        return Cancellation()
    return terms_from_dict(_policy_of(booking.terms), booking.price.currency).cancellation


def cancellation_fee_for(booking: Booking, now_s: int) -> int:
    """Return what cancelling at this moment would cost, by the accepted policy.

    In minor units of the price's currency; 0 for a booking that can no longer be cancelled. After
    a late move it is no less than it was then.
    """
    policy = accepted_policy(booking)
    if policy is None or booking.starts_at_s is None or booking.status != CONFIRMED:
        return 0
    kept = step_of(policy, booking.kept_step_hours)
    kept_minor = fee_minor(kept.fee, booking.price) if kept else 0
    now_minor = cancellation_fee(policy, booking.price, booking.starts_at_s, now_s).amount_minor
    return max(now_minor, kept_minor)


def no_show_fee_for(booking: Booking) -> int:
    """Return what a no-show would cost, by the accepted policy.

    In minor units of the price's currency; 0 for a booking that is no longer confirmed.
    """
    policy = accepted_policy(booking)
    if policy is None or booking.status != CONFIRMED:
        return 0
    return no_show_fee(policy, booking.price).amount_minor


def asks_consent(booking: Booking) -> bool:
    """Whether its client has yet to accept the terms under which staff made it."""
    terms = booking.terms
    if terms is None or terms.is_accepted or not terms.offered_hash:
        return False
    return booking.status in (AWAITING_PAYMENT, CONFIRMED)


def accept_terms(
    booking: Booking, consent: Consent, *, language: str, address: str, now_s: int
) -> Booking:
    """Return a booking whose client accepted its price and terms; `address` is their IP address.

    One that asks for nothing, or not any more, is returned as it is. Raises as `check_consent`
    does for another price or other terms, and for none.
    """
    terms = booking.terms
    if terms is None or not asks_consent(booking):
        return booking
    due = Money(terms.due_minor, booking.price.currency)
    policy = terms_from_dict(_policy_of(terms), booking.price.currency).cancellation
    offered = Agreement(
        booking.price, terms.mode, due, policy, terms.offered_hash, always_accepted=True
    )
    check_consent(consent, offered)
    accepted = terms.accepted(at_s=now_s, language=language, address=address)
    return replace(booking, terms=accepted)


def _policy_of(terms: BookingTerms) -> dict[str, Any]:
    return {"prepayment": {"type": "none"}, "cancellation": terms.cancellation}


def keeps_all(booking: Booking) -> bool:
    """Whether all payments stay, whenever they arrive: a no-show that no terms say anything of."""
    return booking.status == NO_SHOW and accepted_policy(booking) is None
