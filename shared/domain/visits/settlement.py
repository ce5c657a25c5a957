"""What becomes of a visit's money once it has ended: the fee is kept, the rest goes back. Pure.

    fee     kept of the prepayment first, then captured of the hold, then charged to the saved card;
            what none of them covers is owed, and a link asks for it
    rest    goes back by itself: the prepayment is refunded, the hold released

Nothing is ever taken beyond what the client accepted (`accepted_terms`). A refund that waits for
approval does not delay the end: it is denied, and what goes back is settled with the end, or with
its fee. As long as a refund may be counted twice nothing is decided (`require_settled_refunds`):
what is left is known a moment later, and no part of it may be kept or charged again by mistake.
"""

from dataclasses import dataclass, replace

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import CAPTURE, CHARGE_CARD, RELEASE
from shared.domain.bookings.derived_ids import derived_id
from shared.domain.bookings.fee import APPLIED, PROPOSED, Fee, is_too_little, paid_for_fees_minor
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


@dataclass(frozen=True, slots=True)
class Settling:
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
    refunded = refund_beyond(withdrawn, fee_minor, rest_name, settling)
    if not fee_minor:
        return release_holds(refunded, settling.now_s)
    policy = accepted_policy(booking)
    is_proposal = policy is not None and policy.charge == "propose"
    fee = Fee(
        fee_id=derived_id("fee", *numbered(booking, booking.booking_id, kind)),
        kind=kind,
        amount_minor=fee_minor,
        created_at_s=settling.now_s,
        by=settling.by,
        status=PROPOSED if is_proposal else APPLIED,
        paid_before_minor=paid_for_fees_minor(booking.facts),
    )
    with_fee = replace(refunded, fees=(*refunded.fees, fee))
    return with_fee if is_proposal else take_fee(with_fee, fee, settling.now_s)


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
    request = RefundRequest(request_id, back_minor, settling.by, settling.now_s, CANCELLATION)
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

    What a bank disputes at this moment is set aside for the fee too. A remainder too small for
    Stripe to charge to a card is not charged.
    """
    kept_minor = min(fee.amount_minor, uncommitted_minor(booking) + _before_banks_minor(booking))
    left_minor = fee.amount_minor - kept_minor
    taken = booking.with_fee(replace(fee, kept_minor=kept_minor))
    for intent, held_minor in holds(booking).items():
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


def excess_over_fee_minor(booking: Booking) -> int:
    """Return what of an ended visit's money is neither its fee nor on its way back.

    In minor units of the price's currency, never negative: the client is entitled to it.
    """
    fee = booking.fee()
    return max(0, uncommitted_minor(booking) - (fee.amount_minor if fee else 0))


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
