"""One message: the booking is read as it is now, and its client gets each of its mails once."""

from dataclasses import dataclass, replace
from email.message import EmailMessage
from functools import partial

from functions.send_mail.deliver import REPEATED, Posting, Sender, deliver, send_each
from functions.send_mail.write import Letter, write
from shared.adapters.mail_stops import address_digest
from shared.adapters.mail_store import HELD_BACK, MAIL_REFUSED, SENT, MailRecord
from shared.domain.activity.calendar_entry import CANCEL, PUBLISH, calendar_entry
from shared.domain.activity.client_mails import base_fact, mails_of
from shared.domain.activity.mail import Mail
from shared.domain.bookings.booking import Booking, UndeliveredMail
from shared.domain.bookings.journal import REOPENED
from shared.domain.bookings.proved_address import (
    is_caused_by_form_alone,
    note_held_back,
    printed_name,
)
from shared.domain.bookings.undelivered_mails import with_delivered, with_undelivered
from shared.domain.link_tokens import derive_client_token, derive_token
from shared.domain.locations.budgets import MAILS_UNASKED, Spending, mailbox_name
from shared.domain.locations.location import Location
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.messages.mail_orders import ClientMailOrder
from shared.observability import logger
from shared.wording.language import Language, language_of, one_line, without_name

# The journal entries that change a visit in a calendar: each adds one to its SEQUENCE.
CALENDAR_CHANGES = frozenset({"booking.cancelled", REOPENED})


def send_to_client(
    message: BookingChanged | ClientMailOrder, sender: Sender, now_s: int
) -> list[str]:
    """Send the mails of one message and return each outcome: `sent`, `refused`, `repeated`.

    `held_back` is a mail that only the public form has caused and whose address has no budget left;
    the booking has a note of it. A mail whose reason no longer holds is not sent. Raises as
    `send_each` does.
    """
    location_id, booking_id = message.location_id, message.booking_id
    logger.append_keys(location_id=location_id, booking_id=booking_id)
    if not sender.mailer.is_on:
        return []
    location, stored = sender.bookings.get_location_and_booking(location_id, booking_id)
    if location is None or stored is None:
        logger.warning("mail for nobody's booking")
        return []
    mails = mails_of(message, stored.booking)
    if mails and stored.booking.client is None:
        return ["unaddressed"]
    return send_each(
        partial(_send_once, mail, location, stored.booking, sender, now_s) for mail in mails
    )


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of the client's own page and of the payment, "" where none is asked for."""

    visit_url: str
    pay_url: str = ""


def letter_to_client(
    mail: Mail, location: Location, booking: Booking, addresses: Addresses, sender: str
) -> Letter:
    """Return a mail to the booking's client; `sender` organises the visit in a calendar."""
    language, name = language_of(location, booking.timezone), printed_name(booking)
    return Letter(
        mail,
        location,
        language if name else without_name(language),
        booking.client.email if booking.client else "",
        button=mail.button,
        url=addresses.visit_url,
        footer="footer",
        pay_url=addresses.pay_url,
        values={"name": name},
        calendar=_calendar(mail, location, booking, language, sender),
    )


def _send_once(mail: Mail, location: Location, booking: Booking, sender: Sender, now_s: int) -> str:
    email = booking.client.email if booking.client else ""
    record = MailRecord(mail.fact, mail.kind, now_s, address_digest(email))
    where = (booking.location_id, booking.booking_id)
    if not sender.mails.claim(*where, record):
        return REPEATED
    is_stopped = bool(sender.stops.stopped(location.location_id, [email]))
    if not is_stopped and not _has_budget(mail, booking, email, sender, now_s):
        return _hold_back(record, booking, sender, now_s)

    def written() -> EmailMessage:
        addresses = _addresses(mail, booking, sender)
        letter = letter_to_client(mail, location, booking, addresses, sender.mail_from)
        return write(letter, sender.mail_from)

    posting = Posting(where, record, email, written, partial(_show_refused, booking, sender))
    end = deliver(posting, sender, is_stopped=is_stopped)
    told = base_fact(mail.fact)
    if end == SENT and any(each.fact == told for each in booking.undelivered):
        sender.bookings.change(*where, lambda found: with_delivered(found, told))
    return end


def _show_refused(booking: Booking, sender: Sender, record: MailRecord) -> None:
    missed = UndeliveredMail(base_fact(record.fact), record.kind, MAIL_REFUSED, record.at_s)
    sender.bookings.change(
        booking.location_id, booking.booking_id, lambda found: with_undelivered(found, missed)
    )


def _has_budget(mail: Mail, booking: Booking, email: str, sender: Sender, now_s: int) -> bool:
    """Whether a mail may be sent; those that only the public form has caused are counted."""
    if mail.is_asked_by_staff or not is_caused_by_form_alone(booking):
        return True
    # By its fact: a retried mail counts once.
    spending = Spending(f"{booking.booking_id}/{mail.fact}", now_s)
    subject = f"mail/{mailbox_name(email)}"
    return not sender.budgets.spend(subject, spending, MAILS_UNASKED, sender.link_key.get())


def _hold_back(record: MailRecord, booking: Booking, sender: Sender, now_s: int) -> str:
    logger.warning("mail held back", kind=record.kind)
    where = (booking.location_id, booking.booking_id)
    sender.bookings.change(*where, lambda found: note_held_back(found, record.fact, now_s))
    sender.mails.close(*where, replace(record, status=HELD_BACK))
    return HELD_BACK


def _addresses(mail: Mail, booking: Booking, sender: Sender) -> Addresses:
    key, booking_id = sender.link_key.get(), booking.booking_id
    token = derive_client_token(key, booking_id, booking.client_access)
    pay_url = ""
    if mail.pay_number:
        link = derive_token(key, booking.location_id, booking_id, mail.pay_number)
        pay_url = f"{sender.public_url}/pay/{link}"
    return Addresses(f"{sender.public_url}/visit/{booking_id}/{token}", pay_url)


def _calendar(
    mail: Mail, location: Location, booking: Booking, language: Language, sender: str
) -> tuple[str, str] | None:
    if not mail.has_calendar:
        return None
    method = CANCEL if mail.kind == "cancelled" else PUBLISH
    title = language.say("calendar.title", {"what": booking.description, "place": location.name})
    starts_at_s = booking.starts_at_s or 0
    changes = [each.at_s for each in booking.journal if each.what in CALENDAR_CHANGES]
    return method, calendar_entry(
        uid=f"{booking.booking_id}@bookpay",
        title=one_line(title),
        place=one_line(location.name),
        method=method,
        sequence=len(changes),
        organizer=sender,
        made_at_s=max([booking.created_at_s, *changes]),
        starts_at_s=starts_at_s,
        ends_at_s=booking.ends_at_s or starts_at_s,
    )
