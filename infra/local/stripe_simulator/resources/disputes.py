"""Disputes: docs.stripe.com/api/disputes."""

from infra.local.stripe_simulator import disputing, listing, params, refunding
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.declarations import some, takes
from infra.local.stripe_simulator.errors import StripeObject, invalid_param
from infra.local.stripe_simulator.state import change, change_metadata

MAX_EVIDENCE_TEXT = 20_000
MAX_EVIDENCE = 150_000


def retrieve(call: Call) -> StripeObject:
    """Give one dispute."""
    return call.account.get("dispute", call.path["dispute"])


def list_all(call: Call) -> StripeObject:
    """List disputes."""
    return listing.page(
        call.account.all("dispute"), call.params, call.url, ("charge", "payment_intent")
    )


def update(call: Call) -> StripeObject:
    """Change metadata, or stage evidence; unless `submit=false` evidence goes to the bank."""
    dispute, sent = retrieve(call), call.params
    wants_evidence = "evidence" in sent or sent.get("submit", False)
    if wants_evidence and dispute["status"] not in disputing.SUBMITTED:
        raise refunding.refused(
            f"The evidence can no longer be changed: the dispute is {dispute['status']}."
        )
    _refuse_too_much(dispute, sent)
    previous = change_metadata(dispute, sent.get("metadata", {}))
    if "evidence" in sent:
        evidence = sent["evidence"]
        previous |= {"evidence": change(dispute["evidence"], **evidence)}
        if any(evidence.values()):
            change(dispute["evidence_details"], has_evidence=True)
    if wants_evidence and sent.get("submit", True):
        previous |= disputing.submit(call.account, dispute)
    if previous:
        call.account.record_event("charge.dispute.updated", dispute, previous)
    return dispute


def close(call: Call) -> StripeObject:
    """Give a dispute up: a chargeback is lost, an inquiry closed. Nothing can undo that."""
    dispute = retrieve(call)
    if dispute["status"] not in disputing.SUBMITTED:
        raise refunding.refused(
            f"Only a dispute that waits for a response can be closed; it is {dispute['status']}."
        )
    is_inquiry = dispute["status"] in disputing.INQUIRIES
    disputing.close(call.account, dispute, "warning_closed" if is_inquiry else "lost")
    return dispute


def _refuse_too_much(dispute: StripeObject, sent: StripeObject) -> None:
    evidence = dispute["evidence"] | sent.get("evidence", {})
    if sum(len(evidence[name] or "") for name in disputing.TEXTS) > MAX_EVIDENCE:
        raise invalid_param(
            f"All evidence together can have at most {MAX_EVIDENCE} characters.", param="evidence"
        )


_LISTED = takes("DisputeListParams", f"{listing.CURSORS_AND_CREATED} charge payment_intent")
_CHANGED = takes(
    "DisputeModifyParams",
    "metadata submit",
    evidence=some(**dict.fromkeys(disputing.TEXTS, params.nullable_text(MAX_EVIDENCE_TEXT))),
)

OPERATIONS = (
    Operation("GET", "/v1/disputes", list_all, _LISTED),
    Operation("GET", "/v1/disputes/{dispute}", retrieve),
    Operation("POST", "/v1/disputes/{dispute}", update, _CHANGED),
    Operation("POST", "/v1/disputes/{dispute}/close", close),
)
