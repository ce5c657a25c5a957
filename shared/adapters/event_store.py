"""Stripe's events: each is written once, in one transaction with all that it changes.

An event that cannot be applied is kept for staff, and changes nothing.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from shared.adapters.activity_marks import active_until_s, activity_key, activity_put
from shared.adapters.bindings import binding_key
from shared.adapters.booking_items import (
    StoredBooking,
    action_write,
    booking_key,
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
from shared.adapters.subject_items import subject_item_key
from shared.config import Config
from shared.domain.activity.apply_event import (
    subject_key,
)
from shared.domain.activity.needed_action import (
    EVENT_OF_ANOTHER_ACCOUNT,
    EVENT_UNREADABLE,
    NeededAction,
)
from shared.domain.bookings.payment_binding import binding_names, claimed_booking
from shared.domain.errors import Overtaken
from shared.domain.locations.stripe_connection import connection_from_dict
from shared.domain.stripe_facts.json_reader import MAX_INSTANT_S
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts, events_of, merge
from shared.domain.stripe_facts.read_events import StripeEvent

# DynamoDB takes items of 400 KB; from 240 KiB on an event is in S3.
MAX_KEPT_EVENT_BYTES = 350_000


class EventContext(Struct, frozen=True):
    """What is stored of an event's subject and booking, before the event is applied.

    `booking_id` is the booking the subject belongs to; `unbound` are the names that will be bound
    to it. `is_counted` is whether its charge is among the booking's failed attempts,
    `has_marker` whether the event has an item of its own already. `active_until_s` is the
    location's mark, `None` where it has none.
    """

    subject: Facts
    subject_version: int
    booking_id: str | None
    booking: StoredBooking | None
    unbound: tuple[str, ...] = ()
    is_counted: bool = False
    has_marker: bool = False
    active_until_s: int | None = None

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
        subject, claim = subject_item(location_id, event), claimed_booking(event, location_id)
        names = {name: binding_key(location_id, name) for name in binding_names(event)}
        marker = event_key(location_id, event.livemode, event.event_id)
        activity = activity_key(location_id)
        keys = [marker, activity, *([subject] if subject else []), *names.values()]
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
            active_until_s=active_until_s(found.get(activity)),
            booking_id=booking_id,
            booking=read_booking(found.get(candidates[booking_id])) if booking_id else None,
            unbound=tuple(name for name, key in names.items() if key not in found),
        )

    def put_event(
        self, location_id: str, event: StripeEvent, writes: Iterable[Put | Delete]
    ) -> None:
        """Write all that an event makes, in one transaction (`stripe_events.event_writes`).

        Raises `AlreadyRecorded` where the event's own item is there already, and `WriteConflict`
        when subject or booking have changed since they were read.
        """
        self._put_once(list(writes), event_key(location_id, event.livemode, event.event_id))

    def put_activity(self, location_id: str, until_s: int) -> None:
        """Mark a location as active.

        Not in an event's transaction: of many at the same moment none waits for the others.
        """
        self._table.put([activity_put(location_id, until_s)])

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
        key = event_key(location_id, event["livemode"], event["id"])
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


def event_key(location_id: str, livemode: bool, event_id: str) -> Key:
    """Return where an event's own item is."""
    return Key(f"{location_id}#event#{'live' if livemode else 'test'}#{event_id}", "event")


def subject_item(location_id: str, event: StripeEvent) -> Key | None:
    """Return where the facts of an event's object are kept beside the booking, if they may be."""
    subject = subject_key(event)
    return subject_item_key(location_id, subject) if subject else None
