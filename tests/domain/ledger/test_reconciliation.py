"""Two witnesses of each movement of money: where they agree, and where they do not."""

from copy import replace
from typing import Any

import pytest

from shared.domain.errors import UnreadableEvent
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.findings import Finding, difference, healed, is_known, missing_here
from shared.domain.ledger.healing import (
    has_new_status,
    healing_event,
    is_open,
    ledger_movement,
)
from shared.domain.ledger.movements import movement_names, movements
from shared.domain.ledger.reconciliation import (
    MAX_LISTED,
    Reconciliation,
    reconcile,
    reconciliation_from_dict,
    reconciliation_of,
    reconciliation_to_dict,
)
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.dispute_facts import DisputeFacts, DisputeMovement, sighting
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts, merge
from shared.domain.stripe_facts.payout_facts import PayoutFacts
from shared.domain.stripe_facts.refund_facts import RefundFacts

CREATED_S = 1_795_372_392
CHARGE = ChargeFacts(
    amount_minor=4900,
    currency="eur",
    reported_captured_minor=4900,
    succeeded=True,
    captured=True,
    balance_transaction="txn_ch",
    refunds={
        "re_1": RefundFacts(
            amount_minor=900,
            currency="eur",
            status="failed",
            balance_transaction="txn_re",
            failure_balance_transaction="txn_back",
        )
    },
    disputes={
        "du_1": DisputeFacts(
            amount_minor=4900,
            currency="eur",
            movements={"txn_du": DisputeMovement(-4900, 2000, "eur")},
        )
    },
)
PAYOUT = PayoutFacts(
    amount_minor=2000,
    currency="eur",
    balance_transaction="txn_po",
    failure_balance_transaction="txn_po_back",
)
FACTS = Facts(charges={"ch_1": CHARGE}, payouts={"po_1": PAYOUT})


def entry(transaction: str, amount: int, category: str, fee: int = 0, **of: Any) -> LedgerEntry:
    return LedgerEntry(
        balance_transaction=transaction,
        type=category,
        reporting_category=category,
        amount_minor=amount,
        fee_minor=fee,
        net_minor=amount - fee,
        currency="eur",
        created_s=CREATED_S,
        available_on_s=CREATED_S,
        livemode=False,
        **of,
    )


OF_CHARGE = entry("txn_ch", 4900, "charge", 99, charge="ch_1", source="ch_1")
OF_REFUND = entry("txn_re", -900, "refund", charge="ch_1", refund="re_1", source="re_1")
SENT_BACK = entry("txn_back", 900, "refund_failure", charge="ch_1", refund="re_1")
OF_DISPUTE = entry("txn_du", -4900, "dispute", 2000, charge="ch_1", dispute="du_1")
OF_PAYOUT = entry("txn_po", -2000, "payout", payout="po_1", source="po_1")
CAME_BACK = entry("txn_po_back", 2000, "payout_reversal", payout="po_1")
ALL = (OF_CHARGE, OF_REFUND, SENT_BACK, OF_DISPUTE, OF_PAYOUT, CAME_BACK)


@pytest.mark.parametrize("one", ALL, ids=lambda each: each.balance_transaction)
def test_what_both_sides_have_is_known_and_differs_in_nothing(one: LedgerEntry) -> None:
    assert is_known(one, FACTS)
    assert difference(one, FACTS) is None


@pytest.mark.parametrize("one", ALL, ids=lambda each: each.balance_transaction)
def test_what_no_webhook_told_is_not_known(one: LedgerEntry) -> None:
    assert not is_known(one, Facts())
    assert not is_known(replace(one, balance_transaction="txn_other"), FACTS)


@pytest.mark.parametrize("kind", ["hold", "release"])
def test_what_a_payout_leaves_on_the_balance_is_no_movement_that_webhooks_tell(kind: str) -> None:
    made = entry("txn_kept", -10_000, f"payout_minimum_balance_{kind}", payout="po_1")
    assert is_known(made, Facts())
    assert difference(made, FACTS) is None


def test_an_object_of_another_kind_heals_nothing() -> None:
    other = {"object": "application_fee", "id": "fee_1", "charge": "ch_1", "amount": 100}
    assert not has_new_status(other, FACTS, CREATED_S)
    with pytest.raises(UnreadableEvent):
        healing_event("txn_1", other, [], livemode=False, location_id="demo",
                      booking_id="bk_1", now_s=CREATED_S)  # fmt: skip


@pytest.mark.parametrize("one", ALL, ids=lambda each: each.balance_transaction)
def test_another_sum_or_currency_is_a_difference_with_both_sides(one: LedgerEntry) -> None:
    more = replace(one, amount_minor=one.amount_minor + 1, net_minor=one.net_minor + 1)
    for changed in (more, replace(one, currency="usd")):
        found = difference(changed, FACTS)
        assert found
        assert found.details["stripe"]["amount"] == changed.amount_minor
        assert found.details["here"]["amount"] == one.amount_minor
        assert found.details["here"]["currency"] == "eur"


def test_a_disputes_fee_is_compared_because_webhooks_tell_it() -> None:
    other = replace(OF_DISPUTE, fee_minor=1500, net_minor=-6400)
    found = difference(other, FACTS)
    assert found
    assert (found.details["stripe"]["fee"], found.details["here"]["fee"]) == (1500, 2000)


def test_a_part_that_was_captured_may_show_as_the_whole_and_a_reversal() -> None:
    part = Facts(charges={"ch_1": replace(CHARGE, reported_captured_minor=4000)})
    assert difference(OF_CHARGE, part) is None
    assert difference(replace(OF_CHARGE, amount_minor=4000, net_minor=3901), part) is None
    reversal = entry("txn_rest", -900, "partial_capture_reversal", charge="ch_1")
    assert is_known(reversal, part)
    assert difference(reversal, part) is None


def test_sums_in_two_currencies_are_compared_by_what_the_client_saw() -> None:
    pounds = Facts(charges={"ch_1": replace(CHARGE, currency="gbp")})
    seen = replace(OF_CHARGE, amount_minor=5600, net_minor=5501, customer_currency="gbp")
    assert difference(replace(seen, customer_amount_minor=4900), pounds) is None
    assert difference(replace(seen, customer_amount_minor=4899), pounds)


def test_a_fee_is_nothing_that_a_webhook_tells() -> None:
    assert is_known(entry("txn_fee", -250, "fee"), Facts())


def test_what_webhooks_told_has_the_names_that_entries_have() -> None:
    told = {movement.name for movement in movements(FACTS)}
    named = {name for one in (OF_CHARGE, OF_REFUND, OF_DISPUTE) for name in movement_names(one)}
    assert told == named == {"charge#ch_1", "refund#re_1", "movement#txn_du"}
    assert not list(movements(Facts(charges={"ch_1": ChargeFacts(authorized=True)})))


def test_a_day_is_reconciled_pending_or_differs() -> None:
    def status(*findings: Finding, pending: bool = False) -> str:
        return reconcile(findings, (0, 9), is_pending=pending, checked_at_s=1).status

    assert status() == "reconciled"
    assert status(pending=True) == "pending"
    assert status(healed(OF_CHARGE)) == "reconciled"
    assert status(missing_here(OF_CHARGE, "x"), pending=True) == "differences"


def test_a_long_list_is_cut_and_what_is_left_off_is_counted() -> None:
    many = [missing_here(OF_CHARGE, "x")] * (MAX_LISTED + 3)
    found = reconcile(many, (0, 9), is_pending=False, checked_at_s=1)
    assert (len(found.missing_here), found.left_off) == (MAX_LISTED, {"missing_here": 3})
    assert reconciliation_from_dict(reconciliation_to_dict(found)) == found


def at(created_s: int, name: str) -> Finding:
    found = missing_here(replace(OF_CHARGE, created_s=created_s, balance_transaction=name), "x")
    return replace(found, created_s=created_s)


def compared(start_s: int, end_s: int, *findings: Finding, **changed: Any) -> Reconciliation:
    facts = {"is_pending": False, "checked_at_s": end_s + 10, **changed}
    return reconcile(findings, (start_s, end_s), **facts)


def test_a_days_comparison_is_of_its_own_stretch_whatever_its_date_is_called() -> None:
    """Bug: after a change of the zone one day's status stood for the hours of another."""
    day = compared(100, 200)
    assert reconciliation_of([day], 100, 200) == day
    for start_s, end_s in ((99, 200), (100, 201), (150, 250), (0, 100), (200, 300)):
        assert reconciliation_of([day], start_s, end_s) is None
    assert reconciliation_of([], 100, 200) is None


def test_a_day_of_another_zone_is_what_its_parts_say_together() -> None:
    parts = [compared(200, 300), compared(100, 200)]
    whole = reconciliation_of(parts, 150, 250)
    assert whole == replace(compared(150, 250), checked_at_s=210)
    # There is a gap between the days.
    assert reconciliation_of([compared(210, 300), compared(100, 200)], 150, 250) is None


@pytest.mark.parametrize(
    ("when", "status"), [(149, "pending"), (150, "differences"), (249, "differences")]
)
def test_a_difference_is_of_the_day_that_it_is_in(when: int, status: str) -> None:
    """Whether a day that differs awaits something is not known: so the rest of it may."""
    parts = [
        compared(100, 200, *([at(when, "txn_a")] if when < 200 else [])),
        compared(200, 300, *([at(when, "txn_a")] if when >= 200 else [])),
    ]
    whole = reconciliation_of(parts, 150, 250)
    assert whole is not None
    assert (whole.status, len(whole.missing_here)) == (status, int(status == "differences"))


def test_what_two_days_of_different_zones_both_list_is_listed_once() -> None:
    one = at(180, "txn_a")
    parts = [compared(100, 200, one), compared(160, 260, one)]
    whole = reconciliation_of(parts, 150, 250)
    assert whole is not None
    assert len(whole.missing_here) == 1


def test_one_part_that_awaits_something_leaves_the_whole_pending() -> None:
    parts = [compared(100, 200, is_pending=True), compared(200, 300)]
    whole = reconciliation_of(parts, 150, 250)
    assert whole is not None
    assert whole.status == "pending"


# ------------------------------------------------------------------ healing


def test_a_fetched_refund_brings_its_charge_where_that_is_not_known() -> None:
    refund = {"id": "re_1", "object": "refund", "amount": 900, "currency": "eur",
              "charge": "ch_1", "status": "succeeded", "balance_transaction": "txn_re"}  # fmt: skip
    charge = {"id": "ch_1", "object": "charge", "amount": 4900, "currency": "eur",
              "status": "succeeded", "captured": True, "amount_captured": 4900}  # fmt: skip
    event = healing_event(
        "txn_re",
        refund,
        [charge],
        livemode=False,
        location_id="demo",
        booking_id="bk_1",
        now_s=CREATED_S,
    )
    assert (event.event_id, event.charge_id) == ("healed-txn_re", "ch_1")
    facts = event.facts.charges["ch_1"]
    assert (facts.amount_captured_minor, facts.amount_refunded_minor) == (4900, 900)
    assert facts.events["healed-txn_re"].type == "ledger.healed"


def test_a_dispute_counts_the_movements_that_only_the_ledger_has() -> None:
    """Stripe documents that a dispute lists two transactions at the most."""
    again = entry("txn_du_2", -4900, "dispute", 2000, charge="ch_1", dispute="du_1")
    assert not is_known(again, FACTS)
    known = merge(FACTS, ledger_movement(again))
    assert is_known(again, known)
    assert difference(again, known) is None
    assert len(known.charges["ch_1"].disputes["du_1"].withdrawals) == 2
    for other in (OF_CHARGE, OF_REFUND, OF_PAYOUT):
        assert ledger_movement(other) == EMPTY


def test_what_may_change_without_moving_money_is_open() -> None:
    for kind, status, expected in (
        ("refund", "pending", True), ("refund", "succeeded", False), ("charge", "succeeded", False),
        ("dispute", "needs_response", True), ("dispute", "under_review", True),
        ("dispute", "lost", False), ("dispute", "won", False), ("payout", "paid", False),
    ):  # fmt: skip
        assert is_open({"object": kind, "status": status}) is expected


def test_only_another_status_is_something_new() -> None:
    dispute = {"id": "du_1", "object": "dispute", "amount": 4900, "currency": "eur",
               "charge": "ch_1", "status": "lost"}  # fmt: skip
    assert has_new_status(dispute, FACTS, CREATED_S)
    told = Facts(charges={"ch_1": ChargeFacts(disputes={
        "du_1": DisputeFacts(amount_minor=4900, currency="eur",
                             sightings=sighting("lost"))})})  # fmt: skip
    assert not has_new_status(dispute, told, CREATED_S)
