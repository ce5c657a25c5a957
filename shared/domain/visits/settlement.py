"""What becomes of a visit's money once it has ended: the fee is kept, the rest goes back. Pure.

    fees    kept of the prepayment first, then captured of the hold, then charged to the saved card;
            what none of them covers is owed, and a link asks for it
    rest    goes back by itself: the prepayment is refunded, the hold released

Nothing is ever taken beyond what the client accepted (`accepted_terms`). The fees for late moves
are not the end's: they stay, and what is owed of them is taken with its fee. A refund that waits
for approval does not delay the end: it is denied, and what goes back is settled with the end, or
with its fee. As long as a refund may be counted twice nothing is decided
(`require_settled_refunds`): what is left is known a moment later, and no part of it may be kept or
charged again by mistake.
"""

from copy import replace

from msgspec import Struct

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import CAPTURE, CHARGE_CARD, RELEASE
from shared.domain.bookings.derived_ids import derived_id
from shared.domain.bookings.fee import (
    APPLIED,
    PROPOSED,
    WAIVED,
    Fee,
    is_too_little,
    orders_of,
    paid_for_fees_minor,
)
from shared.domain.bookings.lifecycle import ENDED_STATUSES, EXPIRED
from shared.domain.bookings.refund_order import CANCELLATION
from shared.domain.refunds.approval import UNLIMITED, Allowance
from shared.domain.refunds.refund_rules import RefundRequest, ask_for_refund, withdraw_waiting
from shared.domain.refunds.refundable import require_settled_refunds
from shared.domain.visits.accepted_terms import accepted_policy
from shared.domain.visits.end_names import numbered
from shared.domain.visits.order_charges import (
    holds,
    new_charge_order,
    order_charge,
    release_holds,
    saved_card,
)


class Settling(Struct, frozen=True):
    """Who settles the money, and when (seconds since 1970).

    `terms_keep_minor` is what the accepted terms would keep, `None` where there are none: then they
    give nothing back, and every refund is the decision of `by`, within their `allowance`.
    """

    by: str
    now_s: int
    terms_keep_minor: int | None
    allowance: Allowance


def settle(booking: Booking, fee_minor: int, kind: str, settling: Settling) -> Booking:
    """Return the ended booking with its fee, if there is one, and the rest on its way back.

    Raises `Conflict` `request_in_progress`.
    """
    require_settled_refunds(booking)
    rest_name = derived_id("rf", *numbered(booking, booking.booking_id, kind))
    withdrawn = withdraw_waiting(booking, settling.now_s)
    stays_minor = entitled_minor(withdrawn)
    if settling.terms_keep_minor is not None:
        terms_minor = settling.terms_keep_minor + stays_minor
        settling = replace(settling, terms_keep_minor=terms_minor)
    refunded = refund_beyond(withdrawn, fee_minor + stays_minor, rest_name, settling)
    if not fee_minor:
        return _take_owed(refunded, settling.now_s)
    fee_id = derived_id("fee", *numbered(booking, booking.booking_id, kind))
    fee = new_fee(booking, fee_id, kind, fee_minor, by=settling.by, now_s=settling.now_s)
    with_fee = replace(refunded, fees=(*refunded.fees, fee))
    return with_fee if fee.status == PROPOSED else take_fee(with_fee, fee, settling.now_s)


def new_fee(
    booking: Booking, fee_id: str, kind: str, amount_minor: int, *, by: str, now_s: int
) -> Fee:
    """Return a fee by the accepted terms: to be taken, or only proposed."""
    policy = accepted_policy(booking)
    is_proposal = policy is not None and policy.charge == "propose"
    known = orders_of((each for each in booking.fees if each.counts), booking.charge_orders)
    return Fee(
        fee_id=fee_id,
        kind=kind,
        amount_minor=amount_minor,
        created_at_s=now_s,
        by=by,
        status=PROPOSED if is_proposal else APPLIED,
        paid_before_minor=paid_for_fees_minor(booking.facts, known),
    )


def entitled_minor(booking: Booking) -> int:
    """Return what the business may keep, in minor units of the price's currency.

    That is the price as long as the visit stands, and every fee that was not waived: those for
    moves, and once the visit has ended the fee for its end.
    """
    is_over = booking.status in (*ENDED_STATUSES, EXPIRED)
    fees = [each for each in booking.fees if each.is_for_move and each.status != WAIVED]
    if is_over and (of_end := booking.fee()):
        fees.append(of_end)
    fees_minor = sum(each.amount_minor for each in fees)
    return fees_minor if is_over else fees_minor + booking.price.amount_minor


def refund_beyond(booking: Booking, kept_minor: int, name: str, settling: Settling) -> Booking:
    """Return the booking with all that was paid beyond `kept_minor` on its way back.

    If the allowance has a limit, what goes beyond the terms is a request of its own in the person's
    name: it may have to wait for approval, and counts against what they ask for next. Money that a
    bank disputes stays where it is.
    """
    ours_minor = uncommitted_minor(booking)
    back_minor = max(0, ours_minor - kept_minor)
    own_minor = 0
    if settling.allowance.limit_minor:
        terms_minor = settling.terms_keep_minor
        keep_minor = ours_minor if terms_minor is None else terms_minor
        own_minor = max(0, back_minor - max(0, ours_minor - keep_minor))
    request_id = name if name.startswith("rf_") else derived_id("rf", booking.booking_id, name)
    request = RefundRequest(request_id, None, settling.by, settling.now_s, CANCELLATION)
    if back_minor - own_minor:
        booking = ask_for_refund(booking, request, back_minor - own_minor, UNLIMITED)
    if own_minor:
        own = replace(
            request,
            request_id=derived_id("rf", booking.booking_id, name, "own"),
            requester_id=settling.allowance.user_id,
        )
        booking = ask_for_refund(booking, own, own_minor, settling.allowance)
    return booking


def take_fee(booking: Booking, fee: Fee, now_s: int) -> Booking:
    """Return the booking with its fee kept, captured and charged, as far as the money reaches.

    What is owed of earlier fees is taken with it. While the visit stands, its holds stay: they
    secure the price. What a bank disputes at this moment is set aside for the fee too, and what was
    paid outside Stripe is not taken again. A remainder too small for Stripe to charge to a card is
    not charged.
    """
    others = replace(
        booking, fees=tuple(each for each in booking.fees if each.fee_id != fee.fee_id)
    ).fee_states()
    wanted_minor = fee.amount_minor + sum(each.owed_minor for each in others.values())
    here_minor = uncommitted_minor(booking) + _before_banks_minor(booking)
    here_minor -= sum(each.taken_minor for each in others.values())
    kept_minor = min(wanted_minor, max(0, here_minor))
    elsewhere_minor = booking.paid_elsewhere_minor()
    elsewhere_minor -= sum(each.elsewhere_minor for each in others.values())
    left_minor = max(0, wanted_minor - kept_minor - elsewhere_minor)
    taken = booking.with_fee(replace(fee, kept_minor=kept_minor))
    return _take_beyond(taken, fee, left_minor, now_s)


def _take_owed(booking: Booking, now_s: int) -> Booking:
    """Return an ended booking with what is owed of earlier fees taken, and the rest released."""
    counting = [each for each in booking.fees if each.counts]
    if not counting or not (owed_minor := booking.fee_owed_minor()):
        return release_holds(booking, now_s)
    return _take_beyond(booking, counting[-1], owed_minor, now_s)


def _take_beyond(booking: Booking, fee: Fee, left_minor: int, now_s: int) -> Booking:
    """Return the booking with what is not there yet captured, and charged to a saved card."""
    taken = booking
    for intent, held_minor in holds(booking).items() if booking.status in ENDED_STATUSES else ():
        share_minor = min(left_minor, held_minor)
        left_minor -= share_minor
        kind = CAPTURE if share_minor else RELEASE
        order = new_charge_order(booking, kind, now_s, intent, amount_minor=share_minor)
        taken = order_charge(taken, replace(order, fee_id=fee.fee_id))
    card = saved_card(booking)
    if card and not is_too_little(left_minor, booking.price.currency):
        order = new_charge_order(booking, CHARGE_CARD, now_s, fee.fee_id, amount_minor=left_minor)
        customer, payment_method = card
        taken = order_charge(
            taken,
            replace(
                order,
                payment_intent="",
                customer=customer,
                payment_method=payment_method,
                fee_id=fee.fee_id,
            ),
        )
    return taken


def excess_minor(booking: Booking) -> int:
    """Return what of a booking's money the business may not keep, and is not on its way back.

    In minor units of the price's currency, never negative: the client is entitled to it.
    """
    return max(0, uncommitted_minor(booking) - entitled_minor(booking))


def left_elsewhere_minor(booking: Booking) -> int:
    """Return what of an ended visit's money outside Stripe its fee does not need.

    In minor units of the price's currency, never negative. Stripe's money pays the fee first, and
    what is left of that goes back through Stripe (`excess_minor`).
    """
    rest_minor = max(0, entitled_minor(booking) - uncommitted_minor(booking))
    return max(0, booking.paid_elsewhere_minor() - rest_minor)


def uncommitted_minor(booking: Booking) -> int:
    """Return what of all payments is still with the business and promised to nobody.

    In minor units of the price's currency, never negative.
    """
    summary = booking.payments()
    away_minor = summary.amount_refunded + summary.amount_refund_pending + summary.amount_disputed
    return max(0, summary.amount_captured - away_minor)


def _before_banks_minor(booking: Booking) -> int:
    """Return what banks have withdrawn and not decided on yet, less what was refunded of it."""
    return sum(
        min(
            charge.amount_disputed_minor,
            max(0, charge.amount_captured_minor - charge.amount_refunded_minor),
        )
        for charge in booking.facts.charges.values()
        if charge.has_open_chargeback and charge.currency == booking.price.currency
    )
