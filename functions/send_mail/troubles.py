"""The mail to a location's owners that Stripe refuses its key, once for each owner and refusal."""

from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage

from functions.send_mail.write import render
from shared.adapters.location_store import LocationStore
from shared.adapters.location_troubles import LocationTroubles
from shared.adapters.mail_stops import MailStops, address_digest
from shared.adapters.mail_store import MAIL_REFUSED, SENT, MailRecord, MailStore
from shared.adapters.mailer import MAIL_POLICY, REJECTED, Mailer
from shared.domain.activity.mail import Mail, Value
from shared.domain.activity.trouble_mails import trouble_mail
from shared.domain.bookings.undelivered_mails import ADDRESS_STOPPED
from shared.domain.email_address import written_address
from shared.domain.errors import AwsRefused, AwsUnreachable, WriteConflict
from shared.domain.locations.location import Location
from shared.domain.locations.permissions import OWNER
from shared.domain.messages.mail_orders import SendTroubleMail
from shared.observability import logger
from shared.wording import troubles
from shared.wording.language import language_of, one_line

# What the mails are kept under: they belong to no booking.
ABOUT = "stripe"


@dataclass(frozen=True, slots=True)
class TroubleSender:
    """The stores and clients that mails to owners are sent with."""

    public_url: str
    mail_from: str
    locations: LocationStore
    mails: MailStore
    stops: MailStops
    troubles: LocationTroubles
    mailer: Mailer


def send_trouble(order: SendTroubleMail, sender: TroubleSender, now_s: int) -> list[str]:
    """Send the mail to each owner, if the trouble persists, and return each outcome.

    `sent`, `refused` or `repeated`. One refused address does not stop the others; raises the first
    failure at the end, for the queue to retry the message.
    """
    location_id = order.location_id
    logger.append_keys(location_id=location_id)
    stored = sender.locations.get_location(location_id)
    if not sender.mailer.is_on or stored is None:
        return []
    if not sender.troubles.is_refused(location_id, order.kind):
        logger.info("a trouble is over before it is told")
        return []
    joined = sender.locations.get_members(location_id).members.joined.values()
    owners = sorted({each.email for each in joined if OWNER in each.roles and each.email})
    stopped = sender.stops.stopped(location_id, owners)
    mail, ends, failures = trouble_mail(order), [], list[Exception]()
    for owner in owners:
        mark = MailRecord(mail.fact, mail.kind, now_s, address_digest(owner), order=order)
        try:
            is_stopped = owner in stopped
            ends.append(
                _send_once(stored.location, mail, owner, mark, sender, is_stopped=is_stopped)
            )
        except (AwsRefused, AwsUnreachable, WriteConflict) as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return ends


def _send_once(
    location: Location,
    mail: Mail,
    owner: str,
    mark: MailRecord,
    sender: TroubleSender,
    *,
    is_stopped: bool,
) -> str:
    where = (location.location_id, ABOUT)
    if not sender.mails.claim(*where, mark):
        return "repeated"
    if is_stopped:
        return _refused(location, owner, replace(mark, reason=ADDRESS_STOPPED), sender)
    # The page's URL in the console.
    url = f"{sender.public_url}/console#/{location.location_id}/payments"
    message = write_trouble(mail, location, owner, url, sender.mail_from)
    try:
        message_id = sender.mailer.send_raw(message, [owner])
    except AwsRefused as refused:
        if refused.code not in REJECTED:
            raise
        return _refused(location, owner, replace(mark, reason=refused.code), sender)
    sender.mails.close(*where, replace(mark, status=SENT, message_id=message_id))
    logger.info("mail sent", kind=mark.kind, ses_message_id=message_id.partition("@")[0])
    return "sent"


def _refused(location: Location, owner: str, mark: MailRecord, sender: TroubleSender) -> str:
    logger.warning("mail refused", kind=mark.kind, code=mark.reason)
    sender.stops.show_reader(location.location_id, owner, mark.kind, MAIL_REFUSED)
    sender.mails.close(location.location_id, ABOUT, replace(mark, status=MAIL_REFUSED))
    return "refused"


def write_trouble(
    mail: Mail, location: Location, owner: str, url: str, sender: str
) -> EmailMessage:
    """Return the mail in the location's language, with a link to its payment settings."""
    said = language_of(location)
    language = replace(said, texts={**said.texts, **troubles.TEXTS[said.tag]})
    is_test = location.mode == "test"
    values: dict[str, Value] = {**mail.values, "place": location.name}
    subject = language.say(f"{mail.kind}.subject", values)
    if is_test:
        subject = language.say("subject.test", {"subject": one_line(subject)})
    message = EmailMessage(policy=MAIL_POLICY)
    message["Subject"] = one_line(subject)
    message["From"] = Address(one_line(location.name), addr_spec=sender)
    message["To"] = written_address(owner)
    # https://www.rfc-editor.org/rfc/rfc3834#section-5
    message["Auto-Submitted"] = "auto-generated"
    facts = {
        "language": language.tag,
        "place": language.show(location.name),
        "test": language.say("test", {}) if is_test else "",
        "title": language.say(f"{mail.kind}.title", values),
        "paragraphs": [language.say(name, values) for name in mail.paragraphs],
        "rows": [],
        "pay": None,
        "visit": (language.say("trouble.button", {}), url),
        "receipt": None,
        "qr": "",
        "notes": [language.say(name, values) for name in mail.notes],
        "footer": language.say("trouble.footer", values),
    }
    text, html = render(facts)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    # Set after the contents, which would remove these headers.
    message["Content-Language"] = language.tag
    return message
