"""The texts of a dispute's evidence under Stripe's names, to be pasted or sent by its API. Pure.

https://docs.stripe.com/api/disputes/update: texts have at most 20,000 characters each and 150,000
together, files 4.5 MB together, and evidence can be handed in once.
"""

from shared.domain.bookings.proved_address import is_made_by_client
from shared.domain.disputes.accepted_policy import AcceptedPolicy, accepted_policy_of
from shared.domain.disputes.evidence import (
    ATTENDANCE,
    Case,
    charge_currency,
    said_by,
    sections_of,
)
from shared.domain.disputes.guides import guide_for
from shared.domain.money.money import Money

MAX_TEXT_CHARS = 20_000
MAX_FILES_BYTES = 4_500_000
_CUT = "\n[cut here; the whole is in uncategorized_file.pdf]"
_ABOUT_MONEY = frozenset({"credit_not_processed", "product_unacceptable", "general"})
_ABOUT_CANCELLING = frozenset({"subscription_canceled", "general", "product_not_received"})


def evidence_texts(case: Case) -> dict[str, str]:
    """Return the texts by Stripe's name of each field; what is not known is not in it."""
    booking, reason = case.booking, case.dispute.facts.reason
    found = {"product_description": _description(case)}
    if booking.client:
        found["customer_name"] = booking.client.name
        found["customer_email_address"] = booking.client.email
    if booking.starts_at_s is not None:
        found["service_date"] = case.moment(booking.starts_at_s)
    policy = accepted_policy_of(booking)
    if policy and policy.text:
        shown = _disclosure(case, policy)
        found["cancellation_policy_disclosure"] = shown
        found["refund_policy_disclosure"] = shown
    outcome = _outcome(case)
    if outcome and (reason in _ABOUT_MONEY or _is_general(reason)):
        found["refund_refusal_explanation"] = outcome
    if outcome and reason in _ABOUT_CANCELLING:
        found["cancellation_rebuttal"] = outcome
    if reason == "duplicate":
        found["duplicate_charge_explanation"] = _payments(case)
    found["uncategorized_text"] = _statement(case)
    return {name: _short(text) for name, text in found.items()}


def _is_general(reason: str) -> bool:
    return guide_for(reason) is guide_for("general")


def _description(case: Case) -> str:
    booking = case.booking
    text = f"{booking.description}, by appointment at {case.location.name}"
    if booking.starts_at_s is not None:
        text += f" on {case.moment(booking.starts_at_s)}"
    return f"{text}; price {booking.price.format_plain()}."


def _disclosure(case: Case, policy: AcceptedPolicy) -> str:
    is_online = is_made_by_client(case.booking)
    page = "booking page before booking" if is_online else "payment link's page before paying"
    return (
        f"Shown on the {page}, and accepted by the client at {case.moment(policy.at_s)}"
        f" (SHA-256 of what was accepted: {policy.sha256}): {policy.text}"
    )


def _outcome(case: Case) -> str:
    """Return what is recorded about the visit and about refunds; empty if nothing is."""
    parts = [
        f"{ATTENDANCE[entry.what]}, recorded at {case.moment(entry.at_s)}"
        f" by {said_by(case, entry.by)}."
        for entry in case.attendance
    ]
    if not parts:
        return ""
    policy = accepted_policy_of(case.booking)
    if policy and policy.text:
        parts.append(f"The client had accepted this policy: {policy.text}")
    refunded_minor = case.booking.payments().amount_refunded
    if refunded_minor:
        refunded = Money(refunded_minor, case.booking.price.currency).format_plain()
        parts.append(f"{refunded} was refunded.")
    return " ".join(parts)


def _payments(case: Case) -> str:
    """Return each payment of the booking on a line of its own."""
    charges = sorted(case.booking.facts.charges.items(), key=lambda item: item[1].created_s)
    lines = [
        f"{charge_id}: "
        + Money(
            charge.amount_captured_minor, charge.currency or charge_currency(case)
        ).format_plain()
        + f", paid {case.moment(charge.created_s)}"
        for charge_id, charge in charges
    ]
    return "All payments of this booking:\n" + "\n".join(lines)


def _statement(case: Case) -> str:
    """Return everything as plain text, section by section."""
    parts = []
    for section in sections_of(case):
        lines = [section.title.upper(), *section.paragraphs]
        lines += [" | ".join(cell for cell in row if cell) for row in section.rows]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _short(text: str) -> str:
    if len(text) <= MAX_TEXT_CHARS:
        return text
    return text[: MAX_TEXT_CHARS - len(_CUT)] + _CUT
