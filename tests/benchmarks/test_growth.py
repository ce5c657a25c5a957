"""What an operation costs does not grow with what lies behind it, counted call by call."""

import pytest

from infra.capacity.work import BOOK
from shared.adapters.booking_lists import MAX_READS, READ_AT_ONCE, list_writes
from shared.adapters.bookings_table import Put
from shared.adapters.search_index import search_writes
from shared.adapters.table_model import to_json
from tests.benchmarks.counted_table import Cost
from tests.benchmarks.counts import REFUND_UNITS
from tests.benchmarks.crowds import failed_attempt, with_employees, with_events, with_locations
from tests.benchmarks.growth import PLACE, SIZES, costs, grown
from tests.benchmarks.history import A_DAY, History


@pytest.fixture(scope="module")
def found() -> dict[int, dict[str, Cost]]:
    """What each act costs after each history."""
    return {number: costs(number) for number in SIZES}


def test_no_act_of_a_day_costs_more_after_a_hundred_thousand_bookings(
    found: dict[int, dict[str, Cost]],
) -> None:
    least, *more = found.values()
    flat = least.keys() - {"find_first_name", "report"}
    for each in more:
        assert {name: each[name] for name in flat} == {name: least[name] for name in flat}


def test_a_report_reads_a_thousand_bookings_and_the_sums_of_each_day(
    found: dict[int, dict[str, Cost]],
) -> None:
    """A day's sums are a fortieth of a unit, and are read four times."""
    least, *more = (each["report"] for each in found.values())
    for each, days in zip(more, (number // A_DAY for number in SIZES[1:]), strict=True):
        assert (each.calls, each.writes) == (least.calls, least.writes)
        assert each.reads - least.reads <= days / 8


def test_a_name_that_many_clients_have_is_looked_for_in_two_thousand_bookings_at_most(
    found: dict[int, dict[str, Cost]],
) -> None:
    pages = MAX_READS * READ_AT_ONCE
    dearest = found[SIZES[-1]]["find_first_name"]
    assert pages / 2 < dearest.reads < 1.05 * pages
    assert dearest.calls <= 2 * MAX_READS + 3


def test_the_table_in_memory_counts_as_the_wire_to_moto_does(
    found: dict[int, dict[str, Cost]],
) -> None:
    """Held by `tests/functions/test_write_units.py` over moto."""
    least = found[SIZES[0]]
    assert (least["book"].writes, least["refund"].writes) == (BOOK.write_units, REFUND_UNITS)


def test_a_history_has_the_entries_that_bookings_are_written_with() -> None:
    history = History(PLACE, 3, 1_800_000_000, "acct_1")
    for number in range(3):
        booking = history.booking(number)
        puts = [*list_writes(None, booking), *search_writes(None, booking)]
        written = {put.key: to_json(put.body) for put in puts if isinstance(put, Put)}
        given = dict(history.entries(number))
        assert written.items() <= given.items()
        assert len(given) - len(written) in (1, 3)


def test_payments_of_one_location_write_no_item_in_common() -> None:
    """So that of a thousand in a minute none waits for another, or is refused for it."""
    written = []
    with grown(0) as place:
        # Once a day the location is marked as active, by a write of its own.
        place.book()
        place.pay()
        for _ in range(3):
            place.book()
            place.table.written.clear()
            place.pay()
            written.append(frozenset().union(*place.table.written))
    assert all(len(each) >= 4 for each in written)
    assert not any(one & other for one in written for other in written if one is not other)


def test_a_house_of_three_hundred_employees_is_served() -> None:
    """A day's agenda and a week's times read each employee's days; a booking reads one's."""
    few, many = with_employees(3), with_employees(300)
    assert many["book"] == few["book"]
    assert many["see_agenda"].calls <= 5 * few["see_agenda"].calls
    assert many["see_slots"].calls <= 10 * few["see_slots"].calls


def test_a_page_of_five_thousand_locations_costs_what_one_of_a_hundred_does() -> None:
    assert with_locations(5000) == with_locations(100)


def test_the_five_hundredth_failed_attempt_costs_what_the_twelfth_did() -> None:
    assert with_events(500, failed_attempt) == with_events(12, failed_attempt)
