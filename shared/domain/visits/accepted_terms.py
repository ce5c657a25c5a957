"""What ending a visit costs by the terms that the client accepted with the booking. Pure.

The terms are those of `booking.terms`, as they stood then; what the location offers now does not
matter. A booking made by staff has none: nothing is ever charged for its end.
"""

from shared.domain.bookings.booking import CONFIRMED, NO_SHOW, Booking
from shared.domain.catalogue.cancellation_policy import Cancellation, cancellation_fee, no_show_fee
from shared.domain.catalogue.terms_document import terms_from_dict


def accepted_policy(booking: Booking) -> Cancellation | None:
    """Return the policy that the client accepted, `None` where the booking was not made online.

    A client who booked online and accepted no terms pays no fee, whatever the terms say.
    """
    if booking.terms is None:
        return None
    if not booking.terms.terms_hash:
        return Cancellation()
    agreed = {"prepayment": {"type": "none"}, "cancellation": booking.terms.cancellation}
    return terms_from_dict(agreed, booking.price.currency).cancellation


def cancellation_fee_for(booking: Booking, now_s: int) -> int:
    """Return what cancelling at this moment would cost, by the accepted policy.

    In minor units of the price's currency; 0 for a booking that can no longer be cancelled.
    """
    policy = accepted_policy(booking)
    if policy is None or booking.starts_at_s is None or booking.status != CONFIRMED:
        return 0
    return cancellation_fee(policy, booking.price, booking.starts_at_s, now_s).amount_minor


def no_show_fee_for(booking: Booking) -> int:
    """Return what a no-show would cost, by the accepted policy.

    In minor units of the price's currency; 0 for a booking that is no longer confirmed.
    """
    policy = accepted_policy(booking)
    if policy is None or booking.status != CONFIRMED:
        return 0
    return no_show_fee(policy, booking.price).amount_minor


def keeps_all(booking: Booking) -> bool:
    """Whether all payments stay, whenever they arrive: a no-show that no terms say anything of."""
    return booking.status == NO_SHOW and accepted_policy(booking) is None
