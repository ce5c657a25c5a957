"""The mail that invites somebody to a location's staff, ordered by a message. Pure.

The message carries no secret: the sender of the mail derives the token.
"""

from shared.domain.activity.mail import Mail
from shared.domain.dates.instants import Moment, rfc3339
from shared.domain.locations.members import Invitation
from shared.domain.messages.mail_orders import SendInvitation


def invitation_order(location_id: str, invitation: Invitation) -> SendInvitation:
    """Return the order to send an invitation's newest mail."""
    return SendInvitation(
        message_id=f"{invitation.invitation_id}-{invitation.number}",
        occurred_at=rfc3339(invitation.invited_at_s),
        location_id=location_id,
        invitation_id=invitation.invitation_id,
        number=invitation.number,
    )


def invitation_mail(invitation: Invitation, number: int, now_s: int) -> Mail | None:
    """Return the mail that was ordered; `None` if a newer one was, or the invitation expired."""
    if number != invitation.number or invitation.expires_at_s <= now_s:
        return None
    said = "invitation.text" if invitation.invited_by else "invitation.text_unnamed"
    return Mail(
        kind="invitation",
        fact=f"invitation#{number}",
        paragraphs=(said, "invitation.accept"),
        rows=(("invitation.until", Moment(invitation.expires_at_s)),),
        values={"by": invitation.invited_by},
        notes=("invitation.yours", "invitation.unexpected"),
    )
