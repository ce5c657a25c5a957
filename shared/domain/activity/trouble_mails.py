"""The mail that warns a location's owners when all of its payments have stopped. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.domain.activity.mail import Mail
from shared.domain.activity.messages import SCHEMA, SEND_MAIL, Message
from shared.domain.activity.needed_action import KEY_REFUSED, PERMISSION_MISSING
from shared.domain.dates.instants import DAY_S, rfc3339

# The needed actions that are mailed; their kinds are the mails' kinds too.
TROUBLES = (KEY_REFUSED, PERMISSION_MISSING)


def trouble_requested(location_id: str, kind: str, now_s: int) -> Message:
    """Return the order to tell the owners that Stripe refuses the key, or a call that needs it.

    However often that begins and ends, there is one order a day.
    """
    message_id = f"{location_id}-{kind}-{now_s // DAY_S}"
    return Message(
        message_id=message_id,
        detail_type=SEND_MAIL,
        detail={
            "schema": SCHEMA,
            "message_id": message_id,
            "occurred_at": rfc3339(now_s),
            "location_id": location_id,
            "kind": kind,
        },
    )


def trouble_mail(detail: Mapping[str, Any]) -> Mail:
    """Return the mail that was ordered."""
    kind = str(detail["kind"])
    return Mail(
        kind=kind,
        fact=str(detail["message_id"]),
        paragraphs=(f"{kind}.text", "trouble.stops"),
        notes=(f"{kind}.advice",),
    )
