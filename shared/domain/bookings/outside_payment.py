"""What a client paid outside Stripe, as staff recorded it. Pure.

It lowers what is due and nothing else: no charge, refund, fee or ledger of Stripe's knows of it.
None is ever deleted; a mistake, or money that was given back, is voided with a note.
"""

from collections.abc import Iterable
from typing import Final, Literal

from shared.domain.stored_record import StoredRecord

type Method = Literal["cash", "card_terminal", "transfer", "voucher"]
RECORDED: Final = "payment.recorded"
VOIDED: Final = "payment.voided"
# A booking is one stored item; nobody pays one visit in more parts.
MAX_OUTSIDE_PAYMENTS = 20


class OutsidePayment(StoredRecord, frozen=True):
    """One payment outside Stripe, in minor units of the booking's currency, above zero.

    `at_s` is when it was recorded, `voided_at_s` when it was voided (seconds since 1970, 0 for
    never). `by` and `voided_by` are e-mail addresses. The notes are staff's.
    """

    payment_id: str
    amount_minor: int
    method: str
    at_s: int
    by: str
    note: str = ""
    voided_at_s: int = 0
    voided_by: str = ""
    void_note: str = ""

    @property
    def is_voided(self) -> bool:
        """Whether it no longer counts."""
        return self.voided_at_s > 0


def counted_minor(payments: Iterable[OutsidePayment]) -> int:
    """Return what the payments that were not voided add up to."""
    return sum(each.amount_minor for each in payments if not each.is_voided)
