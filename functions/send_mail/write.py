"""The parts of a mail: plain text, HTML, the QR code, and the visit as a calendar entry."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

import css_inline
import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from shared.adapters.mailer import MAIL_POLICY
from shared.domain.activity.calendar_entry import CANCEL, PUBLISH, calendar_entry
from shared.domain.activity.mail import Mail, Value
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import REOPENED
from shared.domain.bookings.proved_address import printed_name
from shared.domain.email_address import written_address
from shared.domain.locations.location import Location
from shared.wording.language import Language, language_of, one_line, without_name

TEMPLATES = Path(__file__).parent / "templates"
QR_NAME = "code"
# The journal entries that change a visit in a calendar: each adds one to its SEQUENCE.
CALENDAR_CHANGES = frozenset({"booking.cancelled", REOPENED})
QR_SCALE, QR_BORDER = 5, 4


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of the client's own page and of the payment, empty where nothing is due."""

    visit_url: str
    pay_url: str = ""


def write(
    mail: Mail, location: Location, booking: Booking, addresses: Addresses, sender: str
) -> EmailMessage:
    """Return the mail in the location's language, escaped where needed."""
    language, client = language_of(location, booking.timezone), booking.client
    name = printed_name(booking)
    if not name:
        language = without_name(language)
    values: dict[str, Value] = {**mail.values, "name": name, "place": location.name}
    facts = _facts(mail, language, values, addresses, is_test=location.mode == "test")
    message = EmailMessage(policy=MAIL_POLICY)
    message["Subject"] = _subject(mail, location, language, values)
    message["From"] = Address(one_line(location.name), addr_spec=sender)
    message["To"] = written_address(client.email) if client else ""
    # https://www.rfc-editor.org/rfc/rfc3834#section-5: no absence notices are to be sent to us.
    message["Auto-Submitted"] = "auto-generated"
    text, html = render(facts)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    if addresses.pay_url:
        [_, page] = message.iter_parts()
        page.add_related(_qr_png(addresses.pay_url), "image", "png", cid=f"<{QR_NAME}>")
    if mail.has_calendar:
        method = CANCEL if mail.kind == "cancelled" else PUBLISH
        entry = _calendar(booking, location, language, method, sender)
        message.add_attachment(
            entry, subtype="calendar", filename="booking.ics", params={"method": method}
        )
    # Set after the contents, which would remove these headers.
    message["Content-Language"] = language.tag
    return message


def render(facts: Mapping[str, Any]) -> tuple[str, str]:
    """Return a mail's plain text and its HTML with inlined styles, rendered from templates."""
    html = _inliner().inline(_template("mail.html").render(facts))
    return _template("mail.txt").render(facts), html


def _subject(
    mail: Mail, location: Location, language: Language, values: Mapping[str, Value]
) -> str:
    said = one_line(language.say(f"{mail.kind}.subject", values))
    if location.mode != "test":
        return said
    return one_line(language.say("subject.test", {"subject": said}))


def _facts(
    mail: Mail,
    language: Language,
    values: Mapping[str, Value],
    addresses: Addresses,
    *,
    is_test: bool,
) -> dict[str, Any]:
    amount = mail.values.get("amount", "")
    return {
        "language": language.tag,
        "place": language.show(values["place"]),
        "test": language.say("test", {}) if is_test else "",
        "title": language.say(f"{mail.kind}.title", values),
        "paragraphs": [language.say(name, values) for name in mail.paragraphs],
        "rows": [
            (language.say(f"label.{label}", {}), language.show(value)) for label, value in mail.rows
        ],
        "pay": (language.say("button.pay", {"amount": amount}), addresses.pay_url)
        if addresses.pay_url
        else None,
        "visit": (language.say(mail.button, {}), addresses.visit_url),
        "receipt": (language.say("link.receipt", {}), mail.receipt_url)
        if mail.receipt_url
        else None,
        "qr": f"cid:{QR_NAME}" if addresses.pay_url else "",
        "notes": [language.say(name, values) for name in mail.notes],
        "footer": language.say("footer", values),
    }


def _calendar(
    booking: Booking, location: Location, language: Language, method: str, sender: str
) -> str:
    title = language.say("calendar.title", {"what": booking.description, "place": location.name})
    starts_at_s = booking.starts_at_s or 0
    changes = [each.at_s for each in booking.journal if each.what in CALENDAR_CHANGES]
    return calendar_entry(
        uid=f"{booking.booking_id}@bookpay",
        title=one_line(title),
        place=one_line(location.name),
        method=method,
        sequence=len(changes),
        organizer=sender,
        made_at_s=max([booking.created_at_s, *changes]),
        starts_at_s=starts_at_s,
        ends_at_s=booking.ends_at_s or starts_at_s,
    )


def _qr_png(url: str) -> bytes:
    picture = io.BytesIO()
    segno.make_qr(url).save(picture, kind="png", scale=QR_SCALE, border=QR_BORDER)
    return picture.getvalue()


@cache
def _inliner() -> css_inline.CSSInliner:
    # Most mail clients ignore style sheets; those that do not get the one for dark mode.
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> Template:
    return _environment().get_template(name)
