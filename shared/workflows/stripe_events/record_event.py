"""One Stripe event becomes facts about a charge and a booking, exactly once."""

import time
from collections.abc import Mapping
from typing import Any

from shared.adapters.event_store import AlreadyRecorded, EventStore
from shared.adapters.retry_write import retry_write
from shared.domain.activity.apply_event import QUARANTINED, UNREADABLE, apply_event
from shared.domain.bookings.checkout_attempts import has_ended_unpaid
from shared.domain.errors import UnreadableEvent
from shared.domain.ledger.sync_times import mark_until_s
from shared.domain.stripe_facts.read_events import StripeEvent, account_of, read_event
from shared.workflows.stripe_events.event_writes import Recorded, writes_of

DUPLICATE = "duplicate"


def record(
    location_id: str,
    body: Mapping[str, Any],
    store: EventStore,
    *,
    is_replay: bool = False,
) -> str:
    """Record one verified event for a location and return what became of it (`apply_event`).

    A replay from the archive is applied although it was recorded: that is its purpose. An event of
    another Stripe account, as a Connect endpoint sends them, is kept and not applied.
    Reads once or twice and writes once; nothing is written before the one transaction that holds
    event, subject and booking together, but once a day that the location is active. Raises
    `WriteConflict` as `retry_write`, and `AwsUnreachable`: the event has to be retried.
    """
    account = account_of(body)
    if account and account != store.get_account_id(location_id):
        return _quarantine(location_id, body, store, account)
    try:
        event = read_event(body)
    except UnreadableEvent as unreadable:
        return _keep_unreadable(location_id, body, store, str(unreadable))
    try:
        return retry_write(lambda: _record_once(location_id, event, store, is_replay=is_replay))
    except AlreadyRecorded:
        return DUPLICATE


def _record_once(
    location_id: str, event: StripeEvent, store: EventStore, *, is_replay: bool
) -> str:
    context = store.load_event_context(location_id, event)
    booking = context.booking.booking if context.booking else None
    change = apply_event(
        event,
        context.subject,
        booking,
        context.booking_id,
        location_id=location_id,
        is_counted=context.is_counted,
    )
    # Once it can no longer be paid, its slot is released early.
    is_over = change.booking is not None and has_ended_unpaid(change.booking)
    now_s = int(time.time())
    recorded = Recorded(location_id, event, context, change)
    writes = writes_of(recorded, now_s, is_replay=is_replay, hold_due_s=now_s if is_over else None)
    if until_s := mark_until_s(context.active_until_s, now_s):
        store.put_activity(location_id, until_s)
    store.put_event(location_id, event, writes)
    return change.outcome


def _quarantine(location_id: str, body: Mapping[str, Any], store: EventStore, account: str) -> str:
    try:
        store.put_quarantined_event(location_id, body, QUARANTINED, account)
    except AlreadyRecorded:
        return DUPLICATE
    return QUARANTINED


def _keep_unreadable(
    location_id: str, body: Mapping[str, Any], store: EventStore, reason: str
) -> str:
    try:
        store.put_unreadable_event(location_id, body, UNREADABLE, reason)
    except AlreadyRecorded:
        return DUPLICATE
    return UNREADABLE
