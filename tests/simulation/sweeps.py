"""No slot is kept for ever: what the product's sweep of unpaid slots must have freed by now.

The sweep looks every minute, asks Stripe, and looks again three minutes later at a slot that it
could not free. So a slot whose time is up has to be free after it was looked for long enough, with
nothing going wrong: no call of the sweep's failed, and the place's Stripe answered.
"""

from collections.abc import Iterator

from functions.release_unpaid_slots.handler import RETRY_S
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.checkout_attempts import SURELY_OVER_S
from tests.simulation.world import FURTHEST_S, MINUTE_S, SESSION, World

# What was put off is looked at again within that time, though a clock jumped from one end to the
# other meanwhile.
STEADY_S = RETRY_S + 2 * FURTHEST_S + 5 * MINUTE_S
# Hours may go by in a world between two sweeps. One puts a slot off, and before the next Stripe may
# tell that its page is over, which lists it anew as of that moment: the third frees it.
SWEEPS = 3


def time_held(world: World, place: str, bookings: list[Booking]) -> Iterator[str]:
    """Yield slots that wait although their time was up through sweeps enough."""
    sweeps = world.swept[place]
    if not sweeps or sweeps[-1] - sweeps[0] < STEADY_S:
        return
    for booking in bookings:
        until_s = _free_from_s(world, place, booking)
        since = [at_s for at_s in sweeps if at_s > until_s] if until_s else []
        if len(since) >= SWEEPS and since[-1] - since[0] >= STEADY_S:
            yield f"{place} {booking.booking_id} ({booking.status}) keeps its slot"


def _free_from_s(world: World, place: str, booking: Booking) -> int:
    """Return from when on a slot has to be free, 0 where it has not.

    One whose page was paid waits to be confirmed. One whose page is not at the place's account any
    more waits until nobody can pay there.
    """
    until_s, attempt = booking.waits_until_s(), booking.checkout
    if not until_s or attempt is None or not attempt.session_id:
        return until_s
    session = world.stripes[place].account.find(SESSION, attempt.session_id)
    if session is None:
        return max(until_s, attempt.expires_at_s + SURELY_OVER_S)
    return 0 if session["status"] == "complete" else until_s
