"""A visit is moved: the same booking and the same payment, at another time. Pure.

    time       the new one is taken as the old one is released, in one write
    price      stays as agreed, unless it becomes another service: then it is the catalogue's
      dearer   the difference is due, by the booking's link
      cheaper  what was captured beyond it goes back
    fee        a client's late move costs what cancelling would, or keeps that as the least fee for
               cancelling, as the terms say; a move by staff costs nothing and keeps nothing
    hold       one that would lapse before the new end is replaced by a saved card (`moved_terms`)

Staff move until the start, and to any time that they could enter. Clients move three times, as long
as the terms allow it, to a time that they could book.
"""

from copy import replace
from typing import Final

from shared.domain.bookings.authorship import CLIENT, Person
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.derived_ids import derived_id
from shared.domain.bookings.desk_booking import OLDEST_START_S
from shared.domain.bookings.fee import PROPOSED, RESCHEDULE_FEE
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.lifecycle import CONFIRMED, WAITING_STATUSES
from shared.domain.bookings.move import MOVED, Move
from shared.domain.bookings.refund_order import AWAITING_APPROVAL, MOVING
from shared.domain.calendar.intervals import TakenTime
from shared.domain.calendar.slots import Unavailable, time_of
from shared.domain.catalogue.consent import check_moving_fee
from shared.domain.catalogue.services import Service
from shared.domain.errors import Conflict, InvalidInput, NotFound
from shared.domain.locations.location import Location
from shared.domain.mistakes import mistake
from shared.domain.refunds.approval import Allowance
from shared.domain.refunds.refund_rules import BOOKPAY, RefundRequest, ask_for_refund, deny_refund
from shared.domain.refunds.refundable import require_settled_refunds
from shared.domain.visits.move_rules import (
    kept_step_hours_after,
    moves_left,
    reschedule_fee_for,
    reschedule_until_s,
)
from shared.domain.visits.moved_terms import with_moved_terms
from shared.domain.visits.new_time import (
    NewTime,
    Place,
    check_offered,
    is_there,
    not_reschedulable,
    own_time,
)
from shared.domain.visits.order_charges import without_session
from shared.domain.visits.settlement import entitled_minor, new_fee, take_fee, uncommitted_minor

# Staff's moves are not counted, but a booking stays small enough to be written.
MAX_MOVES: Final = 100


def move_for_staff(
    booking: Booking, asked: NewTime, place: Place, by: Person, now_s: int, *, allowance: Allowance
) -> Booking:
    """Return the booking moved by staff; one that is there already is returned unchanged.

    What goes back because it costs less is under their `allowance`: beyond that it waits for a
    second person, and the visit is moved all the same. Raises `Conflict` `not_reschedulable`,
    `visit_started`, `too_many_moves`, `slot_taken` where the employee is away or the location
    closed, and `request_in_progress`; `NotFound` `service_not_found` or `employee_not_found`;
    `InvalidInput` `starts_in_the_past`, `duration_required`, `currency_not_supported`, or with
    pointers alone.
    """
    if booking.status not in (CONFIRMED, *WAITING_STATUSES):
        raise not_reschedulable("The booking is over.")
    if booking.starts_at_s is None:
        raise not_reschedulable("A sale has no time to be moved.")
    if is_there(booking, asked):
        return booking
    _check_movable(booking, now_s)
    if asked.service_id is not None and place.service is None:
        raise NotFound("There is no such service.", code="service_not_found")
    if asked.employee_id is not None and place.employee is None:
        raise NotFound("There is no such employee.", code="employee_not_found")
    _check_start(booking, asked.starts_at_s, now_s)
    is_other = asked.service_id not in (None, booking.service_id)
    service = place.service if is_other else None
    time = time_of(service, asked.starts_at_s) if service else own_time(booking, asked.starts_at_s)
    if time is None and asked.employee_id is not None:
        raise InvalidInput(
            "How long the visit takes is not known: make a new booking for this employee.",
            code="duration_required",
            errors=[mistake("/employee_id", "needs a visit whose duration is known")],
        )
    if time and not asked.allow_overlap and not Unavailable(off=place.off).allows(time):
        raise Conflict("The employee is away then, or the location closed.", code="slot_taken")
    moved = _moved(booking, asked, time, by.email, now_s, service=service)
    if moved.price != booking.price:
        moved = _with_surplus_back(moved, by, now_s, allowance)
    return _settled(booking, moved, place.location, now_s)


def move_for_client(
    booking: Booking,
    asked: NewTime,
    place: Place,
    now_s: int,
    *,
    accepted_fee_minor: int | None,
) -> Booking:
    """Return the booking moved by its client; one that is there already is returned unchanged.

    Raises `Conflict` `not_reschedulable`, `visit_started`, `too_many_moves` and
    `request_in_progress`, `NotAgreed` `fee_changed`, `NotFound` `employee_not_found`, and
    `InvalidInput` `slot_not_offered`.
    """
    if booking.status != CONFIRMED:
        raise not_reschedulable("The booking is not confirmed.")
    time = own_time(booking, asked.starts_at_s)
    if time is None or booking.taken_time() is None:
        raise not_reschedulable("The visit has no time of anybody's to be moved.")
    if is_there(booking, asked):
        return booking
    _check_movable(booking, now_s)
    until_s = reschedule_until_s(booking)
    if until_s is None or now_s > until_s:
        raise not_reschedulable("The terms allow no move now: ask the business.")
    if not moves_left(booking):
        detail = "You have moved the visit three times: ask the business."
        raise Conflict(detail, code="too_many_moves")
    check_offered(booking, asked, place, time, now_s)
    fee_minor = reschedule_fee_for(booking, now_s)
    check_moving_fee(fee_minor, accepted_fee_minor)
    moved = _moved(booking, asked, time, CLIENT, now_s)
    moved = replace(moved, kept_step_hours=kept_step_hours_after(booking, now_s))
    if fee_minor:
        moved = _with_fee(moved, fee_minor, now_s)
    return _settled(booking, moved, place.location, now_s)


def _check_movable(booking: Booking, now_s: int) -> None:
    if booking.starts_at_s is not None and booking.starts_at_s <= now_s:
        raise Conflict("The visit has begun.", code="visit_started")
    if len(booking.moves) >= MAX_MOVES:
        detail = f"The visit was moved {MAX_MOVES} times. Make a new booking."
        raise Conflict(detail, code="too_many_moves")


def _check_start(booking: Booking, starts_at_s: int, now_s: int) -> None:
    if starts_at_s < now_s - OLDEST_START_S:
        raise InvalidInput(
            "This visit was over a day ago.",
            code="starts_in_the_past",
            errors=[mistake("/starts_at", "must not be over a day ago")],
        )
    if booking.status in WAITING_STATUSES and starts_at_s <= now_s:
        raise InvalidInput(
            "The booking waits for its client, who could not act in time.",
            errors=[mistake("/starts_at", "must be ahead of us")],
        )


def _moved(
    booking: Booking,
    asked: NewTime,
    time: TakenTime | None,
    by: str,
    now_s: int,
    *,
    service: Service | None = None,
) -> Booking:
    """Return the booking at its new time; as another service with that one's price and name."""
    price = service.price if service else booking.price
    if price.currency != booking.price.currency:
        raise InvalidInput(
            "The booking is in another currency than the service.",
            code="currency_not_supported",
            errors=[mistake("/service_id", f"must be a service in {booking.price.currency}")],
        )
    move = Move(
        entry_id=f"{booking.booking_id}-moved-{len(booking.moves) + 1}",
        at_s=now_s,
        by=by,
        from_s=booking.starts_at_s or 0,
        to_s=asked.starts_at_s,
        from_employee_id=booking.employee_id or "",
        to_employee_id=asked.employee_id or booking.employee_id or "",
        from_price_minor=booking.price.amount_minor,
        to_price_minor=price.amount_minor,
    )
    moved = replace(
        booking,
        starts_at_s=asked.starts_at_s,
        ends_at_s=time.visit.end_s if time else None,
        buffer_before_s=time.before_s if time else 0,
        buffer_after_s=time.after_s if time else 0,
        may_overlap=asked.allow_overlap,
        employee_id=move.to_employee_id or None,
        service_id=service.service_id if service else booking.service_id,
        description=service.name if service else booking.description,
        price=price,
        moves=(*booking.moves, move),
    )
    return moved.with_entry(JournalEntry(move.entry_id, now_s, MOVED, by))


def _with_surplus_back(moved: Booking, by: Person, now_s: int, allowance: Allowance) -> Booking:
    """Return the booking with what was captured beyond its new price on its way back."""
    require_settled_refunds(moved)
    moved = _without_waiting(moved, now_s)
    request = RefundRequest(
        request_id=derived_id("rf", moved.moves[-1].entry_id),
        amount_minor=None,
        requested_by=by.email,
        requested_at_s=now_s,
        cause=MOVING,
        requester_id=by.user_id,
    )
    return ask_for_refund(moved, request, _surplus_minor(moved), allowance)


def _surplus_minor(moved: Booking) -> int:
    """Return what goes back through Stripe of what was paid beyond the price, and the fees.

    A fee that is being charged to a card right now counts as paid.
    """
    here_minor = uncommitted_minor(moved)
    paid_minor = here_minor + moved.paid_elsewhere_minor() + moved.coming_for_moves_minor()
    return max(0, min(here_minor, paid_minor - entitled_minor(moved)))


def _without_waiting(booking: Booking, now_s: int) -> Booking:
    """Return the booking with what an earlier move asked to refund, and nobody approved, denied."""
    waiting = {
        each.request_id: None
        for each in booking.refund_orders
        if each.cause == MOVING and each.status == AWAITING_APPROVAL
    }
    for request_id in waiting:
        booking = deny_refund(booking, request_id, Person("", BOOKPAY), now_s)
    return booking


def _with_fee(moved: Booking, fee_minor: int, now_s: int) -> Booking:
    """Return the booking with the fee for its newest move, kept or charged to a saved card."""
    require_settled_refunds(moved)
    fee_id = derived_id("fee", moved.moves[-1].entry_id)
    fee = new_fee(moved, fee_id, RESCHEDULE_FEE, fee_minor, by=CLIENT, now_s=now_s)
    with_fee = replace(moved, fees=(*moved.fees, fee))
    return with_fee if fee.status == PROPOSED else take_fee(with_fee, fee, now_s)


def _settled(before: Booking, moved: Booking, location: Location, now_s: int) -> Booking:
    """Return the booking under its terms at the new time, without a page that shows another sum."""
    changed = with_moved_terms(moved, location, now_s)
    return without_session(changed, now_s) if _shown(before) != _shown(changed) else changed


def _shown(booking: Booking) -> tuple[str, str, int]:
    """Return what a Checkout Session shows of a booking."""
    return booking.description, booking.checkout_mode(), booking.amount_due_minor()
