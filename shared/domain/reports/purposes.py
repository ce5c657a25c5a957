"""What a report calls purposes, and how Stripe's names read. Pure."""

from shared.domain.ledger.money_flow import UNASSIGNED

PURPOSE_TITLES = {
    "prepayment": "Paid in full online",
    "deposit": "Deposit",
    "balance": "Balance after a deposit",
    "visit_link": "Payment link for a visit",
    "cancellation_fee": "Cancellation fee",
    "no_show_fee": "No-show fee",
    "reschedule_fee": "Fee for moving a visit",
    UNASSIGNED: "No booking",
}


def purpose_title(purpose: str) -> str:
    """Return what a payment was for, as every document calls it; "" where that is not known."""
    return PURPOSE_TITLES.get(purpose, words(purpose)) if purpose else ""


def words(name: str) -> str:
    """Return one of Stripe's names as a person reads it."""
    return name.replace("_", " ")
