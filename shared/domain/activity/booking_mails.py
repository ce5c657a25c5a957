"""Mails to clients about the booking itself: it was made, changed or ended. Pure.

Each function returns the mail for a change, or `None` if it does not hold any more.
"""

from copy import replace

from shared.domain.activity.mail import Mail
from shared.domain.activity.mail_parts import (
    elsewhere_rows,
    fact_of_end,
    fee_rows,
    fee_told,
    may_be_paid_unheard,
    money_of,
    nothing_taken,
    receipt_url_of,
    visit_rows,
)
from shared.domain.bookings.authorship import cancelled_by
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.journal import UNASKED
from shared.domain.bookings.lifecycle import (
    AWAITING_CONFIRMATION,
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    EXPIRED,
)
from shared.domain.bookings.proved_address import is_abandoned_slot
from shared.domain.bookings.refused_orders import unsettled_refusals
from shared.domain.dates.instants import Moment, rfc3339
from shared.domain.refunds.refund_progress import refund_progress
from shared.domain.visits.fee_sums import OF_IT_PAID
from shared.domain.visits.settlement import left_elsewhere_minor

CARD_SAVED = "card_saved"
# The sentence of a mail that offers a payment, and does not ask for it.
OFFER = "reminder.pay"


def confirmed(booking: Booking) -> Mail | None:
    """Confirm an online booking: what is booked, what was paid, and what cancelling costs."""
    return confirmation(booking) if booking.terms else None


def confirmation(booking: Booking) -> Mail | None:
    """Confirm a booking, whoever made it."""
    if booking.status != CONFIRMED:
        return None
    policy = booking.terms.terms_text if booking.terms else ""
    summary = booking.payments()
    paragraphs = ["confirmed.text"]
    rows = [*visit_rows(booking), ("price", booking.price)]
    if summary.amount_captured:
        rows.append(("paid", money_of(booking, summary.amount_captured)))
    elif summary.amount_authorized:
        rows.append(("held", money_of(booking, summary.amount_authorized)))
        paragraphs.append("held.text")
    elif summary.payment_status == CARD_SAVED:
        paragraphs.append("card_saved.text")
    rows += elsewhere_rows(booking)
    if rest_minor := booking.amount_due_minor():
        rows.append(("at_visit", money_of(booking, rest_minor)))
    return Mail(
        kind="confirmed",
        fact="confirmed",
        paragraphs=tuple(paragraphs),
        rows=tuple(rows),
        values={"policy": policy},
        notes=("policy",) if policy else (),
        receipt_url=receipt_url_of(booking),
        has_calendar=booking.starts_at_s is not None,
    )


def reminder(booking: Booking, starts_at: str) -> Mail | None:
    """Remind of a visit that begins at an instant, with what is due and what cancelling costs."""
    if booking.status != CONFIRMED or booking.starts_at_s is None:
        return None
    if rfc3339(booking.starts_at_s) != starts_at:
        return None
    policy = booking.terms.terms_text if booking.terms else ""
    due = money_of(booking, booking.amount_due_minor())
    can_pay = booking.wants_checkout() and booking.links
    return Mail(
        kind="reminder",
        fact=f"reminder#{starts_at}",
        paragraphs=("reminder.text", *((OFFER,) if can_pay else ())),
        rows=(*visit_rows(booking), *((("still_due", due),) if due.amount_minor else ())),
        values={"amount": due, "policy": policy},
        notes=("reminder.change", *(("policy",) if policy else ())),
        pay_number=booking.links if can_pay else 0,
    )


def without_offer(mail: Mail) -> Mail:
    """Return a mail without a payment that is only offered; what asks for one stays as it is."""
    if OFFER not in mail.paragraphs:
        return mail
    kept = tuple(name for name in mail.paragraphs if name != OFFER)
    return replace(mail, paragraphs=kept, pay_number=0)


def confirm_address(booking: Booking) -> Mail | None:
    """Ask the client to confirm the booking; a stranger to it has nothing to do."""
    if booking.status != AWAITING_CONFIRMATION or booking.terms is None:
        return None
    return Mail(
        kind="confirm_address",
        fact="confirm_address",
        paragraphs=("confirm_address.text",),
        rows=(*visit_rows(booking), ("until", Moment(booking.terms.hold_until_s))),
        notes=("confirm_address.not_you",),
        button="button.confirm",
    )


def slot_lost(booking: Booking) -> Mail | None:
    """Say that the payment came too late for the slot and is being refunded.

    For a hold or a saved card nothing was taken, and nothing has to go back.
    """
    if booking.status != EXPIRED:
        return None
    paid_minor = booking.payments().amount_captured
    if not paid_minor:
        is_card = booking.terms is not None and booking.terms.mode == "save_card"
        kind = "card_late" if is_card else "slot_lost"
        said = (f"{kind}.text", nothing_taken(booking))
        return Mail(kind=kind, fact="slot_lost", paragraphs=said, rows=visit_rows(booking))
    paid = money_of(booking, paid_minor)
    return Mail(
        kind="slot_lost",
        fact="slot_lost",
        paragraphs=("slot_lost.text", "goes_back.text"),
        rows=(*visit_rows(booking), ("paid", paid)),
        values={"amount": paid},
    )


def expired(booking: Booking) -> Mail | None:
    """Say that nothing is booked, as no payment came; no mail if one did, or is on its way.

    Only for clients who reached Stripe's page and may believe they booked; the others saw at once
    that they had not. If Stripe could not be asked, the mail does not say that nothing was taken.
    """
    summary = booking.payments()
    has_money = summary.amount_captured or summary.amount_authorized or booking.is_being_paid()
    attempt = booking.checkout
    was_at_stripe = attempt is not None and (attempt.session_id or attempt.generation > 1)
    if booking.status != EXPIRED or has_money or not was_at_stripe:
        return None
    is_unasked = any(entry.what == UNASKED for entry in booking.journal)
    elsewhere = elsewhere_rows(booking)
    said = [] if is_unasked else ["nothing_taken.text"]
    return Mail(
        kind="expired",
        fact="expired",
        paragraphs=("expired.text", *said, *(["elsewhere.text"] if elsewhere else [])),
        rows=(*visit_rows(booking), *elsewhere),
    )


def cancelled(booking: Booking) -> Mail | None:
    """Say who cancelled, what it costs and what goes back, in figures.

    No mail for a slot that was never paid or confirmed: the client who gave it up knows.
    """
    if booking.status != CANCELLED or is_abandoned_slot(booking):
        return None
    summary = booking.payments()
    costs = fee_rows(booking)
    rows = [*visit_rows(booking)]
    told, sums = fee_told(booking)
    paragraphs = [f"cancelled.by_{cancelled_by(booking)}", *told]
    if summary.amount_captured:
        rows.append(("paid", money_of(booking, summary.amount_captured)))
    elsewhere = elsewhere_rows(booking)
    # What was paid of the fee stands above it.
    rows += [*elsewhere, *((label, each) for label, each in costs if label != OF_IT_PAID)]
    # A refund that waits for approval is not promised yet.
    progress = refund_progress(booking)
    back_minor = progress.arrived_minor + progress.under_way_minor
    if back_minor:
        rows.append(("goes_back", money_of(booking, back_minor)))
        paragraphs.append("goes_back.text")
    elif not summary.amount_captured and not costs and not unsettled_refusals(booking):
        paragraphs += [] if elsewhere or may_be_paid_unheard(booking) else [nothing_taken(booking)]
    if left_elsewhere_minor(booking):
        paragraphs.append("elsewhere.text")
    terms = booking.terms
    return Mail(
        kind="cancelled",
        fact=fact_of_end("cancelled", booking),
        paragraphs=tuple(paragraphs),
        rows=tuple(rows),
        values={
            "amount": money_of(booking, back_minor),
            "policy": terms.terms_text if terms else "",
            **sums,
        },
        notes=("policy",) if costs and terms and terms.terms_text else (),
        # Clients who booked online got the calendar entry with the confirmation.
        has_calendar=terms is not None and booking.starts_at_s is not None,
    )


def reopened(booking: Booking, was: str = "") -> Mail | None:
    """Say that a visit stands after all, whose end (`was`) was reported, and what is due."""
    if booking.status != CONFIRMED or was == COMPLETED:
        return None
    summary, progress = booking.payments(), refund_progress(booking)
    back_minor = progress.arrived_minor + progress.under_way_minor
    due_minor = booking.amount_due_minor()
    sums = {
        "price": booking.price.amount_minor,
        "paid": summary.amount_captured,
        "paid_elsewhere": booking.paid_elsewhere_minor(),
        "goes_back": back_minor,
        "still_due": due_minor,
    }
    said = ["reopened.text", *(["goes_back.text"] if back_minor else [])]
    return Mail(
        kind="reopened",
        fact=fact_of_end("reopened", booking),
        paragraphs=(*said, *(["reopened.due"] if due_minor else [])),
        rows=(
            *visit_rows(booking),
            *((name, money_of(booking, minor)) for name, minor in sums.items() if minor),
        ),
        values={"amount": money_of(booking, back_minor), "due": money_of(booking, due_minor)},
        has_calendar=booking.starts_at_s is not None,
    )
