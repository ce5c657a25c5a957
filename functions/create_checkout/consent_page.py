"""The page on which a client accepts the price and the terms of a booking that staff made.

It is apart from the other pages of a link, as it needs the formats of a language.
"""

from collections.abc import Mapping, Sequence
from html import escape

from shared.domain.bookings.booking import Booking
from shared.domain.dates.instants import Moment
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.entrypoints.html_page import Frame, html_page
from shared.wording.language import Language, language_of
from shared.wording.pay_pages import TEXTS


def consent_page(location: Location, booking: Booking, *, is_changed: bool = False) -> str:
    """Return the page: price, what is due now and later, the policy, and one button.

    With `is_changed` it says that something else was shown before. Raises `ValueError` for a
    booking without terms.
    """
    terms = booking.terms
    if terms is None:
        raise ValueError("only a booking under terms asks for consent")
    language = language_of(location, booking.timezone)
    say = TEXTS[language.tag]
    due = Money(booking.amount_due_minor(), booking.price.currency)
    lines = [_note(say["consent.changed"])] if is_changed else []
    lines.append(_rows(_facts(booking, due, language)))
    lines.append(f'<p dir="auto">{escape(terms.terms_text)}</p>')
    if terms.mode == "save_card":
        lines.append(_note(say["consent.card"]))
    if waits_until_s := booking.waits_until_s():
        lines.append(_note(say["consent.until"].format(at=language.show(Moment(waits_until_s)))))
    fields = {
        "accepted_price": str(booking.price.amount_minor),
        "accepted_terms": terms.offered_hash,
    }
    button = say[f"consent.button.{terms.mode}"].format(amount=language.money(due))
    lines.append(_form(button, fields))
    test = say["test"] if location.mode == "test" else ""
    return html_page(Frame(say["consent.title"], language.tag, location.name, test), "".join(lines))


def _facts(booking: Booking, due: Money, language: Language) -> list[tuple[str, str]]:
    """Return rows of a label and a text."""
    say = TEXTS[language.tag]
    rows = [(say["consent.what"], booking.description)]
    if booking.starts_at_s is not None:
        rows.append((say["consent.when"], language.show(Moment(booking.starts_at_s))))
    rows.append((say["consent.price"], language.money(booking.price)))
    mode = booking.terms.mode if booking.terms else "at_visit"
    if mode in ("pay", "hold"):
        rows.append((say[f"consent.now.{mode}"], language.money(due)))
        if due < booking.price:
            rows.append((say["consent.later"], language.money(booking.price - due)))
    return rows


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
