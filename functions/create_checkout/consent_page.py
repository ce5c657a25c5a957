"""The page on which a client accepts the price and the terms of a booking that staff made.

It is apart from the other pages of a link, as it needs what reads terms.
"""

from collections.abc import Mapping, Sequence
from html import escape

from shared.domain.bookings.booking import Booking
from shared.domain.catalogue.policy_text import visit_moment
from shared.domain.locales import decimal_mark, spoken_language
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.entrypoints.html_page import Frame, html_page
from shared.wording.pay_pages import TEXTS


def consent_page(location: Location, booking: Booking, *, is_changed: bool = False) -> str:
    """Return the page: price, what is due now and later, the policy, and one button.

    With `is_changed` it says that something else was shown before. Raises `ValueError` for a
    booking without terms.
    """
    terms = booking.terms
    if terms is None:
        raise ValueError("only a booking under terms asks for consent")
    language, zone = spoken_language(location.locale), booking.timezone or location.timezone
    say = TEXTS[language]
    due = Money(booking.amount_due_minor(), booking.price.currency)
    lines = [_note(say["consent.changed"])] if is_changed else []
    lines.append(_rows(_facts(booking, due, language, zone)))
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
    button = say[name].format(amount=_money(due, language))
    lines.append(_form(button, fields))
    test = say["test"] if location.mode == "test" else ""
    return html_page(Frame(say["consent.title"], language, location.name, test), "".join(lines))


def _facts(booking: Booking, due: Money, language: str, zone: str) -> list[tuple[str, str]]:
    """Return rows of a label and a text."""
    say = TEXTS[language]
    rows = [(say["consent.what"], booking.description)]
    if booking.starts_at_s is not None:
        rows.append((say["consent.when"], visit_moment(booking.starts_at_s, zone, language)))
    rows.append((say["consent.price"], _money(booking.price, language)))
    mode = booking.terms.mode if booking.terms else "at_visit"
    if mode in ("pay", "hold"):
        rows.append((say[f"consent.now.{mode}"], _money(due, language)))
        if due < booking.price:
            rows.append((say["consent.later"], _money(booking.price - due, language)))
    return rows


def _money(amount: Money, language: str) -> str:
    return amount.format_plain(decimal_mark(language))


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    lines = (f'<dt>{escape(label)}</dt><dd dir="auto">{escape(text)}</dd>' for label, text in rows)
    return f"<dl>{''.join(lines)}</dl>"


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def _form(button: str, fields: Mapping[str, str]) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return f'<form method="post">{hidden}<button class="button">{escape(button)}</button></form>'
