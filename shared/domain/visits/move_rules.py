"""Whether a client may move their visit, until when, and what it costs now. Pure.

The terms that the booking was made under say so; staff may always move a visit (`move_visit`).
"""

from typing import Final

from shared.domain.bookings.authorship import CLIENT
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.lifecycle import CONFIRMED
from shared.domain.catalogue.cancellation_policy import fee_minor, step_at, step_of
from shared.domain.catalogue.terms import NO_RESCHEDULE, Reschedule
from shared.domain.catalogue.terms_document import reschedule_from_dict
from shared.domain.dates.instants import HOUR_S
from shared.domain.visits.accepted_terms import accepted_policy, cancellation_fee_for

CLIENTS_MOVES: Final = 3


def reschedule_terms(booking: Booking) -> Reschedule:
    """Return what the booking's terms say about moving it; without terms no client may."""
    return reschedule_from_dict(booking.terms.reschedule) if booking.terms else NO_RESCHEDULE


def reschedule_until_s(booking: Booking) -> int | None:
    """Return until when its client may move a visit, in seconds since 1970; `None` for not at all.

    Exactly so many hours before the visit is still in time.
    """
    hours = reschedule_terms(booking).client_until_hours
    is_movable = booking.status == CONFIRMED and booking.taken_time() is not None
    if hours is None or booking.starts_at_s is None or not is_movable:
        return None
    return booking.starts_at_s - hours * HOUR_S


def moves_left(booking: Booking) -> int:
    """Return how often the client may still move the visit; staff's moves do not count."""
    return max(0, CLIENTS_MOVES - sum(each.by == CLIENT for each in booking.moves))


def can_client_move(booking: Booking, now_s: int) -> bool:
    """Whether the client may move the visit now."""
    until_s = reschedule_until_s(booking)
    has_begun = booking.starts_at_s is not None and booking.starts_at_s <= now_s
    return until_s is not None and now_s <= until_s and not has_begun and moves_left(booking) > 0


def reschedule_fee_for(booking: Booking, now_s: int) -> int:
    """Return what a client's move costs at this moment, in the price's minor units."""
    is_charged = reschedule_terms(booking).fee == "as_cancelling"
    return cancellation_fee_for(booking, now_s) if is_charged else 0


def kept_step_hours_after(booking: Booking, now_s: int) -> int:
    """Return the step that counts at least after a client's move now, by its hours; 0 for none.

    A move that was paid for keeps none. Of two steps the one that costs more counts.
    """
    policy = accepted_policy(booking)
    is_free = reschedule_terms(booking).fee == "none"
    if policy is None or booking.starts_at_s is None or not is_free:
        return booking.kept_step_hours
    steps = [
        step_of(policy, booking.kept_step_hours),
        step_at(policy, booking.starts_at_s - now_s),
    ]
    costs = [(fee_minor(each.fee, booking.price), each.hours_before) for each in steps if each]
    return max(costs, default=(0, 0))[1]
