"""The mail that invites somebody to a location's staff, once for each sending."""

import hashlib
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage

from functions.send_mail.write import render
from shared.adapters.link_key import LinkKey
from shared.adapters.location_store import LocationStore
from shared.adapters.mail_store import MAIL_REFUSED, SENT, MailRecord, MailStore
from shared.adapters.mailer import MAIL_POLICY, REJECTED, Mailer
from shared.domain.activity.invitation_mail import invitation_mail
from shared.domain.activity.mail import Mail, Value
from shared.domain.errors import AwsRefused
from shared.domain.link_tokens import derive_invitation_token
from shared.domain.locations.location import Location
from shared.domain.locations.members import Invitation
from shared.domain.messages.mail_orders import SendInvitation
from shared.observability import logger
from shared.wording import invitations
from shared.wording.language import Language, language_of, one_line


@dataclass(frozen=True, slots=True)
class InvitationSender:
    """The stores and clients that invitations are sent with."""

    public_url: str
    mail_from: str
    locations: LocationStore
    mails: MailStore
    link_key: LinkKey
    mailer: Mailer


def send_invitation(order: SendInvitation, sender: InvitationSender, now_s: int) -> list[str]:
    """Send the mail of an invitation, if it is still open: `sent`, `refused` or `repeated`.

    Raises `AwsRefused`, `AwsUnreachable` and `WriteConflict`, for the queue to retry the
    message.
    """
    location_id, invitation_id = order.location_id, order.invitation_id
    logger.append_keys(location_id=location_id, invitation_id=invitation_id)
    if not sender.mailer.is_on:
        return []
    stored = sender.locations.get_location(location_id)
    invitation = sender.locations.get_members(location_id).members.invited.get(invitation_id)
    if stored is None or invitation is None:
        logger.info("mail for nobody's invitation")
        return []
    mail = invitation_mail(invitation, order.number, now_s)
    if mail is None:
        return []
    return [_send_once(mail, stored.location, invitation, sender, now_s)]


def _send_once(
    mail: Mail, location: Location, invitation: Invitation, sender: InvitationSender, now_s: int
) -> str:
    digest = hashlib.sha256(invitation.email.encode()).hexdigest()
    mark = MailRecord(mail.fact, mail.kind, now_s, digest)
    where = (location.location_id, invitation.invitation_id)
    if not sender.mails.claim(*where, mark):
        return "repeated"
    token = derive_invitation_token(sender.link_key.get(), *where, invitation.number)
    console = f"{sender.public_url}/console"
    # After `#`, so that it is in no server's log.
    url = f"{console}#invitation={location.location_id}.{token}"
    message = write_invitation(mail, location, invitation, console, url, sender.mail_from)
    try:
        message_id = sender.mailer.send_raw(message, [invitation.email])
    except AwsRefused as refused:
        if refused.code not in REJECTED:
            raise
        logger.warning("mail refused", kind=mail.kind, code=refused.code)
        sender.mails.close(*where, replace(mark, status=MAIL_REFUSED))
        return "refused"
    sender.mails.close(*where, replace(mark, status=SENT, message_id=message_id))
    logger.info("mail sent", kind=mail.kind, ses_message_id=message_id.partition("@")[0])
    return "sent"


def write_invitation(
    mail: Mail, location: Location, invitation: Invitation, console: str, url: str, sender: str
) -> EmailMessage:
    """Return the mail in the location's language, with the way to accept and where to sign in."""
    language = _language(location)
    is_test = location.mode == "test"
    role = language.say(f"role.{invitation.roles[0]}", {})
    values: dict[str, Value] = {
        **mail.values,
        "place": location.name,
        "role": role,
        "console": console,
    }
    subject = language.say(f"{mail.kind}.subject", values)
    if is_test:
        subject = language.say("subject.test", {"subject": one_line(subject)})
    message = EmailMessage(policy=MAIL_POLICY)
    message["Subject"] = one_line(subject)
    message["From"] = Address(one_line(location.name), addr_spec=sender)
    message["To"] = invitation.email
    # https://www.rfc-editor.org/rfc/rfc3834#section-5
    message["Auto-Submitted"] = "auto-generated"
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
        "visit": (language.say("invitation.button", {}), url),
        "receipt": None,
        "qr": "",
        "notes": [language.say(name, values) for name in mail.notes],
        "footer": language.say("invitation.footer", values),
    }
    text, html = render(facts)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    # Set after the contents, which would remove these headers.
    message["Content-Language"] = language.tag
    return message


def _language(location: Location) -> Language:
    language = language_of(location)
    return replace(language, texts={**language.texts, **invitations.TEXTS[language.tag]})
