"""A person settles a needed action that no fact ends. Pure."""

from copy import replace

from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.settled_actions import SETTLED, SettledAction
from shared.domain.errors import Conflict

MAX_SETTLED = 100


def settle(booking: Booking, action_id: str, reason: str, *, by: str, now_s: int) -> Booking | None:
    """Return the booking with the action settled, `None` if it has no such action to settle.

    Raises `Conflict` `too_many_changes` where a hundred were settled before.
    """
    kinds = {each.action_id: each.kind for each in booking_actions(booking) if each.action_id}
    if action_id not in kinds:
        return None
    if len(booking.settled) >= MAX_SETTLED:
        raise Conflict("Too much was settled here already.", code="too_many_changes")
    entry = JournalEntry(f"{booking.booking_id}-{action_id}", now_s, SETTLED, by)
    settled = SettledAction(action_id, kinds[action_id], reason, now_s, by)
    return replace(booking, settled=(*booking.settled, settled), journal=(*booking.journal, entry))
