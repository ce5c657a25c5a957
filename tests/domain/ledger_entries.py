"""Builders of ledger entries, and what random days are made of."""

from typing import Any

from hypothesis import strategies as st

from shared.domain.ledger.entry import LedgerEntry

NOON_S = 1_795_348_800  # 2026-11-22T12:00:00Z
TYPES = {
    "charge": "charge",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "dispute": "adjustment",
    "dispute_reversal": "adjustment",
    "fee": "stripe_fee",
    "payout": "payout",
    "payout_reversal": "payout_failure",
    "partial_capture_reversal": "refund",
    "other_adjustment": "adjustment",
    "something_new": "something_new",
}


def entry(category: str, amount: int, fee: int = 0, **changed: Any) -> LedgerEntry:
    """An entry of `category` (Stripe's), gross and fee in minor units."""
    facts: dict[str, Any] = {
        "balance_transaction": "txn_1",
        "type": TYPES[category],
        "reporting_category": category,
        "amount_minor": amount,
        "fee_minor": fee,
        "net_minor": amount - fee,
        "currency": "eur",
        "created_s": NOON_S,
        "available_on_s": NOON_S + 4 * 86_400,
        "livemode": False,
    }
    return LedgerEntry(**{**facts, **changed})


@st.composite
def entries(draw: st.DrawFn, start_s: int = NOON_S, end_s: int = NOON_S + 86_400) -> Any:
    """A list of entries of a period, in any currency, category, sign and assignment."""
    return draw(
        st.lists(
            st.builds(
                entry,
                st.sampled_from(sorted(TYPES)),
                st.integers(-(10**7), 10**7),
                st.integers(-(10**4), 10**4),
                currency=st.sampled_from(["eur", "jpy", "kwd"]),
                created_s=st.integers(start_s, end_s - 1),
                booking_id=st.sampled_from([None, "bk_1", "bk_2", "bk_3"]),
                service_id=st.sampled_from([None, "cut", "dye"]),
                employee_id=st.sampled_from([None, "ann", "bob", "eve"]),
                purpose=st.sampled_from(["", "prepayment", "deposit", "visit_link"]),
            ),
            max_size=30,
        )
    )
