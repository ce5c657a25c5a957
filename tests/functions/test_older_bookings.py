"""Bookings of an earlier release are found: after `make rebuild`, and after their next write."""

from copy import replace
from typing import Any

import pytest

from functions.record_stripe_event import handler as record_function
from infra.deployment import Deployment
from infra.rebuild import rebuild
from shared.adapters.booking_items import booking_key
from shared.adapters.booking_lists import BookingLists, Wanted
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable, Put, place
from shared.adapters.client_index import pointer_writes
from shared.adapters.search_index import SearchIndex
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_to_dict
from shared.domain.bookings.search_words import Search
from tests.builders import booking, charge, event, from_queue
from tests.surroundings.fixtures import REGION, TableInMoto

pytestmark = pytest.mark.enable_socket
# The demo location was made in January 2026; these are of May and November.
MAY_S, NOVEMBER_S, NOW_S = 1_778_000_000, 1_795_300_000, 1_796_000_000
EVER = (0, 4_000_000_000)


def written_by_1_0_0(config: Config, made: Booking) -> None:
    """As its `booking_put` wrote an item: with a place in the index, and no entries beside it."""
    month = "2026-05" if made.created_at_s == MAY_S else "2026-11"
    listed = (f"demo#bookings#{month}", place(made.created_at_s, made.booking_id))
    put = Put(booking_key("demo", made.booking_id), booking_to_dict(made), 0, listed=listed)
    BookingsTable(config).put([put, *pointer_writes(None, made)])


def found(config: Config) -> list[list[str]]:
    """Return who is listed by creation, by visit, and found by name."""
    lists = BookingLists(config)
    pages = [
        [each.booking_id for each in lists.read_page("demo", Wanted(order, EVER), 10).items]
        for order in (False, True)
    ]
    return [*pages, sorted(SearchIndex(config).find_ids("demo", Search.of("lovelace")) or ())]


def make_entries(config: Config) -> int:
    """Return how many bookings lacked something."""
    outputs = {"BookingsTable": config.table_name}
    return rebuild(Deployment("", outputs, "", {}, {"region_name": REGION}), "demo")["mended"]


@pytest.fixture
def older(config: Config, places: Any, table: TableInMoto) -> None:
    del places, table
    written_by_1_0_0(config, booking("bk_may", created_at_s=MAY_S, starts_at_s=NOW_S + 7200))
    written_by_1_0_0(config, booking("bk_nov", created_at_s=NOVEMBER_S, starts_at_s=NOW_S))


@pytest.mark.usefixtures("older")
def test_older_bookings_get_their_entries_once(config: Config, store: BookingStore) -> None:
    assert found(config) == [[], [], []]
    before = store.get_booking("demo", "bk_may")
    assert before
    assert before.is_in_index
    assert make_entries(config) == 2
    assert found(config) == [["bk_nov", "bk_may"], ["bk_nov", "bk_may"], ["bk_may", "bk_nov"]]
    after = store.get_booking("demo", "bk_may")
    assert after
    assert (after.booking, after.is_in_index) == (before.booking, False)
    assert make_entries(config) == 0


@pytest.mark.usefixtures("older")
@pytest.mark.parametrize("what", ["a change", "an event"])
def test_an_older_booking_gets_its_entries_with_its_next_write(
    config: Config, store: BookingStore, context: Any, what: str
) -> None:
    if what == "a change":
        store.change("demo", "bk_nov", lambda known: replace(known, note="by the window"))
    else:
        names = {"location_id": "demo", "booking_id": "bk_nov"}
        record_function.handler(
            from_queue(event("charge.succeeded", charge(metadata=names))), context
        )
    assert found(config) == [["bk_nov"]] * 3
    assert make_entries(config) == 1
