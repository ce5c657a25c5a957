"""A location's bookings in their two orders, straight from the table."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest

from shared.adapters.booking_items import booking_put
from shared.adapters.booking_lists import BookingLists, Wanted, list_writes, place_in_list
from shared.domain.bookings.booking import Booking
from tests.builders import booking
from tests.interleaving.memory_table import MemoryTable

if TYPE_CHECKING:
    from shared.config import Config

DAY_S = 86_400
# 2026-11-22T09:30:00Z
NOW_S = 1_795_339_800
EVER = (0, 4_000_000_000)
MANY = 1000


class Lists(BookingLists):
    """Lists of a table in memory, with its calls counted."""

    def __init__(self, *bookings: Booking) -> None:
        super().__init__(cast("Config", None))
        self._table: MemoryTable = MemoryTable()
        self.calls = list[str]()
        for each in bookings:
            self._table.put([booking_put(each, 0), *list_writes(None, each)])
        self._table.pause = self._count

    def _count(self, call: str) -> str:
        self.calls.append(call)
        return "go"


def made(*instants: int) -> list[Booking]:
    return [booking(f"bk_{number}", created_at_s=at_s) for number, at_s in enumerate(instants)]


@pytest.mark.parametrize("is_by_visit", [False, True])
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_pages_have_every_booking_once_and_in_order(is_by_visit: bool, limit: int) -> None:
    instants = [NOW_S - number // 3 * DAY_S for number in range(250)]
    bookings = [
        booking(f"bk_{number}", created_at_s=at_s, starts_at_s=at_s)
        for number, at_s in enumerate(instants)
    ]
    lists = Lists(*bookings)
    found, after = list[str](), None
    while True:
        page = lists.read_page("demo", Wanted(is_by_visit, EVER, after), limit)
        found += [each.booking_id for each in page.items]
        after = page.after
        if after is None:
            break
    places = [place_in_list(each, is_by_visit=is_by_visit) or "" for each in bookings]
    expected = sorted(places, reverse=not is_by_visit)
    assert found == [each.partition("#")[2] for each in expected]


@pytest.mark.parametrize("limit", [1, 50, 100])
def test_a_page_without_a_filter_reads_what_it_shows(limit: int) -> None:
    lists = Lists(*made(*range(NOW_S, NOW_S + 150)))
    page = lists.read_page("demo", Wanted(is_by_visit=False, bounds=EVER), limit)
    assert (len(page.items), lists.calls) == (limit, ["list", "get"])


def test_bounds_begin_with_their_first_second_and_end_before_their_last() -> None:
    lists = Lists(*made(NOW_S - 1, NOW_S, NOW_S + 1, NOW_S + 2))
    page = lists.read_page("demo", Wanted(is_by_visit=False, bounds=(NOW_S, NOW_S + 2)), 10)
    assert [each.booking_id for each in page.items] == ["bk_2", "bk_1"]


def test_the_bookings_of_the_last_months_come_newest_first() -> None:
    first_s = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
    lists = Lists(
        *made(*(NOW_S - number for number in range(250)), first_s, first_s - 1, NOW_S + 1)
    )
    found = [each.booking_id for each in lists.iterate_made("demo", NOW_S, 2, MANY)]
    assert found == [f"bk_{number}" for number in range(251)]
    assert len(list(lists.iterate_made("demo", NOW_S, 3, MANY))) == 252


def test_no_more_bookings_are_read_than_are_wanted() -> None:
    """Bug: a report, which wants to know whether there is one more, read a hundred more."""
    lists = Lists(*made(*range(NOW_S - 300, NOW_S)))
    assert len(list(lists.iterate_made("demo", NOW_S, 2, 101))) == 101
    last_read = lists._table.last_result
    assert isinstance(last_read, tuple)
    assert len(last_read) == 1


def test_only_what_changes_is_written() -> None:
    before = booking(starts_at_s=NOW_S)
    assert list_writes(before, before) == []
    assert len(list_writes(None, before)) == 2
    assert len(list_writes(None, booking())) == 1
    moved = booking(starts_at_s=NOW_S + 1)
    assert len(list_writes(before, moved)) == 2
    assert len(list_writes(before, booking(starts_at_s=NOW_S, employee_id="anna"))) == 2
