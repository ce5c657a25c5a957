"""Every balance transaction of Stripe's becomes one entry to the unit, or is named unreadable."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidFacts, UnreadableEvent
from shared.domain.ledger.entry import KNOWN_CATEGORIES, LedgerEntry, entry_from_dict, entry_to_dict
from shared.domain.ledger.read_balance_transactions import read_balance_transaction, source_kind

OURS = {"location_id": "demo", "booking_id": "bk_1", "purpose": "deposit"}
CHARGE: dict[str, Any] = {
    "id": "ch_1",
    "object": "charge",
    "amount": 4900,
    "amount_captured": 4900,
    "currency": "eur",
    "livemode": False,
    "payment_intent": "pi_1",
    "metadata": OURS,
}
REFUND = {
    "id": "re_1",
    "object": "refund",
    "amount": 4900,
    "charge": "ch_1",
    "currency": "eur",
    "metadata": {},
    "payment_intent": "pi_1",
    "reason": "requested_by_customer",
    "failure_reason": "lost_or_stolen_card",
}
DISPUTE = {
    "id": "du_1",
    "object": "dispute",
    "amount": 4900,
    "charge": "ch_1",
    "currency": "eur",
    "livemode": False,
    "metadata": {},
    "payment_intent": "pi_1",
    "reason": "fraudulent",
}
PAYOUT = {
    "id": "po_1",
    "object": "payout",
    "amount": 4900,
    "currency": "eur",
    "livemode": False,
    "failure_code": "account_closed",
    "metadata": {},
}


def transaction(amount: int = 4900, fee: int = 99, **changed: Any) -> dict[str, Any]:
    return {
        "id": "txn_1",
        "object": "balance_transaction",
        "amount": amount,
        "available_on": 1_795_800_000,
        "balance_type": "payments",
        "created": 1_795_372_392,
        "currency": "eur",
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{"amount": fee, "currency": "eur", "type": "stripe_fee"}] if fee else [],
        "net": amount - fee,
        "reporting_category": "charge",
        "source": CHARGE,
        "type": "charge",
        **changed,
    }


def read(body: dict[str, Any], *, livemode: bool = False) -> LedgerEntry:
    return read_balance_transaction(body, location_id="demo", livemode=livemode)


MOVEMENTS = [
    ("charge", "charge", CHARGE, 4900, 99),
    ("refund", "refund", REFUND, -4900, 0),
    ("refund_failure", "refund_failure", REFUND, 4900, 0),
    ("adjustment", "refund_failure", REFUND, 4900, 0),
    ("adjustment", "dispute", DISPUTE, -4900, 2000),
    ("adjustment", "dispute_reversal", DISPUTE, 4900, -2000),
    ("adjustment", "partial_capture_reversal", CHARGE, -900, -18),
    ("payout", "payout", PAYOUT, -4900, 0),
    ("payout_failure", "payout_reversal", PAYOUT, 4900, 0),
    ("payout_cancel", "payout_reversal", PAYOUT, 4900, 0),
    ("stripe_fee", "fee", None, -250, 0),
    ("topup", "topup", "tu_1", 1000, 0),
    ("transfer", "transfer", "tr_1", -1000, 0),
    ("adjustment", "other_adjustment", None, 17, 0),
    ("reserve_transaction", "risk_reserved_funds", None, -500, 0),
]


@pytest.mark.parametrize(("kind", "category", "source", "amount", "fee"), MOVEMENTS)
def test_each_category_keeps_its_sums_and_what_it_is_of(
    kind: str, category: str, source: Any, amount: int, fee: int
) -> None:
    body = transaction(amount, fee, type=kind, reporting_category=category, source=source)
    entry = read(body)

    assert (entry.type, entry.reporting_category) == (kind, category)
    assert (entry.amount_minor, entry.fee_minor, entry.net_minor) == (amount, fee, amount - fee)
    assert entry.has_known_category
    named = {"charge": entry.charge, "refund": entry.refund, "dispute": entry.dispute,
             "payout": entry.payout}  # fmt: skip
    wanted = dict.fromkeys(named)
    if isinstance(source, dict):
        wanted[source["object"]] = source["id"]
        if source in (REFUND, DISPUTE):
            wanted["charge"] = "ch_1"
    assert named == wanted
    assert entry.booking_id == ("bk_1" if source is CHARGE else None)
    assert entry_from_dict(json.loads(json.dumps(entry_to_dict(entry)))) == entry


def test_a_refunds_or_disputes_own_metadata_is_no_claim() -> None:
    named = {"location_id": "demo", "booking_id": "bk_2", "purpose": "fee"}
    sources: list[dict[str, Any]] = [REFUND, DISPUTE, PAYOUT]
    for source in sources:
        entry = read(transaction(-100, 0, source={**source, "metadata": named}))
        assert (entry.booking_id, entry.purpose) == (None, "")


@pytest.mark.parametrize("location_id", ["", "other"])
def test_metadata_that_does_not_name_the_location_is_no_claim(location_id: str) -> None:
    metadata = {**OURS, "location_id": location_id}
    assert read(transaction(source={**CHARGE, "metadata": metadata})).booking_id is None


def test_what_a_partial_capture_let_go_of_is_the_clients_sum_of_its_reversal() -> None:
    captured = {**CHARGE, "amount": 6000, "amount_captured": 2500, "currency": "gbp"}
    category = "partial_capture_reversal"
    body = transaction(-4100, 0, type="adjustment", reporting_category=category, source=captured)
    assert read(body).customer_amount_minor == -3500


def test_a_payout_in_a_currency_of_large_numbers_can_be_read() -> None:
    assert read(transaction(-(10**13), 0, currency="idr", source=PAYOUT)).amount_minor == -(10**13)


def test_a_source_that_is_not_expanded_is_known_by_its_id() -> None:
    for source, kind in (("ch_1", "charge"), ("py_1", "charge"), ("re_1", "refund"),
                         ("pyr_1", "refund"), ("du_1", "dispute"), ("dp_1", "dispute"),
                         ("po_1", "payout"), ("tr_1", ""), (None, "")):  # fmt: skip
        assert source_kind(transaction(source=source)) == kind
    assert read(transaction(source="po_1")).payout == "po_1"


def test_a_category_that_nobody_knows_is_kept_and_flagged() -> None:
    entry = read(transaction(reporting_category="moon_tax", source=None))
    assert (entry.reporting_category, entry.has_known_category) == ("moon_tax", False)
    assert entry.net_minor == 4801
    old = read(transaction(reporting_category=None, type="charge"))
    assert old.reporting_category == "charge"


def test_another_currency_shows_what_the_client_saw_with_the_sign_of_the_balance() -> None:
    source = {**REFUND, "currency": "gbp", "amount": 1000}
    entry = read(transaction(-1143, 0, source=source, exchange_rate=1.1428571428,
                             reporting_category="refund"))  # fmt: skip
    assert (entry.customer_amount_minor, entry.customer_currency) == (-1000, "gbp")
    assert entry.exchange_rate == "1.1428571428"
    assert read(transaction(exchange_rate=1.1e-05)).exchange_rate == "0.000011"
    assert read(transaction(exchange_rate=Decimal("0.85"))).exchange_rate == "0.85"
    pounds = {**CHARGE, "currency": "gbp", "amount": 5000, "amount_captured": 5000}
    paid = read(transaction(5714, 0, source=pounds, exchange_rate=1.1428))
    assert (paid.customer_amount_minor, paid.customer_currency) == (5000, "gbp")
    same = read(transaction())
    assert (same.customer_amount_minor, same.customer_currency) == (None, None)


def test_several_fees_are_kept_each() -> None:
    details = [
        {"amount": 99, "currency": "eur", "type": "stripe_fee"},
        {"amount": 98, "currency": "eur", "type": "stripe_fee"},
        {"amount": 19, "currency": "eur", "type": "tax"},
    ]
    entry = read(transaction(4900, 216, fee_details=details))
    assert [(each.type, each.amount_minor) for each in entry.fee_details] == [
        ("stripe_fee", 99), ("stripe_fee", 98), ("tax", 19),
    ]  # fmt: skip


def test_metadata_of_another_location_is_not_ours() -> None:
    foreign = {**CHARGE, "metadata": {**OURS, "location_id": "other"}}
    entry = read(transaction(source=foreign))
    assert (entry.booking_id, entry.purpose) == (None, "")


def test_a_source_of_the_other_mode_is_refused() -> None:
    with pytest.raises(UnreadableEvent, match="/source/livemode"):
        read(transaction(), livemode=True)
    assert read(transaction(source={**CHARGE, "livemode": True}), livemode=True).livemode


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"id": None}, "/id"),
        ({"amount": 49.0}, "/amount"),
        ({"amount": None}, "/amount"),
        ({"fee": True}, "/fee"),
        ({"net": "4801"}, "/net"),
        ({"net": None}, "/net"),
        ({"currency": "euros"}, "/currency"),
        ({"created": None}, "/created"),
        ({"created": -1}, "/created"),
        ({"exchange_rate": "much"}, "/exchange_rate"),
        ({"exchange_rate": 0}, "/exchange_rate"),
        ({"exchange_rate": True}, "/exchange_rate"),
        ({"fee_details": [{"amount": 1.5, "currency": "eur"}]}, "/fee_details/0/amount"),
        ({"source": 7}, "/source"),
    ],
)
def test_what_money_depends_on_must_be_there(changed: dict[str, Any], pointer: str) -> None:
    with pytest.raises(UnreadableEvent, match=f"^{pointer}"):
        read(transaction() | changed)


def test_a_net_that_is_not_gross_less_fee_is_refused() -> None:
    with pytest.raises(InvalidFacts, match="txn_1"):
        read(transaction(net=4802))


AMOUNTS = st.integers(-(10**12), 10**12)
SOURCES = st.sampled_from([CHARGE, REFUND, DISPUTE, PAYOUT, None, "ch_2", "tr_1"])


@given(
    amount=AMOUNTS,
    fee=st.integers(-(10**6), 10**6),
    category=st.sampled_from([*sorted(KNOWN_CATEGORIES), "new_one"]),
    currency=st.sampled_from(["eur", "usd", "jpy", "kwd"]),
    source=SOURCES,
    created=st.integers(0, 253_402_300_799),
    rate=st.one_of(st.none(), st.floats(1e-6, 1e6)),
)
def test_whatever_stripe_sends_is_read_to_the_unit_and_read_back_the_same(
    amount: int,
    fee: int,
    category: str,
    currency: str,
    source: Any,
    created: int,
    rate: float | None,
) -> None:
    if abs(amount - fee) > 10**12:
        return
    entry = read(
        transaction(
            amount,
            fee,
            reporting_category=category,
            currency=currency,
            source=source,
            created=created,
            exchange_rate=rate,
            fee_details=[],
        )
    )
    assert entry.amount_minor - entry.fee_minor == entry.net_minor == amount - fee
    assert (entry.currency, entry.created_s) == (currency, created)
    assert (entry.exchange_rate is None) == (rate is None)
    if rate is not None and entry.exchange_rate is not None:
        assert float(entry.exchange_rate) == rate
        assert "e" not in entry.exchange_rate
    assert entry_from_dict(json.loads(json.dumps(entry_to_dict(entry)))) == entry
