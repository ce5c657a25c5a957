"""The few pages that a payment link shows itself, without scripts or third-party content."""

from collections.abc import Mapping
from html import escape

from msgspec import Struct

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.locales import ENGLISH, spoken_language
from shared.domain.locations.sum_form import sum_form
from shared.domain.money.money import Money
from shared.domain.money.written import written
from shared.domain.refunds.refund_progress import refund_progress
from shared.entrypoints.html_page import Frame, html_page
from shared.wording.contact import NO_CONTACT, contact_of
from shared.wording.pay_pages import TEXTS


def nothing_due(host: VisitHost, booking: Booking) -> str:
    """Say what was paid, or that nothing is due for the booking any more."""
    page = _Page(host)
    summary = booking.payments()
    taken_minor = summary.amount_captured + summary.amount_authorized
    taken_minor += booking.paid_elsewhere_minor()
    if not taken_minor:
        return page.html("nothing.title", page.about(booking), page.note("nothing.text"))
    currency = booking.price.currency
    lines = [page.about(booking), page.amount(Money(taken_minor, currency))]
    progress = refund_progress(booking)
    if progress.arrived_minor:
        back = Money(progress.arrived_minor, currency)
        lines.append(page.paragraph("paid.given_back", back))
    if progress.under_way_minor:
        back = Money(progress.under_way_minor, currency)
        lines.append(page.paragraph("paid.goes_back", back))
    return page.html("paid.title", *lines, page.note("paid.text"))


def settled(host: VisitHost, booking: Booking) -> str:
    """Say that a payment is on its way to us, or that nothing is due."""
    if booking.is_being_paid():
        return processing(host, booking)
    return nothing_due(host, booking)


def rest_at_visit(host: VisitHost, booking: Booking) -> str:
    """Say that a deposit was paid, or a card saved, and what is left for the visit."""
    page = _Page(host)
    currency, paid_minor = booking.price.currency, booking.payments().amount_captured
    lines = [page.about(booking)]
    if paid_minor:
        lines.append(page.amount(Money(paid_minor, currency)))
    lines.append(page.note("rest.text", Money(booking.amount_due_minor(), currency)))
    return page.html("paid.title" if paid_minor else "card_saved.title", *lines)


def accepted(host: VisitHost, booking: Booking) -> str:
    """Say that the terms are accepted, and what is paid at the visit, or by this link before."""
    page = _Page(host)
    due = Money(booking.amount_due_minor(), booking.price.currency)
    lines = [page.about(booking), page.note("accepted.text", due)]
    return page.html("accepted.title", *lines, page.button("accepted.button", ""))


def processing(host: VisitHost, booking: Booking) -> str:
    """Say that the payment is on its way to us; the page asks again by itself."""
    page = _Page(host, refresh_s=3)
    note = f'<p class="note" role="status">{page.say("processing.text")}</p>'
    return page.html("processing.title", page.about(booking), note)


def not_paid(host: VisitHost, booking: Booking, again: str) -> str:
    """Say that nothing was charged, with a button to `again`, "" where that is unknown."""
    page = _Page(host)
    due = Money(booking.amount_due_minor(), booking.price.currency)
    return page.html(
        "not_paid.title",
        page.about(booking),
        page.amount(due),
        page.note("not_paid.text"),
        page.button("not_paid.button", again) if again else page.paragraph("not_paid.again"),
    )


def expired(host: VisitHost, booking: Booking) -> str:
    """Say that the booking was not paid in time, and that its time is free for others again."""
    page = _Page(host)
    return page.html("expired.title", page.about(booking), page.note("expired.text"))


def links_switched_off(host: VisitHost) -> str:
    """Say that this is paid at the visit."""
    page = _Page(host)
    return page.html("at_visit.title", page.paragraph("switched_off.text"))


def not_by_card(host: VisitHost, booking: Booking) -> str:
    """Say that Stripe does not take this sum: it is paid at the visit, if there is one to come."""
    page = _Page(host)
    if booking.fee_owed_minor():
        return page.html("fee_not_by_card.title", page.paragraph("fee_not_by_card.text"))
    return page.html("at_visit.title", page.paragraph("not_by_card.text"))


def unknown_link() -> str:
    """Say that the link leads nowhere, whatever the reason."""
    page = _Page(None)
    return page.html("unknown.title", page.paragraph("unknown.text"))


def too_often() -> str:
    """Say that the payment page was opened too often, and that nothing was charged."""
    page = _Page(None)
    return page.html("often.title", page.paragraph("often.text"), page.button("later.button", ""))


def try_again() -> str:
    """Say that the fault is ours, that nothing was charged, and what to do."""
    page = _Page(None)
    return page.html("later.title", page.paragraph("later.text"), page.button("later.button", ""))


def out_of_order() -> str:
    """Say that the fault is ours, that nothing was charged, and that trying again is no use."""
    page = _Page(None)
    return page.html("out_of_order.title", page.paragraph("out_of_order.text"))


class _Page(Struct, frozen=True):
    """A page in the language of a location's clients, in English where none is known."""

    host: VisitHost | None
    refresh_s: int = 0

    def html(self, title: str, *lines: str) -> str:
        """Return the page with a title by its name; the lines are HTML."""
        place = self.host.location if self.host else None
        frame = Frame(
            self._plain(title),
            self._language(),
            place.name if place else "",
            self._plain("test") if place and place.mode == "test" else "",
            self.refresh_s,
            contact_of(place) if place else NO_CONTACT,
        )
        return html_page(frame, "".join(lines))

    def about(self, booking: Booking) -> str:
        """Return what is booked, when, and with whom."""
        lines = [booking.description]
        if self.host and booking.starts_at_s is not None:
            # What knows dates knows policies too: a visit without a time needs none of it.
            from shared.domain.catalogue.policy_text import visit_moment  # noqa: PLC0415

            zone = booking.timezone or self.host.location.timezone
            lines.append(visit_moment(booking.starts_at_s, zone, self._language()))
        if self.host and self.host.employee_name:
            lines.append(self._texts()["with"].format(who=self.host.employee_name))
        return "".join(f'<p dir="auto">{escape(line)}</p>' for line in lines)

    def say(self, name: str, amount: Money | None = None) -> str:
        """Return a sentence by its name, escaped."""
        return escape(self._plain(name, amount))

    def paragraph(self, name: str, amount: Money | None = None) -> str:
        """Return a sentence as a paragraph."""
        return f"<p>{self.say(name, amount)}</p>"

    def note(self, name: str, amount: Money | None = None) -> str:
        """Return a sentence as a note."""
        return f'<p class="note">{self.say(name, amount)}</p>'

    def amount(self, amount: Money) -> str:
        """Return the amount that the page is about."""
        return f'<p class="sum">{escape(self._shown(amount))}</p>'

    def button(self, name: str, address: str) -> str:
        """Return a button to a URL, "" for this page once more."""
        return f'<a class="button" href="{escape(address)}">{self.say(name)}</a>'

    def _plain(self, name: str, amount: Money | None = None) -> str:
        text = self._texts()[name]
        return text.format(amount=self._shown(amount)) if amount else text

    def _texts(self) -> Mapping[str, str]:
        return TEXTS[self._language()]

    def _shown(self, amount: Money) -> str:
        return written(amount, sum_form(self.host.location) if self.host else ENGLISH)

    def _language(self) -> str:
        return spoken_language(self.host.location.locale) if self.host else ENGLISH
