"""The mail to a location's owners that Stripe refuses its key, once for each owner and refusal."""

from functools import partial

from functions.send_mail.deliver import Posting, Sender, send_each, send_once
from functions.send_mail.write import Letter, write
from shared.adapters.mail_stops import address_digest
from shared.adapters.mail_store import MAIL_REFUSED, MailRecord
from shared.domain.activity.trouble_mails import trouble_mail
from shared.domain.locations.console_address import console_address
from shared.domain.locations.location import Location
from shared.domain.locations.permissions import OWNER
from shared.domain.messages.mail_orders import SendTroubleMail
from shared.observability import logger
from shared.wording.language import language_of

# What the mails are kept under: they belong to no booking.
ABOUT = "stripe"


def send_trouble(order: SendTroubleMail, sender: Sender, now_s: int) -> list[str]:
    """Send the mail to each owner, if the trouble persists, and return each outcome.

    `sent`, `refused` or `repeated`. Raises as `send_each` does.
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
    return send_each(
        partial(
            send_once,
            _posting(stored.location, owner, order, sender, now_s),
            sender,
            is_stopped=owner in stopped,
        )
        for owner in owners
    )


def _posting(
    location: Location, owner: str, order: SendTroubleMail, sender: Sender, now_s: int
) -> Posting:
    mail = trouble_mail(order)
    letter = Letter(
        mail,
        location,
        language_of(location),
        owner,
        button="trouble.button",
        url=console_address(sender.public_url, location.location_id, "payments"),
        footer="trouble.footer",
    )
    show = partial(sender.stops.show_reader, location.location_id, owner, mail.kind, MAIL_REFUSED)
    return Posting(
        (location.location_id, ABOUT),
        MailRecord(mail.fact, mail.kind, now_s, address_digest(owner), order=order),
        owner,
        lambda: write(letter, sender.mail_from),
        lambda _: show(),
        is_followed=False,
    )
