"""The page on which a client accepts the price and the terms of a booking that staff made.

It is apart from the other pages of a link, as it needs what reads terms.
"""

from collections.abc import Mapping, Sequence
from html import escape

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.catalogue.policy_text import visit_moment
from shared.domain.locales import spoken_language
from shared.domain.locations.location import Location
from shared.domain.locations.sum_form import sum_form
from shared.domain.money.money import Money
from shared.domain.money.written import written
from shared.entrypoints.html_page import Frame, html_page
from shared.wording.contact import contact_of
from shared.wording.pay_pages import TEXTS

AT_VISIT = "at_visit"
# The form's field of a client who accepts the terms and pays at the visit.
LATER = "at_visit"


def consent_page(host: VisitHost, booking: Booking, *, is_changed: bool = False) -> str:
    """Return the page: price, what is due now and later, the policy, and one button.

    With `is_changed` it says that something else was shown before. Raises `ValueError` for a
    booking without terms.
    """
    terms, location = booking.terms, host.location
    if terms is None:
        raise ValueError("only a booking under terms asks for consent")
    language, zone = spoken_language(location.locale), booking.timezone or location.timezone
    say = TEXTS[language]
    due = Money(booking.amount_due_minor(), booking.price.currency)
    lines = [_note(say["consent.changed"])] if is_changed else []
    lines.append(_rows(_facts(booking, host, due, language, zone)))
    lines.append(f'<p dir="auto">{escape(terms.terms_text)}</p>')
    if terms.mode == "save_card":
        lines.append(_note(say["consent.card"]))
    if waits_until_s := booking.waits_until_s():
        until = visit_moment(waits_until_s, zone, language)
        lines.append(_note(say["consent.until"].format(at=until)))
    fields = {
        "accepted_price": str(booking.price.amount_minor),
        "accepted_terms": terms.offered_hash,
    }
    is_free = not due.amount_minor and terms.mode != "save_card"
    name = "consent.button.free" if is_free else f"consent.button.{terms.mode}"
    button = say[name].format(amount=_money(due, location))
    buttons = [f'<button class="button">{escape(button)}</button>']
    if due.amount_minor and terms.mode == AT_VISIT:
        # The terms ask for nothing before the visit: to accept them is not to pay online.
        accept = escape(say["consent.button.free"])
        buttons = [
            f'<button class="button" name="{LATER}" value="yes">{accept}</button>',
            f'<button class="button quiet">{escape(button)}</button>',
        ]
    lines.append(_form("".join(buttons), fields))
    test = say["test"] if location.mode == "test" else ""
    contact = contact_of(location)
    frame = Frame(say["consent.title"], language, location.name, test, contact=contact)
    return html_page(frame, "".join(lines))


def _facts(
    booking: Booking, host: VisitHost, due: Money, language: str, zone: str
) -> list[tuple[str, str]]:
    """Return rows of a label and a text."""
    say = TEXTS[language]
    rows = [(say["consent.what"], booking.description)]
    if booking.starts_at_s is not None:
        rows.append((say["consent.when"], visit_moment(booking.starts_at_s, zone, language)))
    if host.employee_name:
        rows.append((say["consent.who"], host.employee_name))
    rows.append((say["consent.price"], _money(booking.price, host.location)))
    if paid_minor := booking.paid_elsewhere_minor():
        rows.append((say["consent.paid"], _money(Money(paid_minor, due.currency), host.location)))
    mode = booking.terms.mode if booking.terms else AT_VISIT
    if mode == AT_VISIT and due.amount_minor:
        rows.append((say["consent.later"], _money(due, host.location)))
    if mode in ("pay", "hold"):
        rows.append((say[f"consent.now.{mode}"], _money(due, host.location)))
        later_minor = max(0, booking.price.amount_minor - booking.paid_elsewhere_minor())
        later = Money(later_minor, due.currency) - due
        if later.amount_minor:
            rows.append((say["consent.later"], _money(later, host.location)))
    return rows


def _money(amount: Money, location: Location) -> str:
    return written(amount, sum_form(location))


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    lines = (f'<dt>{escape(label)}</dt><dd dir="auto">{escape(text)}</dd>' for label, text in rows)
    return f"<dl>{''.join(lines)}</dl>"


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def _form(buttons: str, fields: Mapping[str, str]) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return f'<form method="post">{hidden}{buttons}</form>'
