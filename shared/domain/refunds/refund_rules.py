"""Refunds: what can go back, who must agree, and what Stripe's answers change. Pure.

    refundable = captured - refunded - asked for - withdrawn by disputes

It is counted for each charge, because Stripe refunds charges; one request makes an order for each
charge that it reaches. https://docs.stripe.com/refunds

Between Stripe's making a refund and our writing down its answer, a webhook may tell the charge's
new sum: then the refund is in that sum and among what we asked for, and counts twice. That lasts
for the length of a call. Meanwhile nothing is decided that would give back too little
(`is_half_told`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.domain.bookings.authorship import Person
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import JournalEntry, JournalWord
from shared.domain.bookings.refund_order import (
    AWAITING_APPROVAL,
    DENIED,
    REFUSED,
    REQUESTED,
    RefundOrder,
    order_ids,
)
from shared.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from shared.domain.mistakes import mistake
from shared.domain.money.money import Money
from shared.domain.refunds.approval import Allowance
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.json_reader import StripeJson
from shared.domain.stripe_facts.payment_facts import Facts, merge
from shared.domain.stripe_facts.read_objects import read_refund

BOOKPAY, STRIPE = "bookpay", "stripe"


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What is asked for: all that is left where `amount_minor` is `None`; who, why, and when."""

    request_id: str
    amount_minor: int | None
    requested_by: str
    requested_at_s: int
    cause: str
    reason: str = ""
    note: str = ""
    requester_id: str = ""


def refundable_by_charge(booking: Booking, *, at_best: bool = False) -> dict[str, int]:
    """Return what of each charge can go back, oldest charge first, in minor units above zero.

    Of a charge that a bank reversed nothing can: Stripe refuses it, even after it was lost. What
    may be counted twice is taken to be gone, or `at_best` to be there.
    """
    charges = sorted(booking.facts.charges.items(), key=lambda item: (item[1].created_s, item[0]))
    left = {
        key: charge.amount_captured_minor
        - charge.amount_refunded_minor
        - charge.amount_disputed_minor
        - _asked_minor(booking, key, charge)
        + (_possibly_double_counted_minor(booking, key, charge) if at_best else 0)
        for key, charge in charges
        if charge.currency == booking.price.currency and not is_reversed(charge)
    }
    return {key: left_minor for key, left_minor in left.items() if left_minor > 0}


def possibly_double_counted_minor(booking: Booking) -> int:
    """Return what of our refunds may be counted twice, in minor units of the price's currency.

    It is what Stripe says was refunded without naming the refund, as far as it can be an order of
    ours that Stripe was asked for and whose answer is not here: it may be that, or the Dashboard's.
    """
    return sum(
        _possibly_double_counted_minor(booking, key, charge)
        for key, charge in booking.facts.charges.items()
        if charge.currency == booking.price.currency
    )


def require_settled_refunds(booking: Booking) -> None:
    """Raise `Conflict` `request_in_progress` while a refund is half told: it is clear in a moment.

    Whoever gives back all that is left has to ask before, or gives back too little.
    """
    if possibly_double_counted_minor(booking):
        raise Conflict("A refund is on its way; try again.", code="request_in_progress")


def request_refund(booking: Booking, request: RefundRequest, allowance: Allowance) -> Booking:
    """Return the booking with the amount reserved, and the orders that ask for it.

    What is beyond the allowance of who asks waits for somebody else to agree. Raises `Conflict`
    `charge_disputed`, `nothing_refundable`, `amount_exceeds_refundable` or `request_in_progress`,
    and `InvalidInput` for an amount that Stripe cannot have in the currency.
    """
    left_minor = min(booking.payments().refundable, sum(refundable_by_charge(booking).values()))
    at_best_minor = sum(refundable_by_charge(booking, at_best=True).values())
    if left_minor < (request.amount_minor or at_best_minor) <= at_best_minor:
        require_settled_refunds(booking)
    if left_minor <= 0:
        if any(is_reversed(charge) for charge in booking.facts.charges.values()):
            detail = "The client disputed the payment with the bank: nothing can be refunded."
            raise Conflict(detail, code="charge_disputed")
        raise Conflict("Nothing is left to be refunded.", code="nothing_refundable")
    amount_minor = left_minor if request.amount_minor is None else request.amount_minor
    if amount_minor > left_minor:
        most = Money(left_minor, booking.price.currency).format_plain()
        raise Conflict(f"At most {most} can be refunded.", code="amount_exceeds_refundable")
    if not Money(amount_minor, booking.price.currency).is_chargeable():
        detail = "Stripe does not take amounts so fine in this currency."
        errors = [mistake("/amount", "is too fine for this currency")]
        raise InvalidInput(detail, code="amount_too_fine", errors=errors)
    return ask_for_refund(booking, request, amount_minor, allowance)


def ask_for_refund(
    booking: Booking, request: RefundRequest, amount_minor: int, allowance: Allowance
) -> Booking:
    """Return the booking with orders for `amount_minor`, noted; waiting where it is to be approved.

    It is the same booking where nothing can go back, as with `with_refund`.
    """
    must_wait = allowance.must_wait(booking, amount_minor)
    status = AWAITING_APPROVAL if must_wait else REQUESTED
    asked = with_refund(booking, request, amount_minor, status)
    if asked == booking:
        return booking
    what: JournalWord = "refund.approval_requested" if must_wait else "refund.requested"
    by, at_s = request.requested_by, request.requested_at_s
    return _noted(asked, request.request_id, what, by, at_s)


def with_refund(
    booking: Booking,
    request: RefundRequest,
    amount_minor: int,
    status: str = REQUESTED,
    only: str = "",
) -> Booking:
    """Return the booking with orders for up to `amount_minor`, from the oldest charge on.

    It is the same booking where nothing can go back, such as while a bank disputes every charge.
    `only` is the one charge that it may come from, where it may not be any.
    """
    left = refundable_by_charge(booking)
    shares = _shares({only: left.get(only, 0)} if only else left, amount_minor)
    ids = order_ids(request.request_id, len(shares))
    orders = tuple(
        RefundOrder(
            refund_id=refund_id,
            charge_id=charge_id,
            amount_minor=share_minor,
            requested_at_s=request.requested_at_s,
            requested_by=request.requested_by,
            cause=request.cause,
            status=status,
            reason=request.reason,
            note=request.note,
            requester_id=request.requester_id,
        )
        for refund_id, (charge_id, share_minor) in zip(ids, shares.items(), strict=True)
    )
    return replace(booking, refund_orders=(*booking.refund_orders, *orders))


def approve_refund(booking: Booking, request_id: str, by: Person, now_s: int) -> Booking:
    """Return the booking with the request approved, so that Stripe is asked.

    Raises `NotFound`, `Forbidden` `own_refund` for who asked for it, and `Conflict`
    `not_awaiting_approval`.
    """
    orders = _waiting(booking, request_id)
    if any(by.user_id == each.requester_id for each in orders):
        raise Forbidden("Somebody else has to approve a refund.", code="own_refund")
    approved = _decided(booking, request_id, REQUESTED, by)
    return _noted(approved, request_id, "refund.approved", by.email, now_s)


def deny_refund(booking: Booking, request_id: str, by: Person, now_s: int) -> Booking:
    """Return the booking with the request denied and its amount free; who asked may do it too.

    Raises as `approve_refund` does.
    """
    _waiting(booking, request_id)
    denied = _decided(booking, request_id, DENIED, by)
    return _noted(denied, request_id, "refund.denied", by.email, now_s)


def withdraw_waiting(booking: Booking, now_s: int) -> Booking:
    """Return the booking with the requests denied that wait for approval: what it ends with counts.

    They could be denied later. What they reserve would then be with the business beside the fee,
    of which as much would have been taken elsewhere.
    """
    waiting = [
        each.request_id for each in booking.refund_orders if each.status == AWAITING_APPROVAL
    ]
    for request_id in dict.fromkeys(waiting):
        denied = _decided(booking, request_id, DENIED, Person("", BOOKPAY))
        booking = _noted(denied, request_id, "refund.denied", BOOKPAY, now_s)
    return booking


def find_order(booking: Booking, refund_id: str) -> RefundOrder | None:
    """Return an order by its id, or `None`."""
    return next((each for each in booking.refund_orders if each.refund_id == refund_id), None)


def is_at_stripe(booking: Booking, order: RefundOrder) -> bool:
    """Whether Stripe is known to have made the refund."""
    return bool(order.stripe_refund_id) or any(
        refund.refund_id == order.refund_id
        for charge in booking.facts.charges.values()
        for refund in charge.refunds.values()
    )


def with_order(
    booking: Booking, refund_id: str, change: Callable[[RefundOrder], RefundOrder]
) -> Booking:
    """Return the booking with one of its orders changed."""
    orders = tuple(
        change(each) if each.refund_id == refund_id else each for each in booking.refund_orders
    )
    return replace(booking, refund_orders=orders)


def made_order(booking: Booking, refund_id: str, refund: Mapping[str, Any]) -> Booking:
    """Return the booking with the refund that Stripe made of an order, as Stripe answered it.

    It is the object that the webhooks tell of too, so it joins the facts as theirs do, and counts
    as refunded from now on. Raises `UnreadableEvent` where it is none.
    """
    made, answer = find_order(booking, refund_id), StripeJson(refund)
    if made is None:
        return booking
    stripe_id = answer.required_id("id")
    told = ChargeFacts(refunds={stripe_id: read_refund(answer)})
    facts = merge(booking.facts, Facts(charges={made.charge_id: told}))
    return with_order(
        replace(booking, facts=facts),
        refund_id,
        lambda order: replace(order, stripe_refund_id=stripe_id, is_stuck=False),
    )


def refuse_order(booking: Booking, refund_id: str, code: str, now_s: int) -> Booking:
    """Return the booking with what Stripe refused written down, and the amount free again."""
    refused = with_order(
        booking, refund_id, lambda order: replace(order, status=REFUSED, refusal=code)
    )
    return _noted(refused, refund_id, "refund.refused", STRIPE, now_s)


def _possibly_double_counted_minor(booking: Booking, charge_id: str, charge: ChargeFacts) -> int:
    asked_minor = _asked_minor(booking, charge_id, charge, only_tried=True)
    return min(charge.unexplained_minor, asked_minor)


def _asked_minor(
    booking: Booking, charge_id: str, charge: ChargeFacts, *, only_tried: bool = False
) -> int:
    known = {name for key, each in charge.refunds.items() for name in (key, each.refund_id) if name}
    return sum(
        order.amount_minor
        for order in booking.refund_orders
        if order.charge_id == charge_id
        and order.is_open
        and (order.tried_at_s or not only_tried)
        and not known & {order.refund_id, order.stripe_refund_id}
    )


def is_reversed(charge: ChargeFacts) -> bool:
    """Whether a bank decides about a charge, or has given its money to the client."""
    return charge.has_open_chargeback or any(each.is_lost for each in charge.disputes.values())


def _shares(left: Mapping[str, int], amount_minor: int) -> dict[str, int]:
    shares = {}
    for charge_id, left_minor in left.items():
        share_minor = min(left_minor, amount_minor)
        if share_minor > 0:
            shares[charge_id] = share_minor
        amount_minor -= share_minor
    return shares


def _waiting(booking: Booking, request_id: str) -> list[RefundOrder]:
    orders = [each for each in booking.refund_orders if each.request_id == request_id]
    if not orders:
        raise NotFound("There is no such refund.", code="refund_not_found")
    if any(each.status != AWAITING_APPROVAL for each in orders):
        raise Conflict("The refund waits for nobody.", code="not_awaiting_approval")
    return orders


def _decided(booking: Booking, request_id: str, status: str, by: Person) -> Booking:
    orders = tuple(
        replace(each, status=status, approved_by=by.email, approver_id=by.user_id)
        if each.request_id == request_id
        else each
        for each in booking.refund_orders
    )
    return replace(booking, refund_orders=orders)


def _noted(booking: Booking, name: str, what: JournalWord, by: str, at_s: int) -> Booking:
    entry = JournalEntry(f"{name}-{what.partition('.')[2]}", at_s, what, by)
    return replace(booking, journal=(*booking.journal, entry))
