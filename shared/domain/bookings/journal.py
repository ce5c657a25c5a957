"""A booking's journal: what people and Bookpay itself did, beside Stripe's events. Pure."""

from typing import Final, Literal

from shared.domain.stored_record import StoredRecord

# A slot was released although Stripe could not be asked about its payment.
UNASKED: Final = "booking.expired_unasked"
# A payment, or a card, came too late for its slot.
SLOT_LOST: Final = "booking.slot_lost"
# The visit's end was undone: one entry for each end.
REOPENED: Final = "booking.reopened"
# The console has a word for each.
type JournalWord = Literal[
    "action.settled",
    "booking.created",
    "booking.address_confirmed",
    "booking.cancelled",
    "booking.completed",
    "booking.no_show",
    "booking.expired",
    "booking.expired_unasked",
    "booking.moved",
    "booking.reopened",
    "booking.slot_lost",
    "booking.slot_taken_again",
    "charge.refused",
    "client.changed",
    "client.erased",
    "fee.confirmed",
    "fee.waived",
    "fee.reminded",
    "fee.written_off",
    "mail.held_back",
    "payment.recorded",
    "payment.voided",
    "refund.requested",
    "refund.approval_requested",
    "refund.approved",
    "refund.denied",
    "refund.refused",
]


class JournalEntry(StoredRecord, frozen=True):
    """One thing that was done, in the past tense; `at_s` is in seconds since 1970.

    `caused_by` is the Stripe event that it follows from, if any. `by_user_id` is the user pool's id
    if `by` is somebody of the staff.
    """

    entry_id: str
    at_s: int
    what: JournalWord
    by: str | None = None
    caused_by: str | None = None
    by_user_id: str | None = None
