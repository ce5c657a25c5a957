"""The few pages that a payment link shows itself: no script, nothing of anybody else's."""

from html import escape

from shared.domain.booking import Booking
from shared.domain.location import Location
from shared.domain.money import Money
from shared.domain.refund_progress import refund_progress
from shared.html_page import STYLE


def nothing_due(location: Location, booking: Booking) -> str:
    """Say what was paid, or that the booking is not to be paid any more."""
    summary = booking.payments()
    taken_minor = summary.amount_captured + summary.amount_authorized
    if not taken_minor:
        return _page(location, "Nothing to pay", [_text(booking.description), NOTHING])
    sum_paid = Money(taken_minor, booking.price.currency)
    lines = [_text(booking.description), f'<p class="sum">{escape(sum_paid.format_plain())}</p>']
    progress = refund_progress(booking)
    if progress.arrived_minor:
        back = Money(progress.arrived_minor, booking.price.currency).format_plain()
        lines.append(f"<p>Of this, {escape(back)} was given back.</p>")
    if progress.under_way_minor:
        back = Money(progress.under_way_minor, booking.price.currency).format_plain()
        lines.append(f"<p>Of this, {escape(back)} is on its way back to you.</p>")
    lines.append('<p class="note">Thank you. There is nothing more to pay.</p>')
    return _page(location, "Paid", lines)


def settled(location: Location, booking: Booking) -> str:
    """Say that a payment is on its way to us, or that nothing is due."""
    if booking.is_being_paid():
        return processing(location, booking)
    return nothing_due(location, booking)


def rest_at_visit(location: Location, booking: Booking) -> str:
    """Say that a deposit was paid, or a card saved, and what is left for the visit."""
    summary = booking.payments()
    lines = [_text(booking.description)]
    if summary.amount_captured:
        sum_paid = Money(summary.amount_captured, booking.price.currency).format_plain()
        lines.append(f'<p class="sum">{escape(sum_paid)}</p>')
    rest = Money(booking.amount_due_minor(), booking.price.currency).format_plain()
    lines.append(f'<p class="note">Thank you. The rest, {escape(rest)}, is paid at your visit.</p>')
    title = "Paid" if summary.amount_captured else "Your card is saved"
    return _page(location, title, lines)


def processing(location: Location, booking: Booking) -> str:
    """Say that the payment is on its way to us; the page asks again by itself."""
    note = (
        '<p class="note" role="status">Your bank has answered and we are waiting for the '
        "confirmation. This page shows it by itself; you do not need to pay again.</p>"
    )
    lines = [_text(booking.description), note]
    return _page(location, "Confirming your payment…", lines, refresh_s=3)


def not_paid(location: Location, booking: Booking) -> str:
    """Say that nothing was taken, and offer the way back."""
    due = Money(booking.amount_due_minor(), booking.price.currency).format_plain()
    lines = [
        _text(booking.description),
        f'<p class="sum">{escape(due)}</p>',
        '<p class="note">Nothing was taken from your card. The link stays valid.</p>',
        '<a class="button" href="?">Pay now</a>',
    ]
    return _page(location, "Not paid yet", lines)


def links_switched_off(location: Location) -> str:
    """Say that this is paid at the visit."""
    line = "<p>This business takes no payments by link at the moment. Please pay at your visit.</p>"
    return _page(location, "Pay at your visit", [line])


def not_by_card(location: Location) -> str:
    """Say that this sum is paid at the visit: Stripe does not take it."""
    line = "<p>This sum cannot be paid by card online. Please pay at your visit.</p>"
    return _page(location, "Pay at your visit", [line])


def unknown_link() -> str:
    """Say that the link leads nowhere, whatever the reason."""
    line = "<p>Check that the whole link was copied, or ask the business for a new one.</p>"
    return _page(None, "This link does not work", [line])


def try_again() -> str:
    """Say that it is our side, that nothing was taken, and what to do."""
    lines = [
        "<p>The payment page cannot be opened at the moment. Nothing was taken from your card.</p>",
        '<a class="button" href="?">Try again</a>',
    ]
    return _page(None, "Please try again in a minute", lines)


NOTHING = '<p class="note">Nothing is due for this booking.</p>'


def _text(text: str) -> str:
    return f'<p dir="auto">{escape(text)}</p>'


def _page(location: Location | None, title: str, lines: list[str], refresh_s: int = 0) -> str:
    place = f'<p class="place" dir="auto">{escape(location.name)}</p>' if location else ""
    mark = '<p class="test">TEST MODE</p>' if location and location.mode == "test" else ""
    refresh = f'<meta http-equiv="refresh" content="{refresh_s}">' if refresh_s else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="robots" content="noindex">{refresh}<title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><main>{mark}{place}<h1>{escape(title)}</h1>"
        f"{''.join(lines)}</main></body></html>"
    )
