"""What the functions keep and find: bookings, charges, events, links, locations, members.

It gives the table's items their meaning, and each change its one transaction.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from shared.adapters.bindings import binding_key, binding_put
from shared.adapters.booking_items import (
    StoredBooking,
    about_booking,
    action_partition,
    action_write,
    booking_asked_about,
    booking_key,
    booking_put,
    change_puts,
    list_partition,
    message_puts,
    read_booking,
    session_binding_puts,
)
from shared.adapters.bookings_table import (
    BookingsTable,
    Delete,
    Key,
    Put,
    PutRefused,
    Stored,
    place,
)
from shared.adapters.client_index import client_access_key, client_puts, link_key
from shared.adapters.connection_store import connection_key
from shared.adapters.dispute_store import dispute_puts
from shared.adapters.location_store import EVERYWHERE, location_key, location_put, member_key
from shared.adapters.sync_notes import bound_late_puts, expected_puts
from shared.config import Config
from shared.domain.activity.apply_event import (
    BOOKING,
    SUBJECT,
    EventEffect,
    is_kept_apart,
    subject_key,
)
from shared.domain.activity.messages import Message
from shared.domain.activity.needed_actions import (
    EVENT_OF_ANOTHER_ACCOUNT,
    EVENT_UNREADABLE,
    NeededAction,
)
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict
from shared.domain.bookings.payment_binding import binding_names, claimed_booking, is_payment
from shared.domain.disputes.reminders import Cause
from shared.domain.errors import Conflict, NotFound, WriteConflict
from shared.domain.locations.location import Location, location_from_dict
from shared.domain.locations.stripe_connection import connection_from_dict
from shared.domain.stripe_facts.json_reader import MAX_INSTANT_S
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts
from shared.domain.stripe_facts.read_events import StripeEvent

__all__ = [
    "AlreadyRecorded",
    "Answered",
    "BookingStore",
    "EventContext",
    "FirstAnswer",
    "StoredBooking",
    "answer_put",
    "booking_key",
    "booking_put",
    "client_access_put",
    "idempotency_key",
    "link_put",
    "read_booking",
    "say_nothing",
    "write_nothing_else",
]

# DynamoDB takes items of 400 KB; from 240 KiB on an event is in S3.
MAX_KEPT_EVENT_BYTES = 350_000
UPDATE_ATTEMPTS = 10
BACK_OFF_S = 0.02
# Around every place of a list, which begins with a year.
BEFORE_ALL, BEHIND_ALL = "0", "~"


@dataclass(frozen=True, slots=True)
class EventContext:
    """What is stored of an event's subject and booking, before the event is applied.

    `booking_id` is whose the subject is; `unbound` are the names that are bound to it from now on.
    """

    subject: Facts
    subject_version: int
    booking_id: str | None
    booking: StoredBooking | None
    unbound: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What is kept under an idempotency key: a request's hash and its first answer.

    `body` is `None` where nothing is kept, or nothing that counts any more; `version` is what a
    write of the answer has to find.
    """

    request_hash: str = ""
    body: dict[str, Any] | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """An answer to be kept under the digest of an idempotency key, until `expires_at_s`."""

    digest: str
    request_hash: str
    body: dict[str, Any]
    version: int
    expires_at_s: int


def write_nothing_else(_before: Booking, _after: Booking) -> Sequence[Put]:
    """Return nothing: a change that stands for itself."""
    return ()


def say_nothing() -> None:
    """Do nothing: a write that nobody counts."""


class AlreadyRecorded(WriteConflict):
    """The event was recorded before: nothing is left to do."""


class BookingStore:
    """The bookings of all locations; every method is told which location it is for."""

    def __init__(self, config: Config, sleep: Callable[[float], None] = time.sleep) -> None:
        self._table = BookingsTable(config)
        self._sleep = sleep

    # ------------------------------------------------------------------ Stripe's events

    def load_event_context(self, location_id: str, event: StripeEvent) -> EventContext:
        """Read what an event needs: one call, two where its metadata does not tell its booking.

        Whose it is says our own record (`domain.bookings.payment_binding`), and only without one
        the metadata.
        """
        subject, claim = _subject_key(location_id, event), claimed_booking(event, location_id)
        names = {name: binding_key(location_id, name) for name in binding_names(event)}
        keys = [*([subject] if subject else []), *names.values()]
        if claim:
            keys.append(booking_key(location_id, claim))
        found = self._table.get(*keys) if keys else {}
        stored = found.get(subject) if subject else None
        records = [stored, *(found.get(key) for key in names.values())]
        owners = [each.body.get("booking_id") for each in records if each]
        candidates = {each: booking_key(location_id, each) for each in (*owners, claim) if each}
        if unread := [key for name, key in candidates.items() if name != claim]:
            found |= self._table.get(*unread)
        # One that is not there binds nothing: a later name may be the right one.
        here = [name for name, key in candidates.items() if key in found]
        booking_id = next(iter([*here, *candidates]), None)
        return EventContext(
            subject=Facts.from_dict(stored.body["facts"]) if stored else EMPTY,
            subject_version=stored.version if stored else 0,
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
        also: Sequence[Put] = (),
    ) -> None:
        """Write event, subject, its disputes, the booking and `also` in one transaction.

        A replay out of the archive writes over what was recorded: facts are merged, so that this
        changes only what our code has read wrongly before. Raises `AlreadyRecorded` for an event
        that is there, and `WriteConflict` when subject or booking have changed since `context` was
        read.
        """
        marker = Put(
            _event_key(location_id, event.livemode, event.event_id),
            {"type": event.type, "created_s": event.created_s, "outcome": change.outcome},
            version=None if is_replay else 0,
        )
        puts: list[Put | Delete] = [marker]
        if is_replay and subject_key(event):
            # What could not be read then is read now.
            puts.append(action_write(location_id, f"event#{event.event_id}", (), event.created_s))
        subject = _subject_key(location_id, event)
        if subject and (is_kept_apart(event, change) or context.subject_version):
            body = {"booking_id": context.booking_id, "facts": change.subject.to_dict()}
            puts.append(Put(subject, body, context.subject_version))
            if context.booking_id:
                puts += expected_puts(location_id, event, context.subject, change.subject)
        puts += also
        now_s = int(time.time())
        cause = Cause(location_id, event.event_id, event.created_s, now_s)
        puts += dispute_puts(context.subject, change.subject, context.booking_id, cause)
        if change.booking and context.booking:
            puts.append(booking_put(change.booking, context.booking.version))
        if context.booking:
            bound = [name for name in context.unbound if is_payment(name)]
            owner = context.booking.booking.booking_id
            puts += [binding_put(location_id, name, owner) for name in bound]
            puts += bound_late_puts(
                location_id,
                event,
                now_s,
                takes_up=change.actions.get(SUBJECT) == (),
                binds=bool(bound),
            )
            version = context.booking.version + 1
            puts += message_puts(location_id, change.messages, now_s, booking_version=version)
        names = {
            SUBJECT: subject_key(event) or f"event#{event.event_id}",
            BOOKING: about_booking(context.booking_id or ""),
        }
        for about, actions in change.actions.items():
            puts.append(action_write(location_id, names[about], actions, event.created_s))
        self._put_once(puts, marker.key)

    def put_unreadable_event(
        self, location_id: str, event: Mapping[str, Any], outcome: str, reason: str
    ) -> None:
        """Keep an event that cannot be applied, whole, for staff and for a later version of ours.

        What is too large for an item is not kept here: it is among the large events in S3. Raises
        `AlreadyRecorded`.
        """
        details = {"event_id": event["id"], "type": event["type"], "reason": reason}
        action = NeededAction(EVENT_UNREADABLE, details)
        self._keep(location_id, event, outcome, reason, f"event#{event['id']}", action)

    def put_quarantined_event(
        self, location_id: str, event: Mapping[str, Any], outcome: str, account: str
    ) -> None:
        """Keep an event of another Stripe account, whole; it is applied to nothing.

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
        # What is unreadable may be its time.
        at_s = event["created"] if 0 <= event["created"] <= MAX_INSTANT_S else 0
        self._put_once([Put(key, body), action_write(location_id, about, (action,), at_s)], key)

    def get_account_id(self, location_id: str) -> str:
        """Return the id of a location's own Stripe account, empty where none is connected."""
        key = connection_key(location_id)
        stored = self._table.get(key).get(key)
        account = connection_from_dict(stored.body).account if stored else None
        return account.account_id if account else ""

    def list_needed_actions(
        self, location_id: str, limit: int, newest: str = BEHIND_ALL
    ) -> list[dict[str, Any]]:
        """Return up to `limit` things that staff have to look at, the newest first.

        Each is `{about, booking_id, at_s, actions, place}`: a charge, a booking or an event, and
        what it asks; `booking_id` is `None` where it is no booking. `newest` bounds the places,
        itself included.
        """
        return list(islice(self.iterate_needed_actions(location_id, newest), limit))

    def iterate_needed_actions(
        self, location_id: str, newest: str = BEHIND_ALL
    ) -> Iterator[dict[str, Any]]:
        """Give everything that staff have to look at, the newest first, as above."""
        partition = action_partition(location_id)
        for item in self._table.iterate_listed(partition, BEFORE_ALL, newest):
            booking_id = booking_asked_about(item.body["about"])
            yield {**item.body, "booking_id": booking_id, "place": item.place}

    def settle_listed(self, location_id: str, about: str, action_id: str, audit: Put) -> bool:
        """Take an action that is no booking's off the list; false where it is not there.

        It is written again with the next change of what it is about. Raises `WriteConflict`.
        """
        key = action_write(location_id, about, (), 0).key
        stored = self._table.get(key).get(key)
        listed = stored.body["actions"] if stored else []
        left = [each for each in listed if each.get("action_id") != action_id]
        if stored is None or len(left) == len(listed):
            return False
        write: Put | Delete = Delete(key)
        if left:
            where = (action_partition(location_id), place(stored.body["at_s"], about))
            write = Put(key, {**stored.body, "actions": left}, stored.version, listed=where)
        self._table.put([write, audit])
        return True

    def _put_once(self, puts: list[Put | Delete], marker: Key) -> None:
        try:
            self._table.put(puts)
        except PutRefused as refused:
            if marker in refused.refused:
                raise AlreadyRecorded("the event was recorded before") from refused
            raise

    # ------------------------------------------------------------------ bookings

    def get_booking(self, location_id: str, booking_id: str) -> StoredBooking | None:
        """Return a booking of this location, or `None`."""
        key = booking_key(location_id, booking_id)
        return read_booking(self._table.get(key).get(key))

    def get_bookings(self, location_id: str, booking_ids: Iterable[str]) -> list[Booking]:
        """Return those of the bookings that are there, in no order."""
        keys = [booking_key(location_id, booking_id) for booking_id in booking_ids]
        found = self._table.get(*keys) if keys else {}
        return [booking_from_dict(stored.body) for stored in found.values()]

    def put_booking(self, booking: Booking, version: int) -> None:
        """Replace a booking read at `version`; raises `WriteConflict` if it has changed.

        Only for what nobody is told of, such as an attempt to be paid; else `change_booking`. The
        session that was opened is bound to the booking from then on.
        """
        self._table.put([booking_put(booking, version), *session_binding_puts(booking)])

    def change_booking(
        self,
        stored: StoredBooking,
        changed: Booking,
        *,
        caused_by: str = "",
        answer: FirstAnswer | None = None,
        also: Sequence[Put | Delete] = (),
    ) -> None:
        """Write a change of a booking with all that it tells, and the answer to its request.

        `also` is what else belongs to it, such as the entry of who asked for it.
        Raises `WriteConflict` if the booking has changed since it was read, or the same request is
        being answered or was.
        """
        puts = change_puts(stored, changed, caused_by)
        if answer:
            puts.append(answer_put(changed.location_id, answer))
        self._table.put([*puts, *also])

    def update_booking(
        self,
        location_id: str,
        booking_id: str,
        change: Callable[[Booking], Booking],
        also: Callable[[Booking, Booking], Sequence[Put]] = write_nothing_else,
        *,
        written: Callable[[], None] = say_nothing,
    ) -> Booking:
        """Read a booking, change it and write it, again where somebody wrote in between.

        `also` returns what else a change of one booking into another writes, in its transaction;
        `written` is called once something was written, and so for no repetition.
        Returns the booking as it is then; what `change` leaves as it was is not written. Raises
        `NotFound` `booking_not_found`, `WriteConflict` after ten lost races, and what `change`
        raises.
        """
        for attempt in range(UPDATE_ATTEMPTS):
            if attempt:
                self._sleep(random.uniform(0, BACK_OFF_S * 2 ** min(attempt, 5)))  # noqa: S311 (jitter)
            stored = self.get_booking(location_id, booking_id)
            if stored is None:
                raise NotFound("There is no such booking here.", code="booking_not_found")
            changed = change(stored.booking)
            if changed == stored.booking:
                return changed
            try:
                self.change_booking(stored, changed, also=also(stored.booking, changed))
            except WriteConflict:
                continue
            written()
            return changed
        raise WriteConflict("the booking changed each time it was to be written")

    def create_booking(
        self,
        booking: Booking,
        link_digests: tuple[str, ...],
        answer: FirstAnswer | None,
        client_digest: str = "",
    ) -> None:
        """Write a new booking, its payment links, and the answer to the request that made it.

        With `client_digest`, the SHA-256 of its client's token, its client has a page of their own.

        Raises `Conflict` `external_id_in_use`, or `WriteConflict` when the same request is being
        answered or was answered already.
        """
        puts = [booking_put(booking, 0)]
        puts += [link_put(booking, digest) for digest in link_digests]
        puts += client_puts(booking)
        if client_digest:
            puts.append(client_access_put(booking, client_digest))
        external = None
        if booking.external_id:
            external = Key(f"{booking.location_id}#external#{booking.external_id}", "external")
            puts.append(Put(external, {"booking_id": booking.booking_id}))
        if answer:
            puts.append(answer_put(booking.location_id, answer))
        try:
            self._table.put(puts)
        except PutRefused as refused:
            if refused.refused == {external}:
                raise Conflict(
                    "Another booking has this external_id.", code="external_id_in_use"
                ) from refused
            raise

    def add_link(
        self,
        stored: StoredBooking,
        changed: Booking,
        link_digest: str,
        messages: tuple[Message, ...] = (),
        answer: FirstAnswer | None = None,
        also: Sequence[Put] = (),
    ) -> None:
        """Write one more payment link of a booking, what is told of it, the answer, and `also`.

        Raises `WriteConflict` if the booking has changed, or the same request is being answered or
        was.
        """
        puts = [*change_puts(stored, changed), link_put(changed, link_digest)]
        if answer:
            puts.append(answer_put(changed.location_id, answer))
        now_s, version = int(time.time()), stored.version + 1
        puts += message_puts(changed.location_id, messages, now_s, booking_version=version)
        self._table.put([*puts, *also])

    def list_bookings(
        self, location_id: str, month: str, oldest: str, newest: str, limit: int
    ) -> list[tuple[str, Booking]]:
        """Return up to `limit` bookings made in one UTC month (`2026-11`), newest first.

        Each comes with its place in the list, which `oldest` and `newest` bound, both included;
        a place is the instant the booking was made, such as `2026-11-22T09:30:00Z`, and its id.
        """
        listed = self._table.list_page(list_partition(location_id, month), oldest, newest, limit)
        return [(item.place, booking_from_dict(item.body)) for item in listed]

    # ------------------------------------------------------------------ what leads to a booking

    def find_link(self, token_digest: str) -> tuple[str, str] | None:
        """Return the `(location_id, booking_id)` that a payment link's digest leads to."""
        key = link_key(token_digest)
        stored = self._table.get(key).get(key)
        return (stored.body["location_id"], stored.body["booking_id"]) if stored else None

    def get_location_and_booking(
        self, location_id: str, booking_id: str
    ) -> tuple[Location | None, StoredBooking | None]:
        """Return a location and one of its bookings in one call."""
        place, key = location_key(location_id), booking_key(location_id, booking_id)
        found = self._table.get(place, key)
        return _location(found.get(place)), read_booking(found.get(key))

    def get_answer(self, location_id: str, digest: str, now_s: int) -> Answered:
        """Return what is kept under an idempotency key; DynamoDB deletes late, so time counts."""
        key = idempotency_key(location_id, digest)
        stored = self._table.get(key).get(key)
        if stored is None:
            return Answered()
        if stored.body["expires_at_s"] <= now_s:
            return Answered(version=stored.version)
        return Answered(stored.body["request_hash"], stored.body["body"], stored.version)

    # ------------------------------------------------------------------ locations and members

    def get_location_and_membership(
        self, location_id: str, user_id: str
    ) -> tuple[Location | None, frozenset[str], str]:
        """Return a location, what a user is there, and the address of that membership, in one call.

        Who is a member here and everywhere is called as here.
        """
        place = location_key(location_id)
        keys = (member_key(user_id, EVERYWHERE), member_key(user_id, location_id))
        found = self._table.get(place, *keys)
        memberships = [found[key].body for key in keys if key in found]
        roles = frozenset(role for each in memberships for role in each["roles"])
        email = next((each["email"] for each in reversed(memberships) if each.get("email")), "")
        return _location(found.get(place)), roles, email

    def put_location(self, location: Location) -> None:
        """Write a location over what is there."""
        key = location_key(location.location_id)
        stored = self._table.get(key).get(key)
        self._table.put([location_put(location, stored.version if stored else 0)])

    def put_member(self, user_id: str, location_id: str, roles: list[str], email: str) -> None:
        """Write what a user is at a location, or everywhere, over what is there."""
        key = member_key(user_id, location_id)
        stored = self._table.get(key).get(key)
        body = {"roles": roles, "email": email}
        self._table.put([Put(key, body, stored.version if stored else 0)])


def answer_put(location_id: str, answer: FirstAnswer) -> Put:
    """Return the write of a first answer under its idempotency key."""
    body = {
        "request_hash": answer.request_hash,
        "body": answer.body,
        "expires_at_s": answer.expires_at_s,
    }
    key = idempotency_key(location_id, answer.digest)
    return Put(key, body, answer.version, expires_at_s=answer.expires_at_s)


def idempotency_key(location_id: str, digest: str) -> Key:
    """Return where the answer to a request is kept."""
    return Key(f"{location_id}#idempotency#{digest}", "idempotency")


def _event_key(location_id: str, livemode: bool, event_id: str) -> Key:
    return Key(f"{location_id}#event#{'live' if livemode else 'test'}#{event_id}", "event")


def _subject_key(location_id: str, event: StripeEvent) -> Key | None:
    subject = subject_key(event)
    return Key(f"{location_id}#{subject}", "subject") if subject else None


def client_access_put(booking: Booking, token_digest: str, *, is_new: bool = True) -> Put:
    """Return the write of where a booking's id leads, for who has its client's token.

    One that is not new is written over the token that counted until now.
    """
    body = {"location_id": booking.location_id, "token_digest": token_digest}
    return Put(client_access_key(booking.booking_id), body, 0 if is_new else None)


def link_put(booking: Booking, digest: str) -> Put:
    """Return the write of a payment link that leads to a booking."""
    body = {"location_id": booking.location_id, "booking_id": booking.booking_id}
    return Put(link_key(digest), body)


def _location(stored: Stored | None) -> Location | None:
    return location_from_dict(stored.body) if stored else None
