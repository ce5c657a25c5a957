"""The mail to a client whose visit was moved, by themselves or by staff. Pure."""

from shared.domain.activity.mail import Mail, Value
from shared.domain.activity.mail_parts import fee_rows, money_of, visit_rows
from shared.domain.bookings.authorship import CLIENT
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.lifecycle import CONFIRMED, WAITING_STATUSES
from shared.domain.bookings.move import Move
from shared.domain.bookings.refund_order import MOVING, REQUESTED
from shared.domain.dates.instants import Moment


def moved(booking: Booking) -> Mail | None:
    """Say where a visit was and is, and what the newest move makes due or sends back."""
    if not booking.moves or booking.status not in (CONFIRMED, *WAITING_STATUSES):
        return None
    move, policy = booking.moves[-1], booking.terms.terms_text if booking.terms else ""
    back_minor, due_minor = _back_minor(booking, move), booking.amount_due_minor()
    is_asked = _asks(booking, move)
    said = ["moved.by_client" if move.by == CLIENT else "moved.by_business"]
    if back_minor:
        said.append("goes_back.text")
    elif is_asked:
        said.append("moved.card" if booking.checkout_mode() == "save_card" else "moved.due")
    return Mail(
        kind="moved",
        fact=f"moved#{len(booking.moves)}",
        paragraphs=tuple(said),
        rows=_rows(booking, move, back_minor, "still_due" if is_asked else "at_visit"),
        values={
            "amount": money_of(booking, back_minor or due_minor),
            "policy": policy,
        },
        notes=("policy",) if policy else (),
        pay_number=booking.links if is_asked else 0,
        pay_button="button.card" if booking.checkout_mode() == "save_card" else "button.pay",
        has_calendar=booking.status == CONFIRMED,
        is_asked_by_staff=move.by != CLIENT,
    )


def _rows(
    booking: Booking, move: Move, back_minor: int, due_label: str
) -> tuple[tuple[str, Value], ...]:
    what, *when = visit_rows(booking)
    rows: list[tuple[str, Value]] = [what, ("was", Moment(move.from_s)), *when]
    if waits_until_s := booking.waits_until_s():
        rows.append(("until", Moment(waits_until_s)))
    summary = booking.payments()
    sums = {
        "price": booking.price.amount_minor,
        "paid": summary.amount_captured,
        "held": summary.amount_authorized,
        "goes_back": back_minor,
    }
    rows += [(name, money_of(booking, minor)) for name, minor in sums.items() if minor]
    rows += fee_rows(booking)
    if due_minor := booking.amount_due_minor():
        rows.append((due_label, money_of(booking, due_minor)))
    return tuple(rows)


def _asks(booking: Booking, move: Move) -> bool:
    """Whether the client has something to do at Stripe because of the move, or had before."""
    if booking.status != CONFIRMED or booking.lacks_card():
        return booking.wants_checkout()
    is_dearer = move.to_price_minor > move.from_price_minor
    has_fee = any(each.is_for_move and each.created_at_s == move.at_s for each in booking.fees)
    return booking.wants_checkout() and (is_dearer or has_fee)


def _back_minor(booking: Booking, move: Move) -> int:
    """Return what goes back for a move; a refund that waits for approval is not promised yet."""
    return sum(
        each.amount_minor
        for each in booking.refund_orders
        if each.cause == MOVING and each.status == REQUESTED and each.requested_at_s == move.at_s
    )
