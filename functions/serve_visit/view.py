"""What a client reads on their own page: what was booked, paid and refunded, and what is due."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TypedDict

from msgspec import Struct

from shared.adapters.page_templates import page_templates
from shared.domain.activity.mail import Value
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.lifecycle import (
    AWAITING_CONFIRMATION,
    AWAITING_PAYMENT,
    CONFIRMED,
    EXPIRED,
    WAITING_STATUSES,
)
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.dates.instants import Moment
from shared.domain.locales import ENGLISH
from shared.domain.money.money import Money
from shared.domain.refunds.refund_progress import refund_progress
from shared.domain.stripe_facts.json_reader import web_address
from shared.domain.visits.cost_of_cancelling import (
    CancellingCost,
    can_client_cancel,
    cost_of_cancelling,
)
from shared.domain.visits.fee_sums import STILL_TO_PAY, fee_sums
from shared.domain.visits.move_rules import can_client_move, reschedule_until_s
from shared.entrypoints.html_page import Frame, html_page
from shared.wording.contact import NO_CONTACT, Contact, contact_of
from shared.wording.language import TEXTS, Language, language_of

TEMPLATES = Path(__file__).parent / "templates"
ASK_AGAIN_S = 3
# What is said of a refund in the same sentence.
WITH_BACK = frozenset({"free", "proposed", "kept"})


class _Frame(TypedDict):
    """What stands around every page of a location."""

    place: str
    test: str
    language: str
    contact: Contact


class Say(Protocol):
    """Returns a sentence of a language by its name, with facts in it."""

    def __call__(self, name: str, **values: Value) -> str:
        """Return the sentence."""


def _receipts(booking: Booking) -> list[str]:
    by_age = sorted(booking.facts.charges.values(), key=lambda charge: charge.created_s)
    urls = [charge.receipt_url for charge in by_age if charge.amount_captured_minor]
    return [url for url in urls if web_address(url)]


class Page(Struct, frozen=True):
    """A page in a language: its title, sentences, labelled facts, links and buttons."""

    title: str
    paragraphs: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    pay: tuple[str, str] | None = None
    move: tuple[str, str] | None = None
    ask: str = ""
    confirm: tuple[str, int] | None = None
    confirm_address: str = ""
    back: str = ""
    refresh_s: int = 0
    place: str = ""
    test: str = ""
    language: str = ENGLISH
    contact: Contact = NO_CONTACT


def own_page(
    host: VisitHost,
    booking: Booking,
    now_s: int,
    *,
    pay_url: str = "",
    calendar_url: str = "",
    move_url: str = "",
) -> Page:
    """Return a booking's page: where to pay, to move it, and where a calendar's entry is."""
    language = language_of(host.location, booking.timezone)
    say = _sayer(language)
    is_waiting = booking.is_being_paid()
    status = "being_paid" if is_waiting else _status(booking)
    can_pay = booking.wants_checkout() and not is_waiting
    rows = [("status", say(f"status.{status}")), *_rows(booking, host, language)]
    if can_client_move(booking, now_s):
        until_s = min(reschedule_until_s(booking) or 0, booking.starts_at_s or 0)
        rows.append(("reschedule_until", language.show(Moment(until_s))))
    pay = _pay(booking, say) if can_pay and pay_url else ""
    return Page(
        title=say("visit.title"),
        rows=tuple((say(f"label.{label}"), value) for label, value in rows),
        links=tuple(_links(booking, calendar_url, say)),
        move=(say("visit.move"), move_url)
        if move_url and can_client_move(booking, now_s)
        else None,
        notes=_policy(booking, say),
        pay=(pay, pay_url) if pay else None,
        ask=say("visit.cancel") if can_client_cancel(booking, now_s) else "",
        confirm_address=say("button.confirm") if booking.status == AWAITING_CONFIRMATION else "",
        refresh_s=ASK_AGAIN_S if is_waiting else 0,
        **_frame(language, host),
    )


def _links(booking: Booking, calendar_url: str, say: Say) -> Iterator[tuple[str, str]]:
    if calendar_url and booking.status == CONFIRMED and booking.starts_at_s is not None:
        yield say("link.calendar"), calendar_url
    for url in _receipts(booking):
        yield say("link.receipt"), url


def _status(booking: Booking) -> str:
    """Return the name of what a booking's status is called: what has lapsed, by what it lacked."""
    was_to_be_confirmed = booking.terms is not None and booking.terms.mode == "at_visit"
    is_unconfirmed = booking.status == EXPIRED and was_to_be_confirmed
    return "expired_unconfirmed" if is_unconfirmed else booking.status


def ask_page(host: VisitHost, booking: Booking, now_s: int, *, has_changed: bool = False) -> Page:
    """Return the page that asks whether to cancel, with its cost; `has_changed` since shown."""
    language = language_of(host.location, booking.timezone)
    say = _sayer(language)
    cost, currency = cost_of_cancelling(booking, now_s), booking.price.currency
    sums = {
        "fee": Money(cost.fee_minor, currency),
        "kept": Money(cost.kept_minor, currency),
        "card": Money(cost.card_minor, currency),
        "owed": Money(cost.owed_minor, currency),
        "back": Money(cost.back_minor, currency),
    }
    sentences = [say("visit.cancel.changed")] if has_changed else []
    sentences += [
        say(f"visit.cancel.{name}", place=host.location.name, **sums) for name in sentences_of(cost)
    ]
    return Page(
        title=say("visit.cancel.ask"),
        paragraphs=tuple(sentences),
        rows=tuple(
            (say(f"label.{label}"), value) for label, value in _visit(booking, host, language)
        ),
        notes=_policy(booking, say),
        confirm=(say("visit.cancel.yes"), cost.fee_minor),
        back=say("visit.cancel.no"),
        **_frame(language, host),
    )


def sentences_of(cost: CancellingCost) -> tuple[str, ...]:
    """Return the names of the sentences that say what cancelling costs and gives back."""
    if not cost.back_minor:
        return (cost.outcome,)
    is_one = cost.outcome in WITH_BACK
    return (f"{cost.outcome}_back",) if is_one else (cost.outcome, "back")


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


def html(page: Page) -> str:
    """Return a page as HTML, everything in it escaped."""
    facts = {name: getattr(page, name) for name in Page.__struct_fields__}
    content = page_templates(TEMPLATES).get_template("visit.html").render(facts)
    frame = Frame(page.title, page.language, page.place, page.test, page.refresh_s, page.contact)
    return html_page(frame, content.rstrip())


def _rows(booking: Booking, host: VisitHost, language: Language) -> list[tuple[str, str]]:
    summary, progress = booking.payments(), refund_progress(booking)
    waits = booking.status == AWAITING_PAYMENT
    due = "at_visit"
    if waits or booking.fee_owed_minor():
        due = "due" if waits else STILL_TO_PAY
    sums = {
        "price": booking.price.amount_minor,
        "paid": summary.amount_captured,
        "paid_elsewhere": booking.paid_elsewhere_minor(),
        "held": summary.amount_authorized,
        "goes_back": progress.under_way_minor,
        "refunded": progress.arrived_minor,
    }
    # The rest of it is shown below, as the amount due.
    sums |= {label: minor for label, minor in fee_sums(booking) if label != STILL_TO_PAY}
    sums[due] = booking.amount_due_minor()
    shown = {name: Money(minor, booking.price.currency) for name, minor in sums.items() if minor}
    rows = _visit(booking, host, language)
    if booking.terms and booking.status in WAITING_STATUSES:
        rows.append(("until", language.show(Moment(booking.terms.hold_until_s))))
    return [*rows, *((name, language.show(each)) for name, each in shown.items())]


def _visit(booking: Booking, host: VisitHost, language: Language) -> list[tuple[str, str]]:
    rows = [("what", language.show(booking.description))]
    if booking.starts_at_s is not None:
        rows.append(("when", language.show(Moment(booking.starts_at_s))))
    if host.employee_name:
        rows.append(("who", language.show(host.employee_name)))
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


def _frame(language: Language, host: VisitHost) -> _Frame:
    location = host.location
    return {
        "place": language.show(location.name),
        "test": language.say("test", {}) if location.mode == "test" else "",
        "language": language.tag,
        "contact": contact_of(location),
    }
