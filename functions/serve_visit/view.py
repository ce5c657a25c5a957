"""What a client reads on their own page: what was booked, paid and refunded, and what is due."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypedDict

from shared.adapters.page_templates import page_templates
from shared.domain.activity.mail import Value
from shared.domain.bookings.authorship import CLIENT
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.fee import PROPOSED
from shared.domain.bookings.lifecycle import (
    AWAITING_CONFIRMATION,
    AWAITING_PAYMENT,
    CONFIRMED,
    EXPIRED,
    WAITING_STATUSES,
)
from shared.domain.dates.instants import Moment
from shared.domain.locales import ENGLISH
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.domain.refunds.refund_progress import refund_progress
from shared.domain.stripe_facts.json_reader import web_address
from shared.domain.visits.end_visit import cancel
from shared.domain.visits.fee_sums import STILL_TO_PAY, fee_sums
from shared.entrypoints.html_page import Frame, html_page
from shared.wording.language import TEXTS, Language, language_of

TEMPLATES = Path(__file__).parent / "templates"
ASK_AGAIN_S = 3


class _Frame(TypedDict):
    """What stands around every page of a location."""

    place: str
    test: str
    language: str


class Say(Protocol):
    """Returns a sentence of a language by its name, with facts in it."""

    def __call__(self, name: str, **values: Value) -> str:
        """Return the sentence."""


def _receipts(booking: Booking) -> list[str]:
    by_age = sorted(booking.facts.charges.values(), key=lambda charge: charge.created_s)
    urls = [charge.receipt_url for charge in by_age if charge.amount_captured_minor]
    return [url for url in urls if web_address(url)]


@dataclass(frozen=True, slots=True)
class Page:
    """A page in a language: its title, sentences, labelled facts, links and buttons."""

    title: str
    paragraphs: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    pay: tuple[str, str] | None = None
    ask: str = ""
    confirm: tuple[str, int] | None = None
    confirm_address: str = ""
    back: str = ""
    refresh_s: int = 0
    place: str = ""
    test: str = ""
    language: str = ENGLISH


def own_page(
    location: Location, booking: Booking, pay_url: str, now_s: int, *, is_paid_now: bool = False
) -> Page:
    """Return a booking's page; `is_paid_now`: the client returns from paying at Stripe."""
    language = language_of(location, booking.timezone)
    say = _sayer(language)
    is_waiting = booking.is_being_paid() or (is_paid_now and booking.status == AWAITING_PAYMENT)
    status = "being_paid" if is_waiting else _status(booking)
    can_pay = booking.wants_checkout() and not is_waiting
    rows = [("status", say(f"status.{status}")), *_rows(booking, language)]
    pay = _pay(booking, say) if can_pay and pay_url else ""
    return Page(
        title=say("visit.title"),
        rows=tuple((say(f"label.{label}"), value) for label, value in rows),
        links=tuple((say("link.receipt"), url) for url in _receipts(booking)),
        notes=_policy(booking, say),
        pay=(pay, pay_url) if pay else None,
        ask=say("visit.cancel") if can_cancel(booking, now_s) else "",
        confirm_address=say("button.confirm") if booking.status == AWAITING_CONFIRMATION else "",
        refresh_s=ASK_AGAIN_S if is_waiting else 0,
        **_frame(language, location),
    )


def _status(booking: Booking) -> str:
    """Return the name of what a booking's status is called: what has lapsed, by what it lacked."""
    was_to_be_confirmed = booking.terms is not None and booking.terms.mode == "at_visit"
    is_unconfirmed = booking.status == EXPIRED and was_to_be_confirmed
    return "expired_unconfirmed" if is_unconfirmed else booking.status


def ask_page(
    location: Location, booking: Booking, now_s: int, *, has_changed: bool = False
) -> Page:
    """Return the page that asks whether to cancel, with its cost; `has_changed` since shown."""
    language = language_of(location, booking.timezone)
    say = _sayer(language)
    cost = cost_of_cancelling(booking, now_s)
    fee, back = Money(cost.fee_minor, cost.currency), Money(cost.back_minor, cost.currency)
    sentences = [say("visit.cancel.changed")] if has_changed else []
    sentences.append(say(f"visit.cancel.{_cost_word(cost)}", fee=fee))
    if cost.back_minor:
        sentences.append(say("visit.cancel.back", back=back))
    if cost.owed_minor:
        owed = Money(cost.owed_minor, cost.currency)
        sentences.append(say("visit.cancel.owed", owed=owed))
    is_taken = cost.fee_minor and not cost.is_proposed
    yes = say("visit.cancel.yes_fee", fee=fee) if is_taken else say("visit.cancel.yes")
    return Page(
        title=say("visit.cancel.ask"),
        paragraphs=tuple(sentences),
        rows=tuple((say(f"label.{label}"), value) for label, value in _visit(booking, language)),
        notes=_policy(booking, say),
        confirm=(yes, cost.fee_minor),
        back=say("visit.cancel.no"),
        **_frame(language, location),
    )


@dataclass(frozen=True, slots=True)
class Cost:
    """What cancelling costs, in minor units of `currency`.

    `back_minor` is refunded automatically, `owed_minor` is the part of the fee that nothing paid
    covers. A fee that is only proposed is decided on by the business.
    """

    fee_minor: int
    back_minor: int
    owed_minor: int
    currency: str
    is_proposed: bool


def cost_of_cancelling(booking: Booking, now_s: int) -> Cost:
    """Return the result of cancelling now: the same rule is applied, and nothing is written."""
    tried = cancel(booking, CLIENT, now_s, takes_fee=True)
    fee = tried.fee()
    return Cost(
        fee_minor=fee.amount_minor if fee else 0,
        back_minor=refund_progress(tried).under_way_minor,
        owed_minor=tried.fee_owed_minor(),
        currency=booking.price.currency,
        is_proposed=fee is not None and fee.status == PROPOSED,
    )


def _cost_word(cost: Cost) -> str:
    if not cost.fee_minor:
        return "free"
    return "fee_proposed" if cost.is_proposed else "fee"


def unknown_page() -> Page:
    """Return the page for a link that leads nowhere, whatever the reason."""
    texts = TEXTS[ENGLISH]
    return Page(texts["visit.not_found"], (texts["visit.not_found.text"],))


def later_page() -> Page:
    """Return the page for a fault of ours."""
    texts = TEXTS[ENGLISH]
    return Page(texts["visit.later"], (texts["visit.later.text"],), back=texts["visit.again"])


def out_of_order_page() -> Page:
    """Return the page for what nobody mends by trying again."""
    texts = TEXTS[ENGLISH]
    return Page(texts["visit.out_of_order"], (texts["visit.out_of_order.text"],))


def can_cancel(booking: Booking, now_s: int) -> bool:
    """Whether the client can still cancel: a confirmed visit that has not begun."""
    starts_at_s = booking.starts_at_s
    return booking.status == CONFIRMED and starts_at_s is not None and now_s < starts_at_s


def html(page: Page) -> str:
    """Return a page as HTML, everything in it escaped."""
    facts = {name: getattr(page, name) for name in Page.__dataclass_fields__}
    content = page_templates(TEMPLATES).get_template("visit.html").render(facts)
    frame = Frame(page.title, page.language, page.place, page.test, page.refresh_s)
    return html_page(frame, content.rstrip())


def _rows(booking: Booking, language: Language) -> list[tuple[str, str]]:
    summary, progress = booking.payments(), refund_progress(booking)
    waits = booking.status == AWAITING_PAYMENT
    due = "at_visit"
    if waits or booking.fee_owed_minor():
        due = "due" if waits else STILL_TO_PAY
    sums = {
        "price": booking.price.amount_minor,
        "paid": summary.amount_captured,
        "held": summary.amount_authorized,
        "goes_back": progress.under_way_minor,
        "refunded": progress.arrived_minor,
    }
    # The rest of it is shown below, as the amount due.
    sums |= {label: minor for label, minor in fee_sums(booking) if label != STILL_TO_PAY}
    sums[due] = booking.amount_due_minor()
    shown = {name: Money(minor, booking.price.currency) for name, minor in sums.items() if minor}
    rows = _visit(booking, language)
    if booking.terms and booking.status in WAITING_STATUSES:
        rows.append(("until", language.show(Moment(booking.terms.hold_until_s))))
    return [*rows, *((name, language.show(each)) for name, each in shown.items())]


def _visit(booking: Booking, language: Language) -> list[tuple[str, str]]:
    rows = [("what", language.show(booking.description))]
    if booking.starts_at_s is not None:
        rows.append(("when", language.show(Moment(booking.starts_at_s))))
    return rows


def _pay(booking: Booking, say: Say) -> str:
    due_minor = booking.amount_due_minor()
    if not due_minor:
        return say("button.card")
    return say("button.pay", amount=Money(due_minor, booking.price.currency))


def _policy(booking: Booking, say: Say) -> tuple[str, ...]:
    text = booking.terms.terms_text if booking.terms else ""
    return (say("policy", policy=text),) if text else ()


def _sayer(language: Language) -> Say:
    return lambda name, **values: language.say(name, values)


def _frame(language: Language, location: Location) -> _Frame:
    return {
        "place": language.show(location.name),
        "test": language.say("test", {}) if location.mode == "test" else "",
        "language": language.tag,
    }
