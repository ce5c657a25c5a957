"""How disputes go: opened by a bank, answered, escalated, decided (docs.stripe.com/disputes).

A chargeback takes the money and a fee at once; a won one brings the money back, not the fee; a
lost one moves nothing more. An inquiry moves no money unless it escalates.
"""

from infra.local.stripe_simulator import exchange, ledger, refunding
from infra.local.stripe_simulator.cards import Behaviour
from infra.local.stripe_simulator.errors import StripeObject
from infra.local.stripe_simulator.fees import dispute_fee
from infra.local.stripe_simulator.resources.early_fraud_warnings import settle
from infra.local.stripe_simulator.state import Account, change

OPENS_AFTER_S = 1.0
DECIDED_AFTER_S = 1.5
DUE_DAYS = 9
INQUIRY_OPEN_DAYS = 120

REASONS = (
    "bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated",
    "debit_not_authorized", "duplicate", "fraudulent", "general", "incorrect_account_details",
    "insufficient_funds", "noncompliant", "product_not_received", "product_unacceptable",
    "subscription_canceled", "unrecognized",
)  # fmt: skip
_VISA_CODES = {"fraudulent": "10.4", "product_not_received": "13.1", "duplicate": "12.6.1"}

# A dispute that waits for an answer -> what it is once evidence has gone to the bank.
SUBMITTED = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}
INQUIRIES = frozenset({"warning_needs_response", "warning_under_review"})
CHARGEBACKS = frozenset({"needs_response", "under_review"})
# Which decisions each status allows. Lost is not the end: a bank may change its mind.
DECISIONS: dict[str, frozenset[str]] = {
    **dict.fromkeys(CHARGEBACKS, frozenset({"won", "lost"})),
    **dict.fromkeys(INQUIRIES, frozenset({"warning_closed"})),
    "lost": frozenset({"won"}),
}
TEXTS = (
    "access_activity_log", "billing_address", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_email_address", "customer_name", "customer_purchase_ip",
    "duplicate_charge_explanation", "duplicate_charge_id", "product_description",
    "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "shipping_address",
    "shipping_carrier", "shipping_date", "shipping_tracking_number", "uncategorized_text",
)  # fmt: skip
FILES = (
    "cancellation_policy", "customer_communication", "customer_signature",
    "duplicate_charge_documentation", "receipt", "refund_policy", "service_documentation",
    "shipping_documentation", "uncategorized_file",
)  # fmt: skip


def schedule(account: Account, charge: StripeObject, behaviour: Behaviour) -> None:
    """Let a test card's disputes come a little after its charge was captured."""
    if not behaviour.disputes:
        return
    part = charge["amount_captured"] // behaviour.disputes
    amounts = [part] * (behaviour.disputes - 1)
    amounts.append(charge["amount_captured"] - sum(amounts))

    def happen() -> None:
        for amount in amounts:
            if not charge["refunded"]:
                reason = behaviour.dispute_reason
                open_dispute(account, charge, reason, amount, inquiry=behaviour.inquiry)

    delay_s = account.settings.capture_delay_s + OPENS_AFTER_S
    account.clock.at(account.clock.exact() + delay_s, happen)


def open_dispute(
    account: Account, charge: StripeObject, reason: str, amount: int | None, *, inquiry: bool
) -> StripeObject:
    """Dispute a charge: `amount` in its minor units, or all that was captured."""
    if not charge["captured"]:
        raise refunding.refused("Only a captured charge can be disputed.")
    if charge["refunded"]:
        raise refunding.refused("A charge that is fully refunded cannot be disputed.")
    ledger.settle_if_not_yet(account, charge)
    amount = charge["amount_captured"] if amount is None else amount
    dispute = account.add(_new_dispute(account, charge, reason, amount, inquiry=inquiry))
    if not inquiry:
        _withdraw(account, dispute, charge)
    previous = change(charge, disputed=True)
    account.record_event("charge.dispute.created", dispute)
    settle(account, charge)
    if not inquiry:
        account.record_event("charge.dispute.funds_withdrawn", dispute)
        _stop_pending_refunds(account, charge)
    if previous:
        account.record_event("charge.updated", charge, previous)
    _schedule_deadline(account, dispute)
    return dispute


def submit(account: Account, dispute: StripeObject) -> StripeObject:
    """Send the evidence to the bank; gives the former attributes. Its text may decide the case."""
    details = dispute["evidence_details"]
    previous = change(dispute, status=SUBMITTED[dispute["status"]])
    before = change(details, has_evidence=True, submission_count=details["submission_count"] + 1)
    text = dispute["evidence"]["uncategorized_text"]
    account.clock.at(
        account.clock.exact() + DECIDED_AFTER_S, lambda: _decide_by_text(account, dispute, text)
    )
    return previous | {"evidence_details": before}


def close(account: Account, dispute: StripeObject, status: str) -> None:
    """Decide a dispute: `won`, `lost`, or `warning_closed` for an inquiry."""
    if status not in DECISIONS.get(dispute["status"], frozenset()):
        raise refunding.refused(f"A dispute that is {dispute['status']} cannot become {status}.")
    charge = account.get("charge", dispute["charge"])
    previous = change(dispute, status=status, is_charge_refundable=status != "lost")
    if status == "won":
        previous |= {"balance_transactions": list(dispute["balance_transactions"])}
        _reinstate(account, dispute)
    account.record_event("charge.dispute.updated", dispute, previous)
    if status == "won":
        account.record_event("charge.dispute.funds_reinstated", dispute)
    account.record_event("charge.dispute.closed", dispute)
    account.record_event("charge.updated", charge)


def turn(account: Account, dispute: StripeObject) -> None:
    """Let the bank turn a decision that was won: it takes the money again, and the case is lost."""
    if dispute["status"] != "won":
        raise refunding.refused(f"A dispute that is {dispute['status']} cannot be turned.")
    charge = account.get("charge", dispute["charge"])
    previous = change(dispute, status="lost", is_charge_refundable=False)
    previous |= {"balance_transactions": list(dispute["balance_transactions"])}
    _withdraw(account, dispute, charge)
    account.record_event("charge.dispute.updated", dispute, previous)
    account.record_event("charge.dispute.funds_withdrawn", dispute)
    account.record_event("charge.dispute.closed", dispute)
    account.record_event("charge.updated", charge)


def close_inquiries(account: Account, charge: StripeObject) -> None:
    """Close a charge's inquiries, as its full refund does."""
    for dispute in list(account.all("dispute")):
        if dispute["charge"] == charge["id"] and dispute["status"] in INQUIRIES:
            close(account, dispute, "warning_closed")


def _escalate(account: Account, dispute: StripeObject) -> None:
    """Turn an inquiry into a chargeback, which takes the money."""
    charge = account.get("charge", dispute["charge"])
    previous = change(
        dispute,
        status="needs_response",
        is_charge_refundable=False,
        balance_transactions=[],
        evidence_details=dispute["evidence_details"] | {"due_by": _due_by(account)},
        payment_method_details=_card_details(charge, dispute["reason"], "chargeback"),
    )
    _withdraw(account, dispute, charge)
    account.record_event("charge.dispute.updated", dispute, previous | {"balance_transactions": []})
    account.record_event("charge.dispute.funds_withdrawn", dispute)
    _stop_pending_refunds(account, charge)
    _schedule_deadline(account, dispute)


def _decide_by_text(account: Account, dispute: StripeObject, text: str | None) -> None:
    """Decide as Stripe's test texts have it; any other leaves the case with the bank."""
    status = dispute["status"]
    if status not in {"under_review", "warning_under_review"}:
        return
    if text == "escalate_inquiry_evidence" and status in INQUIRIES:
        _escalate(account, dispute)
    elif text in {"winning_evidence", "losing_evidence"}:
        verdict = "won" if text == "winning_evidence" else "lost"
        close(account, dispute, "warning_closed" if status in INQUIRIES else verdict)


def _withdraw(account: Account, dispute: StripeObject, charge: StripeObject) -> None:
    moved = ledger.taken_back(account, charge, dispute["amount"])
    fee = dispute_fee(moved.currency, account_country=account.settings.account_country)
    entry = ledger.new_balance_transaction(
        account,
        kind="adjustment",
        reporting_category="dispute",
        source=dispute,
        moved=moved,
        fees=[fee],
        available_on=ledger.available_with(account, charge),
        description=f"Chargeback withdrawal for {charge['id']}",
    )
    dispute["balance_transactions"].append(entry)


def _reinstate(account: Account, dispute: StripeObject) -> None:
    withdrawn = dispute["balance_transactions"][0]
    entry = ledger.new_balance_transaction(
        account,
        kind="adjustment",
        reporting_category="dispute_reversal",
        source=dispute,
        moved=exchange.Settled(
            -withdrawn["amount"], withdrawn["currency"], withdrawn["exchange_rate"]
        ),
        available_on=withdrawn["available_on"],
        description=f"Chargeback reversal for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(entry)


def _stop_pending_refunds(account: Account, charge: StripeObject) -> None:
    for refund in list(account.all("refund")):
        if refund["charge"] == charge["id"] and refund["status"] == "pending":
            refunding.fail(account, refund, "charge_for_pending_refund_disputed")


def _schedule_deadline(account: Account, dispute: StripeObject) -> None:
    due_by: int = dispute["evidence_details"]["due_by"]
    account.clock.at(due_by, lambda: _pass_deadline(account, dispute, due_by))
    if dispute["status"] in INQUIRIES:
        end = dispute["created"] + INQUIRY_OPEN_DAYS * ledger.DAY_S
        account.clock.at(end, lambda: _end_inquiry(account, dispute))


def _pass_deadline(account: Account, dispute: StripeObject, due_by: int) -> None:
    """Give a chargeback up that nobody has answered; an inquiry is only too late."""
    details = dispute["evidence_details"]
    if dispute["status"] not in SUBMITTED or details["due_by"] != due_by:
        return
    change(details, past_due=True)
    if dispute["status"] == "needs_response":
        close(account, dispute, "lost")


def _end_inquiry(account: Account, dispute: StripeObject) -> None:
    if dispute["status"] in INQUIRIES:
        close(account, dispute, "warning_closed")


def _due_by(account: Account) -> int:
    return (account.clock.now() // ledger.DAY_S + DUE_DAYS + 1) * ledger.DAY_S - 1


def _new_dispute(
    account: Account, charge: StripeObject, reason: str, amount: int, *, inquiry: bool
) -> StripeObject:
    return {
        "id": account.ids.new("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": account.clock.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys((*TEXTS, *FILES)), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": _due_by(account),
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _card_details(
            charge, reason, "inquiry" if inquiry else "chargeback"
        ),
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def _card_details(charge: StripeObject, reason: str, case_type: str) -> StripeObject:
    card = charge["payment_method_details"]["card"]
    return {
        "card": {
            "brand": card["brand"],
            "case_type": case_type,
            "network": card["network"],
            "network_reason_code": _VISA_CODES.get(reason),
        },
        "type": "card",
    }
