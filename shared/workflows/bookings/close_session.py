"""A session is closed before another replaces it: there are never two that can be paid."""

from shared.adapters.booking_items import StoredBooking, as_written
from shared.adapters.slot_store import SlotStore
from shared.adapters.stripe_api import StripeApi
from shared.domain.activity.apply_event import with_facts
from shared.domain.bookings.checkout_attempts import replaced_session
from shared.domain.errors import StripeRefused, WriteConflict
from shared.domain.locations.location import Location
from shared.domain.stripe_facts.fetched_objects import session_facts
from shared.observability import count, logger


def close_replaced(
    location: Location, stored: StoredBooking, stripe: StripeApi, slots: SlotStore, now_s: int
) -> StoredBooking:
    """Close the booking's last session where it can still be paid, before the next is opened.

    Returns the same object once nobody can pay that session any more, and another one where the
    booking has changed, because somebody did pay: the amount due has to be read again. Raises as
    `StripeApi.get_session`, and `AwsUnreachable`.
    """
    session_id = replaced_session(stored.booking, now_s, location)
    if session_id is None:
        return stored
    try:
        stripe.expire_session(session_id)
    except StripeRefused:
        # It is not open any more: Stripe says whether it was paid.
        session = stripe.get_session(session_id)
        told = slots.ours(stored.booking, session_facts(session))
        changed = with_facts(stored.booking, told, now_s)
        try:
            slots.record_asked(stored, changed, f"{session_id}-asked")
        except WriteConflict:
            # A webhook recorded it at the same moment, or another tab did.
            found = slots.get_booking(changed.location_id, changed.booking_id)
            if found is None:
                raise
            return found
        count("ReplacedSessionAsked")
        return as_written(stored, changed)
    logger.info("replaced session closed")
    return stored
