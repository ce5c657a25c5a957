"""What staff have to look at: computed from the facts, and gone when its reason is gone. Pure."""

from collections.abc import Iterator, Sequence

from shared.domain.activity.dispute_actions import dispute_actions
from shared.domain.activity.needed_action import (
    BOOKING_CONTRADICTED,
    FORMER_SESSIONS,
    KEY_REFUSED,
    MAIL_UNDELIVERED,
    PERMISSION_MISSING,
    REFUND_REFUSED,
    NeededAction,
)
from shared.domain.activity.payment_actions import balance_actions, fee_actions, hold_actions
from shared.domain.activity.refund_actions import refund_actions
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.undelivered_mails import masked
from shared.domain.dates.instants import rfc3339
from shared.domain.errors import PermissionMissing, StripeKeyRefused
from shared.domain.stripe_facts.metadata_claims import OWN, named_now, newest

# How many of Stripe's ids an action lists.
MAX_NAMED = 100


def booking_actions(booking: Booking) -> tuple[NeededAction, ...]:
    """Return what a booking asks of staff, most urgent first; mostly nothing."""
    found = [*dispute_actions(booking.facts, booking.location_id, booking)]
    found += _contradicted_bindings(booking)
    found += [*refund_actions(booking), *fee_actions(booking), *hold_actions(booking)]
    is_refused = any(each.kind == REFUND_REFUSED for each in found)
    found += balance_actions(booking, is_refund_refused=is_refused)
    if booking.client:
        to = masked(booking.client.email)
        found += [mail_undelivered(each.kind, to, each.status) for each in booking.undelivered]
    settled = {each.action_id for each in booking.settled}
    return tuple(each for each in found if each.action_id not in settled)


def _contradicted_bindings(booking: Booking) -> Iterator[NeededAction]:
    """Yield each other booking that metadata names for a payment that is bound to this one."""
    facts = booking.facts
    claims: dict[str, list[str]] = {}
    for charge_id, charge in facts.charges.items():
        for named in named_now(charge.named_bookings, charge.claims):
            naming = [key for key, last in newest(charge.claims).items() if named in last]
            objects = [charge_id if key == OWN else key for key in naming] or [charge_id]
            claims.setdefault(named, []).extend(objects)
    for known in (facts.sessions, facts.intents, facts.setups):
        for stripe_id, each in known.items():
            for named in each.named_bookings:
                claims.setdefault(named, []).append(stripe_id)
    claims.pop(booking.booking_id, None)
    for named, stripe_ids in sorted(claims.items()):
        yield NeededAction(
            BOOKING_CONTRADICTED,
            {
                "booking_id": booking.booking_id,
                "named_booking_id": named,
                "objects": sorted(stripe_ids),
            },
        )


def key_refused(refused: StripeKeyRefused) -> NeededAction:
    """Return that Stripe refuses a location's key; the check of its settings has the details."""
    kind = PERMISSION_MISSING if isinstance(refused, PermissionMissing) else KEY_REFUSED
    return NeededAction(kind, {"code": refused.code})


def mail_undelivered(kind: str, to: str, status: str) -> NeededAction:
    """Return that a mail of a kind did not reach an address, which is masked (`m…@example.com`)."""
    return NeededAction(MAIL_UNDELIVERED, {"mail": kind, "to": to, "status": status})


def former_sessions(
    account_id: str, left: Sequence[str], ends_at_s: int, *, is_listed: bool
) -> tuple[NeededAction, ...]:
    """Return what is or may be still open at the account that a location left; mostly nothing.

    `left` are the ids of Stripe's sessions: all are counted, and the first hundred listed. If
    `is_listed` is false there may be more.
    """
    if not left and is_listed:
        return ()
    details = {
        "account": account_id,
        "sessions": list(left[:MAX_NAMED]),
        "count": len(left),
        "complete": is_listed,
        "ends_at": rfc3339(ends_at_s),
    }
    return (NeededAction(FORMER_SESSIONS, details),)
