"""What a day's report reads of the table does not grow with the history before that day."""

import itertools
from typing import Any

import pytest

from shared.domain.ledger.entry import LedgerEntry
from tests.benchmarks.counts import REPORT_READS_OF_DAYS, REPORT_READS_RATIO
from tests.domain.ledger_entries import entry
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.morning import NOON_S, Morning
from tests.surroundings.reads import counting_reads

pytestmark = pytest.mark.enable_socket
DAY_S = 86_400


def paid(days_before: int, number: int = 0) -> LedgerEntry:
    name = f"{days_before:04d}_{number}"
    return entry(
        "charge",
        5000,
        145,
        balance_transaction=f"txn_{name}",
        charge=f"ch_{name}",
        source=f"ch_{name}",
        created_s=NOON_S - days_before * DAY_S + number,
    )


def units_of_a_report(morning: Morning, clients: Any, days: int, a_day: int) -> int:
    """Return the read units of a day's report, after days of history with so many payments."""
    history = itertools.product(range(1, days + 1), range(a_day))
    morning.enter(*(paid(before, number) for before, number in history))
    # A location's first report adds up all that was before it; each later one goes on from there.
    [yesterday] = morning.next_days(-1, -1)
    assert morning.order(yesterday) == {"batchItemFailures": []}
    with counting_reads(clients) as reads:
        assert morning.order() == {"batchItemFailures": []}
    return reads.units


def test_what_a_report_reads_grows_with_its_day_and_little_with_the_days_before(
    morning: Morning, clients: dict[Any, Any], table: TableInMoto
) -> None:
    morning.enter(*(paid(0, number) for number in range(20)))
    before = table.save()
    found = []
    for days, a_day in ((40, 1), (40, 10), (400, 1)):
        table.restore(before)
        found.append(units_of_a_report(morning, clients, days, a_day))
    short, dense, long = found
    assert dense / short == REPORT_READS_RATIO, found
    # A day's sums are an item of a tenth of a unit, which is read twice at the most.
    assert 1 < long / short <= REPORT_READS_OF_DAYS, found
