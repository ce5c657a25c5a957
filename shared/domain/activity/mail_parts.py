"""What the mails to clients have in common: rows of facts, and the names of sentences. Pure."""

from shared.domain.activity.mail import Value
from shared.domain.bookings.authorship import CLIENT, cancelled_by
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.fee import CANCELLATION_FEE, Fee
from shared.domain.dates.instants import Moment
from shared.domain.money.money import Money
from shared.domain.stripe_facts.json_reader import web_address
from shared.domain.stripe_facts.refund_facts import RefundFacts
from shared.domain.visits.end_names import times_reopened
from shared.domain.visits.fee_split import fee_split
from shared.domain.visits.fee_sums import fee_sums


def visit_rows(booking: Booking) -> tuple[tuple[str, Value], ...]:
    """Return what is booked and when, as rows."""
    rows: list[tuple[str, Value]] = [("what", booking.description)]
    if booking.starts_at_s is not None:
        rows.append(("when", Moment(booking.starts_at_s)))
    return tuple(rows)


def money_of(booking: Booking, amount_minor: int) -> Money:
    """Return an amount in the booking's currency."""
    return Money(amount_minor, booking.price.currency)


def elsewhere_rows(booking: Booking) -> list[tuple[str, Value]]:
    """Return what was paid outside Stripe as a row, if anything."""
    paid_minor = booking.paid_elsewhere_minor()
    return [("paid_elsewhere", money_of(booking, paid_minor))] if paid_minor else []


def find_refund(booking: Booking, stripe_refund_id: str) -> RefundFacts | None:
    """Return one of a booking's refunds by Stripe's id."""
    for charge in booking.facts.charges.values():
        if refund := charge.client_refunds.get(stripe_refund_id):
            return refund
    return None


def find_fee(booking: Booking, fee_id: str) -> Fee | None:
    """Return one of a booking's fees."""
    return next((fee for fee in booking.fees if fee.fee_id == fee_id), None)


def fee_rows(booking: Booking) -> list[tuple[str, Value]]:
    """Return the amounts of the fee that counts, as rows."""
    return [(label, money_of(booking, minor)) for label, minor in fee_sums(booking)]


def fee_told(booking: Booking) -> tuple[tuple[str, ...], dict[str, Value]]:
    """Return the sentence for where the fee comes from, if there is one, and the sums in it."""
    split = fee_split(booking)
    if split is None:
        return (), {}
    parts = {"kept": split.kept_minor, "card": split.card_minor, "owed": split.owed_minor}
    sums = {"fee": split.fee_minor, **parts}
    return (f"fee.{split.word}",), {name: money_of(booking, each) for name, each in sums.items()}


def why_fee(booking: Booking, fee: Fee) -> str:
    """Return the sentence for why a fee is due: it was not always the client who cancelled."""
    is_business = fee.kind == CANCELLATION_FEE and cancelled_by(booking) != CLIENT
    return "fee.why_business" if is_business else f"fee.why_{fee.kind}"


def nothing_taken(booking: Booking) -> str:
    """Return the sentence for a client from whom no payment is here: one may be on its way."""
    return "still_paying.text" if booking.is_being_paid() else "nothing_taken.text"


def may_be_paid_unheard(booking: Booking) -> bool:
    """Whether a page at Stripe may have taken money of which nothing is known yet."""
    newest, known = booking.checkout, booking.facts.sessions
    names = {*known, *([newest.session_id] if newest and newest.session_id else [])}
    return any(name not in known or known[name].status in ("", "open") for name in names)


def fact_of_end(name: str, booking: Booking) -> str:
    """Return a fact's name that is new for each end of a booking."""
    number = times_reopened(booking)
    return f"{name}#{number}" if number else name


def receipt_url_of(booking: Booking) -> str:
    """Return Stripe's receipt for the newest payment; Stripe keeps it up to date with refunds."""
    charges = [each for each in booking.facts.charges.values() if each.amount_captured_minor]
    newest = max(charges, key=lambda charge: charge.created_s, default=None)
    return web_address(newest.receipt_url) if newest else ""
