"""Whether an e-mail address is known to be the client's own, and what is sent until it is. Pure.

Anybody can enter anybody's address in the public form. It is proved for a booking when its client
has paid, saved a card, or followed the link in a mail that was sent to that address only. That
holds for this booking alone: else whoever knows a client's address could go on booking in their
name.
"""

import re
import unicodedata
from copy import replace
from typing import Final

from shared.domain.bookings.authorship import CLIENT, cancelled_by
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.lifecycle import (
    AWAITING_CONFIRMATION,
    AWAITING_PAYMENT,
    CANCELLED,
    COMPLETED,
    EXPIRED,
    NO_SHOW,
    Step,
    status_after,
)
from shared.domain.bookings.payment_summary import has_saved_card
from shared.domain.errors import Conflict

# How long a slot waits for its client to follow the link in the mail.
CONFIRM_S = 30 * 60
ADDRESS_CONFIRMED: Final = "booking.address_confirmed"
HELD_BACK: Final = "mail.held_back"
_REFUSED = {
    AWAITING_PAYMENT: ("not_awaiting_confirmation", "The booking waits for its payment."),
    EXPIRED: ("booking_expired", "The booking was not confirmed in time, and is gone."),
    CANCELLED: ("already_cancelled", "The booking was cancelled."),
}
# What mail programs turn into a link: a scheme, `www`, a dot between a word and two letters, four
# numbers with dots, an e-mail address. IDNA treats the ideographic full stop as a dot
# (https://www.rfc-editor.org/rfc/rfc3490#section-3.1).
_LINK = re.compile(
    r"://|@|\bwww\b|\w[.\u3002](?:[^\W\d_]{2}|\d+[.\u3002]\d+[.\u3002]\d+)", re.IGNORECASE
)
_INVISIBLE = "Cf"


def is_address_proved(booking: Booking) -> bool:
    """Whether the booking's e-mail address is known to be the client's own."""
    if any(entry.what == ADDRESS_CONFIRMED for entry in booking.journal):
        return True
    has_money = any(
        charge.amount_captured_minor > 0 or charge.authorized
        for charge in booking.facts.charges.values()
    )
    return has_money or has_saved_card(booking.facts) or booking.is_being_paid()


def is_made_by_client(booking: Booking) -> bool:
    """Whether the booking was made in the public form, and not by staff."""
    made = booking.journal[:1]
    return bool(made) and made[0].by == CLIENT


def is_caused_by_form_alone(booking: Booking) -> bool:
    """Whether the booking's mails are caused by the public form alone, and may be held back.

    That is: its address is not proved, nothing was paid, and the business did not end it. Mails
    about what staff did, or about money that moved, are always sent.
    """
    if not is_made_by_client(booking) or is_address_proved(booking):
        return False
    is_ended_by_staff = booking.status in (NO_SHOW, COMPLETED) or (
        booking.status == CANCELLED and cancelled_by(booking) != CLIENT
    )
    return not is_ended_by_staff


def is_abandoned_slot(booking: Booking) -> bool:
    """Whether the client gave up a slot that was only reserved: never paid, never confirmed."""
    if booking.status != CANCELLED or cancelled_by(booking) != CLIENT:
        return False
    if is_address_proved(booking) or booking.paid_elsewhere_minor() or booking.terms is None:
        return False
    # A booking that is paid at the visit waits for something only if it has to be confirmed.
    return bool(booking.terms.hold_until_s)


def names_a_page(text: str) -> bool:
    """Whether mail programs would turn something in a text into a link."""
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(each for each in plain if unicodedata.category(each) != _INVISIBLE)
    return bool(_LINK.search(seen))


def printed_name(booking: Booking) -> str:
    """Return the client's name for a mail to them, "" if it is better left out.

    A stranger may have chosen the name, and the address is not proved: with a link in the name, the
    business would be sending somebody else's advertisement.
    """
    name = booking.client.name if booking.client else ""
    is_strange = is_made_by_client(booking) and not is_address_proved(booking)
    return "" if is_strange and names_a_page(name) else name


def await_confirmation(booking: Booking, now_s: int) -> Booking:
    """Return a new booking with nothing to pay, waiting for its client to confirm it.

    It waits for `CONFIRM_S`, but not past its start.
    """
    if booking.terms is None:
        return booking
    until_s = now_s + CONFIRM_S
    if booking.starts_at_s is not None:
        until_s = min(until_s, booking.starts_at_s)
    terms = replace(booking.terms, hold_until_s=until_s)
    status = status_after(booking.status, Step.ASK_TO_CONFIRM)
    return replace(booking, status=status, terms=terms)


def confirm_address(booking: Booking, now_s: int) -> Booking:
    """Return the booking confirmed by its client, who followed the link in the mail.

    A confirmed booking is returned unchanged. Raises `Conflict` `not_awaiting_confirmation`,
    `booking_expired` or `already_cancelled`.
    """
    if refused := _REFUSED.get(booking.status):
        code, detail = refused
        raise Conflict(detail, code=code)
    if booking.status != AWAITING_CONFIRMATION:
        return booking
    name = f"{booking.booking_id}-address_confirmed"
    entry = JournalEntry(name, now_s, ADDRESS_CONFIRMED, CLIENT)
    status = status_after(booking.status, Step.CONFIRM_ADDRESS)
    return replace(booking, status=status).with_entry(entry)


def note_held_back(booking: Booking, fact: str, now_s: int) -> Booking:
    """Return the booking with a journal entry for a mail that was held back, one for each fact."""
    name = f"{booking.booking_id}-held_back-{fact}"
    if any(entry.entry_id == name for entry in booking.journal):
        return booking
    entry = JournalEntry(name, now_s, HELD_BACK, "bookpay")
    return booking.with_entry(entry)
