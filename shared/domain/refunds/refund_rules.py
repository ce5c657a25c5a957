"""Refunds are requested, approved and denied. Pure.

One request makes an order for each charge that it reaches, the oldest first (`refundable`). What
Stripe's answers change is in `refund_answers`.
"""

from collections.abc import Mapping
from copy import replace

from msgspec import Struct

from shared.domain.bookings.authorship import Person
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import JournalEntry, JournalWord
from shared.domain.bookings.payment_summary import is_reversed
from shared.domain.bookings.refund_order import (
    AWAITING_APPROVAL,
    DENIED,
    REQUESTED,
    RefundOrder,
    order_ids,
)
from shared.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from shared.domain.mistakes import mistake
from shared.domain.money.money import Money
from shared.domain.money.written import written
from shared.domain.refunds.approval import Allowance
from shared.domain.refunds.refundable import refundable_by_charge, require_settled_refunds

BOOKPAY = "bookpay"


class RefundRequest(Struct, frozen=True):
    """What is asked for, by whom, why and when; `amount_minor` `None` is all that is left.

    Where a rule decides how much goes back (`ask_for_refund`, `with_refund`), it says so beside the
    request, which leaves it open.
    """

    request_id: str
    amount_minor: int | None
    requested_by: str
    requested_at_s: int
    cause: str
    reason: str = ""
    note: str = ""
    requester_id: str = ""


def request_refund(booking: Booking, request: RefundRequest, allowance: Allowance) -> Booking:
    """Return the booking with the amount reserved, and the orders that ask for it.

    What exceeds the allowance of the person who asks waits for somebody else's approval. Raises
    `Conflict` `charge_disputed`, `nothing_refundable`, `amount_exceeds_refundable` or
    `request_in_progress`, and `InvalidInput` for an amount that Stripe does not take in the
    currency.
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
        most = written(Money(left_minor, booking.price.currency))
        raise Conflict(f"At most {most} can be refunded.", code="amount_exceeds_refundable")
    if not Money(amount_minor, booking.price.currency).is_chargeable():
        detail = "Stripe does not take amounts so fine in this currency."
        errors = [mistake("/amount", "is too fine for this currency")]
        raise InvalidInput(detail, code="amount_too_fine", errors=errors)
    return ask_for_refund(booking, request, amount_minor, allowance)


def ask_for_refund(
    booking: Booking, request: RefundRequest, amount_minor: int, allowance: Allowance
) -> Booking:
    """Return the booking with orders for `amount_minor` and a journal entry.

    The orders wait for approval if the allowance requires it. Returns the same booking if nothing
    can be refunded, as `with_refund` does.
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

    Returns the same booking if nothing can be refunded, as when a bank disputes every charge.
    `only` limits the orders to one charge.
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

    Raises `NotFound`, `Forbidden` `own_refund` for the person who asked for it, and `Conflict`
    `not_awaiting_approval`.
    """
    orders = _waiting(booking, request_id)
    if any(by.user_id == each.requester_id for each in orders):
        raise Forbidden("Somebody else has to approve a refund.", code="own_refund")
    approved = _decided(booking, request_id, REQUESTED, by)
    return _noted(approved, request_id, "refund.approved", by.email, now_s)


def deny_refund(booking: Booking, request_id: str, by: Person, now_s: int) -> Booking:
    """Return the booking with the request denied, so that its amount can be refunded again.

    The person who asked for it may deny it too. Raises `NotFound`, and `Conflict`
    `not_awaiting_approval`.
    """
    _waiting(booking, request_id)
    denied = _decided(booking, request_id, DENIED, by)
    return _noted(denied, request_id, "refund.denied", by.email, now_s)


def withdraw_waiting(booking: Booking, now_s: int) -> Booking:
    """Return the booking with all requests denied that wait for approval: its end settles them.

    If they waited on and were denied later, the business would keep what they reserve beside the
    fee, which would have been taken from elsewhere.
    """
    waiting = [
        each.request_id for each in booking.refund_orders if each.status == AWAITING_APPROVAL
    ]
    for request_id in dict.fromkeys(waiting):
        denied = _decided(booking, request_id, DENIED, Person("", BOOKPAY))
        booking = _noted(denied, request_id, "refund.denied", BOOKPAY, now_s)
    return booking


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
        raise Conflict("This refund is not awaiting approval.", code="not_awaiting_approval")
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
