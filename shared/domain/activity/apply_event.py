"""What follows from one Stripe event, given what is stored. Pure."""

from collections.abc import Mapping
from copy import replace

from msgspec import Struct

from shared.domain.activity import needed_action
from shared.domain.activity.dispute_actions import dispute_actions
from shared.domain.activity.messages import messages_of
from shared.domain.activity.needed_action import NeededAction
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.activity.sequence import numbered
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.checkout_attempts import without_used_address
from shared.domain.bookings.kept_facts import with_kept_facts
from shared.domain.messages.message import Message
from shared.domain.stripe_facts.payment_facts import Facts, merge
from shared.domain.stripe_facts.read_events import StripeEvent
from shared.domain.visits.late_payment import with_late_money
from shared.domain.visits.order_charges import without_replaced_hold

# What became of an event; a `quarantined` one came from another Stripe account.
APPLIED = "applied"
OTHER = "other"
BOOKING_UNKNOWN = "booking_unknown"
CURRENCY_DIFFERS = "currency_differs"
UNREADABLE = "unreadable"
QUARANTINED = "quarantined"
SUBJECT, BOOKING = "subject", "booking"
NEEDS_ACTION = frozenset({BOOKING_UNKNOWN, CURRENCY_DIFFERS, UNREADABLE})


class EventEffect(Struct, frozen=True):
    """What is written together with the event: its subject's facts, and the booking if any.

    `actions` has for `subject` and `booking` what staff have to look at from now on; what is not in
    it stays as stored. `messages` go to the bus through the outbox. `is_counted` is
    whether its charge is among the booking's failed attempts from now on.
    """

    outcome: str
    subject: Facts
    booking: Booking | None
    actions: Mapping[str, tuple[NeededAction, ...]]
    messages: tuple[Message, ...] = ()
    is_counted: bool = False


def apply_event(
    event: StripeEvent,
    stored: Facts,
    booking: Booking | None,
    booking_id: str | None,
    *,
    location_id: str,
    is_counted: bool = False,
) -> EventEffect:
    """Merge an event into what is known of its charge or payout, and into its booking.

    `stored` are the subject's facts so far, `is_counted` whether its charge was counted as a failed
    attempt, and `booking_id` the booking that it belongs to
    (`payment_binding`). If that booking is not stored yet, the event is kept with its subject, and
    the booking takes it up with the next event of the same charge. Charges of another program on
    the same Stripe account ask nothing of this location's staff.
    """
    subject = merge(stored, event.facts)
    disputed = dispute_actions(subject, location_id)
    if booking_id is None:
        # No booking will ever show it: staff see it under its charge.
        is_new = disputed != dispute_actions(stored, location_id)
        asked = {SUBJECT: disputed} if is_new else {}
        return EventEffect(OTHER, subject, None, asked)
    if booking is None:
        unknown = NeededAction(
            needed_action.BOOKING_UNKNOWN,
            {"booking_id": booking_id, "charge": event.charge_id, "event_id": event.event_id},
        )
        return EventEffect(BOOKING_UNKNOWN, subject, None, {SUBJECT: (unknown, *disputed)})
    changed = with_facts(booking, subject, event.created_s)
    if not is_counted and any(each.failed for each in subject.charges.values()):
        changed = replace(changed, failed_attempts=changed.failed_attempts + 1)
    changed = numbered(booking, changed.caused_since(booking, event.event_id))
    outcome = APPLIED
    if _has_other_currency(event.facts, booking.price.currency):
        outcome = CURRENCY_DIFFERS
    takes_up = not is_counted and _has_more_than(stored, booking.facts)
    actions = _changed_actions(booking, changed, takes_up=takes_up)
    messages = messages_of(booking, changed, event.event_id, event.created_s)
    is_counted = is_counted or changed.failed_attempts > booking.failed_attempts
    return EventEffect(outcome, subject, changed, actions, messages, is_counted)


def with_facts(booking: Booking, facts: Facts, at_s: int) -> Booking:
    """Return the booking with new facts from Stripe, and with everything that follows from them.

    It does not matter whether a webhook brought them or we asked. `at_s` is when, in seconds since
    1970.
    """
    changed = replace(booking, facts=merge(booking.facts, facts)).advanced()
    changed = without_replaced_hold(changed, at_s)
    return with_kept_facts(without_used_address(with_late_money(booking, changed, at_s)))


def subject_key(event: StripeEvent) -> str | None:
    """Return the key of an event's facts beside the booking: `charge#ch_...`, `session#cs_...`."""
    if event.charge_id is not None:
        return f"charge#{event.charge_id}"
    for kind, known in (
        ("payout", event.facts.payouts),
        ("session", event.facts.sessions),
        ("intent", event.facts.intents),
        ("setup", event.facts.setups),
    ):
        for stripe_id in known:
            return f"{kind}#{stripe_id}"
    return None


def is_kept_apart(event: StripeEvent, change: EventEffect) -> bool:
    """Whether an event's facts are stored beside the booking, for later events that do not name it.

    A session, an intent or a saved card names its booking in its metadata and is stored with the
    booking only, unless that does not exist: then it is kept until the next event of the object.
    """
    has_followers = event.charge_id is not None or bool(event.facts.payouts)
    return has_followers or change.outcome == BOOKING_UNKNOWN


def _changed_actions(
    before: Booking, after: Booking, *, takes_up: bool
) -> dict[str, tuple[NeededAction, ...]]:
    """Return only the actions that differ from before: each entry costs a write."""
    changed: dict[str, tuple[NeededAction, ...]] = {}
    if takes_up:
        changed[SUBJECT] = ()
    needed = booking_actions(after)
    if needed != booking_actions(before):
        changed[BOOKING] = needed
    return changed


def _has_more_than(stored: Facts, known: Facts) -> bool:
    """Whether a subject was stored that the booking takes up only now."""
    return bool(
        stored.charges.keys() - known.charges.keys()
        or stored.sessions.keys() - known.sessions.keys()
        or stored.intents.keys() - known.intents.keys()
        or stored.setups.keys() - known.setups.keys()
    )


def _has_other_currency(facts: Facts, currency: str) -> bool:
    return any(charge.currency not in ("", currency) for charge in facts.charges.values())
