"""Sessions open at the account or in the mode that a location leaves, expired with its former key.

Stripe's own list says which are open, even those opened a moment ago; a session lives for a day at
most. No webhook would report a payment there any more, since the endpoint is deleted too. Sessions
that cannot be expired in time are shown to staff until they have ended by themselves.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from shared.adapters.stripe_api import StripeApi
from shared.domain.activity.apply_event import with_facts
from shared.domain.activity.needed_actions import former_sessions
from shared.domain.bookings.booking import Booking
from shared.domain.errors import (
    NotFound,
    StripeRefused,
    StripeUnavailable,
    UnreadableEvent,
    WriteConflict,
)
from shared.domain.stripe_facts.fetched_objects import session_facts
from shared.observability import count, logger
from shared.workflows.connection.stores import ConnectionStores

# https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at
LIFE_S = 24 * 3600
# The request has 28 s, and the check of the saved settings comes afterwards.
CLOSE_S = 5

type Sessions = Mapping[str, Mapping[str, Any]]


def close_former(
    old_key: str, account_id: str, location_id: str, stores: ConnectionStores, known: Sessions
) -> Sessions:
    """Expire the location's open sessions at the account it leaves; show staff those that stay.

    Returns the ids of these, with those of `known`, from an earlier call, that were not expired
    now: a session that could not be expired may have been paid. It raises nothing, since the keys
    are saved whatever the former account says.
    """
    deadline_s, now_s = time.monotonic() + CLOSE_S, int(time.time())
    stripe, left, is_listed = stores.hurried_api(old_key), dict(known), True
    try:
        for session in _open_sessions(stripe, location_id, now_s):
            left[str(session["id"])] = session
            has_time = time.monotonic() < deadline_s
            if has_time and _close(stripe, session, location_id, stores):
                del left[str(session["id"])]
    except (StripeRefused, StripeUnavailable) as error:
        logger.warning("a former account was not asked", error=type(error).__name__)
        is_listed = False
    if left or not is_listed:
        count("FormerSessionsStay")
    actions = former_sessions(account_id, list(left), now_s + LIFE_S, is_listed=is_listed)
    stores.troubles.note_former_sessions(location_id, actions, now_s + LIFE_S)
    return left


def _open_sessions(stripe: StripeApi, location_id: str, now_s: int) -> Iterator[dict[str, Any]]:
    for session in stripe.list_open_sessions(now_s - LIFE_S):
        if (session.get("metadata") or {}).get("location_id") == location_id:
            yield session


def _close(
    stripe: StripeApi, session: dict[str, Any], location_id: str, stores: ConnectionStores
) -> bool:
    """Expire a session and record that; false where it was no longer open."""
    try:
        closed = stripe.expire_session(str(session["id"]))
    except StripeRefused as refused:
        logger.warning("a former session was not closed", code=refused.code)
        return False
    count("FormerSessionClosed")
    booking_id = str((session.get("metadata") or {}).get("booking_id") or "")

    def told(booking: Booking) -> Booking:
        is_its_own = booking.checkout and booking.checkout.session_id == closed["id"]
        return (
            with_facts(booking, session_facts(closed), int(time.time())) if is_its_own else booking
        )

    try:
        stores.bookings.change(location_id, booking_id, told)
    except (NotFound, WriteConflict, UnreadableEvent) as error:
        # It is expired all the same, and its slot is released when its time is up.
        logger.warning("a closed session was not noted", error=type(error).__name__)
    return True
