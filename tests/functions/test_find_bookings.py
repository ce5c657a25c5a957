"""Bookings are found: by day of visit, status, employee and words, in each order, page by page."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from copy import replace
from random import Random
from typing import Any

import pytest

from functions.serve_staff_api import handler as staff_function
from shared.adapters import booking_lists, search_index
from shared.adapters.booking_store import BookingStore
from shared.domain.bookings.booking import Booking, Client
from tests.builders import booking
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.kept import keep
from tests.surroundings.salon import Salon
from tests.surroundings.staff_calls import StaffCalls, forget_stores, pointers
from tests.surroundings.units import Meter

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
BOOKINGS = f"{HERE}/bookings"
# 1 December 2026, midnight in Berlin.
FIRST_S, DAY_S = 1_796_079_600, 86_400
NAMES = ("Mira Lindqvist", "Jörg Müller", "Noor Haddad", "Mirko Lind")


@pytest.fixture
def staff(salon: Salon, store: BookingStore, context: Any) -> Iterator[StaffCalls]:
    del salon
    forget_stores()
    yield StaffCalls(context, store, staff_function.handler)
    forget_stores()


def visit(number: int, **changed: Any) -> Booking:
    """Made later the higher its number, for the earlier a day: the two orders differ."""
    name = NAMES[number % 4]
    made: dict[str, Any] = {
        "created_at_s": 1_795_000_000 + number * 1000,
        "starts_at_s": FIRST_S + (11 - number) * DAY_S,
        "employee_id": ("anna", "ben")[number % 2],
        "service_id": ("cut", "colour", "perm")[number % 3],
        "status": ("confirmed", "completed", "cancelled", "confirmed")[number % 4],
        "client": Client(name, f"{name.split()[0].lower()}@example.com", f"030 12345{number:02}"),
        "external_id": f"crm-{number}",
    }
    return booking(f"bk_{number:02}", **made | changed)


@pytest.fixture
def twelve(staff: StaffCalls, store: BookingStore) -> StaffCalls:
    for number in range(12):
        keep(store, visit(number))
    return staff


def found(staff: StaffCalls, **query: str) -> list[int]:
    """Return the numbers of all bookings that a query lists, over all its pages."""
    numbers: list[int] = []
    for _ in range(50):
        status, page = staff("GET", BOOKINGS, **query)
        assert status == 200, page
        numbers += [int(each["booking_id"].removeprefix("bk_")) for each in page["items"]]
        if page["next_cursor"] is None:
            return numbers
        query["cursor"] = page["next_cursor"]
    pytest.fail("the list does not end")


FILTERS: dict[str, tuple[dict[str, str], list[int]]] = {
    "by creation": ({}, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    "by visit": ({"sort": "visit"}, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    "some days of visits": ({"visit_from": "2026-12-03", "visit_to": "2026-12-05"}, [9, 8, 7]),
    "visits from a day on": ({"visit_from": "2026-12-10"}, [2, 1, 0]),
    "visits to a day": ({"visit_to": "2026-12-02"}, [11, 10]),
    "days of visits by creation": (
        {"visit_from": "2026-12-03", "visit_to": "2026-12-05", "sort": "created"},
        [9, 8, 7],
    ),
    "a status": ({"status": "cancelled"}, [10, 6, 2]),
    "an employee": ({"employee_id": "anna"}, [10, 8, 6, 4, 2, 0]),
    "a service": ({"service_id": "perm"}, [11, 8, 5, 2]),
    "employee, service, status": (
        {"employee_id": "anna", "service_id": "perm", "status": "confirmed"},
        [8],
    ),
    "another system's id": ({"external_id": "crm-7"}, [7]),
    "another system's id and a status": ({"external_id": "crm-7", "status": "cancelled"}, []),
    "an unknown id": ({"external_id": "crm-70"}, []),
    "a first name": ({"q": "mirko"}, [11, 7, 3]),
    "the beginning of names": ({"q": "lind"}, [11, 8, 7, 4, 3, 0]),
    "two words": ({"q": "lind mira"}, [8, 4, 0]),
    "an accent": ({"q": "müller"}, [9, 5, 1]),
    "an address": ({"q": "noor@exa"}, [10, 6, 2]),
    "a phone": ({"q": "+49 30 1234505"}, [5]),
    "a booking's id": ({"q": "bk_04"}, [4]),
    "the other id as words": ({"q": "crm-4"}, [4]),
    "words within days": ({"q": "lind", "visit_from": "2026-12-08"}, [4, 3, 0]),
    "words by visit": ({"q": "lind", "sort": "visit", "status": "confirmed"}, [11, 8, 7, 4, 3, 0]),
    "nothing": ({"q": "zoe"}, []),
    "paid": ({"payment_status": "paid"}, []),
}


@pytest.mark.parametrize("limit", ["1", "5", "100"])
def test_a_query_finds_what_it_names_and_nothing_else(twelve: StaffCalls, limit: str) -> None:
    expected = {name: numbers for name, (_, numbers) in FILTERS.items()}
    assert {
        name: found(twelve, limit=limit, **query) for name, (query, _) in FILTERS.items()
    } == expected


def test_a_search_that_fits_very_many_finds_the_same(
    twelve: StaffCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "MAX_FOUND", 0)
    searches = {name: each for name, each in FILTERS.items() if "q" in each[0]}
    assert {name: found(twelve, limit="2", **query) for name, (query, _) in searches.items()} == {
        name: numbers for name, (_, numbers) in searches.items()
    }


def test_the_two_orders_are_by_creation_and_by_visit(
    staff: StaffCalls, store: BookingStore
) -> None:
    starts = [5, 1, None, 3]
    for number, day in enumerate(starts):
        at_s = None if day is None else FIRST_S + day * DAY_S
        keep(store, visit(number, starts_at_s=at_s))
    assert found(staff) == [3, 2, 1, 0]
    assert found(staff, sort="visit") == [1, 3, 0]
    assert found(staff, sort="visit", q="example") == []
    assert found(staff, sort="created", visit_from="2026-12-03") == [3, 0]
    assert found(staff, sort="visit", **{"from": "2026-01-01"}) == [1, 3, 0]
    assert found(staff, sort="visit", to="2026-01-01") == []


def test_a_cursor_goes_on_with_its_own_query_alone(twelve: StaffCalls) -> None:
    cursor = twelve("GET", BOOKINGS, sort="visit", limit="2")[1]["next_cursor"]
    assert twelve("GET", BOOKINGS, sort="visit", limit="5", cursor=cursor)[0] == 200
    for other in ({}, {"sort": "created"}, {"sort": "visit", "status": "confirmed"}):
        status, problem = twelve("GET", BOOKINGS, cursor=cursor, **other)
        assert (status, pointers(problem)) == (422, ["/query/cursor"])


WRONG = {
    "status": "paid",
    "sort": "name",
    "visit_from": "tomorrow",
    "visit_to": "2026-02-30",
    "employee_id": "a b",
    "service_id": "",
    "external_id": "",
    "q": " ",
}


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_a_wrong_filter_is_named(staff: StaffCalls, name: str, value: str) -> None:
    status, problem = staff("GET", BOOKINGS, **{name: value})
    assert (status, pointers(problem)) == (422, [f"/query/{name}"])


def test_a_filter_that_leaves_out_very_many_ends_a_page_early_and_goes_on(
    twelve: StaffCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booking_lists, "READ_AT_ONCE", 2)
    monkeypatch.setattr(booking_lists, "MAX_READS", 2)
    page = twelve("GET", BOOKINGS, status="cancelled", limit="100")[1]
    assert [each["booking_id"] for each in page["items"]] == ["bk_10"]
    assert page["next_cursor"]
    assert found(twelve, status="cancelled", limit="100") == [10, 6, 2]


# ------------------------------------------------------------------ entries follow the booking


def entries(table: TableInMoto) -> set[tuple[str, str]]:
    kinds = ("demo#made", "demo#visits", "demo#search")
    return {key for key in table.items() if key[0] in kinds}


def test_a_booking_that_moves_or_has_another_client_is_found_as_it_is_now(
    staff: StaffCalls, store: BookingStore, table: TableInMoto
) -> None:
    keep(store, visit(1))
    before = len(entries(table))
    mira = Client("Mira Lindqvist", "mira@example.com", "030 99887766")
    store.change(
        "demo",
        "bk_01",
        lambda known: replace(
            known, starts_at_s=FIRST_S, employee_id="nora", service_id="cut", client=mira
        ),
    )
    assert len(entries(table)) == before
    assert found(staff, visit_to="2026-12-01") == found(staff, employee_id="nora") == [1]
    assert found(staff, q="99887766") == found(staff, service_id="cut") == [1]
    for query in ({"q": "müller"}, {"employee_id": "ben"}, {"visit_from": "2026-12-02"}):
        assert found(staff, **query) == []


def test_a_correction_at_the_desk_leaves_no_word_behind(
    twelve: StaffCalls, table: TableInMoto
) -> None:
    corrected = {"client": {"name": "Zoe Ek", "email": "zoe@example.com", "phone": None}}
    assert twelve("PATCH", f"{BOOKINGS}/bk_05", corrected)[0] == 200
    assert found(twelve, q="zoe ek") == [5]
    assert found(twelve, q="müller") == [9, 1]
    words = {sk for pk, sk in table.items() if pk == "demo#search" and sk.endswith("bk_05")}
    assert words == {"ek bk_05", "zoe@example.com bk_05"}


def test_an_erased_client_is_found_by_nothing_and_the_booking_by_its_id(
    twelve: StaffCalls, table: TableInMoto
) -> None:
    assert twelve("DELETE", f"{HERE}/clients/noor@example.com")[0] == 200
    for text in ("noor", "haddad", "1234502"):
        assert found(twelve, q=text) == []
    assert found(twelve, q="bk_02") == found(twelve, external_id="crm-2") == [2]
    assert not [sk for pk, sk in table.items() if pk == "demo#search" and "haddad" in sk]


def test_entries_are_those_of_the_bookings_after_any_changes(
    store: BookingStore, table: TableInMoto, salon: Salon
) -> None:
    """Whatever changes, entries are what a booking of the same state would have been given."""
    del salon
    random = Random(7)
    for number in range(6):
        keep(store, visit(number))
    for _ in range(60):
        other = visit(random.randrange(12))
        store.change(
            "demo",
            f"bk_{random.randrange(6):02}",
            lambda known, other=other: replace(  # type: ignore[misc]
                known,
                starts_at_s=random.choice([None, other.starts_at_s]),
                employee_id=random.choice([None, other.employee_id]),
                client=random.choice([None, other.client]),
            ),
        )
    kept = entries(table)
    stored = [store.get_booking("demo", f"bk_{number:02}") for number in range(6)]
    table.restore(defaultdict(dict))
    for each in filter(None, stored):
        keep(store, each.booking)
    assert entries(table) == kept


# ------------------------------------------------------------------ what it costs


def test_a_search_costs_the_same_however_long_the_history_is(
    twelve: StaffCalls, store: BookingStore, table: TableInMoto, clients: dict[Any, Any]
) -> None:
    """The membership; ids, a beginning or two, and the bookings; or the list and its bookings."""
    meter = Meter(table, clients)

    def calls(**query: str) -> int:
        with meter.counting() as counted:
            twelve("GET", BOOKINGS, **query)
        return counted.cost.calls

    asked: tuple[dict[str, str], ...] = (
        {"q": "mirko"},
        {"q": "1234505"},
        {"external_id": "crm-7"},
        {"visit_from": "2026-12-03", "visit_to": "2026-12-05"},
        {},
    )
    expected = [4, 5, 3, 3, 3]
    assert [calls(**each) for each in asked] == expected
    anyone = Client("Ada Lovelace", "ada@example.com", "+49 30 777777")
    for number in range(120):
        other = visit(0, client=anyone, external_id=None, starts_at_s=FIRST_S - number * DAY_S)
        keep(store, replace(other, booking_id=f"bk_old{number}"))
    assert [calls(**each) for each in asked] == expected


def test_all_words_of_all_clients_are_found(twelve: StaffCalls) -> None:
    assert set(itertools.chain(*(found(twelve, q=name) for name in NAMES))) == set(range(12))
