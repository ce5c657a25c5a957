"""Mails to staff about disputes and early fraud warnings, once to each who gets the reports."""

from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage

from functions.send_mail.write import render
from shared.adapters.dispute_store import DisputeStore
from shared.adapters.mail_stops import MailStops, address_digest
from shared.adapters.mail_store import MAIL_REFUSED, SENT, MailRecord, MailStore
from shared.adapters.mailer import MAIL_POLICY, REJECTED, Mailer
from shared.domain.activity.mail import Mail, Value
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.undelivered_mails import ADDRESS_STOPPED, LOCATION_TAG, SUBJECT_TAG
from shared.domain.disputes.staff_mails import dispute_mail, fraud_warning_mail, hold_lapses_mail
from shared.domain.email_address import written_address
from shared.domain.errors import AwsRefused, AwsUnreachable, WriteConflict
from shared.domain.locations.location import Location
from shared.domain.messages.mail_orders import (
    SendDisputeMail,
    SendFraudWarning,
    SendHoldWarning,
    StaffMailOrder,
)
from shared.observability import logger
from shared.wording import disputes
from shared.wording.language import Language, language_of, one_line

STRIPES_DASHBOARD = "https://dashboard.stripe.com"


@dataclass(frozen=True, slots=True)
class StaffSender:
    """The stores and clients that mails to staff are sent with."""

    mail_from: str
    disputes: DisputeStore
    mails: MailStore
    stops: MailStops
    mailer: Mailer


def send_to_staff(order: StaffMailOrder, sender: StaffSender, now_s: int) -> list[str]:
    """Send the mail that an order about a dispute asks for, if it still holds.

    Returns `sent`, `refused` or `repeated` for each recipient of the reports, or `unaddressed` if
    there is none: staff see the dispute in their list anyway. One refused address does not stop the
    others; staff see it, and it gets the mail when the list is saved again. Raises the first
    failure at the end (`AwsRefused`, `AwsUnreachable`, `WriteConflict`), for the queue to retry the
    message.
    """
    if not sender.mailer.is_on:
        return []
    if isinstance(order, SendDisputeMail):
        found = _dispute(order, sender)
    else:
        found = _of_charge(order, sender)
    if found is None:
        return []
    location, about = found
    if not location.report_recipients:
        logger.warning("nobody gets the mails about disputes")
        return ["unaddressed"]
    ends, failures = [], list[Exception]()
    stopped = sender.stops.stopped(location.location_id, location.report_recipients)
    for reader in location.report_recipients:
        mark = MailRecord(
            about.mail.fact, about.mail.kind, now_s, address_digest(reader), order=order
        )
        try:
            is_stopped = reader in stopped
            ends.append(_send_once(location, about, reader, mark, sender, is_stopped=is_stopped))
        except (AwsRefused, AwsUnreachable, WriteConflict) as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return ends


@dataclass(frozen=True, slots=True)
class _About:
    """A mail, the Stripe id of its subject, and the charge that it links to.

    `timezone` is its booking's, "" where none is known.
    """

    mail: Mail
    stripe_id: str
    charge_id: str
    timezone: str


def _dispute(order: SendDisputeMail, sender: StaffSender) -> tuple[Location, _About] | None:
    location_id, dispute_id = order.location_id, order.stripe_dispute_id
    logger.append_keys(location_id=location_id, dispute_id=dispute_id)
    found = sender.disputes.get_for_mail(location_id, dispute_id, order.booking_id)
    if found is None:
        logger.warning("mail for nobody's dispute")
        return None
    location, record, booking = found
    mail = dispute_mail(order, record, booking)
    if mail is None:
        return None
    return location, _About(mail, dispute_id, record.charge_id, _timezone(booking))


def _of_charge(
    order: SendFraudWarning | SendHoldWarning, sender: StaffSender
) -> tuple[Location, _About] | None:
    location_id, charge_id = order.location_id, order.charge
    logger.append_keys(location_id=location_id, charge_id=charge_id)
    found = sender.disputes.get_charge_for_mail(location_id, charge_id, order.booking_id)
    if found is None:
        logger.warning("mail for nobody's charge")
        return None
    location, charge, booking = found
    if isinstance(order, SendFraudWarning):
        mail, about = fraud_warning_mail(order, charge, booking), order.early_fraud_warning
    else:
        mail, about = hold_lapses_mail(order, charge, booking), charge_id
    return (location, _About(mail, about, charge_id, _timezone(booking))) if mail else None


def _timezone(booking: Booking | None) -> str:
    return booking.timezone if booking else ""


def _send_once(
    location: Location,
    about: _About,
    reader: str,
    mark: MailRecord,
    sender: StaffSender,
    *,
    is_stopped: bool,
) -> str:
    # Kept under the dispute: the booking's mails are only those to the client.
    where = (location.location_id, about.stripe_id)
    if not sender.mails.claim(*where, mark):
        return "repeated"
    if is_stopped:
        return _refused(location, about, reader, replace(mark, reason=ADDRESS_STOPPED), sender)
    message = write_to_staff(about, location, reader, sender.mail_from)
    tags = {LOCATION_TAG: location.location_id, SUBJECT_TAG: about.stripe_id}
    try:
        message_id = sender.mailer.send_raw(message, [reader], tags)
    except AwsRefused as refused:
        if refused.code not in REJECTED:
            raise
        return _refused(location, about, reader, replace(mark, reason=refused.code), sender)
    sender.mails.close(*where, replace(mark, status=SENT, message_id=message_id))
    logger.info("mail sent", kind=mark.kind, ses_message_id=message_id.partition("@")[0])
    return "sent"


def _refused(
    location: Location, about: _About, reader: str, mark: MailRecord, sender: StaffSender
) -> str:
    """Record a mail that is not sent: shown to staff, and sent when the list is saved again."""
    logger.warning("mail refused", kind=mark.kind, code=mark.reason)
    location_id = location.location_id
    if mark.order is not None:
        sender.stops.keep_order(mark.order)
    sender.stops.show_reader(location_id, reader, mark.kind, MAIL_REFUSED)
    sender.mails.close(location_id, about.stripe_id, replace(mark, status=MAIL_REFUSED))
    return "refused"


def write_to_staff(about: _About, location: Location, reader: str, sender: str) -> EmailMessage:
    """Return a mail to one recipient in the location's language, with a link to Stripe's page."""
    mail, language = about.mail, _language(location, about.timezone)
    is_test = location.mode == "test"
    values: dict[str, Value] = {**mail.values, "place": location.name}
    subject = language.say(f"{mail.kind}.subject", values)
    if is_test:
        subject = language.say("subject.test", {"subject": one_line(subject)})
    message = EmailMessage(policy=MAIL_POLICY)
    message["Subject"] = one_line(subject)
    message["From"] = Address(one_line(location.name), addr_spec=sender)
    message["To"] = written_address(reader)
    # https://www.rfc-editor.org/rfc/rfc3834#section-5
    message["Auto-Submitted"] = "auto-generated"
    mode = "/test" if is_test else ""
    url = f"{STRIPES_DASHBOARD}{mode}/payments/{about.charge_id}"
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
    # Set after the contents, which would remove these headers.
    message["Content-Language"] = language.tag
    return message


def _language(location: Location, timezone: str) -> Language:
    language = language_of(location, timezone)
    return replace(language, texts={**language.texts, **disputes.TEXTS[language.tag]})
