"""Lists by month: every item once, newest first, in a bounded number of reads."""

from typing import TYPE_CHECKING, cast

import pytest

from shared.adapters.bookings_table import BookingsTable, Listed, place
from shared.adapters.month_lists import (
    MonthList,
    Span,
    instant_place,
    is_place,
    month_before,
    month_of,
)

if TYPE_CHECKING:
    from shared.config import Config

DAY_S = 86_400
# 2026-11-22T09:30:00Z
NOW_S = 1_795_339_800


class Listing(BookingsTable):
    """An index in memory that counts its reads, and refuses bounds the wrong way round."""

    def __init__(self, *instants: int) -> None:
        super().__init__(cast("Config", None))
        self.places = sorted(
            (place(at_s, f"bk_{number}") for number, at_s in enumerate(instants)), reverse=True
        )
        self.reads = 0

    def list_page(self, partition: str, oldest: str, newest: str, limit: int) -> list[Listed]:
        assert oldest <= newest
        assert 1 <= limit <= 100
        self.reads += 1
        of_month = [each for each in self.places if each.startswith(partition)]
        found = [each for each in of_month if oldest <= each <= newest]
        return [Listed(each, {"place": each}) for each in found[:limit]]


def listed(table: Listing) -> MonthList[str]:
    return MonthList(table, lambda month: month, lambda body: str(body["place"]))


def span(days: int, after: str | None = None) -> Span:
    return Span(instant_place(NOW_S - days * DAY_S), instant_place(NOW_S + 60), after)


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
@pytest.mark.parametrize("ending", ["", "1", "9"])
def test_every_item_that_is_wanted_comes_once(limit: int, ending: str) -> None:
    table = Listing(*(NOW_S - number * 7 * DAY_S for number in range(40)))
    found, after = [], None
    for _ in range(100):
        page = listed(table).read_page(
            span(300, after), limit, 3, (lambda item: item.endswith(ending)) if ending else None
        )
        assert len(page.items) <= limit
        found += page.items
        after = page.after
        if after is None:
            break
        assert is_place(after)
    assert after is None
    assert found == [each for each in table.places if each.endswith(ending)]


def test_a_page_makes_no_more_reads_than_it_may_and_continues() -> None:
    table = Listing(NOW_S - 300 * DAY_S)
    page = listed(table).read_page(span(400), 10, 4)
    assert (page.items, page.after is None, table.reads) == ([], False, 4)


def test_a_list_that_ends_with_the_last_read_has_no_next_page() -> None:
    table = Listing(NOW_S)
    page = listed(table).read_page(span(10), 10, 1)
    assert (page.items, page.after) == (table.places, None)


def test_months_follow_each_other_over_a_new_year() -> None:
    assert month_of(NOW_S) == "2026-11"
    assert month_before("2026-01") == "2025-12"
    assert month_before("2026-11") == "2026-10"


@pytest.mark.parametrize("text", ["", "x", "2026-13-01T00:00:00Z", "2026-11-22T09:30:00Z#é", "~"])
def test_what_no_list_gave_out_is_no_place(text: str) -> None:
    assert not is_place(text)
