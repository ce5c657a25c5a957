"""Disputes as Stripe shows them, for the tests that tell stories about them."""

from typing import Any

DUE_S = 1_796_200_000
OPENED_S = 1_795_380_000


def dispute(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A chargeback over all of a charge's 49.00 EUR, its money and a fee of 20.00 withdrawn."""
    moved = {
        "id": f"txn_{number}",
        "object": "balance_transaction",
        "amount": -changed.get("amount", 4900),
        "currency": "eur",
        "fee": 2000,
        "net": -changed.get("amount", 4900) - 2000,
        "reporting_category": "dispute",
        "type": "adjustment",
    }
    return {
        "id": f"dp_{number}",
        "object": "dispute",
        "amount": 4900,
        "balance_transactions": [moved],
        "charge": "ch_1",
        "created": OPENED_S,
        "currency": "eur",
        "evidence_details": {"due_by": DUE_S, "submission_count": 0},
        "livemode": False,
        "metadata": {},
        "payment_intent": "pi_1",
        "reason": "product_not_received",
        "status": "needs_response",
        **changed,
    }


def inquiry(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A bank's question: no money moves."""
    asked = {"status": "warning_needs_response", "balance_transactions": []}
    return dispute(number, **{**asked, **changed})


def fraud_warning(**changed: Any) -> dict[str, Any]:
    """A card's bank that suspects fraud: no money moves."""
    return {
        "id": "issfr_1",
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": "ch_1",
        "created": OPENED_S,
        "fraud_type": "made_with_stolen_card",
        "livemode": False,
        "payment_intent": "pi_1",
        **changed,
    }


def reinstated(number: int = 1, fee: int = 0) -> dict[str, Any]:
    """The balance transaction by which a won dispute's money comes back."""
    return {
        "id": f"txn_{number}_back",
        "object": "balance_transaction",
        "amount": 4900,
        "currency": "eur",
        "fee": fee,
        "net": 4900 - fee,
        "reporting_category": "dispute_reversal",
        "type": "adjustment",
    }
