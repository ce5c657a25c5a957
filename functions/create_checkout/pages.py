"""The few pages that a payment link shows itself, without scripts or third-party content."""

from dataclasses import dataclass
from html import escape

from shared.domain.bookings.booking import Booking
from shared.domain.locales import ENGLISH, decimal_mark, spoken_language
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.domain.refunds.refund_progress import refund_progress
from shared.entrypoints.html_page import Frame, html_page
from shared.wording.pay_pages import TEXTS


def nothing_due(location: Location, booking: Booking) -> str:
    """Say what was paid, or that nothing is due for the booking any more."""
    page = _Page(location)
    summary = booking.payments()
    taken_minor = summary.amount_captured + summary.amount_authorized
    if not taken_minor:
        return page.html("nothing.title", _text(booking.description), page.note("nothing.text"))
    currency = booking.price.currency
    lines = [_text(booking.description), page.amount(Money(taken_minor, currency))]
    progress = refund_progress(booking)
    if progress.arrived_minor:
        back = Money(progress.arrived_minor, currency)
        lines.append(page.paragraph("paid.given_back", back))
    if progress.under_way_minor:
        back = Money(progress.under_way_minor, currency)
        lines.append(page.paragraph("paid.goes_back", back))
    return page.html("paid.title", *lines, page.note("paid.text"))


def settled(location: Location, booking: Booking) -> str:
    """Say that a payment is on its way to us, or that nothing is due."""
    if booking.is_being_paid():
        return processing(location, booking)
    return nothing_due(location, booking)


def rest_at_visit(location: Location, booking: Booking) -> str:
    """Say that a deposit was paid, or a card saved, and what is left for the visit."""
    page = _Page(location)
    currency, paid_minor = booking.price.currency, booking.payments().amount_captured
    lines = [_text(booking.description)]
    if paid_minor:
        lines.append(page.amount(Money(paid_minor, currency)))
    lines.append(page.note("rest.text", Money(booking.amount_due_minor(), currency)))
    return page.html("paid.title" if paid_minor else "card_saved.title", *lines)


def processing(location: Location, booking: Booking) -> str:
    """Say that the payment is on its way to us; the page asks again by itself."""
    page = _Page(location, refresh_s=3)
    note = f'<p class="note" role="status">{page.say("processing.text")}</p>'
    return page.html("processing.title", _text(booking.description), note)


def not_paid(location: Location, booking: Booking, again: str) -> str:
    """Say that nothing was charged, with a button to `again`, "" where that is unknown."""
    page = _Page(location)
    due = Money(booking.amount_due_minor(), booking.price.currency)
    return page.html(
        "not_paid.title",
        _text(booking.description),
        page.amount(due),
        page.note("not_paid.text"),
        page.button("not_paid.button", again) if again else page.paragraph("not_paid.again"),
    )


def expired(location: Location, booking: Booking) -> str:
    """Say that the booking was not paid in time, and that its time is free for others again."""
    page = _Page(location)
    return page.html("expired.title", _text(booking.description), page.note("expired.text"))


def links_switched_off(location: Location) -> str:
    """Say that this is paid at the visit."""
    page = _Page(location)
    return page.html("at_visit.title", page.paragraph("switched_off.text"))


def not_by_card(location: Location, booking: Booking) -> str:
    """Say that Stripe does not take this sum: it is paid at the visit, if there is one to come."""
    page = _Page(location)
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


@dataclass(frozen=True, slots=True)
class _Page:
    """A page in the language of a location's clients, in English where none is known."""

    location: Location | None
    refresh_s: int = 0

    def html(self, title: str, *lines: str) -> str:
        """Return the page with a title by its name; the lines are HTML."""
        place = self.location
        frame = Frame(
            self._plain(title),
            self._language(),
            place.name if place else "",
            self._plain("test") if place and place.mode == "test" else "",
            self.refresh_s,
        )
        return html_page(frame, "".join(lines))

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
        text = TEXTS[self._language()][name]
        return text.format(amount=self._shown(amount)) if amount else text

    def _shown(self, amount: Money) -> str:
        return amount.format_plain(decimal_mark(self._language()))

    def _language(self) -> str:
        return spoken_language(self.location.locale) if self.location else ENGLISH


def _text(text: str) -> str:
    return f'<p dir="auto">{escape(text)}</p>'
