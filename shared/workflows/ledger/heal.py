"""What the ledger has and no webhook reported is recorded, once, as if a webhook had come."""

import time
from collections.abc import Callable, Iterable, Mapping
from copy import replace
from typing import Any

from msgspec import Struct

from shared.adapters.event_store import AlreadyRecorded, EventStore
from shared.adapters.retry_write import retry_write
from shared.config import Config
from shared.domain.activity.apply_event import BOOKING_UNKNOWN, apply_event
from shared.domain.errors import UnreadableEvent
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.findings import Finding, healed, is_known, missing_here
from shared.domain.ledger.healing import has_new_status, healing_event, ledger_movement
from shared.domain.ledger.read_balance_transactions import our_metadata
from shared.domain.ledger.subject import Subject
from shared.domain.stripe_facts.json_reader import StripeJson
from shared.domain.stripe_facts.payment_facts import merge
from shared.domain.stripe_facts.read_events import StripeEvent
from shared.workflows.ledger.open_account import StripeAccount
from shared.workflows.stripe_events.event_writes import Recorded, writes_of

HEALED, NOT_APPLIED, ALREADY = "healed", "not_applied", "already"


class Outcome(Struct, frozen=True):
    """The result of a healing, and what is known of the subject afterwards."""

    result: str
    subject: Subject


class Healing:
    """Records fetched objects through the same transaction that records Stripe's events."""

    def __init__(self, config: Config) -> None:
        self._events = EventStore(config)

    def heal(
        self,
        account: StripeAccount,
        entry: LedgerEntry,
        source: Mapping[str, Any],
        charge: Mapping[str, Any] | None,
        *,
        booking_id: str | None,
        now_s: int,
    ) -> Outcome:
        """Apply an entry's source to its subject and booking, and keep a finding.

        The finding is in the same transaction: `healed`, or `missing_here` where the booking that
        the object names does not exist. Raises `WriteConflict` and `AwsUnreachable`; nothing is
        written then.
        """
        try:
            event = healing_event(
                entry.balance_transaction,
                source,
                [charge] if charge else [],
                livemode=account.livemode,
                location_id=account.location_id,
                booking_id=booking_id,
                now_s=now_s,
            )
        except UnreadableEvent as unreadable:
            return Outcome(str(unreadable), Subject())
        event = replace(event, facts=merge(event.facts, ledger_movement(entry)))

        def note(result: str, subject: Subject) -> Finding:
            finding = healed(entry)
            if result != HEALED:
                finding = missing_here(entry, "the booking that it names is not here")
            elif not is_known(entry, subject.facts):
                finding = missing_here(entry, "its object does not name this movement")
            return finding

        return self.record(account.location_id, event, note)

    def tell(
        self,
        account: StripeAccount,
        body: Mapping[str, Any],
        subject: Subject,
        now_s: int,
        charge: Mapping[str, Any] | None = None,
    ) -> bool:
        """Record an object's status if webhooks reported another; return whether that was needed.

        A dispute that closes, or a payout that arrives, moves no money that an entry would show.
        `charge` is its charge, where nothing is known of that here. Raises as `heal` does, and
        `UnreadableEvent`.
        """
        if not has_new_status(body, subject.facts, now_s):
            return False
        claimed = (
            our_metadata(StripeJson(charge), "booking_id", account.location_id) if charge else ""
        )
        event = healing_event(
            # With the time: a status that changed, and changed back, is recorded again.
            f"{body['id']}-{body.get('status')}-{now_s}",
            body,
            [charge] if charge else [],
            livemode=account.livemode,
            location_id=account.location_id,
            booking_id=subject.booking_id or claimed or None,
            now_s=now_s,
        )
        return self.record(account.location_id, event, _no_note).result == HEALED

    def take_up(
        self,
        location_id: str,
        booking_id: str,
        cause: str,
        charge: Mapping[str, Any],
        also: Iterable[Mapping[str, Any]],
        now_s: int,
    ) -> None:
        """Record a fetched charge of a booking, with its refunds and disputes.

        `cause` is the reason, and each one is recorded once. Raises as `tell` does.
        """
        event = healing_event(
            cause,
            charge,
            also,
            livemode=charge.get("livemode") is True,
            location_id=location_id,
            booking_id=booking_id,
            now_s=now_s,
        )
        self.record(location_id, event, _no_note)

    def record(
        self,
        location_id: str,
        event: StripeEvent,
        note: Callable[[str, Subject], Finding | None],
    ) -> Outcome:
        """Record an event made of a fetched object; `note` goes with it. Raises as above."""

        def write() -> Outcome:
            context = self._events.load_event_context(location_id, event)
            booking = context.booking.booking if context.booking else None
            change = apply_event(
                event,
                context.subject,
                booking,
                context.booking_id,
                location_id=location_id,
                is_counted=context.is_counted,
            )
            result = NOT_APPLIED if change.outcome == BOOKING_UNKNOWN else HEALED
            subject = Subject(change.subject, context.booking_id)
            try:
                finding = note(result, subject)
                recorded = Recorded(location_id, event, context, change)
                writes = writes_of(recorded, int(time.time()), finding=finding)
                self._events.put_event(location_id, event, writes)
            except AlreadyRecorded:
                return Outcome(ALREADY, subject)
            return Outcome(result, subject)

        return retry_write(write)


def _no_note(_result: str, _subject: Subject) -> None:
    return None
