"""Which mails a client gets of what happened to a booking, and what stands in them. Pure.

Nothing is written here in words: a mail is a kind, sentences by their names, and facts with their
units, which `shared/wording` turns into a language. Each is of one fact, and once for each fact;
what does not hold any more when it is to be sent is not sent.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.domain.activity.messages import CONFIRM_ADDRESS, MAIL_REQUESTED, SCHEMA, Message
from shared.domain.bookings.authorship import CLIENT, cancelled_by
from shared.domain.bookings.booking import (
    AWAITING_CONFIRMATION,
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    EXPIRED,
    Booking,
)
from shared.domain.bookings.charge_order import CAPTURE
from shared.domain.bookings.charge_order import REFUSED as CHARGE_REFUSED
from shared.domain.bookings.fee import CANCELLATION_FEE, TAKEN, Fee
from shared.domain.bookings.journal import REOPENED, UNASKED
from shared.domain.bookings.proved_address import is_dropped_hold
from shared.domain.bookings.refused_orders import unsettled_refusals
from shared.domain.dates.instants import Moment, rfc3339
from shared.domain.money.money import Money
from shared.domain.refunds.refund_progress import refund_progress
from shared.domain.stripe_facts.json_reader import web_address
from shared.domain.stripe_facts.refund_facts import RefundFacts
from shared.domain.visits.end_visit import times_reopened
from shared.domain.visits.fee_sums import fee_sums, owed_of_failed_refunds

PAYMENT_LINK, FEE_LINK, FEE_REMINDER = "payment_link", "fee_link", "fee_reminder"
VISIT_LINK = "visit_link"
CARD_SAVED = "card_saved"
# A mail that a client was sent before, once more: its fact, and a mark that tells it apart.
AGAIN, AGAIN_MARK = "again", "~"


type Value = Money | Moment | str


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to the client of a booking.

    `kind` names its subject and title, `paragraphs` and `notes` its sentences; `rows` are facts
    with their labels' names, and `values` what the sentences quote. `fact` is what it tells: the
    name under which it is sent once for each booking. With `pay_number` it asks for a payment by
    the booking's link of that number, as a button and a QR code; `receipt_url` is Stripe's.
    `has_calendar` attaches the visit, or that it is off, `button` names what the client's own page
    is called, and `is_asked_by_staff` is a mail that somebody at the business has ordered.
    """

    kind: str
    fact: str
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[str, Value], ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pay_number: int = 0
    receipt_url: str = ""
    has_calendar: bool = False
    button: str = "button.visit"
    is_asked_by_staff: bool = False


def mail_requested(booking: Booking, kind: str, at_s: int, **ids: object) -> Message:
    """Return the order to send a mail of a kind; `ids` say what it is about."""
    message_id = "-".join([booking.booking_id, "mail", kind, *map(str, ids.values())])
    return Message(
        message_id=message_id,
        detail_type=MAIL_REQUESTED,
        detail={
            "schema": SCHEMA,
            "message_id": message_id,
            "occurred_at": rfc3339(at_s),
            "location_id": booking.location_id,
            "booking_id": booking.booking_id,
            "kind": kind,
            **ids,
        },
    )


def mails_of(detail_type: str, detail: Mapping[str, Any], booking: Booking) -> list[Mail]:
    """Return the mails that a message leads to, as the booking is now: each names its own fact."""
    if detail_type == MAIL_REQUESTED:
        composer = REQUESTED.get(str(detail["kind"]))
        found = [composer(booking, detail)] if composer else []
    else:
        happened = detail.get("happened") or []
        # A cancellation tells its own fee: one mail, not two.
        is_cancelled = any(each["what"] == "booking.cancelled" for each in happened)
        found = [
            HAPPENED[each["what"]](booking, each)
            for each in happened
            if each["what"] in HAPPENED
            and not (is_cancelled and str(each["what"]).startswith("fee."))
        ]
        found += _received(booking)
    return [mail for mail in found if mail]


def told_fact(fact: str) -> str:
    """Return what a mail tells, whether it is sent for the first time or again."""
    return fact.partition(AGAIN_MARK)[0]


def mail_of_fact(booking: Booking, fact: str) -> Mail | None:
    """Return the mail that tells a fact, as the booking is now; `None` if it does not hold."""
    name, _, about = told_fact(fact).partition("#")
    if name == "received":
        return next((mail for mail in _received(booking) if mail.fact == told_fact(fact)), None)
    telling = BY_FACT.get(name)
    return telling(booking, about) if telling else None


# ---------------------------------------------------------------------- what a mail is made of


def _confirmed(booking: Booking, _happened: Mapping[str, Any]) -> Mail | None:
    """Tell who booked online what is booked, what was paid, and what cancelling costs."""
    online = booking.online
    if online is None or booking.status != CONFIRMED:
        return None
    summary = booking.payments()
    paragraphs = ["confirmed.text"]
    rows = [*_visit(booking), ("price", booking.price)]
    if summary.amount_captured:
        rows.append(("paid", _money(booking, summary.amount_captured)))
    elif summary.amount_authorized:
        rows.append(("held", _money(booking, summary.amount_authorized)))
        paragraphs.append("held.text")
    elif summary.payment_status == CARD_SAVED:
        paragraphs.append("card_saved.text")
    if rest_minor := booking.amount_due_minor():
        rows.append(("at_visit", _money(booking, rest_minor)))
    return Mail(
        kind="confirmed",
        fact="confirmed",
        paragraphs=tuple(paragraphs),
        rows=tuple(rows),
        values={"policy": online.terms_text},
        notes=("policy",) if online.terms_text else (),
        receipt_url=_receipt_url(booking),
        has_calendar=booking.starts_at_s is not None,
    )


def _received(booking: Booking) -> Iterator[Mail]:
    """Thank for each payment by link, and tell of a hold that the visit's end has taken.

    What a booking is confirmed with is told by that.
    """
    taken = {each.payment_intent for each in booking.charge_orders if each.kind == CAPTURE}
    for charge_id, charge in sorted(booking.facts.charges.items()):
        is_hold = charge.payment_intent in taken and booking.status == COMPLETED
        is_told = charge.purpose == VISIT_LINK or is_hold
        if not is_told or charge.currency != booking.price.currency:
            continue
        if not charge.amount_captured_minor:
            continue
        rows = [*_visit(booking), ("paid", _money(booking, charge.amount_captured_minor))]
        if rest_minor := booking.amount_due_minor():
            rows.append(("still_due", _money(booking, rest_minor)))
        yield Mail(
            kind="hold_taken" if is_hold else "received",
            fact=f"received#{charge_id}",
            paragraphs=("hold_taken.text" if is_hold else "received.text",),
            rows=tuple(rows),
            receipt_url=web_address(charge.receipt_url),
        )


def _payment_link(booking: Booking, detail: Mapping[str, Any]) -> Mail | None:
    """Ask for what is due: never of somebody who has paid or is paying at this moment."""
    number = int(detail["link_number"])
    if booking.fee_owed_minor():
        asked = _fee_to_pay(booking, PAYMENT_LINK, f"link#{number}", number)
        return replace(asked, is_asked_by_staff=True) if asked else None
    if not booking.wants_checkout() or not booking.amount_due_minor():
        return None
    due = _money(booking, booking.amount_due_minor())
    return Mail(
        kind="link",
        fact=f"link#{number}",
        paragraphs=("link.text",),
        rows=(*_visit(booking), ("due", due)),
        values={"amount": due},
        notes=("link.stays",),
        pay_number=number,
        is_asked_by_staff=True,
    )


def _confirm_address(booking: Booking, _detail: Mapping[str, Any]) -> Mail | None:
    """Ask who is said to have booked to confirm it, and tell who has not that nothing is to do."""
    if booking.status != AWAITING_CONFIRMATION or booking.online is None:
        return None
    return Mail(
        kind="confirm_address",
        fact="confirm_address",
        paragraphs=("confirm_address.text",),
        rows=(*_visit(booking), ("until", Moment(booking.online.hold_until_s))),
        notes=("confirm_address.not_you",),
        button="button.confirm",
    )


def _slot_lost(booking: Booking, _happened: Mapping[str, Any]) -> Mail | None:
    """Tell who paid too late that the time is gone and that the money is on its way back.

    Of a hold, or a saved card, nothing was taken that could go back.
    """
    if booking.status != EXPIRED:
        return None
    paid_minor = booking.payments().amount_captured
    if not paid_minor:
        is_card = booking.online is not None and booking.online.mode == "save_card"
        kind = "card_late" if is_card else "slot_lost"
        said = (f"{kind}.text", _nothing_taken(booking))
        return Mail(kind=kind, fact="slot_lost", paragraphs=said, rows=_visit(booking))
    paid = _money(booking, paid_minor)
    return Mail(
        kind="slot_lost",
        fact="slot_lost",
        paragraphs=("slot_lost.text", "goes_back.text"),
        rows=(*_visit(booking), ("paid", paid)),
        values={"amount": paid},
    )


def _expired(booking: Booking, _happened: Mapping[str, Any]) -> Mail | None:
    """Tell who did not pay that nothing is booked: not if any money came, or is on its way.

    The client was at Stripe's page and may believe to have booked; who was not was told at once
    that nothing was. The mail asks for nothing, and what Stripe could not be asked it does not say.
    """
    summary = booking.payments()
    has_money = summary.amount_captured or summary.amount_authorized or booking.is_being_paid()
    attempt = booking.checkout
    was_at_stripe = attempt is not None and (attempt.session_id or attempt.generation > 1)
    if booking.status != EXPIRED or has_money or not was_at_stripe:
        return None
    is_unasked = any(entry.what == UNASKED for entry in booking.journal)
    return Mail(
        kind="expired",
        fact="expired",
        paragraphs=("expired.text",) if is_unasked else ("expired.text", "nothing_taken.text"),
        rows=_visit(booking),
    )


def _cancelled(booking: Booking, _happened: Mapping[str, Any]) -> Mail | None:
    """Tell who cancelled, what it costs and what goes back, in figures.

    Of a slot that was only kept, nothing: its own client knows, and nobody else has asked.
    """
    if booking.status != CANCELLED or is_dropped_hold(booking):
        return None
    summary = booking.payments()
    costs = _fee_rows(booking)
    rows = [*_visit(booking)]
    paragraphs = [f"cancelled.by_{cancelled_by(booking)}"]
    if summary.amount_captured:
        rows.append(("paid", _money(booking, summary.amount_captured)))
    rows += costs
    # What waits for approval is no promise yet.
    progress = refund_progress(booking)
    back_minor = progress.arrived_minor + progress.under_way_minor
    if back_minor:
        rows.append(("goes_back", _money(booking, back_minor)))
        paragraphs.append("goes_back.text")
    elif not summary.amount_captured and not costs and not unsettled_refusals(booking):
        paragraphs.append(_nothing_taken(booking))
    online = booking.online
    return Mail(
        kind="cancelled",
        fact=_of_this_end("cancelled", booking),
        paragraphs=tuple(paragraphs),
        rows=tuple(rows),
        values={
            "amount": _money(booking, back_minor),
            "policy": online.terms_text if online else "",
        },
        notes=("policy",) if online and online.terms_text else (),
        # Whoever booked online was given the entry with the confirmation.
        has_calendar=online is not None and booking.starts_at_s is not None,
    )


def _refund_on_its_way(booking: Booking, happened: Mapping[str, Any]) -> Mail | None:
    refund = _refund(booking, happened)
    if refund is None or not refund.is_given_back or refund.status == "succeeded":
        return None
    return _of_refund(booking, refund, "refund_on_its_way", happened)


def _refund_succeeded(booking: Booking, happened: Mapping[str, Any]) -> Mail | None:
    refund = _refund(booking, happened)
    if refund is None or refund.status != "succeeded":
        return None
    return _of_refund(booking, refund, "refund_succeeded", happened)


def _refund_failed(booking: Booking, happened: Mapping[str, Any]) -> Mail | None:
    """Tell that the money is with us again: it is owed, and somebody will write.

    A bank sent it back, or the refund was cancelled at Stripe before any bank had it.
    """
    refund = _refund(booking, happened)
    if refund is None or refund.is_given_back:
        return None
    if refund.status == "canceled":
        return _of_refund(booking, refund, "refund_canceled", happened)
    mail = _of_refund(booking, refund, "refund_failed", happened)
    owed = owed_of_failed_refunds(booking).get(str(happened["stripe_refund_id"]))
    if owed is None or owed.amount_minor == refund.amount_minor:
        return mail
    said = "refund_failed.for_fee" if not owed.amount_minor else "refund_failed.partly_for_fee"
    return replace(mail, paragraphs=(said,), values={**mail.values, "owed": owed})


def _of_refund(
    booking: Booking, refund: RefundFacts, kind: str, happened: Mapping[str, Any]
) -> Mail:
    amount = Money(refund.amount_minor, refund.currency)
    rows: list[tuple[str, Value]] = [*_visit(booking), ("refund", amount)]
    if refund.reference:
        rows.append(("reference", refund.reference))
    return Mail(
        kind=kind,
        fact=f"{kind}#{happened['stripe_refund_id']}",
        paragraphs=(f"{kind}.text",),
        rows=tuple(rows),
        values={"amount": amount},
    )


def _fee_taken(booking: Booking, happened: Mapping[str, Any]) -> Mail | None:
    fee = _fee(booking, happened)
    if fee is None or booking.fee_state(fee).status != TAKEN:
        return None
    amount = _money(booking, fee.amount_minor)
    online = booking.online
    return Mail(
        kind="fee_taken",
        fact=f"fee_taken#{fee.fee_id}",
        paragraphs=(_why(booking, fee), "fee_taken.text"),
        rows=(*_visit(booking), ("fee.taken", amount)),
        values={"amount": amount, "policy": online.terms_text if online else ""},
        notes=("policy", "fee.object") if online and online.terms_text else ("fee.object",),
        receipt_url=_receipt_url(booking),
    )


def _fee_link(booking: Booking, detail: Mapping[str, Any]) -> Mail | None:
    return _fee_to_pay(booking, FEE_LINK, f"fee_link#{detail['fee_id']}", booking.links)


def _fee_reminder(booking: Booking, detail: Mapping[str, Any]) -> Mail | None:
    fee = _fee(booking, detail)
    fact = f"fee_reminder#{detail['fee_id']}#{fee.reminders if fee else 0}"
    return _fee_to_pay(booking, FEE_REMINDER, fact, booking.links)


def _fee_to_pay(booking: Booking, kind: str, fact: str, number: int) -> Mail | None:
    """Ask for a fee that nothing else could pay, unless it was paid or is being paid."""
    fee, owed_minor = booking.fee(), booking.fee_owed_minor()
    if fee is None or not owed_minor or booking.is_being_paid():
        return None
    owed = _money(booking, owed_minor)
    orders = [each for each in booking.charge_orders if each.fee_id == fee.fee_id]
    is_refused = any(each.status == CHARGE_REFUSED for each in orders)
    said = [_why(booking, fee), *(["fee_link.refused"] if is_refused else [])]
    online = booking.online
    return Mail(
        kind="fee_reminder" if kind == FEE_REMINDER else "fee_link",
        fact=fact,
        paragraphs=(*said, "fee_link.text"),
        rows=(*_visit(booking), *_fee_rows(booking)),
        values={"amount": owed, "policy": online.terms_text if online else ""},
        notes=("policy", "fee.object") if online and online.terms_text else ("fee.object",),
        pay_number=number,
    )


def _again(booking: Booking, detail: Mapping[str, Any]) -> Mail | None:
    """Tell once more what a mail told that did not arrive, or that somebody has lost."""
    fact = told_fact(str(detail["fact"]))
    mail = mail_of_fact(booking, fact)
    if mail is None:
        return None
    return replace(mail, fact=f"{fact}{AGAIN_MARK}{detail['number']}", is_asked_by_staff=True)


def _reopened(booking: Booking, happened: Mapping[str, Any]) -> Mail | None:
    """Tell who was told that their visit is over that it stands after all, and what is due."""
    if booking.status != CONFIRMED or happened.get("was") == COMPLETED:
        return None
    summary, progress = booking.payments(), refund_progress(booking)
    back_minor = progress.arrived_minor + progress.under_way_minor
    due_minor = booking.amount_due_minor()
    sums = {
        "price": booking.price.amount_minor,
        "paid": summary.amount_captured,
        "goes_back": back_minor,
        "still_due": due_minor,
    }
    said = ["reopened.text", *(["goes_back.text"] if back_minor else [])]
    return Mail(
        kind="reopened",
        fact=_of_this_end("reopened", booking),
        paragraphs=(*said, *(["reopened.due"] if due_minor else [])),
        rows=(
            *_visit(booking),
            *((name, _money(booking, minor)) for name, minor in sums.items() if minor),
        ),
        values={"amount": _money(booking, back_minor), "due": _money(booking, due_minor)},
        has_calendar=booking.starts_at_s is not None,
    )


type Composer = Callable[[Booking, Mapping[str, Any]], Mail | None]
# What is not here is nobody's mail: a refund that is only asked for, a fee that is only proposed.
HAPPENED: Mapping[str, Composer] = {
    "booking.confirmed": _confirmed,
    "booking.slot_lost": _slot_lost,
    "booking.expired": _expired,
    "booking.cancelled": _cancelled,
    REOPENED: _reopened,
    "refund.on_its_way": _refund_on_its_way,
    "refund.succeeded": _refund_succeeded,
    "refund.failed": _refund_failed,
    "refund.canceled": _refund_failed,
    "fee.taken": _fee_taken,
}
REQUESTED: Mapping[str, Composer] = {
    PAYMENT_LINK: _payment_link,
    FEE_LINK: _fee_link,
    FEE_REMINDER: _fee_reminder,
    AGAIN: _again,
    CONFIRM_ADDRESS: _confirm_address,
}
# By what a fact begins with: its mail, of the booking and of what stands behind the `#`. A link is
# the newest one, for those before it may have ended.
BY_FACT: Mapping[str, Callable[[Booking, str], Mail | None]] = {
    "confirmed": lambda booking, _: _confirmed(booking, {}),
    "confirm_address": lambda booking, _: _confirm_address(booking, {}),
    "slot_lost": lambda booking, _: _slot_lost(booking, {}),
    "expired": lambda booking, _: _expired(booking, {}),
    "cancelled": lambda booking, _: _cancelled(booking, {}),
    "link": lambda booking, _: _payment_link(booking, {"link_number": booking.links}),
    "refund_on_its_way": lambda booking, refund: _refund_on_its_way(booking, _of(refund)),
    "refund_succeeded": lambda booking, refund: _refund_succeeded(booking, _of(refund)),
    "refund_failed": lambda booking, refund: _refund_failed(booking, _of(refund)),
    "refund_canceled": lambda booking, refund: _refund_failed(booking, _of(refund)),
    "fee_taken": lambda booking, fee_id: _fee_taken(booking, {"fee_id": fee_id}),
    "fee_link": lambda booking, fee_id: _fee_link(booking, {"fee_id": fee_id}),
    "fee_reminder": lambda booking, about: _fee_reminder(
        booking, {"fee_id": about.partition("#")[0]}
    ),
}


def _of(stripe_refund_id: str) -> Mapping[str, str]:
    return {"stripe_refund_id": stripe_refund_id}


def _visit(booking: Booking) -> tuple[tuple[str, Value], ...]:
    rows: list[tuple[str, Value]] = [("what", booking.description)]
    if booking.starts_at_s is not None:
        rows.append(("when", Moment(booking.starts_at_s)))
    return tuple(rows)


def _money(booking: Booking, amount_minor: int) -> Money:
    return Money(amount_minor, booking.price.currency)


def _refund(booking: Booking, happened: Mapping[str, Any]) -> RefundFacts | None:
    wanted = happened["stripe_refund_id"]
    for charge in booking.facts.charges.values():
        if refund := charge.client_refunds.get(wanted):
            return refund
    return None


def _fee(booking: Booking, happened: Mapping[str, Any]) -> Fee | None:
    return next((fee for fee in booking.fees if fee.fee_id == happened["fee_id"]), None)


def _fee_rows(booking: Booking) -> list[tuple[str, Value]]:
    return [(label, _money(booking, minor)) for label, minor in fee_sums(booking)]


def _why(booking: Booking, fee: Fee) -> str:
    """Return the sentence for what a fee is: who is to pay it did not always cancel."""
    is_business = fee.kind == CANCELLATION_FEE and cancelled_by(booking) != CLIENT
    return "fee.why_business" if is_business else f"fee.why_{fee.kind}"


def _nothing_taken(booking: Booking) -> str:
    """Return the sentence for a client of whom no payment is here: one may be on its way."""
    return "still_paying.text" if booking.is_being_paid() else "nothing_taken.text"


def _of_this_end(name: str, booking: Booking) -> str:
    """Return the name of what is told once for each end of a booking."""
    number = times_reopened(booking)
    return f"{name}#{number}" if number else name


def _receipt_url(booking: Booking) -> str:
    """Return Stripe's receipt of the newest payment; Stripe keeps it up to date with refunds."""
    charges = [each for each in booking.facts.charges.values() if each.amount_captured_minor]
    newest = max(charges, key=lambda charge: charge.created_s, default=None)
    return web_address(newest.receipt_url) if newest else ""
