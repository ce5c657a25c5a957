"""Tasks that take turns at each call to the table, in an order that can be told again.

No threads: a task is a greenlet that hands over to the scheduler before every call. A run is wholly
decided by its choices, a list of small numbers; `explore` goes through all of them, depth first.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random

from greenlet import getcurrent, greenlet

from shared.adapters.booking_store import BookingStore
from shared.domain.errors import AwsUnreachable, WriteConflict
from tests.interleaving.memory_table import (
    ANSWER_LOST,
    CONFLICT,
    DIE_AFTER,
    DIE_BEFORE,
    DOWN,
    GO,
    PUT,
    Killed,
    MemoryTable,
)

FAULTS = (DIE_BEFORE, DIE_AFTER, DOWN, ANSWER_LOST)
# Far more than any run needs: an endless one is a failure.
MAX_TURNS = 2000

# Where a way ends in the graph of states.
END = 0


class SeenBefore(Exception):
    """From here on everything was explored: same table, same history, same tasks at same places."""


type Task = Callable[[BookingStore], str]


@dataclass(slots=True)
class Choices:
    """What is chosen at each turn: first as told, then by `random`, or always the first."""

    told: list[int] = field(default_factory=list)
    random: Random | None = None
    fault_rate: float = 0.1
    known: dict[int, list[int | None]] | None = None
    made: list[int] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)

    def pick(self, steps: int, faults: int, state: Callable[[], int]) -> int:
        """Return one of the steps, or of the faults behind them."""
        turn = len(self.made)
        if self.known is not None:
            here = state()
            self._arrive(here)
            if turn >= len(self.told) and here in self.known:
                raise SeenBefore
            self.known.setdefault(here, [None] * (steps + faults))
            self.passed.append(here)
        if turn < len(self.told):
            chosen = self.told[turn]
        elif self.random is None:
            chosen = 0
        elif faults and self.random.random() < self.fault_rate:
            chosen = steps + self.random.randrange(faults)
        else:
            chosen = self.random.randrange(steps)
        self.made.append(chosen)
        return chosen

    def _arrive(self, state: int) -> None:
        if self.known is not None and self.passed:
            self.known[self.passed[-1]][self.made[-1]] = state


@dataclass(slots=True)
class Delivery:
    """One task under way; `waits_for` is the call that it is about to make."""

    name: str
    task: Task
    thread: greenlet
    waits_for: str = ""
    seen: int = 0


@dataclass(slots=True)
class Run:
    """What came of one run."""

    table: MemoryTable
    outcomes: dict[str, list[str]]
    story: list[str]


def run_all(
    store: BookingStore, table: MemoryTable, tasks: dict[str, Task], choices: Choices, faults: int
) -> Run:
    """Run the tasks to their ends, up to `faults` faulty; what ends badly is delivered again."""
    run = Run(table, {name: [] for name in tasks}, [])
    scheduler = getcurrent()
    table.pause = lambda call: str(scheduler.switch(call))
    under_way = [_deliver(store, name, task, run) for name, task in tasks.items()]
    for _ in range(MAX_TURNS):
        under_way = [each for each in under_way if not each.thread.dead]
        if not under_way:
            table.pause = lambda _call: GO
            return run
        orders = list(_possible_faults(under_way)) if faults else []
        chosen = choices.pick(len(under_way), len(orders), partial(_state, run, under_way, faults))
        if chosen < len(under_way):
            delivery, order = under_way[chosen], GO
        else:
            delivery, order = orders[chosen - len(under_way)]
            faults -= 1
        run.story.append(f"{delivery.name}: {delivery.waits_for}, {order}")
        call = delivery.waits_for
        delivery.waits_for = str(delivery.thread.switch(order) or "")
        delivery.seen = hash((delivery.seen, call, order, table.last_result))
        if delivery.thread.dead and run.outcomes[delivery.name][-1].startswith("again"):
            under_way.append(_deliver(store, delivery.name, delivery.task, run))
    raise AssertionError("the run does not end")


def explore(run: Callable[[Choices], None], limit: int) -> tuple[int, int]:
    """Go through every sequence of choices there is; return how many, and in how many runs.

    A state is what the table holds, all that was ever written, and all that each task has been
    answered: tasks are deterministic, so what follows from a state need be run only once. Fails
    over `limit` runs.
    """
    known: dict[int, list[int | None]] = {}
    told: list[int] = []
    for number in range(1, limit + 1):
        choices = Choices(told, known=known)
        try:
            run(choices)
        except SeenBefore:
            pass
        else:
            choices._arrive(END)
        turn = len(choices.passed) - 1
        while turn >= 0 and None not in known[choices.passed[turn]]:
            turn -= 1
        if turn < 0:
            return _ways(known, choices.passed[0], {END: 1}), number
        untried = known[choices.passed[turn]].index(None)
        told = [*choices.made[:turn], untried]
    raise AssertionError(f"more than {limit} runs")


def _ways(known: dict[int, list[int | None]], state: int, counted: dict[int, int]) -> int:
    if state not in counted:
        nexts = [each for each in known[state] if each is not None]
        counted[state] = sum(_ways(known, each, counted) for each in nexts)
    return counted[state]


def _deliver(store: BookingStore, name: str, task: Task, run: Run) -> Delivery:
    def work() -> None:
        try:
            outcome = task(store)
        except (Killed, AwsUnreachable, WriteConflict) as error:
            # The queue hands it over again.
            outcome = f"again after {type(error).__name__}"
        run.outcomes[name].append(outcome)

    delivery = Delivery(name, task, greenlet(work))
    delivery.waits_for = str(delivery.thread.switch() or "")
    return delivery


def _state(run: Run, under_way: list[Delivery], faults: int) -> int:
    at = tuple((each.name, each.seen) for each in under_way)
    told = tuple((name, tuple(outcomes)) for name, outcomes in run.outcomes.items())
    return hash((run.table.history, frozenset(run.table.items.items()), at, told, faults))


def _possible_faults(under_way: list[Delivery]) -> Iterator[tuple[Delivery, str]]:
    for delivery in under_way:
        for fault in FAULTS:
            yield delivery, fault
        if delivery.waits_for == PUT:
            yield delivery, CONFLICT
