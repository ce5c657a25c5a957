"""The parts of a mail: plain text, HTML, the QR code, and the visit as a calendar entry."""

import io
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import segno
from msgspec import Struct, field

from shared.adapters.mail_styles import inline_styles
from shared.adapters.mailer import MAIL_POLICY
from shared.adapters.page_templates import page_templates
from shared.domain.activity.mail import Mail, Value
from shared.domain.email_address import written_address
from shared.domain.locations.location import Location
from shared.wording.contact import NO_CONTACT, Contact
from shared.wording.language import Language, one_line

TEMPLATES = Path(__file__).parent / "templates"
QR_NAME = "code"
QR_SCALE, QR_BORDER = 5, 4


class Letter(Struct, frozen=True):
    """A mail, in whose language and to whom.

    `button` and `footer` are names of sentences, and `url` is where the button leads; with a
    `pay_url` that button comes second. `values` are facts beside the mail's own. `calendar` is an
    attached entry and its method, such as `PUBLISH`. `contact` is how to reach the business, and
    `reply_to` where answers go, "" for the sender.
    """

    mail: Mail
    location: Location
    language: Language
    to: str
    button: str
    url: str
    footer: str
    pay_url: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    calendar: tuple[str, str] | None = None
    contact: Contact = NO_CONTACT
    reply_to: str = ""

    def say(self, name: str) -> str:
        """Return a sentence with the mail's facts."""
        facts = {**self.mail.values, "place": self.location.name, **self.values}
        return self.language.say(name, facts)


def write(letter: Letter, sender: str) -> EmailMessage:
    """Return the mail from the address `sender`, escaped where needed."""
    message = EmailMessage(policy=MAIL_POLICY)
    message["Subject"] = _subject(letter)
    message["From"] = Address(one_line(letter.location.name), addr_spec=sender)
    message["To"] = written_address(letter.to)
    if letter.reply_to:
        message["Reply-To"] = written_address(letter.reply_to)
    # https://www.rfc-editor.org/rfc/rfc3834#section-5: no absence notices are to be sent to us.
    message["Auto-Submitted"] = "auto-generated"
    templates, facts = page_templates(TEMPLATES), _facts(letter)
    message.set_content(templates.get_template("mail.txt").render(facts))
    html = inline_styles(templates.get_template("mail.html").render(facts))
    message.add_alternative(html, subtype="html")
    if letter.pay_url:
        [_, page] = message.iter_parts()
        page.add_related(_qr_png(letter.pay_url), "image", "png", cid=f"<{QR_NAME}>")
    if letter.calendar:
        method, entry = letter.calendar
        message.add_attachment(
            entry, subtype="calendar", filename="booking.ics", params={"method": method}
        )
    # Set after the contents, which would remove these headers.
    message["Content-Language"] = letter.language.tag
    return message


def _subject(letter: Letter) -> str:
    said = one_line(letter.say(f"{letter.mail.kind}.subject"))
    if letter.location.mode != "test":
        return said
    return one_line(letter.language.say("subject.test", {"subject": said}))


def _facts(letter: Letter) -> dict[str, Any]:
    mail, language, say = letter.mail, letter.language, letter.say
    return {
        "language": language.tag,
        "place": language.show(letter.location.name),
        "test": say("test") if letter.location.mode == "test" else "",
        "title": say(f"{mail.kind}.title"),
        "paragraphs": [say(name) for name in mail.paragraphs],
        "rows": [(say(f"label.{label}"), language.show(value)) for label, value in mail.rows],
        "pay": (say(mail.pay_button), letter.pay_url) if letter.pay_url else None,
        "visit": (say(letter.button), letter.url),
        "receipt": (say("link.receipt"), mail.receipt_url) if mail.receipt_url else None,
        "qr": f"cid:{QR_NAME}" if letter.pay_url else "",
        "notes": [say(name) for name in mail.notes],
        "contact": letter.contact,
        "footer": say(letter.footer),
    }


def _qr_png(url: str) -> bytes:
    picture = io.BytesIO()
    segno.make_qr(url).save(picture, kind="png", scale=QR_SCALE, border=QR_BORDER)
    return picture.getvalue()
