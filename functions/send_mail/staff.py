"""Mails to staff about disputes and early fraud warnings, once to each who gets the reports."""

from functools import partial

from msgspec import Struct

from functions.send_mail.deliver import Posting, Sender, send_each, send_once
from functions.send_mail.write import Letter, write
from shared.adapters.mail_stops import address_digest
from shared.adapters.mail_store import MAIL_REFUSED, MailRecord
from shared.domain.activity.mail import Mail
from shared.domain.bookings.booking import Booking
from shared.domain.disputes.staff_mails import dispute_mail, fraud_warning_mail, hold_lapses_mail
from shared.domain.locations.location import Location
from shared.domain.messages.mail_orders import (
    SendDisputeMail,
    SendFraudWarning,
    SendHoldWarning,
    StaffMailOrder,
)
from shared.observability import logger
from shared.wording.language import language_of

STRIPES_DASHBOARD = "https://dashboard.stripe.com"


def send_to_staff(order: StaffMailOrder, sender: Sender, now_s: int) -> list[str]:
    """Send the mail that an order about a dispute asks for, if it still holds.

    Returns `sent`, `refused` or `repeated` for each recipient of the reports, or `unaddressed` if
    there is none: staff see the dispute in their list anyway. What is refused gets sent when the
    list of recipients is saved again. Raises as `send_each` does.
    """
    if not sender.mailer.is_on:
        return []
    if isinstance(order, SendDisputeMail):
        about = _of_dispute(order, sender, now_s)
    else:
        about = _of_charge(order, sender, now_s)
    if about is None:
        return []
    location, readers = about.location, about.location.report_recipients
    if not readers:
        logger.warning("nobody gets the mails about disputes")
        return ["unaddressed"]
    stopped = sender.stops.stopped(location.location_id, readers)
    return send_each(
        partial(
            send_once,
            _posting(about, reader, order, sender, now_s),
            sender,
            is_stopped=reader in stopped,
        )
        for reader in readers
    )


class _About(Struct, frozen=True):
    """A mail, the Stripe id of its subject, and the charge that it links to.

    `timezone` is its booking's, "" where none is known.
    """

    mail: Mail
    location: Location
    stripe_id: str
    charge_id: str
    timezone: str


def _of_dispute(order: SendDisputeMail, sender: Sender, now_s: int) -> _About | None:
    location_id, dispute_id = order.location_id, order.stripe_dispute_id
    logger.append_keys(location_id=location_id, dispute_id=dispute_id)
    found = sender.disputes.get_for_mail(location_id, dispute_id, order.booking_id)
    if found is None:
        logger.warning("mail for nobody's dispute")
        return None
    location, record, booking = found
    mail = dispute_mail(order, record, booking, now_s)
    if mail is None:
        return None
    return _About(mail, location, dispute_id, record.charge_id, _timezone(booking))


def _of_charge(
    order: SendFraudWarning | SendHoldWarning, sender: Sender, now_s: int
) -> _About | None:
    location_id, charge_id = order.location_id, order.charge
    logger.append_keys(location_id=location_id, charge_id=charge_id)
    found = sender.disputes.get_charge_for_mail(location_id, charge_id, order.booking_id)
    if found is None:
        logger.warning("mail for nobody's charge")
        return None
    location, charge, booking = found
    if isinstance(order, SendFraudWarning):
        mail, subject = fraud_warning_mail(order, charge, booking), order.early_fraud_warning
    else:
        mail, subject = hold_lapses_mail(order, charge, booking, now_s), charge_id
    if mail is None:
        return None
    return _About(mail, location, subject, charge_id, _timezone(booking))


def _timezone(booking: Booking | None) -> str:
    return booking.timezone if booking else ""


def _posting(
    about: _About, reader: str, order: StaffMailOrder, sender: Sender, now_s: int
) -> Posting:
    mail, location = about.mail, about.location
    mode = "/test" if location.mode == "test" else ""
    letter = Letter(
        mail,
        location,
        language_of(location, about.timezone),
        reader,
        button="dispute.button",
        url=f"{STRIPES_DASHBOARD}{mode}/payments/{about.charge_id}",
        footer="dispute.footer",
    )
    return Posting(
        # Kept under the dispute: the booking's mails are only those to the client.
        (location.location_id, about.stripe_id),
        MailRecord(mail.fact, mail.kind, now_s, address_digest(reader), order=order),
        reader,
        lambda: write(letter, sender.mail_from),
        partial(_show_refused, location.location_id, reader, sender),
    )


def _show_refused(location_id: str, reader: str, sender: Sender, record: MailRecord) -> None:
    if record.order is not None:
        sender.stops.keep_order(record.order)
    sender.stops.show_reader(location_id, reader, record.kind, MAIL_REFUSED)
