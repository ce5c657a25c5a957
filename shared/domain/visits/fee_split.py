"""Where the fee of a visit's end comes from: nobody is to read it as paid twice. Pure."""

from typing import Literal

from msgspec import Struct

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import CAPTURE
from shared.domain.bookings.fee import PROPOSED, WRITTEN_OFF, orders_of

# proposed: the business decides. kept: of what was paid before. held: of what is held on the card.
# card: charged to the saved card. owed: asked for by link. The others are kept in part.
type FeeWord = Literal["proposed", "kept", "kept_card", "kept_owed", "held", "card", "owed"]


class FeeSplit(Struct, frozen=True):
    """A fee in minor units of the booking's currency, and where it comes from.

    It is the sum of `kept_minor`, `card_minor` and `owed_minor`; of one that is only proposed
    nothing is known yet.
    """

    fee_minor: int
    kept_minor: int
    card_minor: int
    owed_minor: int
    word: FeeWord


def fee_split(booking: Booking) -> FeeSplit | None:
    """Return where the fee that counts comes from, `None` without one, or one to be paid."""
    fee = booking.fee()
    if fee is None:
        return None
    state = booking.fee_state(fee)
    if state.status == PROPOSED:
        return FeeSplit(fee.amount_minor, 0, 0, 0, "proposed")
    fee_minor = state.paid_minor if state.status == WRITTEN_OFF else fee.amount_minor
    kept_minor = min(fee_minor, fee.kept_minor + state.elsewhere_minor)
    owed_minor = min(state.owed_minor, fee_minor - kept_minor)
    card_minor = fee_minor - kept_minor - owed_minor
    if not fee_minor:
        return None
    is_held = any(each.kind == CAPTURE for each in orders_of([fee], booking.charge_orders))
    if owed_minor:
        word: FeeWord = "kept_owed" if kept_minor else "owed"
    elif card_minor:
        word = "kept_card" if kept_minor else "held" if is_held else "card"
    else:
        word = "kept"
    return FeeSplit(fee_minor, kept_minor, card_minor, owed_minor, word)
