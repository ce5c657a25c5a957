"""Messages as EventBridge and SQS deliver them, and back. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.domain.errors import InvalidFacts
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.messages.ledger_orders import BuildReport, SyncLedger
from shared.domain.messages.mail_orders import SEND_MAIL, MailOrder
from shared.domain.messages.message import Message
from shared.domain.messages.stripe_orders import (
    CheckFee,
    CheckHold,
    ExecuteChargeOrder,
    RefundPayment,
    SettleLatePayment,
)
from shared.domain.typed_json import reader_of, to_json

# What each name on the bus stands for.
MESSAGES: Mapping[str, Any] = {
    **{
        each.detail_type: each
        for each in (
            *(BookingChanged, RefundPayment, ExecuteChargeOrder, CheckFee, CheckHold),
            *(SettleLatePayment, BuildReport, SyncLedger),
        )
    },
    SEND_MAIL: MailOrder,
}


def envelope_of(message: Message) -> dict[str, Any]:
    """Return a message as the bus would deliver it: `{"detail-type", "detail"}`."""
    return {"detail-type": message.detail_type, "detail": to_json(message)}


def read_envelope[M: Message](envelope: Mapping[str, Any], *wanted: type[M]) -> M:
    """Return the message in what the bus or a queue delivered, which has to be of a wanted class.

    Fields of a newer release are ignored. Raises `InvalidFacts` for any other message, one of
    another version of its schema, or one of a kind that this release does not know.
    """
    kind = MESSAGES.get(envelope["detail-type"])
    if kind is None:
        raise InvalidFacts("/detail-type: no message that this release knows")
    message = reader_of(kind)(envelope["detail"], "/detail")
    if not isinstance(message, wanted):
        raise InvalidFacts("/detail-type: not a message for this reader")
    return message
