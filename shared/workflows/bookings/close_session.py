"""A session is closed before another replaces it: there are never two that can be paid."""

from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.adapters.stripe_api import StripeApi
from shared.domain.activity.apply_event import with_facts
from shared.domain.bookings.checkout_attempts import replaced_session
from shared.domain.errors import StripeRefused, WriteConflict
from shared.domain.locations.location import Location
from shared.domain.stripe_facts.fetched_objects import session_facts
from shared.observability import count, logger


def close_replaced(
    location: Location, stored: StoredBooking, stripe: StripeApi, store: BookingStore, now_s: int
) -> None:
    """Close the booking's last session where it can still be paid, before the next is opened.

    Raises `WriteConflict` where somebody did pay it, once that is recorded: the amount due has to
    be read again. Raises as `StripeApi.get_session`, and `AwsUnreachable`.
    """
    session_id = replaced_session(stored.booking, now_s, location)
    if session_id is None:
        return
    try:
        stripe.expire_session(session_id)
    except StripeRefused as refused:
        # It is not open any more: Stripe says whether it was paid.
        session = stripe.get_session(session_id)
        told = store.ours(stored.booking, session_facts(session))
        changed = with_facts(stored.booking, told, now_s)
        store.write(stored, changed, caused_by=f"{session_id}-asked", is_from_stripe=True)
        count("ReplacedSessionAsked")
        raise WriteConflict("the replaced session was paid") from refused
    logger.info("replaced session closed")
