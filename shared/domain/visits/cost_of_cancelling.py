"""What cancelling at this moment costs a client, and gives back. Pure."""

from typing import Literal

from msgspec import Struct

from shared.domain.bookings.authorship import CLIENT
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.lifecycle import CONFIRMED
from shared.domain.refunds.refund_progress import refund_progress
from shared.domain.visits.end_visit import cancel
from shared.domain.visits.fee_split import FeeWord, fee_split


class CancellingCost(Struct, frozen=True):
    """What cancelling costs and gives back, in minor units of the booking's currency.

    Of the fee some is kept of earlier payments, some charged to the card, some owed; of one that
    the business decides on (`proposed`) nothing is known yet. What goes back does so automatically.
    """

    outcome: FeeWord | Literal["free"]
    fee_minor: int
    kept_minor: int
    card_minor: int
    owed_minor: int
    back_minor: int


def can_client_cancel(booking: Booking, now_s: int) -> bool:
    """Whether the client can still cancel: a confirmed visit that has not begun."""
    starts_at_s = booking.starts_at_s
    return booking.status == CONFIRMED and starts_at_s is not None and now_s < starts_at_s


def cost_of_cancelling(booking: Booking, now_s: int) -> CancellingCost:
    """Return the result of cancelling now: the same rule is applied, and nothing is written.

    Raises `Conflict` as `cancel` does.
    """
    tried = cancel(booking, CLIENT, now_s, takes_fee=True)
    split, back_minor = fee_split(tried), refund_progress(tried).under_way_minor
    if split is None:
        return CancellingCost("free", 0, 0, 0, 0, back_minor)
    parts = split.kept_minor, split.card_minor, split.owed_minor
    return CancellingCost(split.word, split.fee_minor, *parts, back_minor)
