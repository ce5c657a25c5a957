"""Every write that follows from one of Stripe's events, built in one place. Reads nothing.

Its object's facts, the booking, what is bound to it from now on, messages, what staff have to look
at, disputes' reminders, what the ledger's sync is told, and the event's own item where its id is
kept nowhere else.
"""

from typing import Any

from msgspec import Struct

from shared.adapters.bindings import binding_put
from shared.adapters.booking_entries import entry_writes
from shared.adapters.booking_items import about_booking, action_write, booking_put
from shared.adapters.bookings_table import Delete, Put
from shared.adapters.dispute_store import dispute_puts
from shared.adapters.event_store import AlreadyRecorded, EventContext, event_key, subject_item
from shared.adapters.hold_store import Hold, hold_put
from shared.adapters.outbox import message_puts
from shared.adapters.sync_notes import bound_late_puts, expected_puts, finding_put
from shared.domain.activity.apply_event import (
    APPLIED,
    BOOKING,
    SUBJECT,
    EventEffect,
    is_kept_apart,
    subject_key,
)
from shared.domain.bookings.payment_binding import is_payment
from shared.domain.disputes.reminders import Cause
from shared.domain.ledger.findings import Finding
from shared.domain.stripe_facts.payment_facts import EMPTY, events_of, merge
from shared.domain.stripe_facts.read_events import StripeEvent

type Writes = list[Put | Delete]


class Recorded(Struct, frozen=True):
    """An event with what was stored before it, and what it changes."""

    location_id: str
    event: StripeEvent
    context: EventContext
    change: EventEffect


def writes_of(
    recorded: Recorded,
    now_s: int,
    *,
    is_replay: bool = False,
    finding: Finding | None = None,
    hold_due_s: int | None = None,
) -> Writes:
    """Return the writes of one event, for one transaction.

    With them go `finding`, what the ledger's sync found of the event, and from `hold_due_s` on
    (seconds since 1970) the booking's hold is looked at.

    The event's id is kept with the facts that it brought, under the version of their item. One that
    is not kept there, or was not simply applied, has an item of its own. A replay from the archive
    overwrites what was recorded: facts are merged, so this changes only what our code misread
    before. Raises `AlreadyRecorded` for an event that is there.
    """
    location_id, event = recorded.location_id, recorded.event
    context, change = recorded.context, recorded.change
    if not is_replay and context.has_recorded(event.event_id):
        raise AlreadyRecorded("the event was recorded before")
    writes = _subject_puts(location_id, event, context, change)
    writes += _booking_puts(location_id, event, context, change, now_s)
    writes += _action_writes(location_id, event, context, change, is_replay=is_replay)
    cause = Cause(location_id, event.event_id, event.created_s, now_s)
    writes += dispute_puts(context.subject, change.subject, context.booking_id, cause)
    if finding:
        writes.append(finding_put(location_id, event.livemode, finding))
    if context.booking and hold_due_s is not None:
        hold = Hold(location_id, context.booking.booking.booking_id)
        writes.append(hold_put(hold, hold_due_s))
    if context.has_marker or not _keeps_id(event, context, change):
        body = {"type": event.type, "created_s": event.created_s, "outcome": change.outcome}
        key = event_key(location_id, event.livemode, event.event_id)
        writes.append(Put(key, body, version=None if is_replay else 0))
    return writes


def _subject_puts(
    location_id: str, event: StripeEvent, context: EventContext, change: EventEffect
) -> Writes:
    """Return the writes of what is kept of the event's object beside the booking, if anything."""
    key = subject_item(location_id, event)
    if key is None or not _keeps_subject(event, context, change):
        return []
    body: dict[str, Any] = {"booking_id": context.booking_id, "facts": change.subject.to_dict()}
    if change.is_counted:
        body["is_counted"] = True
    puts: Writes = [Put(key, body, context.subject_version)]
    if context.booking_id:
        puts += expected_puts(location_id, event, context.subject, change.subject)
    return puts


def _booking_puts(
    location_id: str, event: StripeEvent, context: EventContext, change: EventEffect, now_s: int
) -> Writes:
    """Return the writes of the booking, of its messages, and of what is bound to it from now on."""
    if context.booking is None:
        return []
    bound = [name for name in context.unbound if is_payment(name)]
    owner, version = context.booking.booking.booking_id, context.booking.version
    puts: Writes = [binding_put(location_id, name, owner) for name in bound]
    if change.booking and change.booking != context.booking.booking:
        puts.append(booking_put(change.booking, version))
        if context.booking.is_in_index:
            puts += entry_writes(None, change.booking)
    puts += message_puts(change.messages, now_s)
    takes_up = change.actions.get(SUBJECT) == ()
    return puts + bound_late_puts(location_id, event, now_s, takes_up=takes_up, binds=bool(bound))


def _action_writes(
    location_id: str,
    event: StripeEvent,
    context: EventContext,
    change: EventEffect,
    *,
    is_replay: bool,
) -> Writes:
    """Return the writes of what staff have to look at from now on, or no longer."""
    own = f"event#{event.event_id}"
    names = {
        SUBJECT: subject_key(event) or own,
        BOOKING: about_booking(context.booking_id or ""),
    }
    found = {names[about]: actions for about, actions in change.actions.items()}
    if is_replay and subject_key(event):
        # It may have been unreadable the first time.
        found[own] = ()
    return [action_write(location_id, name, each, event.created_s) for name, each in found.items()]


def _keeps_subject(event: StripeEvent, context: EventContext, change: EventEffect) -> bool:
    return is_kept_apart(event, change) or bool(context.subject_version)


def _keeps_id(event: StripeEvent, context: EventContext, change: EventEffect) -> bool:
    """Whether the event was simply applied, and is among the facts that are written with it."""
    kept = change.subject if _keeps_subject(event, context, change) else EMPTY
    if change.booking:
        kept = merge(kept, change.booking.facts)
    return change.outcome == APPLIED and event.event_id in events_of(kept)
