"""One message: the booking is read as it is now, and its client gets each of its mails once."""

from dataclasses import dataclass, replace

from functions.send_mail.write import Addresses, write
from shared.adapters.booking_store import BookingStore
from shared.adapters.budget_store import BudgetStore
from shared.adapters.link_key import LinkKey
from shared.adapters.mail_stops import MailStops, address_digest
from shared.adapters.mail_store import HELD_BACK, MAIL_REFUSED, SENT, MailRecord, MailStore
from shared.adapters.mailer import REJECTED, Mailer
from shared.domain.activity.client_mails import base_fact, mails_of
from shared.domain.activity.mail import Mail
from shared.domain.bookings.booking import Booking, UndeliveredMail
from shared.domain.bookings.proved_address import is_caused_by_form_alone, note_held_back
from shared.domain.bookings.undelivered_mails import (
    ADDRESS_STOPPED,
    LOCATION_TAG,
    SUBJECT_TAG,
    with_delivered,
    with_undelivered,
)
from shared.domain.errors import AwsRefused, AwsUnreachable, WriteConflict
from shared.domain.link_tokens import derive_client_token, derive_token
from shared.domain.locations.budgets import MAILS_UNASKED, Spending, mailbox_name
from shared.domain.locations.location import Location
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.messages.mail_orders import ClientMailOrder
from shared.observability import logger


@dataclass(frozen=True, slots=True)
class Sender:
    """The stores and clients that mails are sent with."""

    public_url: str
    mail_from: str
    bookings: BookingStore
    mails: MailStore
    stops: MailStops
    link_key: LinkKey
    mailer: Mailer
    budgets: BudgetStore


def send(message: BookingChanged | ClientMailOrder, sender: Sender, now_s: int) -> list[str]:
    """Send the mails of one message and return each outcome: `sent`, `refused`, `repeated`.

    `held_back` is a mail that only the public form has caused and whose address has no budget left;
    the booking has a note of it. A mail whose reason no longer holds is not sent. A mail that fails
    does not stop the others; the first failure is raised at the end, for the queue to retry the
    message.
    """
    location_id, booking_id = message.location_id, message.booking_id
    logger.append_keys(location_id=location_id, booking_id=booking_id)
    if not sender.mailer.is_on:
        return []
    location, stored = sender.bookings.get_location_and_booking(location_id, booking_id)
    if location is None or stored is None:
        logger.warning("mail for nobody's booking")
        return []
    booking = stored.booking
    mails = mails_of(message, booking)
    if mails and booking.client is None:
        return ["unaddressed"]
    ends, failures = [], list[Exception]()
    for mail in mails:
        try:
            ends.append(_send_once(mail, location, booking, sender, now_s))
        except (AwsRefused, AwsUnreachable, WriteConflict) as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return ends


def _send_once(mail: Mail, location: Location, booking: Booking, sender: Sender, now_s: int) -> str:
    email = booking.client.email if booking.client else ""
    record = MailRecord(mail.fact, mail.kind, now_s, address_digest(email))
    where = (booking.location_id, booking.booking_id)
    if not sender.mails.claim(*where, record):
        return "repeated"
    if sender.stops.stopped(location.location_id, [email]):
        return _refused(replace(record, reason=ADDRESS_STOPPED), booking, sender)
    if not _has_budget(mail, booking, email, sender, now_s):
        _hold_back(mail, record, booking, sender, now_s)
        return "held_back"
    message = write(mail, location, booking, _addresses(mail, booking, sender), sender.mail_from)
    tags = {LOCATION_TAG: location.location_id, SUBJECT_TAG: booking.booking_id}
    try:
        message_id = sender.mailer.send_raw(message, [email], tags)
    except AwsRefused as refused:
        if refused.code not in REJECTED:
            raise
        # SES refuses this address, or this mail: no retry will send it.
        return _refused(replace(record, reason=refused.code), booking, sender)
    sender.mails.close(*where, replace(record, status=SENT, message_id=message_id))
    told = base_fact(mail.fact)
    if any(each.fact == told for each in booking.undelivered):
        sender.bookings.update_booking(*where, lambda found: with_delivered(found, told))
    logger.info("mail sent", kind=mail.kind, ses_message_id=message_id.partition("@")[0])
    return "sent"


def _refused(record: MailRecord, booking: Booking, sender: Sender) -> str:
    """Record a mail that is not sent, and show it to staff."""
    logger.warning("mail refused", kind=record.kind, code=record.reason)
    where = (booking.location_id, booking.booking_id)
    missed = UndeliveredMail(base_fact(record.fact), record.kind, MAIL_REFUSED, record.at_s)
    sender.bookings.update_booking(*where, lambda found: with_undelivered(found, missed))
    sender.mails.close(*where, replace(record, status=MAIL_REFUSED))
    return "refused"


def _has_budget(mail: Mail, booking: Booking, email: str, sender: Sender, now_s: int) -> bool:
    """Whether a mail may be sent; those that only the public form has caused are counted."""
    if mail.is_asked_by_staff or not is_caused_by_form_alone(booking):
        return True
    # By its fact: a retried mail counts once.
    spending = Spending(f"{booking.booking_id}/{mail.fact}", now_s)
    subject = f"mail/{mailbox_name(email)}"
    return not sender.budgets.spend(subject, spending, MAILS_UNASKED, sender.link_key.get())


def _hold_back(
    mail: Mail, record: MailRecord, booking: Booking, sender: Sender, now_s: int
) -> None:
    logger.warning("mail held back", kind=mail.kind)
    sender.bookings.update_booking(
        booking.location_id,
        booking.booking_id,
        lambda found: note_held_back(found, mail.fact, now_s),
    )
    sender.mails.close(booking.location_id, booking.booking_id, replace(record, status=HELD_BACK))


def _addresses(mail: Mail, booking: Booking, sender: Sender) -> Addresses:
    key, booking_id = sender.link_key.get(), booking.booking_id
    token = derive_client_token(key, booking_id, booking.client_access)
    pay_url = ""
    if mail.pay_number:
        link = derive_token(key, booking.location_id, booking_id, mail.pay_number)
        pay_url = f"{sender.public_url}/pay/{link}"
    return Addresses(f"{sender.public_url}/visit/{booking_id}/{token}", pay_url)
