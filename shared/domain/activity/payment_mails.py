"""Mails to clients about money: payments, refunds and fees. Pure.

Each function returns the mail for a change or an order, or `None` if it does not hold any more.
"""

from collections.abc import Iterator
from copy import replace

from shared.domain.activity.mail import Mail, Value
from shared.domain.activity.mail_parts import (
    elsewhere_rows,
    fee_rows,
    fee_told,
    find_fee,
    find_refund,
    money_of,
    receipt_url_of,
    visit_rows,
    why_fee,
)
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.charge_order import CAPTURE, CHARGE_ORDER_REFUSED
from shared.domain.bookings.fee import TAKEN, orders_of
from shared.domain.bookings.lifecycle import (
    COMPLETED,
)
from shared.domain.dates.instants import Moment
from shared.domain.money.money import Money
from shared.domain.stripe_facts.json_reader import web_address
from shared.domain.stripe_facts.refund_facts import RefundFacts
from shared.domain.visits.fee_sums import owed_of_failed_refunds

FEE_LINK, FEE_REMINDER = "fee_link", "fee_reminder"
VISIT_LINK = "visit_link"


def received(booking: Booking) -> Iterator[Mail]:
    """Yield a receipt for each payment by link and each hold captured when the visit ended.

    The payment that confirms a booking is part of its confirmation.
    """
    taken = {each.payment_intent for each in booking.charge_orders if each.kind == CAPTURE}
    for charge_id, charge in sorted(booking.facts.charges.items()):
        is_hold = charge.payment_intent in taken and booking.status == COMPLETED
        is_reported = charge.purpose == VISIT_LINK or is_hold
        if not is_reported or charge.currency != booking.price.currency:
            continue
        if not charge.amount_captured_minor:
            continue
        rows = [*visit_rows(booking), ("paid", money_of(booking, charge.amount_captured_minor))]
        rows += elsewhere_rows(booking)
        if rest_minor := booking.amount_due_minor():
            rows.append(("still_due", money_of(booking, rest_minor)))
        yield Mail(
            kind="hold_taken" if is_hold else "received",
            fact=f"received#{charge_id}",
            paragraphs=("hold_taken.text" if is_hold else "received.text",),
            rows=tuple(rows),
            receipt_url=web_address(charge.receipt_url),
        )


def payment_link(booking: Booking, number: int) -> Mail | None:
    """Ask for what is due by a link, unless it was paid or is being paid at this moment."""
    if booking.fee_owed_minor():
        asked = _fee_to_pay(booking, FEE_LINK, f"link#{number}", number)
        return replace(asked, is_asked_by_staff=True) if asked else None
    if not booking.wants_checkout():
        return None
    waits_until_s, policy = booking.waits_until_s(), ""
    rows: tuple[tuple[str, Value], ...] = visit_rows(booking)
    if waits_until_s and booking.terms:
        rows, policy = (*rows, ("until", Moment(waits_until_s))), booking.terms.terms_text
    due_minor = booking.amount_due_minor()
    if not due_minor or booking.checkout_mode() == "save_card":
        return Mail(
            kind="card_link",
            fact=f"link#{number}",
            paragraphs=("card_link.text",),
            rows=rows,
            values={"policy": policy},
            notes=("policy",) if policy else (),
            pay_number=number,
            pay_button="button.card",
            is_asked_by_staff=True,
        )
    due = money_of(booking, due_minor)
    return Mail(
        kind="link",
        fact=f"link#{number}",
        paragraphs=("link.text",),
        rows=(*rows, ("due", due)),
        values={"amount": due, "policy": policy},
        notes=("policy",) if policy else ("link.stays",),
        pay_number=number,
        is_asked_by_staff=True,
    )


def refund_on_its_way(booking: Booking, stripe_refund_id: str) -> Mail | None:
    """Say that a refund was made and that the bank has yet to confirm it."""
    refund = find_refund(booking, stripe_refund_id)
    if refund is None or not refund.is_given_back or refund.status == "succeeded":
        return None
    return _of_refund(booking, refund, "refund_on_its_way", stripe_refund_id)


def refund_succeeded(booking: Booking, stripe_refund_id: str) -> Mail | None:
    """Say that a refund has succeeded, with the reference that the client's bank can trace."""
    refund = find_refund(booking, stripe_refund_id)
    if refund is None or refund.status != "succeeded":
        return None
    return _of_refund(booking, refund, "refund_succeeded", stripe_refund_id)


def refund_failed(booking: Booking, stripe_refund_id: str) -> Mail | None:
    """Say that a refund's money is back with the business, and how much is owed after any fee.

    A bank returned it, or the refund was canceled at Stripe before any bank had it.
    """
    refund = find_refund(booking, stripe_refund_id)
    if refund is None or refund.is_given_back:
        return None
    if refund.status == "canceled":
        return _of_refund(booking, refund, "refund_canceled", stripe_refund_id)
    mail = _of_refund(booking, refund, "refund_failed", stripe_refund_id)
    owed = owed_of_failed_refunds(booking).get(stripe_refund_id)
    if owed is None or owed.amount_minor == refund.amount_minor:
        return mail
    said = "refund_failed.for_fee" if not owed.amount_minor else "refund_failed.partly_for_fee"
    return replace(mail, paragraphs=(said,), values={**mail.values, "owed": owed})


def _of_refund(booking: Booking, refund: RefundFacts, kind: str, stripe_refund_id: str) -> Mail:
    amount = Money(refund.amount_minor, refund.currency)
    rows: list[tuple[str, Value]] = [*visit_rows(booking), ("refund", amount)]
    if refund.reference:
        rows.append(("reference", refund.reference))
    return Mail(
        kind=kind,
        fact=f"{kind}#{stripe_refund_id}",
        paragraphs=(f"{kind}.text",),
        rows=tuple(rows),
        values={"amount": amount},
    )


def fee_taken(booking: Booking, fee_id: str) -> Mail | None:
    """Say that a fee was taken, why, and how to object."""
    fee = find_fee(booking, fee_id)
    if fee is None or booking.fee_state(fee).status != TAKEN:
        return None
    if fee.is_for_move and not orders_of([fee], booking.charge_orders):
        # It was kept of what was paid, or paid with the visit: other mails say so.
        return None
    amount = money_of(booking, fee.amount_minor)
    terms = booking.terms
    told, sums = ((), {}) if fee.is_for_move else fee_told(booking)
    said = ("fee.agreed", *told) if told else ("fee_taken.text",)
    return Mail(
        kind="fee_kept" if "fee.kept" in told else "fee_taken",
        fact=f"fee_taken#{fee.fee_id}",
        paragraphs=(why_fee(booking, fee), *said),
        rows=(*visit_rows(booking), ("fee.taken", amount)),
        values={"amount": amount, "policy": terms.terms_text if terms else "", **sums},
        notes=("policy", "fee.object") if terms and terms.terms_text else ("fee.object",),
        receipt_url=receipt_url_of(booking),
    )


def fee_link(booking: Booking, fee_id: str) -> Mail | None:
    """Ask for a fee that is owed, by link."""
    return _fee_to_pay(booking, FEE_LINK, f"fee_link#{fee_id}", booking.links)


def fee_reminder(booking: Booking, fee_id: str) -> Mail | None:
    """Remind of a fee that is still owed; each reminder is a fact of its own."""
    fee = find_fee(booking, fee_id)
    fact = f"fee_reminder#{fee_id}#{fee.reminders if fee else 0}"
    return _fee_to_pay(booking, FEE_REMINDER, fact, booking.links)


def _fee_to_pay(booking: Booking, kind: str, fact: str, number: int) -> Mail | None:
    """Ask for the rest of a fee that nothing else covered, unless it was paid or is being paid."""
    fee, owed_minor = booking.fee_to_pay(), booking.fee_owed_minor()
    if fee is None or not owed_minor or booking.is_being_paid():
        return None
    owed = money_of(booking, owed_minor)
    orders = [each for each in booking.charge_orders if each.fee_id == fee.fee_id]
    is_refused = any(each.status == CHARGE_ORDER_REFUSED for each in orders)
    said = [why_fee(booking, fee), *(["fee_link.refused"] if is_refused else [])]
    terms = booking.terms
    return Mail(
        kind="fee_reminder" if kind == FEE_REMINDER else "fee_link",
        fact=fact,
        paragraphs=(*said, "fee_link.text"),
        rows=(*visit_rows(booking), *fee_rows(booking)),
        values={"amount": owed, "policy": terms.terms_text if terms else ""},
        notes=("policy", "fee.object") if terms and terms.terms_text else ("fee.object",),
        pay_number=number,
    )
