"""There is one way to write a booking, and what follows from a change follows whoever makes it."""

from collections.abc import Callable
from copy import replace
from types import SimpleNamespace
from typing import Any

import pytest

from shared.adapters import booking_writes
from shared.adapters.booking_store import BookingStore
from shared.domain.bookings.authorship import CLIENT, Person
from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.client_addresses import FormerEmail
from shared.domain.bookings.erasure import client_id, without_client
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.lifecycle import AWAITING_PAYMENT
from shared.domain.bookings.online_booking import expire
from shared.domain.errors import Conflict
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.refunds.approval import UNLIMITED
from shared.domain.visits.end_visit import cancel, cancel_for_client, complete, mark_no_show
from shared.domain.visits.reopening import reopen
from tests.domain.builders import NOW_S
from tests.domain.money_world import STARTS_S, booked
from tests.interleaving.memory_table import MemoryTable
from tests.interleaving.worlds import store_on

type Change = Callable[[Booking], Booking]
WAITS_UNTIL_S = NOW_S + 1200
DESK = Person("desk", "desk@x.de")
MIRA, ALINA = Client("Mira", "mira@example.com"), Client("Alina", "alina@example.com")


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booking_writes, "time", SimpleNamespace(time=lambda: NOW_S))


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


@pytest.fixture
def store(table: MemoryTable) -> BookingStore:
    return store_on(table)


def visit(booking_id: str = "bk_1", **changed: Any) -> Booking:
    fields = {"employee_id": "ben", "ends_at_s": STARTS_S + 3600, **changed}
    return booked(booking_id=booking_id, **fields)


def waiting(booking_id: str = "bk_1") -> Booking:
    made = visit(booking_id, status="awaiting_payment")
    assert isinstance(made.terms, BookingTerms)
    return replace(made, terms=replace(made.terms, hold_until_s=WAITS_UNTIL_S))


def create(store: BookingStore, booking: Booking) -> None:
    name = booking.booking_id
    store.create(booking, client_digest=f"own {name}", link_digest=f"link {name}", answer=None)


def slots(table: MemoryTable) -> set[str]:
    """The bookings that take time of an employee."""
    return {
        name
        for key, item in table.items.items()
        if "#agenda#" in key.pk
        for name in item.body["visits"]
    }


def kept(table: MemoryTable, kind: str) -> list[dict[str, Any]]:
    return [item.body for key, item in table.items.items() if key.sk == kind]


CANCELLED_BY: dict[str, Change] = {
    "the client": lambda each: cancel_for_client(each, NOW_S, accepted_fee_minor=5000),
    "the desk": lambda each: cancel(each, DESK.email, NOW_S, takes_fee=False),
    "the desk, with its fee": lambda each: cancel(each, DESK.email, NOW_S, takes_fee=True),
    "nobody, for it was not paid": lambda each: expire(
        replace(each, status=AWAITING_PAYMENT), NOW_S
    ),
}


@pytest.mark.parametrize("by", CANCELLED_BY)
def test_a_cancelled_booking_frees_its_slot_whoever_cancels_it(
    store: BookingStore, table: MemoryTable, by: str
) -> None:
    create(store, visit())
    assert slots(table) == {"bk_1"}
    store.change("demo", "bk_1", CANCELLED_BY[by])
    assert slots(table) == set()
    create(store, visit("bk_2"))
    assert slots(table) == {"bk_2"}


def test_a_visit_that_took_place_or_was_missed_keeps_its_time(
    store: BookingStore, table: MemoryTable
) -> None:
    create(store, visit())
    store.change("demo", "bk_1", lambda each: mark_no_show(each, "x", STARTS_S, takes_fee=False))
    assert slots(table) == {"bk_1"}
    create(store, visit("bk_2", employee_id="anna"))
    store.change("demo", "bk_2", lambda each: complete(each, "x", STARTS_S))
    assert slots(table) == {"bk_1", "bk_2"}


def test_a_reopened_visit_takes_its_time_again_and_not_somebody_elses(
    store: BookingStore, table: MemoryTable
) -> None:
    create(store, visit())
    store.change("demo", "bk_1", CANCELLED_BY["the desk"])
    store.change("demo", "bk_1", lambda each: reopen(each, DESK, NOW_S, allowance=UNLIMITED))
    assert slots(table) == {"bk_1"}
    store.change("demo", "bk_1", CANCELLED_BY["the desk"])
    create(store, visit("bk_2"))
    with pytest.raises(Conflict) as conflict:
        store.change("demo", "bk_1", lambda each: reopen(each, DESK, NOW_S, allowance=UNLIMITED))
    assert conflict.value.code == "slot_taken"
    assert slots(table) == {"bk_2"}


def test_a_visit_is_reopened_without_its_time_once_that_has_passed(
    store: BookingStore, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else may have had that time; until it is over, nobody may have it beside them."""
    create(store, visit())
    store.change("demo", "bk_1", CANCELLED_BY["the desk"])
    create(store, visit("bk_2"))
    over_s = STARTS_S + 3600
    monkeypatch.setattr(booking_writes, "time", SimpleNamespace(time=lambda: over_s - 1))
    with pytest.raises(Conflict) as conflict:
        store.change("demo", "bk_1", lambda each: reopen(each, DESK, over_s, allowance=UNLIMITED))
    assert conflict.value.code == "slot_taken"
    monkeypatch.setattr(booking_writes, "time", SimpleNamespace(time=lambda: over_s))
    store.change("demo", "bk_1", lambda each: reopen(each, DESK, over_s, allowance=UNLIMITED))
    assert slots(table) == {"bk_2"}


def test_a_moved_visit_takes_the_new_time_and_frees_the_old(
    store: BookingStore, table: MemoryTable
) -> None:
    create(store, visit())
    moved: dict[str, Any] = {"starts_at_s": STARTS_S + 86_400, "ends_at_s": STARTS_S + 90_000}
    store.change("demo", "bk_1", lambda each: replace(each, **moved, employee_id="anna"))
    create(store, visit("bk_2"))
    with pytest.raises(Conflict):
        create(store, replace(visit("bk_3", employee_id="anna"), **moved))
    assert slots(table) == {"bk_1", "bk_2"}


def test_a_slot_waits_as_long_as_its_booking_does(store: BookingStore, table: MemoryTable) -> None:
    create(store, waiting())
    [hold] = [item for key, item in table.items.items() if key.sk == "hold"]
    assert hold.listed
    assert hold.listed[1].startswith("2026-11-22T18:53:12Z#")
    store.change("demo", "bk_1", lambda each: replace(each, status="confirmed"))
    assert kept(table, "hold") == []


@pytest.mark.parametrize("by", CANCELLED_BY)
def test_nothing_waits_for_what_is_over(store: BookingStore, table: MemoryTable, by: str) -> None:
    create(store, waiting())
    store.change("demo", "bk_1", CANCELLED_BY[by])
    assert (kept(table, "hold"), slots(table)) == ([], set())


def test_a_session_is_bound_when_it_is_opened(store: BookingStore, table: MemoryTable) -> None:
    create(store, visit())
    attempt = CheckoutAttempt(1, 100, NOW_S, NOW_S + 1800, "cs_1", "https://x")
    store.change("demo", "bk_1", lambda each: each.with_checkout(attempt))
    assert kept(table, "binding") == [{"booking_id": "bk_1"}]


def test_a_client_is_found_by_each_address_until_it_is_erased(
    store: BookingStore, table: MemoryTable
) -> None:
    def found() -> set[str]:
        return {key.pk for key in table.items if "#client#" in key.pk}

    def pointer(email: str) -> str:
        return f"demo#client#{client_id('demo', email)}"

    create(store, visit(client=MIRA))
    assert found() == {pointer(MIRA.email)}
    former = FormerEmail(MIRA.email, NOW_S, "desk@x.de", "place")
    corrected: dict[str, Any] = {"client": ALINA, "former_emails": (former,)}
    store.change("demo", "bk_1", lambda each: replace(each, **corrected))
    assert found() == {pointer(MIRA.email), pointer(ALINA.email)}
    own_id = client_id("demo", ALINA.email)
    store.change("demo", "bk_1", lambda each: without_client(each, own_id, NOW_S, "desk@x.de"))
    assert found() == set()
    assert kept(table, "pointer") == [], "nobody opens its page any more"


def test_each_report_has_the_next_number_and_is_written_with_its_change(
    store: BookingStore, table: MemoryTable
) -> None:
    create(store, visit(journal=(JournalEntry("bk_1-booked", NOW_S, "booking.created", CLIENT),)))
    store.change("demo", "bk_1", lambda each: replace(each, note="Window seat"))
    store.change("demo", "bk_1", CANCELLED_BY["the desk"])
    stored = store.get_booking("demo", "bk_1")
    assert stored
    reports = [
        body for body in kept(table, "outbox") if body["detail_type"] == BookingChanged.detail_type
    ]
    assert (stored.booking.sequence, len(reports)) == (2, 2)


def test_a_booking_of_the_desk_is_not_reported_when_it_is_made(
    store: BookingStore, table: MemoryTable
) -> None:
    create(store, visit(terms=None))
    assert kept(table, "outbox") == []
    assert slots(table) == {"bk_1"}, "whoever enters it, the time is taken"
