"""Deliveries that meet at the table, interleaved in every way up to a bound, then by seed.

A failure prints the schedule, call by call, and how to play it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import pytest

from tests.domain.bookings.test_histories import STEPS, is_told_fully, open_payment, take
from tests.domain.builders import Payment, intent_event, session_event
from tests.interleaving.schedule import Choices, Run, SeenBefore, Task, explore
from tests.interleaving.worlds import LOCATION, Items, World, check, make_booking, open_checkout

# Runs for one world, far more than any needs.
LIMIT = 20_000
RANDOM_RUNS = 1500


@dataclass
class Counted:
    """How much was explored, to be told at the end."""

    ways: dict[str, tuple[int, int]] = field(default_factory=dict)
    faults: int = 0

    def add(self, kind: str, ways: int, runs: int) -> None:
        before = self.ways.get(kind, (0, 0))
        self.ways[kind] = (before[0] + ways, before[1] + runs)


@pytest.fixture(scope="module")
def counted() -> Iterator[Counted]:
    counted = Counted()
    yield counted
    told = "; ".join(
        f"{kind}: {ways} in {runs} runs" for kind, (ways, runs) in counted.ways.items()
    )
    print(f"\ninterleavings ({told}; {counted.faults} random faults)")  # noqa: T201 (the result)


# ------------------------------------------------------------------ the worlds


def paid_settled_and_refunded() -> World:
    payment = Payment()
    payment.pay()
    payment.settle()
    payment.refund(4000)
    succeeded, updated, _, created = payment.events
    return World([succeeded, updated, created], models=[payment])


def a_charge_and_its_refund() -> World:
    payment = Payment()
    payment.pay()
    payment.refund(4000)
    return World(payment.events[::2], models=[payment])


def refunded_and_the_refund_failed() -> World:
    payment = Payment()
    payment.pay()
    refund = payment.refund(4000)
    payment.update_refund(refund, "failed", "refund.failed")
    succeeded, _, created, failed = payment.events
    return World([succeeded, created, failed], models=[payment])


def disputed(*, charge_first: bool) -> World:
    payment = Payment()
    payment.pay()
    dispute = payment.dispute()
    payment.withdraw(dispute)
    payment.close(dispute, "lost")
    charge, *events = payment.events
    if charge_first:
        return World(events, before=[charge], models=[payment])
    return World(events, healed_by=charge, models=[payment])


def won_and_then_lost() -> World:
    payment = Payment()
    payment.pay()
    dispute = payment.dispute()
    payment.disputes[dispute]["status"] = "won"
    payment.reinstate(dispute)
    payment.withdraw_again(dispute)
    charge, *events = payment.events
    return World(events, before=[charge], models=[payment])


def metadata_that_names_another_booking() -> World:
    """The refund's own, and the charge's as an edit leaves it, race with what names the booking."""
    payment = Payment()
    payment.pay()
    payment.refund(4000)
    payment.touch()
    charge, _, refund, edited = payment.events
    named = {"booking_id": "bk_2", "location_id": LOCATION}
    refund["data"]["object"]["metadata"] = named
    edited["data"]["object"]["metadata"] = named
    edited["data"]["previous_attributes"] = {"metadata": {"booking_id": "bk_1"}}
    return World([charge, refund, edited], models=[payment])


def two_charges() -> World:
    first, second = Payment(number=1), Payment(number=2)
    first.pay()
    second.pay()
    second.settle()
    return World([*first.events, *second.events], models=[first, second])


def seen_through_session_intent_and_charge() -> World:
    payment = Payment()
    payment.pay()
    return World(
        [
            session_event("checkout.session.completed", status="complete"),
            intent_event("payment_intent.succeeded", status="succeeded"),
            *payment.events,
        ],
        models=[payment],
    )


def one_refund_seen_four_times() -> World:
    payment = Payment(embeds_refunds=True)
    payment.pay()
    payment.refund(4000, types="refund.created,refund.updated,charge.refund.updated")
    charge, *seen = payment.events
    return World(seen[:3], before=[charge], healed_by=seen[3], models=[payment])


def two_refunds_told_by_the_charge() -> World:
    payment = Payment(embeds_refunds=True)
    payment.pay()
    payment.refund(1000, types="")
    payment.refund(1500, types="")
    return World(payment.events, models=[payment])


def same_event(times: int) -> World:
    payment = Payment()
    payment.pay()
    return World(payment.events * times, models=[payment])


def same_refund(times: int) -> World:
    payment = Payment()
    payment.pay()
    payment.refund(4000)
    charge, refunded, created = payment.events
    return World([created] * times, before=[charge, refunded], models=[payment])


def two_payments_twice_delivered() -> World:
    payment = Payment()
    payment.pay()
    payment.settle()
    return World([*payment.events, payment.events[0]], models=[payment])


def other_currency() -> World:
    payment = Payment()
    payment.charge["currency"] = "usd"
    payment.pay()
    payment.settle()
    return World([*payment.events, payment.events[0]])


def booking_unknown() -> World:
    payment = Payment()
    payment.pay()
    payment.refund(1000)
    return World(payment.events, has_booking=False)


def session_of_an_unknown_booking() -> World:
    completed = session_event("checkout.session.completed", status="complete")
    paid = {**completed, "id": "evt_paid", "type": "checkout.session.async_payment_succeeded"}
    succeeded = intent_event("payment_intent.succeeded", status="succeeded")
    return World([completed, paid, succeeded], has_booking=False)


def session_before_its_booking() -> World:
    """Named after the bug: only the mark was kept of a session whose booking was not there."""
    completed = session_event("checkout.session.completed", status="complete")
    paid = {**completed, "id": "evt_paid", "type": "checkout.session.async_payment_succeeded"}
    return World(
        [completed],
        others={"booking": make_booking},
        healed_by=paid,
        has_booking=False,
        is_booking_made_meanwhile=True,
    )


def unreadable() -> World:
    payment = Payment()
    payment.pay()
    wrong = {**payment.events[0], "id": "evt_wrong"}
    wrong["data"] = {"object": {**payment.charge, "amount": "seventy"}}
    return World([wrong, wrong, *payment.events], models=[payment])


def desk_writes_meanwhile() -> World:
    payment = Payment()
    payment.pay()
    return World(payment.events, others={"desk": open_checkout}, models=[payment])


def booking_made_meanwhile() -> World:
    payment = Payment()
    payment.pay()
    payment.settle()
    charge, updated = payment.events
    return World(
        [charge],
        others={"booking": make_booking},
        healed_by=updated,
        has_booking=False,
        is_booking_made_meanwhile=True,
        models=[payment],
    )


EVERY_WAY = {
    "the same event twice": same_event(2),
    "the same event three times": same_event(3),
    "the same refund three times": same_refund(3),
    "paid, settled, refunded": paid_settled_and_refunded(),
    "a refund that succeeded and failed": refunded_and_the_refund_failed(),
    "one refund seen in three events": one_refund_seen_four_times(),
    "a dispute, its charge known": disputed(charge_first=True),
    "a dispute before its charge": disputed(charge_first=False),
    "a dispute that was won and then lost": won_and_then_lost(),
    "metadata that names another booking": metadata_that_names_another_booking(),
    "session, intent and charge of one payment": seen_through_session_intent_and_charge(),
    "two refunds told by the charge's sums": two_refunds_told_by_the_charge(),
    "two charges, overpaid": two_charges(),
    "two events, one of them twice": two_payments_twice_delivered(),
    "another currency, one event twice": other_currency(),
    "booking unknown": booking_unknown(),
    "a session and an intent of an unknown booking": session_of_an_unknown_booking(),
    "a session before its booking": session_before_its_booking(),
    "unreadable twice beside a good one": unreadable(),
    "the payment page writes meanwhile": desk_writes_meanwhile(),
    "the booking is made meanwhile": booking_made_meanwhile(),
}
# How many faults in one run: at every call, of every kind.
WITH_FAULTS = {
    "the same event twice": (same_event(2), 2),
    "a charge and its refund": (a_charge_and_its_refund(), 1),
    "two charges, overpaid": (World(two_charges().deliveries[:2]), 1),
    "session and charge": (World(seen_through_session_intent_and_charge().deliveries[::2]), 1),
    "the payment page writes meanwhile": (desk_writes_meanwhile(), 1),
    "unreadable beside a good one": (unreadable(), 1),
    "booking unknown": (World(booking_unknown().deliveries[:2], has_booking=False), 1),
}


# ------------------------------------------------------------------ every way


@pytest.mark.parametrize("name", EVERY_WAY)
def test_every_interleaving(name: str, counted: Counted) -> None:
    explore_all(EVERY_WAY[name], name, 0, counted)


@pytest.mark.parametrize("name", WITH_FAULTS)
def test_every_interleaving_with_every_fault_at_every_call(name: str, counted: Counted) -> None:
    world, faults = WITH_FAULTS[name]
    explore_all(world, name, faults, counted)


def explore_all(world: World, name: str, faults: int, counted: Counted) -> None:
    before = world.items_before()

    def run(choices: Choices) -> None:
        play(world, before, choices, faults, f"world {name!r}")

    ways, runs = explore(run, LIMIT)
    assert ways > 1
    counted.add("with faults" if faults else "without faults", ways, runs)


def play(world: World, before: Items, choices: Choices, faults: int, what: str) -> Run:
    done: Run | None = None
    try:
        done = world.run(before, choices, faults)
        check(world, before, done)
    except SeenBefore:
        raise
    except Exception as error:
        story = "\n  ".join(done.story if done else [])
        raise AssertionError(
            f"{type(error).__name__} in {what}: {error}\nschedule {choices.made}\n  {story}"
        ) from error
    return done


# ------------------------------------------------------------------ by seed


def story_of(random: Random, number: int) -> Payment:
    """A payment with up to four events, each payment another one."""
    options = {name: random.random() < 0.5 for name in ("embeds_refunds", "same_created")}
    opening = random.choice(["pay", "capture_all", "capture_part", "hold", "lapse", "decline"])
    payment = open_payment(opening, {**options, "number": number})
    most = random.randint(1, 4)
    for _ in range(12):
        if len(payment.events) >= most:
            break
        take(payment, random.choice(STEPS), random.randint(1, 4000))
    return payment


def random_world(random: Random) -> World:
    models = [story_of(random, number) for number in range(1, random.choice([2, 2, 3]))]
    events = [event for payment in models for event in payment.events]
    if random.random() < 0.3:
        events.append(session_event("checkout.session.completed", status="complete"))
        events.append(intent_event("payment_intent.succeeded", status="succeeded"))
    again = random.choices(events, k=random.randint(0, 3))
    deliveries = [*events, *again]
    random.shuffle(deliveries)
    told = random.randint(0, len(deliveries) // 2)
    before, now = deliveries[:told], deliveries[told:]
    others: dict[str, Task] = {"desk": open_checkout} if random.random() < 0.2 else {}
    return World(
        now, before=before, models=models if all(map(is_told_fully, models)) else [], others=others
    )


def play_seed(seed: int) -> Run:
    random = Random(seed)
    world = random_world(random)
    faults = random.choice([0, 2, 5])
    choices = Choices(random=random)
    again = f".venv/bin/python -m pytest tests/interleaving --seed {seed} -s"
    return play(world, world.items_before(), choices, faults, f"seed {seed} (again: {again})")


def test_random_interleavings(request: pytest.FixtureRequest, counted: Counted) -> None:
    chosen = request.config.getoption("--seed", None)
    if chosen is not None:
        print("\n" + "\n".join(play_seed(chosen).story))  # noqa: T201 (what was asked for)
        return
    faults = 0
    for seed in range(RANDOM_RUNS):
        done = play_seed(seed)
        faults += sum(1 for line in done.story if not line.endswith(", go"))
    counted.add("by seed", RANDOM_RUNS, RANDOM_RUNS)
    counted.faults += faults
    assert faults > RANDOM_RUNS // 4, "the runs have faults in them"


def test_the_schedule_of_a_failure_plays_it_again() -> None:
    world = EVERY_WAY["paid, settled, refunded"]
    before = world.items_before()
    one = Choices(random=Random(7))
    first = play(world, before, one, 3, "")
    again = play(world, before, Choices(one.made), 3, "")
    assert (again.story, again.outcomes) == (first.story, first.outcomes)
    assert again.table.items == first.table.items
