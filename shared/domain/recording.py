"""What follows from one Stripe event, given what is stored. Pure."""

from dataclasses import dataclass, replace

from shared.domain.booking import Booking
from shared.domain.payment import Facts, merge
from shared.domain.stripe_events import StripeEvent

# What became of an event; all but `applied` and `other` are for staff to look at.
APPLIED = "applied"
OTHER = "other"
BOOKING_UNKNOWN = "booking_unknown"
CURRENCY_DIFFERS = "currency_differs"
UNREADABLE = "unreadable"
NEEDS_ACTION = frozenset({BOOKING_UNKNOWN, CURRENCY_DIFFERS, UNREADABLE})


@dataclass(frozen=True, slots=True)
class Change:
    """What is written together with the event: its subject's facts, and the booking if any."""

    outcome: str
    subject: Facts
    booking: Booking | None


def apply_event(
    event: StripeEvent, stored: Facts, booking: Booking | None, booking_id: str | None
) -> Change:
    """Merge an event into what is known of its charge or payout, and into its booking.

    `stored` are the subject's facts so far and `booking_id` the booking that event or subject name.
    An event whose booking is not there, or has another currency, is kept with its subject, from
    where the booking takes it up with the next event of the same charge.
    """
    subject = merge(stored, event.facts)
    if booking_id is None:
        return Change(OTHER, subject, None)
    if booking is None:
        return Change(BOOKING_UNKNOWN, subject, None)
    changed = replace(booking, facts=merge(booking.facts, subject))
    if _has_other_currency(event.facts, booking.price.currency):
        return Change(CURRENCY_DIFFERS, subject, changed)
    return Change(APPLIED, subject, changed)


def subject_key(event: StripeEvent) -> str | None:
    """Return the key of an event's facts beside the booking: `charge#ch_...`, `payout#po_...`.

    Events about a session, an intent or a saved card have their booking in their metadata and are
    kept there alone.
    """
    if event.charge_id is not None:
        return f"charge#{event.charge_id}"
    for payout_id in event.facts.payouts:
        return f"payout#{payout_id}"
    return None


def _has_other_currency(facts: Facts, currency: str) -> bool:
    return any(charge.currency not in ("", currency) for charge in facts.charges.values())
