"""`make load`: webhooks and bookings through a running stack, beside a stub of the same services.

    python -m tests.benchmarks.load           prints the tables
    python -m tests.benchmarks.load --write   puts them into docs/benchmarks.md too

The stack is its own, on free ports, and ends with it. Visits are booked and paid first; then the
webhooks of some payments go through our pipeline, the same through the stub's, and so on in turn: a
ratio is the median of the rounds' own. At last a thousand sales of the same location are paid, as
fast as it takes them. Every payment is looked at afterwards. Nothing here fails a build.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from copy import replace
from dataclasses import dataclass
from io import StringIO

# The library reads them as it is imported, and without pytest nobody has set them.
os.environ |= {"POWERTOOLS_SERVICE_NAME": "bookpay", "POWERTOOLS_METRICS_NAMESPACE": "Bookpay"}
os.environ["POWERTOOLS_LOG_LEVEL"] = "CRITICAL"

from rich.console import Console
from rich.progress import Progress

from tests.benchmarks import crowds, growth, neighbours
from tests.benchmarks.document import (
    ROOT,
    cells,
    machine,
    markdown,
    measured_on,
    show,
    write,
)
from tests.benchmarks.load_counted import CONFLICTS, Counted, count_payments, dead_letters, put_off
from tests.benchmarks.load_pipelines import Pipeline, Sent, rest, without_followers
from tests.benchmarks.load_processor import taken_s
from tests.benchmarks.load_stub import ROUTE, Stub
from tests.benchmarks.load_visits import Paid, Step, Visits
from tests.benchmarks.rows import Figure, Row, exact, spread
from tests.stack.running_stack import Stack
from tests.stack.started import running_in

FOLDER = ROOT / ".local" / "load"
ROUNDS, PAYMENTS_A_ROUND, WARM_UP = 5, 50, 50
# Payments of one location within a minute.
HOT = 1000
MINUTE_S = 60
WEBHOOKS = "/webhooks/stripe/demo"
HEADS = ("what", "value (least to most of the rounds)", "must", "goal", "reached")
GROWN_HEADS = (
    "calls / read units / write units",
    *(f"after {number:,} bookings" for number in growth.SIZES),
    "",
)
CROWD_HEADS = ("calls / read units / write units", "few", "many")


@dataclass(frozen=True)
class Loaded:
    """What was measured: bookings a second, the rounds of both pipelines, the hot location."""

    booked_a_second: float
    ours: Sequence[Sent]
    stubs: Sequence[Sent]
    hot: Sent
    counted: Counted
    stub_lost: int
    dead: int
    put_off: Counter[str]


class Load:
    """One run on one stack."""

    def __init__(self, stack: Stack, progress: Progress) -> None:
        self._stack, self._progress = stack, progress

    def run(self, rounds: int, a_round: int, hot: int) -> Loaded:
        """Book, pay, send, and count."""
        number = WARM_UP + rounds * a_round
        visits = Visits(self._stack)
        with self._bar("bookings, each with its page at Stripe", number) as step:
            bookings, booked_s = visits.book(number, step)
        with self._bar("payments at Stripe", number) as step:
            paid = visits.pay(bookings, step)
        with self._bar("sales at the desk", hot) as step:
            sold = visits.sell(hot, step)
        stub = Stub(self._stack)
        stub_line = Pipeline(self._stack, ROUTE, stub.queue_url)
        outputs = self._stack.described["outputs"]
        our_line = Pipeline(self._stack, WEBHOOKS, outputs["StripeEventsQueueUrl"])
        ours, stubs = [], []
        for at in range(rounds + 1):
            start = WARM_UP + (at - 1) * a_round if at else 0
            share = paid[start : WARM_UP + at * a_round]
            with without_followers(self._stack):
                ours.append(self._send(our_line, share, f"webhooks, round {at}"))
            rest(self._stack)
            stubs.append(self._send(stub_line, share, f"the stub's, round {at}"))
        hottest = self._send(our_line, sold, "payments of one hot location")
        rest(self._stack)
        with self._bar("every payment is looked at", number + hot) as step:
            counted = count_payments(self._stack, [*paid, *sold], step)
        # The round 0 was for warming up.
        return Loaded(
            number / booked_s,
            ours[1:],
            stubs[1:],
            hottest,
            counted,
            sum(each.number for each in stubs) - stub.count(),
            dead_letters(self._stack),
            put_off(self._stack),
        )

    def _send(self, line: Pipeline, paid: Sequence[Paid], what: str) -> Sent:
        """Send what Stripe tells of some payments, and wait until it is committed."""
        events = [event for each in paid for event in each.events]
        begun_s = taken_s(FOLDER / "run")
        with self._bar(what, len(events)) as step:
            sent = line.send(events, step)
        return replace(sent, processor_s=taken_s(FOLDER / "run") - begun_s)

    @contextmanager
    def _bar(self, what: str, number: int) -> Iterator[Step]:
        task, begun_s = self._progress.add_task(what, total=number), time.monotonic()
        yield lambda: self._progress.advance(task)
        self._progress.remove_task(task)
        self._progress.console.print(f"  {what}: {number:,} in {time.monotonic() - begun_s:.0f} s")


def rows(loaded: Loaded) -> list[Row]:
    """Return the table of what was measured and counted."""

    def of_stubs(name: str) -> Figure:
        pairs = zip(loaded.ours, loaded.stubs, strict=True)
        return spread([getattr(own, name) / getattr(stub, name) for own, stub in pairs])

    processor_ms = [each.processor_s / each.number * 1000 for each in loaded.ours]
    committed = [each.committed_s for each in loaded.ours]
    hot = loaded.hot.number
    conflicts = sum(loaded.put_off[each] for each in CONFLICTS)
    return [
        Row("bookings a second, each with its page at Stripe", exact(loaded.booked_a_second)),
        Row("webhooks accepted a second", spread([each.accepted_a_second for each in loaded.ours])),
        Row("the stub's", spread([each.accepted_a_second for each in loaded.stubs])),
        Row("seconds until all of a round are accepted, of the stub's", of_stubs("accepted_s")),
        Row(
            "seconds until the last of a round is committed",
            spread(committed),
        ),
        Row("the same, of the stub's", of_stubs("committed_s"), 1.3, 1.1),
        Row("processor milliseconds a webhook, emulator and functions", spread(processor_ms)),
        Row("the same, of the stub's", of_stubs("processor_s")),
        Row(f"payments lost, of {loaded.counted.sent:,}", exact(loaded.counted.lost), 0, 0),
        Row("payments there twice, or an event of theirs", exact(loaded.counted.twice), 0, 0),
        Row("events that the stub lost", exact(loaded.stub_lost), 0, 0),
        Row(
            f"{hot:,} payments of one hot location: committed a minute",
            exact(hot / loaded.hot.committed_s * MINUTE_S),
            HOT,
            HOT,
            is_least=True,
        ),
        Row("events put off for a conflict that outlived its retries", exact(conflicts), 0, 0),
        Row(
            "events put off for want of an answer of the emulator's",
            exact(loaded.put_off.total() - conflicts),
        ),
        Row("dead letters of all queues", exact(loaded.dead), 0, 0),
    ]


def main() -> None:
    """Measure, print, and write where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put it into docs/benchmarks.md")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--payments", type=int, default=PAYMENTS_A_ROUND, help="of a round")
    parser.add_argument("--hot", type=int, default=HOT, help="payments of the hot location")
    chosen = parser.parse_args()
    console = Console()
    console.print("Starting a stack of its own")
    with running_in(FOLDER) as stack, Progress(console=console, transient=True) as progress:
        loaded = Load(stack, progress).run(chosen.rounds, chosen.payments, chosen.hot)
    with console.status("neighbours, a long history, many of a kind"), redirect_stdout(StringIO()):
        tables = [
            (HEADS, cells([*rows(loaded), *neighbours.rows()])),
            (GROWN_HEADS, growth.lines()),
            (CROWD_HEADS, crowds.lines()),
        ]
    for heads, lines in tables:
        show(console, machine(), heads, lines)
    if chosen.write:
        made = [markdown(heads, lines) for heads, lines in tables]
        write("make load", "\n\n".join([measured_on(chosen.rounds), *made]))


if __name__ == "__main__":
    main()
