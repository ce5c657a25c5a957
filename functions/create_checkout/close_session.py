"""A session that another one replaces is closed first: there are never two that can be paid."""

from dataclasses import replace

from shared.adapters.booking_store import StoredBooking
from shared.adapters.slot_store import SlotStore
from shared.adapters.stripe_api import StripeApi
from shared.domain.checkout import replaced_session
from shared.domain.errors import StripeRefused
from shared.domain.fetched_objects import session_facts
from shared.domain.payment import merge
from shared.observability import count, logger


def close_replaced(
    stored: StoredBooking, stripe: StripeApi, slots: SlotStore, now_s: int
) -> StoredBooking | None:
    """Close the booking's last session where it can still be paid, before the next is opened.

    Returns `None` once nobody can pay it. Where somebody did, webhook or not, the payment is
    written and the booking returned with it: what is due has to be looked at again. Raises as
    `StripeApi.get_session`, and `WriteConflict`.
    """
    session_id = replaced_session(stored.booking, now_s)
    if session_id is None:
        return None
    try:
        stripe.expire_session(session_id)
    except StripeRefused:
        # Not open any more: what became of it decides.
        session = stripe.get_session(session_id)
        if session.get("status") == "expired":
            return None
        facts = merge(stored.booking.facts, session_facts(session))
        changed = replace(stored.booking, facts=facts).advanced()
        slots.record_asked(stored, changed, f"{session_id}-asked")
        count("PaymentHealed")
        return StoredBooking(changed, stored.version + 1)
    logger.info("replaced session closed")
    return None
