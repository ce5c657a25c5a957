"""A fee in the sums that a client reads, with the names of their labels. Pure."""

from shared.domain.booking import Booking
from shared.domain.fee import OWED, PROPOSED, WRITTEN_OFF

FEE, OF_IT_PAID, STILL_TO_PAY = "fee.taken", "fee.paid", "fee.owed"
MAY_BE_CHARGED = "fee.proposed"


def fee_sums(booking: Booking) -> tuple[tuple[str, int], ...]:
    """Return the sums of the fee that counts by their labels, in the price's minor units.

    What is owed is told beside what it is the rest of. Of one that was let go, that is what was
    taken before; nothing where there is no fee, or nothing of it left.
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
