"""How any mail goes out: once to each address, and what was refused is shown to staff."""

from collections.abc import Callable, Iterable
from copy import replace
from email.message import EmailMessage
from functools import partial
from typing import Self

from msgspec import Struct

from shared.adapters.booking_store import BookingStore
from shared.adapters.budget_store import BudgetStore
from shared.adapters.dispute_store import DisputeStore
from shared.adapters.link_key import LinkKey
from shared.adapters.location_store import LocationStore
from shared.adapters.location_troubles import LocationTroubles
from shared.adapters.mail_stops import MailStops
from shared.adapters.mail_store import MAIL_REFUSED, SENT, MailRecord, MailStore
from shared.adapters.mailer import REJECTED, Mailer
from shared.adapters.visit_hosts import VisitHosts
from shared.config import Config
from shared.domain.bookings.undelivered_mails import ADDRESS_STOPPED, LOCATION_TAG, SUBJECT_TAG
from shared.domain.errors import AwsRefused, AwsUnreachable, WriteConflict
from shared.observability import logger

REPEATED, REFUSED = "repeated", "refused"


class Sender(Struct, frozen=True):
    """The stores and clients that mails are sent with."""

    public_url: str
    mail_from: str
    bookings: BookingStore
    budgets: BudgetStore
    disputes: DisputeStore
    hosts: VisitHosts
    link_key: LinkKey
    locations: LocationStore
    mailer: Mailer
    mails: MailStore
    stops: MailStops
    troubles: LocationTroubles

    @classmethod
    def of(cls, config: Config) -> Self:
        """Return the sender of this deployment."""
        mailer = Mailer(config)
        if not mailer.is_on:
            # Once for each execution environment: sending no mails is a choice, not a fault.
            logger.warning("no mails are sent: MailFrom is empty")
        return cls(
            public_url=config.public_url,
            mail_from=config.mail_from,
            bookings=BookingStore(config),
            budgets=BudgetStore(config),
            disputes=DisputeStore(config),
            hosts=VisitHosts(config),
            link_key=LinkKey(config),
            locations=LocationStore(config),
            mailer=mailer,
            mails=MailStore(config),
            stops=MailStops(config),
            troubles=LocationTroubles(config),
        )


class Posting(Struct, frozen=True):
    """One mail to one address.

    `where` is the location and the subject that its record is kept under. `show_refused` tells
    staff that it is not sent. `is_followed`: SES's events about it are to name its subject.
    """

    where: tuple[str, str]
    record: MailRecord
    to: str
    write: Callable[[], EmailMessage]
    show_refused: Callable[[MailRecord], None] = lambda _: None
    is_followed: bool = True


def deliver(posting: Posting, sender: Sender, *, is_stopped: bool = False) -> str:
    """Send a mail whose record was claimed, and return `sent` or `refused`.

    Refused is what goes to a stopped address, and what SES takes for no address, or no mail, to be
    sent: no retry would change that. Raises `AwsRefused` and `AwsUnreachable`.
    """
    if is_stopped:
        return _refuse(posting, ADDRESS_STOPPED, sender)
    location_id, subject = posting.where
    tags = {LOCATION_TAG: location_id, SUBJECT_TAG: subject} if posting.is_followed else {}
    try:
        message_id = sender.mailer.send_raw(posting.write(), [posting.to], tags)
    except AwsRefused as refused:
        if refused.code not in REJECTED:
            raise
        return _refuse(posting, refused.code, sender)
    sent = replace(posting.record, status=SENT, message_id=message_id)
    sender.mails.close(*posting.where, sent)
    logger.info("mail sent", kind=posting.record.kind, ses_message_id=message_id.partition("@")[0])
    return SENT


def send_once(posting: Posting, sender: Sender, *, is_stopped: bool = False) -> str:
    """Claim a mail's record and deliver it; `repeated` if that was done before."""
    if not sender.mails.claim(*posting.where, posting.record):
        return REPEATED
    return deliver(posting, sender, is_stopped=is_stopped)


def send_each(sends: Iterable[Callable[[], str]]) -> list[str]:
    """Return the outcome of each; one that fails does not stop the others.

    Raises as `send_all` does.
    """
    return send_all(partial(_alone, send) for send in sends)


def _alone(send: Callable[[], str]) -> list[str]:
    return [send()]


def send_all(sends: Iterable[Callable[[], list[str]]]) -> list[str]:
    """Return the outcomes of all; one that fails does not stop the others.

    The first failure is raised at the end (`AwsRefused`, `AwsUnreachable`, `WriteConflict`), for
    the queue to retry the message.
    """
    ends, failures = list[str](), list[Exception]()
    for send in sends:
        try:
            ends += send()
        except (AwsRefused, AwsUnreachable, WriteConflict) as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return ends


def _refuse(posting: Posting, reason: str, sender: Sender) -> str:
    record = replace(posting.record, reason=reason)
    logger.warning("mail refused", kind=record.kind, code=reason)
    posting.show_refused(record)
    sender.mails.close(*posting.where, replace(record, status=MAIL_REFUSED))
    return REFUSED
