"""Mails to members of the staff who asked to hear of bookings: once for each of them and fact."""

from copy import replace
from functools import partial

from functions.send_mail.client import with_employee
from functions.send_mail.deliver import Posting, Sender, send_each, send_once
from functions.send_mail.write import Letter, write
from shared.adapters.mail_stops import address_digest
from shared.adapters.mail_store import MAIL_REFUSED, READER_CHARS, MailRecord
from shared.domain.activity.mail import Mail
from shared.domain.activity.staff_news import news_in, news_mails
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.locations.console_address import console_address
from shared.domain.messages.booking_changed import BookingChanged
from shared.wording.language import language_of
from shared.workflows.bookings.client_access import read_with_host


def send_news(message: BookingChanged, sender: Sender, now_s: int) -> list[str]:
    """Send the news of a booking to each member who wants it, and return each outcome.

    `sent`, `refused` or `repeated`. Who belongs to the location is read only where there is news,
    and the booking only where somebody wants it. Raises as `send_each` does.
    """
    location_id, kinds = message.location_id, news_in(message)
    if not kinds or not sender.mailer.is_on:
        return []
    readers = sender.locations.get_members(location_id).members.readers_of(kinds)
    found = readers and read_with_host(
        location_id, message.booking_id, sender.bookings, sender.hosts
    )
    if not found:
        return []
    host, booking = found[0], found[1].booking
    stopped = sender.stops.stopped(location_id, readers)
    return send_each(
        partial(
            send_once,
            _posting(mail, reader, host, booking, sender, now_s),
            sender,
            is_stopped=reader in stopped,
        )
        for kind, mail in news_mails(message, booking)
        for reader, wanted in readers.items()
        if kind in wanted
    )


def _posting(
    mail: Mail, reader: str, host: VisitHost, booking: Booking, sender: Sender, now_s: int
) -> Posting:
    location_id, digest = booking.location_id, address_digest(reader)
    letter = Letter(
        replace(mail, rows=with_employee(mail.rows, host.employee_name)),
        host.location,
        language_of(host.location, booking.timezone),
        reader,
        button="staff_news.button",
        url=console_address(sender.public_url, location_id, "bookings", booking.booking_id),
        footer="staff_news.footer",
    )
    show = partial(sender.stops.show_reader, location_id, reader, mail.kind, MAIL_REFUSED)
    return Posting(
        # Beside the booking's mails, which are only those to the client.
        (location_id, f"news_{booking.booking_id}"),
        MailRecord(f"{mail.fact}#{digest[:READER_CHARS]}", mail.kind, now_s, digest),
        reader,
        lambda: write(letter, sender.mail_from),
        lambda _: show(),
        is_followed=False,
    )
