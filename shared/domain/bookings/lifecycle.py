"""A booking's statuses, and what leads from one to another: one table. Pure.

awaiting_payment       it keeps its slot until its payment has come, or its time is up
awaiting_confirmation  nothing is to be paid; the client has yet to follow the link in a mail
confirmed              the visit is to come, or under way
expired                it was not paid or confirmed in time, and cannot be paid any more
cancelled, no_show, completed    how the visit ended
"""

from collections.abc import Mapping
from enum import StrEnum

AWAITING_PAYMENT, CONFIRMED, EXPIRED = "awaiting_payment", "confirmed", "expired"
AWAITING_CONFIRMATION = "awaiting_confirmation"
CANCELLED, NO_SHOW, COMPLETED = "cancelled", "no_show", "completed"
# Their slot is kept until `hold_until_s`, and released then.
WAITING_STATUSES = frozenset({AWAITING_PAYMENT, AWAITING_CONFIRMATION})
BOOKING_STATUSES = WAITING_STATUSES | {CONFIRMED, EXPIRED, CANCELLED, NO_SHOW, COMPLETED}
PAYABLE_STATUSES = frozenset({AWAITING_PAYMENT, CONFIRMED, COMPLETED})
# After these ends only a fee can be due.
ENDED_STATUSES = frozenset({CANCELLED, NO_SHOW})


class Step(StrEnum):
    """What happens to a booking and changes its status."""

    SECURE = "secure"  # What was agreed is there: paid, held, or a card saved.
    PAY_AT_VISIT = "pay_at_visit"  # Stripe does not take the amount.
    ASK_TO_CONFIRM = "ask_to_confirm"
    CONFIRM_ADDRESS = "confirm_address"
    EXPIRE = "expire"
    REBOOK = "rebook"  # It was paid late, and its time was still free.
    CANCEL = "cancel"
    MISS = "miss"
    COMPLETE = "complete"
    REOPEN = "reopen"


NEXT: Mapping[tuple[str, Step], str] = {
    (AWAITING_PAYMENT, Step.SECURE): CONFIRMED,
    (AWAITING_PAYMENT, Step.PAY_AT_VISIT): CONFIRMED,
    (AWAITING_PAYMENT, Step.EXPIRE): EXPIRED,
    (AWAITING_PAYMENT, Step.CANCEL): CANCELLED,
    (AWAITING_CONFIRMATION, Step.CONFIRM_ADDRESS): CONFIRMED,
    (AWAITING_CONFIRMATION, Step.EXPIRE): EXPIRED,
    (AWAITING_CONFIRMATION, Step.CANCEL): CANCELLED,
    (CONFIRMED, Step.ASK_TO_CONFIRM): AWAITING_CONFIRMATION,
    (CONFIRMED, Step.CANCEL): CANCELLED,
    (CONFIRMED, Step.MISS): NO_SHOW,
    (CONFIRMED, Step.COMPLETE): COMPLETED,
    (EXPIRED, Step.REBOOK): CONFIRMED,
    (CANCELLED, Step.REOPEN): CONFIRMED,
    (NO_SHOW, Step.REOPEN): CONFIRMED,
    (COMPLETED, Step.REOPEN): CONFIRMED,
}


def status_after(status: str, step: Step) -> str:
    """Return the status that a step leads to; raises `ValueError` where it leads nowhere.

    Whether a step is allowed is asked before, with a sentence for whoever asked for it.
    """
    if (status, step) not in NEXT:
        raise ValueError(f"no booking that is {status} can {step}")
    return NEXT[status, step]
