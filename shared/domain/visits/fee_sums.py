"""The fee in the amounts that a client reads, with the names of their labels. Pure."""

from collections.abc import Iterator, Mapping

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.fee import APPLIED, PROPOSED, WRITTEN_OFF, FeeState
from shared.domain.bookings.lifecycle import ENDED_STATUSES
from shared.domain.money.money import Money
from shared.domain.visits.settlement import excess_minor

FEE, OF_IT_PAID, STILL_TO_PAY = "fee.taken", "fee.paid", "fee.owed"
MAY_BE_CHARGED, FOR_MOVES = "fee.proposed", "fee.moves"


def fee_sums(booking: Booking) -> tuple[tuple[str, int], ...]:
    """Return the amounts of the fees that count, with their labels, in the price's minor units.

    What is owed comes with the whole fee and what was paid of it. Of a fee that was written off,
    only what was taken before is shown. Empty if there is no fee, or nothing to show of it.
    """
    if not booking.fees:
        return ()
    states = booking.fee_states()
    sums = [*_of_moves(booking, states), *_of_end(booking, states)]
    if owed_minor := booking.fee_owed_minor():
        paid_minor = sum(each.taken_minor + each.elsewhere_minor for each in states.values())
        sums += [(OF_IT_PAID, paid_minor)] if paid_minor else []
        sums.append((STILL_TO_PAY, owed_minor))
    return tuple(sums)


def _of_moves(booking: Booking, states: Mapping[str, FeeState]) -> Iterator[tuple[str, int]]:
    fees = [each for each in booking.fees if each.is_for_move]
    amount_minor = sum(each.amount_minor for each in fees if each.status == APPLIED)
    amount_minor += sum(
        states[each.fee_id].taken_minor for each in fees if each.status == WRITTEN_OFF
    )
    if amount_minor:
        yield FOR_MOVES, amount_minor


def _of_end(booking: Booking, states: Mapping[str, FeeState]) -> Iterator[tuple[str, int]]:
    fee = booking.fee()
    state = states[fee.fee_id] if fee else None
    if fee is None or state is None:
        return
    if state.status == PROPOSED:
        yield MAY_BE_CHARGED, fee.amount_minor
    elif state.status != WRITTEN_OFF:
        yield FEE, fee.amount_minor
    elif state.taken_minor:
        yield FEE, state.taken_minor


def owed_of_failed_refunds(booking: Booking) -> Mapping[str, Money]:
    """Return what is still owed to the client of each refund that a bank sent back.

    By Stripe's ids, oldest first. Money that came back pays the fee first; without a fee, all of it
    is owed.
    """
    charges = booking.facts.charges.values()
    price_currency = booking.price.currency
    failed = [
        # A refund can be heard of before its charge, whose currency is not known then.
        (
            *(refund.created_s, refund_id, refund.amount_minor),
            refund.currency or charge.currency or price_currency,
        )
        for charge in charges
        for refund_id, refund in charge.client_refunds.items()
        if refund.status == "failed"
    ]
    is_over = booking.status in ENDED_STATUSES
    has_fee = any(each.counts or each.status == PROPOSED for each in booking.fees)
    left_minor = excess_minor(booking) if is_over and has_fee else None
    owed: dict[str, Money] = {}
    for _, refund_id, amount_minor, currency in sorted(failed):
        owed_minor = amount_minor
        if left_minor is not None and currency == price_currency:
            owed_minor = min(amount_minor, left_minor)
            left_minor -= owed_minor
        owed[refund_id] = Money(owed_minor, currency)
    return owed
