"""Clients' money not yet earned: opening + received - used - refunded = closing."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidFacts
from shared.domain.ledger.client_money import ClientMoney, Prepaid, roll
from shared.domain.ledger.entry import LedgerEntry
from tests.domain.ledger_entries import NOON_S, entries, entry

DAY_S = 86_400
TOMORROW_S = NOON_S + DAY_S + 3600
VISITS = {"bk_1": TOMORROW_S, "bk_2": NOON_S + 5 * DAY_S, "bk_3": None}
BOUNDS = (NOON_S, NOON_S + DAY_S)


def test_prepaid_today_is_used_when_the_visit_begins() -> None:
    paid = entry("charge", 5000, 145, booking_id="bk_1")
    moved, held = roll([], [paid], VISITS.get, BOUNDS)
    assert moved["eur"] == ClientMoney("eur", 0, 5000, 0, 0)
    assert held == [Prepaid("bk_1", "eur", TOMORROW_S, 5000)]
    moved, held = roll(held, [], VISITS.get, (BOUNDS[1], BOUNDS[1] + DAY_S))
    assert moved["eur"] == ClientMoney("eur", 5000, 0, 5000, 0)
    assert held == []


def test_a_visit_that_begins_as_the_day_ends_is_the_next_days() -> None:
    paid = entry("charge", 5000, 145, booking_id="bk_1")
    moved, held = roll([], [paid], {"bk_1": BOUNDS[1]}.get, BOUNDS)
    assert moved["eur"] == ClientMoney("eur", 0, 5000, 0, 0)
    assert held == [Prepaid("bk_1", "eur", BOUNDS[1], 5000)]


def test_a_refund_before_the_visit_is_refunded_and_one_after_is_not() -> None:
    opening = [Prepaid("bk_1", "eur", NOON_S + 100, 5000)]
    early = entry("refund", -2000, booking_id="bk_1", created_s=NOON_S + 99)
    late = entry("refund", -1000, booking_id="bk_1", created_s=NOON_S + 100)
    moved, held = roll(opening, [early, late], {"bk_1": NOON_S + 100}.get, BOUNDS)
    assert moved["eur"] == ClientMoney("eur", 5000, 0, 3000, 2000)
    assert held == []


def test_a_sale_at_the_desk_is_earned_at_once() -> None:
    moved, held = roll([], [entry("charge", 5000, booking_id="bk_3")], VISITS.get, BOUNDS)
    assert (dict(moved), held) == ({}, [])


def test_money_of_a_visit_that_has_begun_cannot_be_held() -> None:
    with pytest.raises(InvalidFacts):
        roll([Prepaid("bk_1", "eur", NOON_S - 1, 5000)], [], VISITS.get, BOUNDS)


@given(entries(NOON_S, NOON_S + 8 * DAY_S), st.lists(st.integers(0, 8 * DAY_S), max_size=5))
def test_days_follow_each_other_as_one_stretch(day: list[LedgerEntry], cuts: list[int]) -> None:
    """However the time is cut, each closing is the next opening, and the sums are the same."""
    end_s = NOON_S + 8 * DAY_S
    whole, at_the_end = roll([], day, VISITS.get, (NOON_S, end_s))
    bounds = sorted({NOON_S, end_s, *(NOON_S + cut for cut in cuts)})
    held: list[Prepaid] = []
    closing: dict[str, int] = {}
    received = 0
    for start_s, stop_s in itertools.pairwise(bounds):
        part = [each for each in day if start_s <= each.created_s < stop_s]
        moved, held = roll(held, part, VISITS.get, (start_s, stop_s))
        for currency, money in moved.items():
            assert money.opening_minor == closing.get(currency, 0)
        assert {c for c, minor in closing.items() if minor} <= moved.keys()
        closing = {currency: money.closing_minor for currency, money in moved.items()}
        received += sum(money.received_minor for money in moved.values())
    assert held == at_the_end
    assert received == sum(money.received_minor for money in whole.values())
