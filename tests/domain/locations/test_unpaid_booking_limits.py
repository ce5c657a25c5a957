"""Nobody keeps a salon's slots waiting: what counts, for whom, and until when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.locations.unpaid_booking_limits import (
    HOLDS_PER_ADDRESS,
    HOLDS_PER_CLIENT,
    Mark,
    address_name,
    client_name,
    expired_marks,
    is_over,
    retry_after_s,
)

NOW_S = 1_795_000_000
MIRA, NOOR = client_name("mira@example.com"), client_name("noor@example.com")


def marks(*clients: str) -> list[Mark]:
    return [
        Mark(f"bk_{place}", NOW_S + 60 * (place + 1), each) for place, each in enumerate(clients)
    ]


@given(st.text("0123456789abcdef", min_size=24, max_size=24), st.integers(0, 10**11))
def test_a_mark_is_read_as_it_was_written(digits: str, until_s: int) -> None:
    mark = Mark(f"bk_{digits}", until_s, MIRA)
    assert Mark.from_text(mark.to_text()) == mark


@pytest.mark.parametrize(
    ("kept", "over"),
    [
        pytest.param([], False, id="nothing waits"),
        pytest.param([MIRA, MIRA], False, id="one less than a client may"),
        pytest.param([MIRA, MIRA, MIRA], True, id="as many as a client may"),
        pytest.param([NOOR, NOOR, NOOR], False, id="another client's"),
        pytest.param([NOOR, NOOR, MIRA, MIRA], False, id="one less than an address may"),
        pytest.param([NOOR, NOOR, NOOR, MIRA, MIRA], True, id="as many as an address may"),
    ],
)
def test_one_more_is_too_many(kept: list[str], over: bool) -> None:
    assert is_over(marks(*kept), MIRA, 3, 5) is over


def test_an_email_is_the_same_client_however_it_is_written_and_is_not_kept() -> None:
    assert client_name(" Mira@Example.com ") == MIRA != NOOR
    assert "mira" not in MIRA


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("2001:db8:1:ffff::", "2001:db8:1::/48"),
        ("", "unknown"),
        ("proxy", "unknown"),
    ],
)
def test_a_household_is_one_address(address: str, name: str) -> None:
    assert address_name(address) == name


def test_what_has_lapsed_counts_no_more() -> None:
    kept = marks(MIRA, NOOR, MIRA)
    assert expired_marks(kept, NOW_S) == set()
    assert expired_marks(kept, NOW_S + 120) == set(kept[:2])


@pytest.mark.parametrize(("later_s", "wait_s"), [(0, 60), (59, 1), (60, 1), (500, 1)])
def test_who_is_refused_is_told_when_the_first_slot_counts_no_more(
    later_s: int, wait_s: int
) -> None:
    assert retry_after_s(marks(MIRA, NOOR), NOW_S + later_s) == wait_s
    assert retry_after_s([], NOW_S) == 1


def test_a_clients_share_is_a_part_of_an_addresss() -> None:
    assert 1 < HOLDS_PER_CLIENT < HOLDS_PER_ADDRESS
