"""The fee in the amounts that a client reads, with the names of their labels. Pure."""

from collections.abc import Mapping

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.fee import OWED, PROPOSED, WRITTEN_OFF
from shared.domain.money.money import Money
from shared.domain.visits.settlement import excess_over_fee_minor

FEE, OF_IT_PAID, STILL_TO_PAY = "fee.taken", "fee.paid", "fee.owed"
MAY_BE_CHARGED = "fee.proposed"


def fee_sums(booking: Booking) -> tuple[tuple[str, int], ...]:
    """Return the amounts of the fee that counts, with their labels, in the price's minor units.

    What is owed comes with the whole fee and what was paid of it. Of a fee that was written off,
    only what was taken before is shown. Empty if there is no fee, or nothing to show of it.
    """
    fee = booking.fee()
    if fee is None:
        return ()
    state = booking.fee_state(fee)
    if state.status == PROPOSED:
        return ((MAY_BE_CHARGED, fee.amount_minor),)
    if state.status == WRITTEN_OFF:
        return ((FEE, state.taken_minor),) if state.taken_minor else ()
    sums = [(FEE, fee.amount_minor)]
    if state.status == OWED:
        sums += [(OF_IT_PAID, state.taken_minor)] if state.taken_minor else []
        sums.append((STILL_TO_PAY, state.owed_minor))
    return tuple(sums)


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
    left_minor = excess_over_fee_minor(booking) if booking.fee() else None
    owed: dict[str, Money] = {}
    for _, refund_id, amount_minor, currency in sorted(failed):
        owed_minor = amount_minor
        if left_minor is not None and currency == price_currency:
            owed_minor = min(amount_minor, left_minor)
            left_minor -= owed_minor
        owed[refund_id] = Money(owed_minor, currency)
    return owed
