"""Mails to staff about disputes and warnings of them: to those who get the reports, each once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from functions.send_mail.write import render
from shared.adapters.dispute_store import DisputeStore
from shared.adapters.mail_store import REFUSED, SENT, MailRecord, MailStore
from shared.adapters.mailer import MAIL_POLICY, REJECTED, Mailer
from shared.domain.dispute_mails import dispute_mail, fraud_warning_mail
from shared.domain.dispute_orders import FRAUD_WARNED
from shared.domain.errors import AwsRefused
from shared.domain.location import Location
from shared.domain.mails import Mail, Value
from shared.observability import logger
from shared.wording import disputes
from shared.wording.language import Language, language_of, one_line

STRIPES_DASHBOARD = "https://dashboard.stripe.com"


@dataclass(frozen=True, slots=True)
class StaffSender:
    """What mails to staff are made and sent with."""

    mail_from: str
    disputes: DisputeStore
    mails: MailStore
    mailer: Mailer


def send_to_staff(detail: Mapping[str, Any], sender: StaffSender, now_s: int) -> list[str]:
    """Send the mail that an order about a dispute asks for, if it still holds, and say what became.

    `sent`, `refused`, `repeated`, or `unaddressed` where the location has nobody who gets reports:
    the dispute stands among what staff have to look at anyway. Raises `AwsRefused`,
    `AwsUnreachable` and `WriteConflict`, for the queue to bring the message again.
    """
    if not sender.mailer.is_on:
        return []
    is_warning = detail["kind"] == FRAUD_WARNED
    found = _fraud_warning(detail, sender) if is_warning else _dispute(detail, sender)
    if found is None:
        return []
    location, about = found
    if not location.report_recipients:
        logger.warning("nobody gets the mails about disputes")
        return ["unaddressed"]
    return [_send_once(location, about, sender, now_s)]


@dataclass(frozen=True, slots=True)
class _About:
    """A mail, what it is about by Stripe's id, and the charge that staff look at there."""

    mail: Mail
    stripe_id: str
    charge_id: str


def _dispute(detail: Mapping[str, Any], sender: StaffSender) -> tuple[Location, _About] | None:
    location_id, dispute_id = detail["location_id"], detail["stripe_dispute_id"]
    logger.append_keys(location_id=location_id, dispute_id=dispute_id)
    found = sender.disputes.get_for_mail(location_id, dispute_id, detail["booking_id"])
    if found is None:
        logger.warning("mail for nobody's dispute")
        return None
    location, record, booking = found
    mail = dispute_mail(detail, record, booking)
    return (location, _About(mail, dispute_id, record.charge_id)) if mail else None


def _fraud_warning(
    detail: Mapping[str, Any], sender: StaffSender
) -> tuple[Location, _About] | None:
    location_id, charge_id = detail["location_id"], detail["charge"]
    logger.append_keys(location_id=location_id, charge_id=charge_id)
    found = sender.disputes.get_charge_for_mail(location_id, charge_id, detail["booking_id"])
    if found is None:
        logger.warning("mail for nobody's charge")
        return None
    location, charge, booking = found
    mail = fraud_warning_mail(detail, charge, booking)
    return (location, _About(mail, detail["early_fraud_warning"], charge_id)) if mail else None


def _send_once(location: Location, about: _About, sender: StaffSender, now_s: int) -> str:
    mail = about.mail
    recipients = location.report_recipients
    digest = hashlib.sha256(" ".join(recipients).encode()).hexdigest()
    mark = MailRecord(mail.fact, mail.kind, now_s, digest)
    # Kept under the dispute: among the booking's mails stands only what went to the client.
    where = (location.location_id, about.stripe_id)
    if not sender.mails.claim(*where, mark):
        return "repeated"
    message = write_to_staff(mail, location, about.charge_id, sender.mail_from)
    try:
        message_id = sender.mailer.send_raw(message, recipients)
    except AwsRefused as refused:
        if refused.code not in REJECTED:
            raise
        logger.warning("mail refused", kind=mail.kind, code=refused.code)
        sender.mails.close(*where, replace(mark, status=REFUSED))
        return "refused"
    sender.mails.close(*where, replace(mark, status=SENT, message_id=message_id))
    logger.info("mail sent", kind=mail.kind, ses_message_id=message_id.partition("@")[0])
    return "sent"


def write_to_staff(mail: Mail, location: Location, charge_id: str, sender: str) -> EmailMessage:
    """Return a mail to staff in the location's language, with the way to Stripe's own page."""
    language = _language(location)
    is_test = location.mode == "test"
    values: dict[str, Value] = {**mail.values, "place": location.name}
    subject = language.say(f"{mail.kind}.subject", values)
    if is_test:
        subject = language.say("subject.test", {"subject": one_line(subject)})
    message = EmailMessage(policy=MAIL_POLICY)
    message["Subject"] = one_line(subject)
    message["From"] = Address(one_line(location.name), addr_spec=sender)
    message["To"] = ", ".join(location.report_recipients)
    # https://www.rfc-editor.org/rfc/rfc3834#section-5
    message["Auto-Submitted"] = "auto-generated"
    mode = "/test" if is_test else ""
    url = f"{STRIPES_DASHBOARD}{mode}/payments/{charge_id}"
    facts = {
        "language": language.tag,
        "place": language.show(location.name),
        "test": language.say("test", {}) if is_test else "",
        "title": language.say(f"{mail.kind}.title", values),
        "paragraphs": [language.say(name, values) for name in mail.paragraphs],
        "rows": [
            (language.say(f"label.{label}", {}), language.show(value)) for label, value in mail.rows
        ],
        "pay": None,
        "visit": (language.say("dispute.button", {}), url),
        "receipt": None,
        "qr": "",
        "notes": [language.say(name, values) for name in mail.notes],
        "footer": language.say("dispute.footer", values),
    }
    text, html = render(facts)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    # After its contents, which take the headers about contents away.
    message["Content-Language"] = language.tag
    return message


def _language(location: Location) -> Language:
    language = language_of(location)
    return replace(language, texts={**language.texts, **disputes.TEXTS[language.tag]})
