"""Stripe's events: each is written once, in one transaction with all that it changes.

An event that cannot be applied is kept for staff, and changes nothing.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters.bindings import binding_key, binding_put
from shared.adapters.booking_items import (
    StoredBooking,
    about_booking,
    action_write,
    booking_key,
    booking_put,
    read_booking,
)
from shared.adapters.bookings_table import (
    BookingsTable,
    Delete,
    Key,
    Put,
    PutRefused,
)
from shared.adapters.connection_store import connection_key
from shared.adapters.dispute_store import dispute_puts
from shared.adapters.hold_store import Hold, hold_put
from shared.adapters.outbox import message_puts
from shared.adapters.subject_items import subject_item_key
from shared.adapters.sync_notes import bound_late_puts, expected_puts, finding_put
from shared.config import Config
from shared.domain.activity.apply_event import (
    APPLIED,
    BOOKING,
    SUBJECT,
    EventEffect,
    is_kept_apart,
    subject_key,
)
from shared.domain.activity.needed_action import (
    EVENT_OF_ANOTHER_ACCOUNT,
    EVENT_UNREADABLE,
    NeededAction,
)
from shared.domain.bookings.payment_binding import binding_names, claimed_booking, is_payment
from shared.domain.disputes.reminders import Cause
from shared.domain.errors import Overtaken
from shared.domain.ledger.findings import Finding
from shared.domain.locations.stripe_connection import connection_from_dict
from shared.domain.stripe_facts.json_reader import MAX_INSTANT_S
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts, events_of, merge
from shared.domain.stripe_facts.read_events import StripeEvent

# DynamoDB takes items of 400 KB; from 240 KiB on an event is in S3.
MAX_KEPT_EVENT_BYTES = 350_000


@dataclass(frozen=True, slots=True)
class EventContext:
    """What is stored of an event's subject and booking, before the event is applied.

    `booking_id` is the booking the subject belongs to; `unbound` are the names that will be bound
    to it. `is_counted` is whether its charge is among the booking's failed attempts,
    `has_marker` whether the event has an item of its own already.
    """

    subject: Facts
    subject_version: int
    booking_id: str | None
    booking: StoredBooking | None
    unbound: tuple[str, ...] = ()
    is_counted: bool = False
    has_marker: bool = False

    def has_recorded(self, event_id: str) -> bool:
        """Whether the event has an item of its own, or is among those of the stored facts."""
        of_booking = self.booking.booking.facts if self.booking else EMPTY
        return self.has_marker or event_id in events_of(merge(self.subject, of_booking))


class AlreadyRecorded(Overtaken):
    """The event was recorded before: there is nothing left to do."""


class EventStore:
    """The events of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def load_event_context(self, location_id: str, event: StripeEvent) -> EventContext:
        """Read what an event needs, in one call, or two if its metadata does not name the booking.

        Our own record decides which booking it belongs to (`domain.bookings.payment_binding`); the
        metadata counts only if there is none.
        """
        subject, claim = _subject_key(location_id, event), claimed_booking(event, location_id)
        names = {name: binding_key(location_id, name) for name in binding_names(event)}
        marker = _event_key(location_id, event.livemode, event.event_id)
        keys = [marker, *([subject] if subject else []), *names.values()]
        if claim:
            keys.append(booking_key(location_id, claim))
        found = self._table.get(*keys)
        stored = found.get(subject) if subject else None
        records = [stored, *(found.get(key) for key in names.values())]
        owners = [each.body.get("booking_id") for each in records if each]
        candidates = {each: booking_key(location_id, each) for each in (*owners, claim) if each}
        if unread := [key for name, key in candidates.items() if name != claim]:
            found |= self._table.get(*unread)
        # A booking that does not exist binds nothing: a later name may be the right one.
        here = [name for name, key in candidates.items() if key in found]
        booking_id = next(iter([*here, *candidates]), None)
        return EventContext(
            subject=Facts.from_dict(stored.body["facts"]) if stored else EMPTY,
            subject_version=stored.version if stored else 0,
            is_counted=bool(stored and stored.body.get("is_counted")),
            has_marker=marker in found,
            booking_id=booking_id,
            booking=read_booking(found.get(candidates[booking_id])) if booking_id else None,
            unbound=tuple(name for name, key in names.items() if key not in found),
        )

    def put_event(
        self,
        location_id: str,
        event: StripeEvent,
        context: EventContext,
        change: EventEffect,
        *,
        is_replay: bool = False,
        finding: Finding | None = None,
        hold_due_s: int | None = None,
    ) -> None:
        """Write event, subject, its disputes and the booking in one transaction.

        The event's id is kept with the facts that it brought, under the version of their item. One
        that is not kept there, or was not simply applied, has an item of its own.

        With them go `finding`, what the ledger's sync found of the event, and from `hold_due_s` on
        (seconds since 1970) the booking's hold is looked at.

        A replay from the archive overwrites what was recorded: facts are merged, so this changes
        only what our code misread before. Raises `AlreadyRecorded` for an event that is there, and
        `WriteConflict` when subject or booking have changed since `context` was read.
        """
        if not is_replay and context.has_recorded(event.event_id):
            raise AlreadyRecorded("the event was recorded before")
        now_s = int(time.time())
        puts = _subject_puts(location_id, event, context, change)
        puts += _booking_puts(location_id, event, context, change, now_s)
        puts += _action_writes(location_id, event, context, change, is_replay=is_replay)
        cause = Cause(location_id, event.event_id, event.created_s, now_s)
        puts += dispute_puts(context.subject, change.subject, context.booking_id, cause)
        if finding:
            puts.append(finding_put(location_id, event.livemode, finding))
        if context.booking and hold_due_s is not None:
            puts.append(hold_put(Hold(location_id, context.booking.booking.booking_id), hold_due_s))
        marker = _event_key(location_id, event.livemode, event.event_id)
        if context.has_marker or not _keeps_id(event, context, change):
            body = {"type": event.type, "created_s": event.created_s, "outcome": change.outcome}
            puts.append(Put(marker, body, version=None if is_replay else 0))
        self._put_once(puts, marker)

    def put_unreadable_event(
        self, location_id: str, event: Mapping[str, Any], outcome: str, reason: str
    ) -> None:
        """Keep a whole event that cannot be applied, for staff and for later versions of our code.

        One too large for an item is not kept here: it is among the large events in S3. Raises
        `AlreadyRecorded`.
        """
        details = {"event_id": event["id"], "type": event["type"], "reason": reason}
        action = NeededAction(EVENT_UNREADABLE, details)
        self._keep(location_id, event, outcome, reason, f"event#{event['id']}", action)

    def put_quarantined_event(
        self, location_id: str, event: Mapping[str, Any], outcome: str, account: str
    ) -> None:
        """Keep a whole event of another Stripe account without applying it.

        Staff see one entry for each such account, the latest event in it. Raises `AlreadyRecorded`.
        """
        details = {"account": account, "event_id": event["id"], "type": event["type"]}
        action = NeededAction(EVENT_OF_ANOTHER_ACCOUNT, details)
        reason = "it is of another Stripe account"
        self._keep(location_id, event, outcome, reason, f"account#{account}", action)

    def _keep(
        self,
        location_id: str,
        event: Mapping[str, Any],
        outcome: str,
        reason: str,
        about: str,
        action: NeededAction,
    ) -> None:
        body = {
            "type": event["type"],
            "created_s": event["created"],
            "outcome": outcome,
            "reason": reason,
        }
        if len(json.dumps(event)) <= MAX_KEPT_EVENT_BYTES:
            body["event"] = event
        key = _event_key(location_id, event["livemode"], event["id"])
        # Its time may be what is unreadable.
        at_s = event["created"] if 0 <= event["created"] <= MAX_INSTANT_S else 0
        self._put_once([Put(key, body), action_write(location_id, about, (action,), at_s)], key)

    def get_account_id(self, location_id: str) -> str:
        """Return the id of a location's own Stripe account, empty where none is connected."""
        key = connection_key(location_id)
        stored = self._table.get(key).get(key)
        account = connection_from_dict(stored.body).account if stored else None
        return account.account_id if account else ""

    def _put_once(self, puts: list[Put | Delete], marker: Key) -> None:
        try:
            self._table.put(puts)
        except PutRefused as refused:
            if marker in refused.refused:
                raise AlreadyRecorded("the event was recorded before") from refused
            raise


def _subject_puts(
    location_id: str, event: StripeEvent, context: EventContext, change: EventEffect
) -> list[Put | Delete]:
    """Return the writes of what is kept of the event's object beside the booking, if anything."""
    key = _subject_key(location_id, event)
    if key is None or not _keeps_subject(event, context, change):
        return []
    body: dict[str, Any] = {"booking_id": context.booking_id, "facts": change.subject.to_dict()}
    if change.is_counted:
        body["is_counted"] = True
    puts: list[Put | Delete] = [Put(key, body, context.subject_version)]
    if context.booking_id:
        puts += expected_puts(location_id, event, context.subject, change.subject)
    return puts


def _booking_puts(
    location_id: str, event: StripeEvent, context: EventContext, change: EventEffect, now_s: int
) -> list[Put | Delete]:
    """Return the writes of the booking, of its messages, and of what is bound to it from now on."""
    if context.booking is None:
        return []
    bound = [name for name in context.unbound if is_payment(name)]
    owner, version = context.booking.booking.booking_id, context.booking.version
    puts: list[Put | Delete] = [binding_put(location_id, name, owner) for name in bound]
    if change.booking and change.booking != context.booking.booking:
        puts.append(booking_put(change.booking, version))
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
) -> list[Put | Delete]:
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


def _event_key(location_id: str, livemode: bool, event_id: str) -> Key:
    return Key(f"{location_id}#event#{'live' if livemode else 'test'}#{event_id}", "event")


def _subject_key(location_id: str, event: StripeEvent) -> Key | None:
    subject = subject_key(event)
    return subject_item_key(location_id, subject) if subject else None
