"""The mail that warns a location's owners when all of its payments have stopped. Pure."""

from collections.abc import Mapping

from shared.domain.activity.mail import Mail
from shared.domain.activity.needed_action import KEY_REFUSED, PERMISSION_MISSING
from shared.domain.dates.instants import DAY_S, rfc3339
from shared.domain.messages.mail_orders import SendTroubleMail, TroubleMail

# The needed actions that are mailed; their kinds are the mails' kinds too.
TROUBLES: Mapping[str, TroubleMail] = {
    KEY_REFUSED: "stripe_key_refused",
    PERMISSION_MISSING: "stripe_permission_missing",
}


def trouble_order(location_id: str, kind: str, now_s: int) -> SendTroubleMail:
    """Return the order to tell the owners that Stripe refuses the key, or a call that needs it.

    However often that begins and ends, there is one order a day.
    """
    return SendTroubleMail(
        message_id=f"{location_id}-{kind}-{now_s // DAY_S}",
        occurred_at=rfc3339(now_s),
        location_id=location_id,
        kind=TROUBLES[kind],
    )


def trouble_mail(order: SendTroubleMail) -> Mail:
    """Return the mail that was ordered."""
    return Mail(
        kind=order.kind,
        fact=order.message_id,
        paragraphs=(f"{order.kind}.text", "trouble.stops"),
        notes=(f"{order.kind}.advice",),
    )
