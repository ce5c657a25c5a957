"""What is learned of an entry after it was written: more, by our own record, and never less."""

from copy import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ledger.attribution import (
    attribution_to_dict,
    learned,
    may_learn,
    with_attribution,
)
from shared.domain.ledger.entry import LedgerEntry
from tests.domain.ledger_entries import entry


def charge(**changed: Any) -> LedgerEntry:
    return entry("charge", 4900, 99, charge="ch_1", **changed)


UNKNOWN = charge()
OURS = charge(booking_id="bk_1", service_id="cut", employee_id="anna", purpose="deposit")


def test_what_has_no_booking_takes_the_one_that_is_known_by_now() -> None:
    assert may_learn(UNKNOWN, None)
    assert learned(UNKNOWN, OURS, None) == OURS


def test_what_is_known_is_not_learned_again_and_not_forgotten() -> None:
    assert not may_learn(OURS, "bk_1")
    assert learned(OURS, OURS, "bk_1") is None
    assert learned(OURS, UNKNOWN, None) is None


def test_what_its_money_was_for_is_learned_by_an_entry_that_has_its_booking() -> None:
    """Bug: a refund whose charge was on another page was for nothing in the breakdown, for ever."""
    without = replace(OURS, purpose="")
    assert may_learn(without, "bk_1")
    assert learned(without, OURS, "bk_1") == OURS


def test_an_entry_goes_to_another_booking_by_our_own_record_alone() -> None:
    other = charge(booking_id="bk_2", service_id="dye", employee_id="ben", purpose="prepayment")
    assert may_learn(OURS, "bk_2")
    assert learned(OURS, other, "bk_2") == other
    assert learned(OURS, other, None) is None


def test_service_and_employee_stay_those_of_when_it_was_written() -> None:
    moved = replace(OURS, service_id="dye", employee_id="ben")
    assert learned(OURS, moved, "bk_1") is None


def test_a_payout_or_a_fee_is_nobodys() -> None:
    assert not may_learn(entry("payout", -4900, payout="po_1"), None)
    assert not may_learn(entry("fee", -200), None)


_known = st.builds(
    charge,
    booking_id=st.sampled_from([None, "bk_1", "bk_2"]),
    service_id=st.sampled_from([None, "cut", "dye"]),
    employee_id=st.sampled_from([None, "anna", "ben"]),
    purpose=st.sampled_from(["", "deposit", "prepayment"]),
    payment_intent=st.sampled_from([None, "pi_1"]),
)


@given(_known, _known, st.sampled_from([None, "bk_1", "bk_2"]))
def test_learning_changes_no_sum_loses_nothing_and_is_done_once(
    before: LedgerEntry, now: LedgerEntry, owner: str | None
) -> None:
    after = learned(before, now, owner)
    if after is None:
        return
    assert after.booking_id is not None
    blank: dict[str, Any] = dict.fromkeys(attribution_to_dict(UNKNOWN))
    assert replace(after, **blank) == replace(before, **blank)
    assert bool(after.purpose) >= bool(before.purpose)
    assert with_attribution(before, attribution_to_dict(after)) == after
    assert learned(after, now, owner) is None
