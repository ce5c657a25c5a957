"""What the sync keeps between two runs: findings, what is expected, followed, and bound late.

A movement that a webhook reported is noted in the transaction that records it, and the note is
deleted when the ledger has its entry. What is left is missing from Stripe's ledger, found without
reading a day of payments again.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put
from shared.adapters.ledger_keys import (
    AFTER_ALL,
    instant_key,
    mode_of,
    sync_partition,
)
from shared.config import Config
from shared.domain.ledger.findings import HEALED, Finding
from shared.domain.ledger.movements import movements
from shared.domain.ledger.turns import next_turn
from shared.domain.stored_record import StoredRecord, read_record, record_to_dict
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.stripe_facts.read_events import StripeEvent

EXPECTED, FOLLOWED, BOUND, TURN = "expected#", "followed#", "bound#", "turn#"
# What is bound within half an hour of its event is seen by the sync that looks at an hour again.
BOUND_LATE_S = 1800
MAX_A_TRANSACTION = 100


class Expected(StoredRecord, frozen=True):
    """A movement of a charge that webhooks reported at `at_s`, by its name in `reconciliation`."""

    name: str
    charge_id: str
    at_s: int


class Followed(StoredRecord, frozen=True):
    """An object at Stripe that is asked for until nothing of it is open: a payout, a dispute."""

    kind: str
    stripe_id: str
    charge_id: str
    created_s: int


class BoundLate(StoredRecord, frozen=True):
    """A payment whose booking was learned only at `at_s`: its charge, or its intent alone.

    `cause` is what it was learned from. A note is never overwritten: what is learned while a sync
    looks at a payment has a note of its own, which that sync has not read and does not delete.
    """

    charge_id: str
    intent_id: str
    at_s: int
    cause: str

    @property
    def payment(self) -> str:
        """What it is about: the charge, or the intent where no charge was known."""
        return f"charge#{self.charge_id}" if self.charge_id else f"intent#{self.intent_id}"


class SyncNotes:
    """The notes of all locations, test and live apart."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def put_findings(self, location_id: str, livemode: bool, findings: Iterable[Finding]) -> None:
        """Write findings, over the same ones found before."""
        puts = [finding_put(location_id, livemode, each) for each in findings]
        self._write(puts)

    def forget_finding(self, location_id: str, livemode: bool, finding: Finding) -> None:
        """Delete a finding that no longer holds."""
        self._table.put([Delete(finding_put(location_id, livemode, finding).key)])

    def iterate_findings(
        self, location_id: str, livemode: bool, start_s: int, end_s: int, *, healed: bool
    ) -> Iterator[Finding]:
        """Yield the findings of `[start_s, end_s)`, oldest first: healed ones, or open ones."""
        found = self._table.iterate_between(
            _findings_partition(location_id, livemode, healed=healed),
            instant_key(start_s),
            instant_key(end_s - 1, AFTER_ALL),
        )
        return (read_record(Finding, each.stored.body) for each in found)

    def forget_expected(self, location_id: str, livemode: bool, names: Iterable[str]) -> None:
        """Delete the notes of movements that have arrived; safe if there is no note."""
        partition = sync_partition(location_id, mode_of(livemode))
        self._write([Delete(Key(partition, EXPECTED + name)) for name in sorted(set(names))])

    def list_expected(self, location_id: str, livemode: bool) -> list[Expected]:
        """Return all movements that webhooks reported and the ledger does not have."""
        return [read_record(Expected, body) for body in self._list(location_id, livemode, EXPECTED)]

    def follow(self, location_id: str, livemode: bool, followed: Iterable[Followed]) -> None:
        """Note objects that are to be asked for again."""
        partition = sync_partition(location_id, mode_of(livemode))
        self._write([_followed_put(partition, each) for each in set(followed)])

    def unfollow(self, location_id: str, livemode: bool, followed: Followed) -> None:
        """Delete the note of an object of which nothing is open any more."""
        partition = sync_partition(location_id, mode_of(livemode))
        self._table.put([Delete(_followed_put(partition, followed).key)])

    def list_followed(self, location_id: str, livemode: bool) -> list[Followed]:
        """Return all objects that are to be asked for."""
        return [read_record(Followed, body) for body in self._list(location_id, livemode, FOLLOWED)]

    def list_bound_late(self, location_id: str, livemode: bool) -> list[BoundLate]:
        """Return all notes of payments whose booking was learned late."""
        return [read_record(BoundLate, body) for body in self._list(location_id, livemode, BOUND)]

    def note_bound_late(
        self, location_id: str, livemode: bool, payments: Iterable[BoundLate]
    ) -> None:
        """Note payments whose booking was learned late."""
        partition = sync_partition(location_id, mode_of(livemode))
        self._write([_bound_late_put(partition, each) for each in set(payments)])

    def forget_bound_late(
        self, location_id: str, livemode: bool, notes: Iterable[BoundLate]
    ) -> None:
        """Delete notes, each of which was read before its payment's movements were taken."""
        partition = sync_partition(location_id, mode_of(livemode))
        self._write([Delete(_bound_late_put(partition, each).key) for each in set(notes)])

    def take_turn[T](
        self, location_id: str, livemode: bool, what: str, waiting: Mapping[str, T], limit: int
    ) -> list[T]:
        """Return up to `limit` of those that wait, by place, and note where the next turn begins.

        `what` names the round. A turn that is interrupted is over: an item that always fails
        must not keep the others from theirs.
        """
        if len(waiting) <= limit:
            return [waiting[place] for place in sorted(waiting)]
        key = Key(sync_partition(location_id, mode_of(livemode)), f"{TURN}{what}")
        stored = self._table.get(key).get(key)
        places = next_turn(waiting, stored.body["after"] if stored else "", limit)
        self._table.put([Put(key, {"after": places[-1]}, version=None)])
        return [waiting[place] for place in places]

    def _list(self, location_id: str, livemode: bool, prefix: str) -> list[dict[str, Any]]:
        partition = sync_partition(location_id, mode_of(livemode))
        found = self._table.iterate_between(partition, prefix, prefix + AFTER_ALL)
        return [each.stored.body for each in found]

    def _write(self, puts: list[Any]) -> None:
        for start in range(0, len(puts), MAX_A_TRANSACTION):
            self._table.put(puts[start : start + MAX_A_TRANSACTION])


def expected_puts(location_id: str, event: StripeEvent, before: Facts, after: Facts) -> list[Put]:
    """Return the notes of movements that an event is the first to report, for its transaction."""
    known = {movement.name for movement in movements(before)}
    partition = sync_partition(location_id, mode_of(event.livemode))
    return [
        Put(
            Key(partition, EXPECTED + movement.name),
            {"name": movement.name, "charge_id": event.charge_id, "at_s": event.created_s},
            version=None,
        )
        for movement in movements(after)
        if movement.name not in known
    ]


def bound_late_puts(
    location_id: str, event: StripeEvent, now_s: int, *, takes_up: bool, binds: bool
) -> list[Put]:
    """Return the note that a payment's entries may not name their booking yet, or nothing.

    `takes_up`: the booking takes over what was kept without it. `binds`: the event binds a payment
    that was not bound. That of a charge is expected in the ledger, and seen there; the next sync
    sees that of an intent alone, unless the event is late.
    """
    each = BoundLate(event.charge_id or "", event.payment_intent_id or "", now_s, event.event_id)
    is_late = binds and not each.charge_id and now_s - event.created_s > BOUND_LATE_S
    if not (takes_up or is_late) or not (each.charge_id or each.intent_id):
        return []
    return [_bound_late_put(sync_partition(location_id, mode_of(event.livemode)), each)]


def finding_put(location_id: str, livemode: bool, finding: Finding) -> Put:
    """Return the write of a finding, in the order of its day."""
    partition = _findings_partition(location_id, livemode, healed=finding.kind == HEALED)
    place = instant_key(finding.created_s, f"{finding.kind}#{finding.name}")
    body = {
        "kind": finding.kind,
        "name": finding.name,
        "created_s": finding.created_s,
        "details": dict(finding.details),
    }
    return Put(Key(partition, place), body, version=None)


def _findings_partition(location_id: str, livemode: bool, *, healed: bool) -> str:
    which = "healed" if healed else "findings"
    return f"{location_id}#{which}#{mode_of(livemode)}"


def _followed_put(partition: str, each: Followed) -> Put:
    body = {
        "kind": each.kind,
        "stripe_id": each.stripe_id,
        "charge_id": each.charge_id,
        "created_s": each.created_s,
    }
    return Put(Key(partition, f"{FOLLOWED}{each.kind}#{each.stripe_id}"), body, version=None)


def _bound_late_put(partition: str, each: BoundLate) -> Put:
    key = Key(partition, f"{BOUND}{each.payment}#{each.cause}")
    return Put(key, record_to_dict(each), version=None)
