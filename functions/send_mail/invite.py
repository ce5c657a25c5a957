"""The mail that invites somebody to a location's staff, once for each sending."""

from functions.send_mail.deliver import Posting, Sender, send_once
from functions.send_mail.write import Letter, write
from shared.adapters.mail_stops import address_digest
from shared.adapters.mail_store import MailRecord
from shared.domain.activity.invitation_mail import invitation_mail
from shared.domain.activity.mail import Mail
from shared.domain.link_tokens import derive_invitation_token
from shared.domain.locations.location import Location
from shared.domain.locations.members import Invitation
from shared.domain.messages.mail_orders import SendInvitation
from shared.observability import logger
from shared.wording.language import language_of


def send_invitation(order: SendInvitation, sender: Sender, now_s: int) -> list[str]:
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
    posting = Posting(
        (location_id, invitation_id),
        MailRecord(mail.fact, mail.kind, now_s, address_digest(invitation.email)),
        invitation.email,
        lambda: write(_letter(mail, stored.location, invitation, sender), sender.mail_from),
        is_followed=False,
    )
    return [send_once(posting, sender)]


def _letter(mail: Mail, location: Location, invitation: Invitation, sender: Sender) -> Letter:
    language = language_of(location)
    key, number = sender.link_key.get(), invitation.number
    token = derive_invitation_token(key, location.location_id, invitation.invitation_id, number)
    console = f"{sender.public_url}/console"
    return Letter(
        mail,
        location,
        language,
        invitation.email,
        button="invitation.button",
        # After `#`, so that it is in no server's log.
        url=f"{console}#invitation={location.location_id}.{token}",
        footer="invitation.footer",
        values={"role": language.say(f"role.{invitation.roles[0]}", {}), "console": console},
    )
