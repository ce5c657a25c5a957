import copy
from typing import Any

import pytest

from shared.domain.errors import UnreadableEvent
from shared.domain.stripe_facts.event_types import (
    CONSUMED_EVENT_TYPES,
    PAGE_EVENT_NAMES,
    is_consumed,
    real_event_name,
)
from shared.domain.stripe_facts.payment_facts import EMPTY
from shared.domain.stripe_facts.read_events import _READERS, read_event
from tests.domain.builders import (
    NOW_S,
    Payment,
    folded,
    intent_event,
    payout_event,
    session_event,
    setup_event,
)


def charge_event(event_type: str = "charge.updated", **changes: object) -> dict[str, Any]:
    payment = Payment()
    payment.pay()
    event = copy.deepcopy(payment.events[0]) | {"type": event_type}
    event["data"]["object"] |= changes
    return event


def dispute_event(**changes: object) -> dict[str, Any]:
    payment = Payment()
    payment.dispute()
    payment.events[0]["data"]["object"] |= changes
    return payment.events[0]


def test_there_is_a_row_for_every_type_that_is_consumed_and_for_no_other() -> None:
    assert _READERS.keys() == CONSUMED_EVENT_TYPES


@pytest.mark.parametrize("embeds", [False, True])
def test_the_part_that_a_partial_capture_released_is_no_refund_in_old_api_versions(
    embeds: bool,
) -> None:
    payment = Payment(reports_release=True, embeds_refunds=embeds)
    payment.authorise()
    payment.capture(6000)
    payment.refund(1000)
    [charge] = folded(reversed(payment.events)).charges.values()
    assert (charge.released_minor, charge.reported_refunded_minor) == (4000, 5000)
    assert (charge.amount_captured_minor, charge.amount_refunded_minor) == (6000, 1000)
    assert list(charge.client_refunds) == ["re_1_0"]


def test_a_version_without_amount_captured_tells_it_by_the_release() -> None:
    payment = Payment(reports_release=True)
    payment.authorise()
    payment.capture(6000)
    payment.touch()
    for event in payment.events:
        del event["data"]["object"]["amount_captured"]
    [charge] = folded(payment.events).charges.values()
    assert charge.amount_captured_minor == 6000


def test_real_refunds_in_a_capture_that_was_read_late_are_not_taken_for_the_release() -> None:
    real = {"id": "re_1", "amount": 3000, "currency": "eur", "status": "succeeded"}
    event = charge_event(
        "charge.captured", amount_captured=8000, amount_refunded=5000, refunds={"data": [real]}
    )
    [charge] = read_event(event).facts.charges.values()
    assert (charge.released_minor, charge.amount_refunded_minor) == (2000, 3000)
    assert list(charge.client_refunds) == ["re_1"]


def test_a_pending_charge_takes_no_money_though_stripe_calls_it_captured() -> None:
    event = charge_event("charge.pending", status="pending", paid=False)
    [charge] = read_event(event).facts.charges.values()
    assert (charge.status, charge.amount_captured_minor) == ("pending", 0)


def test_a_withdrawal_without_its_transaction_is_known_by_the_events_name() -> None:
    event = dispute_event(balance_transactions=[]) | {"type": "charge.dispute.funds_withdrawn"}
    [charge] = read_event(event).facts.charges.values()
    assert charge.amount_disputed_minor == 10_000


def test_stripes_own_refund_of_a_lapsed_hold_is_no_refund_to_the_client() -> None:
    refund = {"id": "re_1", "amount": 10_000, "currency": "eur", "status": "succeeded"}
    refund["reason"] = "expired_uncaptured_charge"
    event = charge_event("charge.expired", captured=False, amount_captured=0, refunds=[refund])
    [charge] = read_event(event).facts.charges.values()
    assert (charge.client_refunds, charge.status) == ({}, "expired")


def test_a_fully_captured_charge_read_late_keeps_its_real_refunds() -> None:
    event = charge_event("charge.captured", amount_refunded=3000)
    [charge] = read_event(event).facts.charges.values()
    assert (charge.released_minor, charge.amount_refunded_minor) == (0, 3000)


def test_a_hold_let_go_as_a_whole_is_neither_held_nor_refunded() -> None:
    event = charge_event(
        "charge.refunded", captured=False, amount_captured=0, amount_refunded=10_000
    )
    [charge] = read_event(event).facts.charges.values()
    assert (charge.amount_authorized_minor, charge.amount_refunded_minor) == (0, 0)
    assert charge.status == "expired"


def test_a_missing_amount_refunded_and_unknown_fields_are_tolerated() -> None:
    event = charge_event(brand_new={"deeply": [1.5, None]}, payment_method_details=None)
    del event["data"]["object"]["amount_refunded"]
    event["data"]["object"]["source"] = {"brand": "Visa", "last4": "0005"}
    [charge] = read_event(event).facts.charges.values()
    assert (charge.amount_captured_minor, charge.card_last4) == (10_000, "0005")


@pytest.mark.parametrize("refunds", [None, {}, {"data": []}, [], {"object": "list"}])
def test_refunds_may_be_embedded_in_any_way(refunds: object) -> None:
    assert read_event(charge_event(refunds=refunds)).charge_id == "ch_1"


def test_ids_may_be_expanded() -> None:
    event = charge_event(
        balance_transaction={"id": "txn_9", "object": "balance_transaction"},
        payment_intent={"id": "pi_9", "object": "payment_intent"},
    )
    read = read_event(event)
    assert read.facts.charges["ch_1"].balance_transaction == "txn_9"
    assert read.payment_intent_id == "pi_9"
    assert read_event(dispute_event(charge={"id": "ch_9", "object": "charge"})).charge_id == "ch_9"


def test_the_envelope_is_read_across_versions() -> None:
    event = charge_event() | {"request": "req_old", "account": "acct_1", "api_version": None}
    read = read_event(event)
    assert (read.request_id, read.account, read.api_version) == ("req_old", "acct_1", None)
    assert (read.booking_id, read.location_id, read.created_s) == ("bk_1", "demo", NOW_S)
    assert read_event(event | {"request": {"id": "req_new"}}).request_id == "req_new"
    assert read_event(event | {"request": None}).request_id is None


@pytest.mark.parametrize("amount", [True, 1.0, "100", -1, 10**15 + 1, [], None])
def test_an_amount_is_an_int_or_the_event_is_unreadable(amount: object) -> None:
    with pytest.raises(UnreadableEvent, match=r"^/data/object/amount: ") as raised:
        read_event(charge_event(amount=amount))
    assert "100" not in str(raised.value).replace("10**15", "")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount_captured": 1.5}, "/data/object/amount_captured"),
        ({"amount_refunded": -1}, "/data/object/amount_refunded"),
        ({"currency": None}, "/data/object/currency"),
        ({"currency": 978}, "/data/object/currency"),
        ({"currency": "euros"}, "/data/object/currency"),
        ({"captured": "yes"}, "/data/object/captured"),
        ({"status": 5}, "/data/object/status"),
        ({"id": None}, "/data/object/id"),
        ({"id": "ch 1"}, "/data/object/id"),
        ({"object": "refund"}, "/data/object/object"),
        ({"livemode": True}, "/data/object/livemode"),
        ({"refunds": [{"id": "re_1", "amount": 1.0}]}, "/data/object/refunds/0/amount"),
        ({"refunds": {"data": [{"amount": 1}]}}, "/data/object/refunds/data/0/id"),
        ({"refunds": {"data": 5}}, "/data/object/refunds"),
        ({"refunds": [{}] * 101}, "/data/object/refunds"),
    ],
)  # fmt: skip
def test_what_money_depends_on_is_strict(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(UnreadableEvent) as raised:
        read_event(charge_event(**changes))
    assert str(raised.value).startswith(f"{pointer}: ")


@pytest.mark.parametrize(
    ("entry", "pointer"),
    [
        ({"id": "txn_1", "currency": "eur"}, "/amount"),
        ({"id": "txn_1", "currency": "eur", "amount": -1.0}, "/amount"),
        ({"id": "txn_1", "currency": "eur", "amount": -1, "fee": True}, "/fee"),
        ({"id": "txn_1", "amount": -1}, "/currency"),
        ({"amount": -1, "currency": "eur"}, "/id"),
    ],
)
def test_a_disputes_balance_transactions_are_strict(entry: dict[str, Any], pointer: str) -> None:
    with pytest.raises(UnreadableEvent, match=f"^/data/object/balance_transactions/0{pointer}: "):
        read_event(dispute_event(balance_transactions=[entry]))


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"type": "charge.updated"}, charge_event() | {"type": "charge.unheard_of"},
        charge_event() | {"type": None}, charge_event() | {"id": ""},
        charge_event() | {"created": -1}, charge_event() | {"created": "today"},
        charge_event() | {"created": 10**15}, charge_event() | {"livemode": None},
        charge_event() | {"livemode": 0}, charge_event() | {"data": None},
        charge_event() | {"data": {"object": "ch_1"}},
    ],
)  # fmt: skip
def test_a_broken_envelope_is_unreadable(broken: dict[str, Any]) -> None:
    with pytest.raises(UnreadableEvent, match=r"^/"):
        read_event(broken)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "receipts/1"])
def test_a_receipts_address_is_on_the_web_or_dropped(address: str) -> None:
    """Bug: staff's answers and pages had whatever address a webhook brought."""
    facts = read_event(charge_event(receipt_url=address)).facts
    assert facts.charges["ch_1"].receipt_url == ""


def test_hostile_text_is_dropped_and_never_a_reason_to_refuse_money() -> None:
    event = charge_event(
        receipt_url="https://x/" + "y" * 5000,
        failure_code="\ud800\x00",
        metadata={"booking_id": "b" * 501, "location_id": 5, "purpose": "é"},
    )
    read = read_event(event)
    charge = read.facts.charges["ch_1"]
    assert (charge.receipt_url, charge.failure_code, charge.purpose) == ("", "", "")
    assert (read.booking_id, read.location_id) == (None, None)
    assert charge.amount_captured_minor == 10_000


def test_what_the_events_name_says_counts_though_the_object_lags_behind() -> None:
    lagging = charge_event("charge.failed")
    assert read_event(lagging).facts.charges["ch_1"].status == "failed"
    late = payout_event("payout.failed", status="in_transit")
    assert read_event(late).facts.payouts["po_1"].status == "failed"
    canceled = intent_event("payment_intent.canceled", status="requires_payment_method")
    assert read_event(canceled).facts.intents["pi_1"].is_canceled


def test_what_only_the_events_name_says_of_refunds_sessions_and_disputes() -> None:
    payment = Payment()
    payment.pay()
    payment.update_refund(payment.refund(100), "pending", "refund.failed")
    dispute = payment.dispute()
    payment.rule(dispute, "under_review", "charge.dispute.funds_reinstated")
    [charge] = folded(payment.events).charges.values()
    assert charge.refunds["re_1_0"].status == "failed"
    assert charge.amount_disputed_minor == 0
    came = session_event(
        "checkout.session.async_payment_succeeded", status="complete", payment_status="unpaid"
    )
    assert read_event(came).facts.sessions["cs_1"].is_paid


def test_an_intent_that_succeeded_was_not_given_up() -> None:
    both = folded(
        [
            intent_event("payment_intent.succeeded", status="succeeded"),
            intent_event("payment_intent.canceled", status="canceled"),
        ]
    )
    assert both.intents["pi_1"].has_charge
    assert not both.intents["pi_1"].is_canceled


def test_only_the_disputes_own_categories_move_disputed_money() -> None:
    fee = {"id": "txn_2", "amount": 1500, "currency": "eur", "type": "adjustment"}
    payment = Payment()
    payment.pay()
    payment.dispute()
    entries = payment.events[1]["data"]["object"]["balance_transactions"]
    entries.append(fee | {"reporting_category": "fee"})
    [charge] = folded(payment.events).charges.values()
    assert charge.amount_disputed_minor == 10_000
    # Before reporting categories, the type and the sign are all there is.
    entries[:] = [fee | {"amount": -10_000}, fee | {"id": "txn_3", "amount": 10_000}]
    [charge] = folded(payment.events).charges.values()
    assert charge.amount_disputed_minor == 0


def test_a_refund_without_a_charge_concerns_no_booking() -> None:
    payment = Payment()
    payment.refund(100)
    event = payment.events[1]
    event["data"]["object"]["charge"] = None
    assert (read_event(event).facts, read_event(event).charge_id) == (EMPTY, None)


def test_sessions_intents_setups_and_payouts_are_read() -> None:
    setup = read_event(setup_event("setup_intent.succeeded", status="succeeded"))
    assert setup.facts.setups["seti_1"].payment_method == "pm_1"
    assert setup.charge_id is None
    session = read_event(session_event("checkout.session.completed", status="complete"))
    assert session.facts.sessions["cs_1"].amount_total_minor == 10_000
    intent = intent_event(
        "payment_intent.payment_failed", status="requires_payment_method", error="e"
    )
    intent["data"]["object"]["charges"] = {"data": [{"id": "ch_7"}]}
    read = read_event(intent)
    assert read.facts.intents["pi_1"].charges == {"ch_7"}
    assert (read.charge_id, read.payment_intent_id) == (None, "pi_1")
    collected = payout_event("payout.paid", status="paid", amount=-700)
    assert read_event(collected).facts.payouts["po_1"].amount_minor == -700


def test_the_product_pages_names_are_mended_where_a_person_types_them() -> None:
    assert len(PAGE_EVENT_NAMES) == 2
    assert real_event_name("charge.dispute.funds_withdraw") == "charge.dispute.funds_withdrawn"
    assert real_event_name("Charge.refund.updated") == "charge.refund.updated"
    assert real_event_name(" Charge.Dispute.Funds_Withdraw ") == "charge.dispute.funds_withdrawn"
    assert real_event_name("charge.captured") == "charge.captured"
    assert real_event_name("Charge.nonsense ") == "Charge.nonsense "
    assert not is_consumed("charge.dispute.funds_withdraw")
