"""What SES reports about mails that it accepted: they bounced, or were marked as spam."""

from collections.abc import Callable, Mapping
from copy import replace
from typing import Any

from functions.send_mail.deliver import Sender
from shared.adapters.mail_stops import address_digest
from shared.adapters.mail_store import CLAIMED, MailRecord
from shared.domain.activity.client_mails import base_fact
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.client_addresses import UndeliveredMail
from shared.domain.bookings.undelivered_mails import (
    REPORT_MAIL,
    Undelivered,
    read_ses_event,
    with_undelivered,
)
from shared.domain.email_address import written_address
from shared.domain.errors import Overtaken
from shared.domain.locations.location import Location
from shared.observability import logger

BOOKING = "bk_"


def note_undelivered(detail: Mapping[str, Any], sender: Sender, now_s: int) -> list[str]:
    """Record what an SES event says about one of our mails, and return what it was.

    `bounced`, `complained` or `refused`; other events are ignored. Safe to repeat. Raises
    `Overtaken` while the mail is not known to be sent: the event is retried.
    """
    told = read_ses_event(detail)
    if told is None or not told.location_id:
        return []
    logger.append_keys(location_id=told.location_id, subject=told.subject)
    stored = sender.locations.get_location(told.location_id)
    if stored is None:
        logger.warning("mail of nobody's location came back")
        return []
    found = sender.mails.list_mails(told.location_id, told.subject)
    known = [each for each in found if each.message_id.partition("@")[0] == told.message_id]
    if not known and any(each.status == CLAIMED for each in found):
        raise Overtaken("the mail is still being sent")
    if told.subject.startswith(BOOKING):
        _note_clients(told, known, sender, now_s)
    else:
        _note_staffs(told, stored.location, known, sender, now_s)
    logger.warning("mail not delivered", status=told.status, reason=told.reason)
    return [told.status]


def _note_clients(told: Undelivered, known: list[MailRecord], sender: Sender, now_s: int) -> None:
    for record in known:
        where = (told.location_id, told.subject)
        missed = UndeliveredMail(base_fact(record.fact), record.kind, told.status, now_s)
        if told.stops:
            sender.stops.stop(told.location_id, record.to_digest, told.reason, now_s)
        if sender.bookings.get_booking(*where) is not None:
            sender.bookings.change(*where, _shown(record, missed))
        sender.mails.close(*where, replace(record, status=told.status, reason=told.reason))


def _shown(record: MailRecord, missed: UndeliveredMail) -> Callable[[Booking], Booking]:
    def change(booking: Booking) -> Booking:
        # If the address was corrected in the meantime, there is nothing left to do.
        client = booking.client
        is_current = client is not None and address_digest(client.email) == record.to_digest
        return with_undelivered(booking, missed) if is_current else booking

    return change


def _note_staffs(
    told: Undelivered,
    location: Location,
    known: list[MailRecord],
    sender: Sender,
    now_s: int,
) -> None:
    wanted = {each.lower() for each in told.recipients}
    by_digest = {record.to_digest: record for record in known}
    for reader in location.report_recipients:
        if written_address(reader).lower() not in wanted:
            continue
        digest = address_digest(reader)
        record = by_digest.get(digest)
        if told.stops:
            sender.stops.stop(location.location_id, digest, told.reason, now_s)
        if record is not None and record.order is not None:
            sender.stops.keep_order(record.order)
        kind = record.kind if record else REPORT_MAIL
        sender.stops.show_reader(location.location_id, reader, kind, told.status)
        if record is not None:
            closed = replace(record, status=told.status, reason=told.reason)
            sender.mails.close(location.location_id, told.subject, closed)
