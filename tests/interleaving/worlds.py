"""What happens in a run: a booking, events before, deliveries now; and what must hold after.

The truth that a run is held against is folded in order from the events themselves, beside the
figures of the model that made them (`tests.domain.builders.Payment`), which folds nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import replace
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from shared.adapters.activity_marks import ActivityMarks
from shared.adapters.booking_store import BookingStore
from shared.adapters.booking_writes import BookingWrites
from shared.adapters.bookings_table import Key
from shared.adapters.event_store import EventStore
from shared.domain.activity.apply_event import (
    APPLIED,
    BOOKING_UNKNOWN,
    CURRENCY_DIFFERS,
    OTHER,
    UNREADABLE,
)
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.kept_facts import with_kept_facts
from shared.domain.bookings.payment_summary import PaymentSummary
from shared.domain.bookings.payment_views import timeline
from shared.domain.errors import UnreadableEvent
from shared.domain.money.money import Money
from shared.domain.stripe_facts.payment_facts import Facts, events_of, fold
from shared.domain.stripe_facts.read_events import StripeEvent, read_event
from shared.workflows.stripe_events.record_event import DUPLICATE, record
from tests.domain.builders import NOW_S, Payment
from tests.interleaving.memory_table import Item, MemoryTable
from tests.interleaving.schedule import Choices, Run, Task, run_all
from tests.surroundings.kept import keep

if TYPE_CHECKING:
    from shared.config import Config

type Event = dict[str, Any]
type Items = Mapping[Key, Item]
FIGURES = ("payment_status", "amount_authorized", "amount_captured", "amount_refunded",
           "amount_disputed")  # fmt: skip
OUTCOMES = {APPLIED, OTHER, BOOKING_UNKNOWN, CURRENCY_DIFFERS, UNREADABLE}
PRICE = Money(10_000, "eur")
LOCATION = "demo"


@dataclass(slots=True)
class World:
    """One booking and its events; `deliveries` may name one event several times.

    `models` are the payments that made the events, where all of their events are told. `others`
    are tasks beside the deliveries; `healed_by` is an event that comes after all else.
    """

    deliveries: list[Event]
    before: list[Event] = field(default_factory=list)
    models: list[Payment] = field(default_factory=list)
    others: dict[str, Task] = field(default_factory=dict)
    healed_by: Event | None = None
    has_booking: bool = True
    is_booking_made_meanwhile: bool = False

    @property
    def events(self) -> dict[str, Event]:
        healing = [self.healed_by] if self.healed_by else []
        return {event["id"]: event for event in (*self.before, *self.deliveries, *healing)}

    def items_before(self) -> dict[Key, Item]:
        """Return the table as it is when the deliveries begin."""
        table = MemoryTable()
        store = store_on(table)
        if self.has_booking:
            keep(store, new_booking())
        for event in self.before:
            deliver(event)(store)
        return table.items

    def run(self, items: Items, choices: Choices, faults: int = 0) -> Run:
        """Let everything happen as chosen, and return what came of it."""
        table = MemoryTable(items)
        store = store_on(table)
        tasks = {
            f"{place} {each['type']}": deliver(each) for place, each in enumerate(self.deliveries)
        }
        done = run_all(store, table, tasks | self.others, choices, faults)
        if self.healed_by:
            done.outcomes["healing"] = [deliver(self.healed_by)(store)]
        return done


def new_booking() -> Booking:
    return Booking("bk_1", LOCATION, "confirmed", PRICE, "Haircut", NOW_S - 1000)


def store_on(table: MemoryTable) -> BookingStore:
    store = BookingStore(cast("Config", None))
    store._table = store._bindings._table = table
    store._writes = BookingWrites(table, store._bindings)
    store._activity = ActivityMarks(table)
    return store


def deliver(event: Event) -> Task:
    def task(store: BookingStore) -> str:
        events = EventStore(cast("Config", None))
        events._table = store._table
        return record(LOCATION, event, events)

    return task


def open_checkout(store: BookingStore) -> str:
    """What the payment page does meanwhile: it writes down an attempt to be paid."""
    stored = store.get_booking(LOCATION, "bk_1")
    assert stored
    attempt = CheckoutAttempt(1, 10_000, NOW_S, NOW_S + 1800)
    store.write(stored, stored.booking.with_checkout(attempt))
    return "opened"


def make_booking(store: BookingStore) -> str:
    store.create(new_booking(), client_digest="client", link_digest="link", answer=None)
    return "made"


# ------------------------------------------------------------------ what must hold


def check(world: World, before: Items, run: Run) -> None:
    """Raise `AssertionError` for the first invariant of reliability.md that the run breaks."""
    read = {key: _read(event) for key, event in world.events.items()}
    _check_every_event_once(world, run, before)
    _check_versions_count_up(run, before)
    has_booking = world.has_booking or world.is_booking_made_meanwhile
    _check_subjects(run, read, has_booking=has_booking)
    if has_booking:
        booking = _booking(run.table.items)
        _check_booking(world, run.table.items, booking, read)
        _check_messages(run, before)
        if world.others.get("desk"):
            assert booking.checkout is not None, "what the desk wrote is there"
    _check_actions(run, read, has_booking=has_booking)


def _read(event: Event) -> StripeEvent | None:
    try:
        return read_event(event)
    except UnreadableEvent:
        return None


def _check_every_event_once(world: World, run: Run, before: Items) -> None:
    """Each event is applied or parked by exactly one transaction, and told as done to all."""
    markers = [
        key.pk.rpartition("#")[2]
        for written in (before, *(commit.written for commit in run.table.commits))
        for key in written
        if key.sk == "event"
    ]
    assert len(markers) == len(set(markers)), "no event has two items of its own"
    kept = _facts_of(run.table.items, "booking", "subject")
    recorded = {*markers, *events_of(kept)}
    assert recorded == set(world.events), "every event is recorded"
    for key, item in _items(run.table.items, "event"):
        assert item["outcome"] in OUTCOMES, key
    for name, outcomes in run.outcomes.items():
        assert not outcomes[-1].startswith("again"), f"{name} never ended well"
        assert all(each.startswith("again") for each in outcomes[:-1]), name
    first = [each for outcomes in run.outcomes.values() for each in outcomes if each in OUTCOMES]
    assert len(first) <= len(world.events), "an event was applied twice"
    seen = [each for outcomes in run.outcomes.values() for each in outcomes]
    assert set(seen) - OUTCOMES - {DUPLICATE, "opened", "made"} == {
        each for each in seen if each.startswith("again")
    }


def _check_versions_count_up(run: Run, before: Items) -> None:
    """A version is written on top of the one before it: no writer takes another's facts away."""
    versions = {key: item.version for key, item in before.items()}
    for commit in run.table.commits:
        for key, item in commit.written.items():
            if key.sk in ("booking", "subject", "event"):
                assert item.version == versions.get(key, 0) + 1, f"{key} was overwritten"
                versions[key] = item.version


def _check_subjects(run: Run, read: Mapping[str, StripeEvent | None], *, has_booking: bool) -> None:
    """For charges, and for all that has no booking: all that was said of each is kept."""
    kept = {
        pk.partition("#")[2]: Facts.from_dict(body["facts"])
        for pk, body in _items(run.table.items, "subject")
    }
    for subject, group in _by_subject(read.values()).items():
        if subject.startswith("charge#") or not has_booking:
            assert kept[subject] == fold(each.facts for each in group), f"{subject}"


def _check_booking(
    world: World, items: Items, booking: Booking, read: Mapping[str, StripeEvent | None]
) -> None:
    whole = replace(new_booking(), facts=expected_facts(read.values()))
    failed = [key for key, charge in whole.facts.charges.items() if charge.failed]
    expected = replace(with_kept_facts(whole), failed_attempts=len(failed))
    assert booking.facts == expected.facts, "not the state of the events in order"
    assert replace(booking, checkout=None, sequence=0) == expected, "nothing else of it has changed"
    summary = booking.payments()
    assert summary == whole.payments(), "what it does not keep, its figures do not need"
    assert booking_actions(booking) == booking_actions(whole)
    for payment in summary.payments:
        refunded, captured = payment["amount_refunded"], payment["amount_captured"]
        assert isinstance(refunded, int)
        assert isinstance(captured, int)
        assert refunded <= captured, "more refunded than captured"
    assert summary.amount_refunded <= summary.amount_captured, "more refunded than captured"
    _check_ids(booking.facts, world.events.values())
    told = fold([booking.facts, _facts_of(items, "subject")])
    shown = [entry["event_id"] for entry in timeline(told)]
    assert set(shown) >= {each.event_id for each in read.values() if each and _is_its(each, whole)}
    assert len(shown) == len(set(shown)), "every event stands once in the timeline"
    if world.models:
        assert summary.amount_captured == sum(each.captured for each in world.models)
        assert summary.amount_refunded == sum(each.refunded for each in world.models)
        assert summary.amount_disputed == sum(each.disputed for each in world.models)


def _check_ids(facts: Facts, events: Iterable[Event]) -> None:
    """Each refund, dispute and balance transaction once, and none that Stripe has not named."""
    charges = facts.charges.values()
    refunds = [key for charge in charges for key in charge.refunds]
    disputes = [key for charge in charges for key in charge.disputes]
    moved = [
        key for charge in charges for each in charge.disputes.values() for key in each.movements
    ]
    named = list(_objects(event["data"]["object"] for event in events))
    for kind, found in (("refund", refunds), ("dispute", disputes), ("balance_transaction", moved)):
        told = {each["id"] for each in named if each.get("object") == kind}
        assert sorted(found) == sorted(told), f"{kind}"


def _check_messages(run: Run, before: Items) -> None:
    """Each transaction that changes what is told has the message that tells it, and no other."""
    booking = _figures(_booking(before).payments()) if _has_booking(before) else None
    known = _told_of(_booking(before).facts) if _has_booking(before) else {}
    message: dict[str, Any] | None = None
    number = _booking(before).sequence if _has_booking(before) else 0
    for commit in run.table.commits:
        messages = [body for _, body in _items(commit.written, "outbox")]
        # Staff are told of a dispute by mails of their own, with a booking and without.
        assert {body["detail_type"] for body in messages} <= {"booking.changed", "send_mail"}
        told = [body for body in messages if body["detail_type"] == "booking.changed"]
        if not _has_booking(commit.written):
            assert not told
            continue
        after = _booking(commit.written)
        figures, now = _figures(after.payments()), _told_of(after.facts)
        changed = booking is not None and (figures != booking or now != known)
        assert len(told) == changed, "a message for each change of the figures, a refund, a dispute"
        known = now
        number += len(told)
        assert after.sequence == number, "each message about the booking has the next number"
        if told:
            message = told[0]["detail"]
            assert {name: message[name] for name in FIGURES} == figures
            assert booking
            assert message["previous_payment_status"] == booking["payment_status"]
        booking = figures
    written = [each for commit in run.table.commits for each in _items(commit.written, "outbox")]
    waiting = dict(_items(run.table.items, "outbox"))
    # One that is written over is a change of its item, which the stream's filter leaves out.
    expected = len(dict(_items(before, "outbox"))) + len(written)
    assert len(waiting) == expected, "each message is an item of its own"
    if message:
        final = _figures(_booking(run.table.items).payments())
        assert {name: message[name] for name in FIGURES} == final, "the last message is the truth"


def _check_actions(run: Run, read: Mapping[str, StripeEvent | None], *, has_booking: bool) -> None:
    found = {body["about"]: body["actions"] for _, body in _items(run.table.items, "action")}
    expected: dict[str, Any] = {}
    if has_booking:
        needed = booking_actions(_booking(run.table.items))
        if needed:
            expected["booking#bk_1"] = [each.to_dict() for each in needed]
    else:
        for subject, group in _by_subject(read.values()).items():
            if any(each.booking_id for each in group):
                [action] = found[subject]
                assert action["kind"] == BOOKING_UNKNOWN
                expected[subject] = [action]
    for event_id, each in read.items():
        if each is None:
            [action] = found[f"event#{event_id}"]
            assert action["kind"] == "event_unreadable"
            expected[f"event#{event_id}"] = [action]
    assert found == expected, "staff see what the final state asks, and nothing else"


def expected_facts(read: Iterable[StripeEvent | None]) -> Facts:
    """Return the in-order fold of what belongs to the booking, told by the events alone."""
    readable = [each for each in read if each]
    ours = {
        subject
        for subject, group in _by_subject(readable).items()
        if any(each.booking_id for each in group)
    }
    return fold(each.facts for each in readable if _subject(each) in ours)


def _by_subject(read: Iterable[StripeEvent | None]) -> dict[str, list[StripeEvent]]:
    groups: dict[str, list[StripeEvent]] = {}
    for each in read:
        if each:
            groups.setdefault(_subject(each), []).append(each)
    return groups


def _subject(event: StripeEvent) -> str:
    facts = event.facts
    known = (("charge", facts.charges), ("session", facts.sessions), ("intent", facts.intents))
    [name] = [f"{kind}#{key}" for kind, members in known for key in members]
    return name


def _told_of(facts: Facts) -> dict[str, object]:
    """Return of each refund and dispute what a change of is told."""
    charges = facts.charges.values()
    refunds = {
        key: each.status if each.status in ("succeeded", "failed", "canceled") else "on its way"
        for charge in charges
        for key, each in charge.client_refunds.items()
    }
    disputes = {
        key: (each.status, each.is_open_chargeback and (each.amount_minor, each.evidence_due_by_s))
        for charge in charges
        for key, each in charge.disputes.items()
    }
    return {**refunds, **disputes}


def _figures(summary: PaymentSummary) -> dict[str, Any]:
    return {name: getattr(summary, name) for name in FIGURES}


def _facts_of(items: Items, *kinds: str) -> Facts:
    bodies = [body for kind in kinds for _, body in _items(items, kind)]
    return fold(Facts.from_dict(body["facts"]) for body in bodies)


def _is_its(event: StripeEvent, booking: Booking) -> bool:
    """Whether an event is about an object of the booking."""
    return event.event_id in events_of(booking.facts)


def _items(items: Items, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, item in items.items():
        if key.sk == kind:
            yield key.pk, item.body


def _has_booking(items: Items) -> bool:
    return any(key.sk == "booking" for key in items)


def _booking(items: Items) -> Booking:
    [(_, body)] = _items(items, "booking")
    return booking_from_dict(body)


def _objects(documents: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for document in documents:
        if isinstance(document, dict):
            yield document
            yield from _objects(document.values())
        elif isinstance(document, list):
            yield from _objects(document)
