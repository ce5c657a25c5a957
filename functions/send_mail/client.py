"""One message: the booking is read as it is now, and its client gets each of its mails once."""

from copy import replace
from email.message import EmailMessage
from functools import partial

from msgspec import Struct

from functions.send_mail.deliver import REPEATED, Posting, Sender, deliver, send_each
from functions.send_mail.write import Letter, write
from shared.adapters.mail_stops import address_digest
from shared.adapters.mail_store import HELD_BACK, MAIL_REFUSED, SENT, MailRecord
from shared.domain.activity.booking_mails import without_offer
from shared.domain.activity.calendar_entry import (
    CANCEL,
    PUBLISH,
    REQUEST,
    Organizer,
    calendar_file,
)
from shared.domain.activity.client_mails import base_fact, mails_of
from shared.domain.activity.mail import Mail, Rows
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.client_addresses import UndeliveredMail
from shared.domain.bookings.proved_address import (
    is_caused_by_form_alone,
    note_held_back,
    printed_name,
)
from shared.domain.bookings.undelivered_mails import with_delivered, with_undelivered
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.link_tokens import derive_client_token, derive_token
from shared.domain.locations.budgets import MAILS_UNASKED, Spending, mailbox_name
from shared.domain.locations.location import Location
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.messages.mail_orders import ClientMailOrder, SendReminder
from shared.domain.visits.reminders import is_reminder_due
from shared.observability import logger
from shared.wording.contact import contact_of
from shared.wording.language import Language, language_of, without_name
from shared.wording.visit_calendar import visit_entry
from shared.workflows.bookings.client_access import read_with_host


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
    found = read_with_host(location_id, booking_id, sender.bookings, sender.hosts)
    if found is None:
        logger.warning("mail for nobody's booking")
        return []
    host, stored = found
    if not _still_holds(message, stored.booking, host.location, now_s):
        return []
    made = mails_of(message, stored.booking)
    mails = [_payable(each, stored.booking, host.location) for each in made]
    if mails and stored.booking.client is None:
        return ["unaddressed"]
    return send_each(
        partial(_send_once, mail, host, stored.booking, sender, now_s) for mail in mails
    )


def _still_holds(
    message: BookingChanged | ClientMailOrder, booking: Booking, location: Location, now_s: int
) -> bool:
    """Whether a reminder is still due; other mails look themselves whether they hold."""
    if not isinstance(message, SendReminder):
        return True
    return is_reminder_due(message, booking, location, now_s)


def _payable(mail: Mail, booking: Booking, location: Location) -> Mail:
    """Return a mail without the payment that it offers, where the location takes none by link."""
    return mail if booking.is_payable_by_link(location) else without_offer(mail)


class Addresses(Struct, frozen=True):
    """The URLs of the client's own page and of the payment, "" where none is asked for."""

    visit_url: str
    pay_url: str = ""


def letter_to_client(
    mail: Mail, host: VisitHost, booking: Booking, addresses: Addresses, sender: str
) -> Letter:
    """Return a mail to the booking's client; `sender` organises the visit in a calendar."""
    language, name = language_of(host.location, booking.timezone), printed_name(booking)
    return Letter(
        replace(mail, rows=with_employee(mail.rows, host.employee_name)),
        host.location,
        language if name else without_name(language),
        booking.client.email if booking.client else "",
        button=mail.button,
        url=addresses.visit_url,
        footer="footer",
        pay_url=addresses.pay_url,
        values={"name": name},
        calendar=_calendar(mail, host, booking, language, sender),
        contact=contact_of(host.location),
        reply_to=host.location.email,
    )


def with_employee(rows: Rows, name: str) -> Rows:
    """Return the rows with who it is with after what is booked and when."""
    if not name:
        return rows
    known = [at for at, (label, _) in enumerate(rows, 1) if label in {"what", "when"}]
    place = max(known, default=0)
    return (*rows[:place], ("who", name), *rows[place:])


def _send_once(mail: Mail, host: VisitHost, booking: Booking, sender: Sender, now_s: int) -> str:
    email = booking.client.email if booking.client else ""
    record = MailRecord(mail.fact, mail.kind, now_s, address_digest(email))
    where = (booking.location_id, booking.booking_id)
    if not sender.mails.claim(*where, record):
        return REPEATED
    is_stopped = bool(sender.stops.stopped(booking.location_id, [email]))
    if not is_stopped and not _has_budget(mail, booking, email, sender, now_s):
        return _hold_back(record, booking, sender, now_s)

    def written() -> EmailMessage:
        addresses = _addresses(mail, host.location, booking, sender)
        letter = letter_to_client(mail, host, booking, addresses, sender.mail_from)
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


def _addresses(mail: Mail, location: Location, booking: Booking, sender: Sender) -> Addresses:
    key, booking_id = sender.link_key.get(), booking.booking_id
    token = derive_client_token(key, booking_id, booking.client_access)
    pay_url = ""
    if mail.pay_number and booking.is_payable_by_link(location):
        link = derive_token(key, booking.location_id, booking_id, mail.pay_number)
        pay_url = f"{sender.public_url}/pay/{link}"
    return Addresses(f"{sender.public_url}/visit/{booking_id}/{token}", pay_url)


def _calendar(
    mail: Mail, host: VisitHost, booking: Booking, language: Language, sender: str
) -> tuple[str, str] | None:
    entry = visit_entry(booking, host, language) if mail.has_calendar else None
    if entry is None:
        return None
    organizer = Organizer(host.location.name, sender)
    if mail.kind == "moved" and booking.client:
        return REQUEST, calendar_file(entry, organizer, attendee=booking.client.email)
    return CANCEL if entry.is_cancelled else PUBLISH, calendar_file(entry, organizer)
