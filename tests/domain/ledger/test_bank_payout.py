"""A payout as the report shows it: what it was made of, and until when it is followed."""

from copy import replace
from typing import Any

import pytest

from shared.domain.errors import UnreadableEvent
from shared.domain.ledger.bank_payout import (
    BankPayout,
    bank_payout_from_dict,
    bank_payout_to_dict,
    read_bank_payout,
    with_items,
)
from tests.domain.ledger_entries import NOON_S, entry


def stripe_payout(**changed: Any) -> dict[str, Any]:
    return {
        "id": "po_1", "object": "payout", "amount": 2000, "currency": "eur", "created": NOON_S,
        "arrival_date": NOON_S + 86_400, "automatic": True, "livemode": False,
        "status": "pending", "reconciliation_status": "in_progress", "method": "standard",
        "trace_id": {"status": "pending", "value": None}, **changed,
    }  # fmt: skip


def payout(**changed: Any) -> BankPayout:
    return read_bank_payout(stripe_payout(**changed), None, livemode=False)


def test_a_payout_is_itemised_page_by_page_and_its_sum_checked_at_the_end() -> None:
    made = payout(reconciliation_status="completed")
    assert made.can_be_itemised
    first = with_items(made, [entry("charge", 4900, 99)], last="txn_ch", has_more=True)
    assert (first.sum_matches, first.items_after) == (None, "txn_ch")
    known = read_bank_payout(stripe_payout(status="paid"), first, livemode=False)
    assert (known.items_count, known.items_net_minor, known.status) == (1, 4801, "paid")
    short = entry("refund", -2801)
    whole = with_items(known, [short], last="txn_re", has_more=False)
    assert (whole.sum_matches, whole.items_after) == (True, "")
    assert with_items(known, [], last="", has_more=False).sum_matches is False
    assert bank_payout_from_dict(bank_payout_to_dict(first)) == first


def test_a_payout_by_hand_is_labelled_and_nothing_is_awaited_of_its_entries() -> None:
    by_hand = payout(automatic=False, reconciliation_status="not_applicable", status="paid")
    assert (by_hand.itemisation, by_hand.can_be_itemised) == ("cannot be itemised", False)
    assert by_hand.sum_matches is None


def test_a_payout_is_followed_until_paid_itemised_and_traced_or_two_weeks_old() -> None:
    done = with_items(payout(status="paid"), [], last="", has_more=False)
    late_s = NOON_S + 16 * 86_400
    assert not payout().is_settled(late_s)
    assert not payout(status="paid").is_settled(late_s)
    assert not done.is_settled(NOON_S)
    assert done.is_settled(late_s)
    assert replace(done, trace_id="abc").is_settled(NOON_S)
    # Bug: where a bank gives no trace id it was awaited for two weeks.
    assert replace(done, trace_status="unsupported").is_settled(NOON_S)
    assert not replace(done, trace_status="pending").is_settled(NOON_S)
    assert payout(status="failed").is_settled(late_s)
    assert not payout(status="failed").is_settled(NOON_S)


def test_a_payout_of_the_other_mode_is_refused() -> None:
    with pytest.raises(UnreadableEvent, match="/livemode"):
        read_bank_payout(stripe_payout(livemode=True), None, livemode=False)
