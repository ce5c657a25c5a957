"""What SES reports about mails that it accepted: they bounced, or were marked as spam."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from shared.adapters.mail_stops import MailStops, address_digest
from shared.adapters.mail_store import CLAIMED, MailRecord, MailStore
from shared.domain.activity.client_mails import base_fact
from shared.domain.bookings.booking import Booking, UndeliveredMail
from shared.domain.bookings.undelivered_mails import (
    REPORT_MAIL,
    Undelivered,
    read_ses_event,
    with_undelivered,
)
from shared.domain.email_address import written_address
from shared.domain.errors import WriteConflict
from shared.domain.locations.location import Location
from shared.observability import logger

BOOKING = "bk_"


@dataclass(frozen=True, slots=True)
class Records:
    """The stores that know what was sent to whom."""

    bookings: BookingStore
    locations: LocationStore
    mails: MailStore
    stops: MailStops


def note_undelivered(detail: Mapping[str, Any], records: Records, now_s: int) -> list[str]:
    """Record what an SES event says about one of our mails, and return what it was.

    `bounced`, `complained` or `refused`; other events are ignored. Safe to repeat. Raises
    `WriteConflict` while the mail is not known to be sent: the event is retried.
    """
    told = read_ses_event(detail)
    if told is None or not told.location_id:
        return []
    logger.append_keys(location_id=told.location_id, subject=told.subject)
    stored = records.locations.get_location(told.location_id)
    if stored is None:
        logger.warning("mail of nobody's location came back")
        return []
    found = records.mails.list_mails(told.location_id, told.subject)
    known = [each for each in found if each.message_id.partition("@")[0] == told.message_id]
    if not known and any(each.status == CLAIMED for each in found):
        raise WriteConflict("the mail is still being sent")
    if told.subject.startswith(BOOKING):
        _note_clients(told, known, records, now_s)
    else:
        _note_staffs(told, stored.location, known, records, now_s)
    logger.warning("mail not delivered", status=told.status, reason=told.reason)
    return [told.status]


def _note_clients(told: Undelivered, known: list[MailRecord], records: Records, now_s: int) -> None:
    for record in known:
        where = (told.location_id, told.subject)
        missed = UndeliveredMail(base_fact(record.fact), record.kind, told.status, now_s)
        if told.stops:
            records.stops.stop(told.location_id, record.to_digest, told.reason, now_s)
        if records.bookings.get_booking(*where) is not None:
            records.bookings.update_booking(*where, _shown(record, missed))
        records.mails.close(*where, replace(record, status=told.status, reason=told.reason))


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
    records: Records,
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
            records.stops.stop(location.location_id, digest, told.reason, now_s)
        if record is not None and record.order is not None:
            records.stops.keep_order(record.order)
        kind = record.kind if record else REPORT_MAIL
        records.stops.show_reader(location.location_id, reader, kind, told.status)
        if record is not None:
            closed = replace(record, status=told.status, reason=told.reason)
            records.mails.close(location.location_id, told.subject, closed)
