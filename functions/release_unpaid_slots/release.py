"""One lapsed hold: Stripe closes the session, and only then the slot is free.

Closing comes first, so that nobody can pay any more for what is about to be given away. A session
that cannot be closed because it was paid confirms its booking, webhook or not.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.booking_store import StoredBooking
from shared.adapters.slot_store import Hold, SlotStore
from shared.adapters.stripe_api import StripeApi
from shared.config import load_config
from shared.domain.booking import AWAITING_PAYMENT, Booking
from shared.domain.errors import StripeRefused, WriteConflict
from shared.domain.fetched_objects import session_facts
from shared.domain.online_booking import lapse
from shared.domain.payment import merge
from shared.domain.slots import Interval

ATTEMPTS = 5
FREED, PAID, FORGOTTEN, WAITING = "freed", "paid", "forgotten", "waiting"


def release(hold: Hold, slots: SlotStore, api_keys: ApiKeyStore, now_s: int) -> str:
    """Free a slot, or confirm its booking, and say which: `freed`, `paid`, `forgotten`, `waiting`.

    `waiting` is a session that Stripe has finished and not yet paid: it is looked at again. Raises
    `StripeUnavailable`, `AwsUnreachable` and `WriteConflict`: nothing was changed.
    """
    for _ in range(ATTEMPTS):
        stored = slots.get_booking(hold.location_id, hold.booking_id)
        if stored is None or stored.booking.status != AWAITING_PAYMENT:
            slots.forget_hold(hold)
            return FORGOTTEN
        try:
            return _settle(stored, slots, api_keys, now_s)
        except WriteConflict:
            continue
    raise WriteConflict("the booking changed each time its slot was to be freed")


def _settle(stored: StoredBooking, slots: SlotStore, api_keys: ApiKeyStore, now_s: int) -> str:
    booking = stored.booking
    session_id = booking.checkout.session_id if booking.checkout else ""
    if session_id:
        stripe = _stripe(booking, api_keys)
        try:
            stripe.expire_session(session_id)
        except StripeRefused:
            # Not open any more: what became of it decides.
            session = stripe.get_session(session_id)
            if session.get("status") != "expired":
                return _confirm(stored, session, slots)
    _free(stored, slots, now_s)
    return FREED


def _confirm(stored: StoredBooking, session: Mapping[str, Any], slots: SlotStore) -> str:
    booking = stored.booking
    changed = replace(booking, facts=merge(booking.facts, session_facts(session))).advanced()
    if changed.status == AWAITING_PAYMENT:
        return WAITING
    slots.end_hold(stored, changed, f"{session['id']}-asked")
    return PAID


def _free(stored: StoredBooking, slots: SlotStore, now_s: int) -> None:
    booking = stored.booking
    start_s, online = booking.starts_at_s, booking.online
    days = {}
    if start_s is not None and online is not None:
        slot = Interval(start_s, online.ends_at_s)
        found = slots.get_days(booking.location_id, [booking.employee_id or ""], slot.utc_days())
        days = {day: agenda for (_, day), agenda in found.items()}
    slots.release_slot(stored, lapse(booking, now_s), days)


def _stripe(booking: Booking, api_keys: ApiKeyStore) -> StripeApi:
    secret_key = api_keys.secret_key(booking.location_id)
    if secret_key is None:
        raise StripeRefused("Stripe is not connected any more", code="not_connected")
    return StripeApi(secret_key, load_config().stripe_api_base)
