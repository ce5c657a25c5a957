"""Whose page it is: a booking's id and its client's token lead to it, or to nothing."""

import hmac
from dataclasses import dataclass

from shared.adapters.booking_store import StoredBooking
from shared.adapters.mail_store import MailStore
from shared.adapters.slot_store import SlotStore
from shared.domain.booking import Booking
from shared.domain.location import Location
from shared.domain.payment_link import TOKEN, token_digest

MAX_ID_CHARS = 64


@dataclass(frozen=True, slots=True)
class Stores:
    """Where bookings are found."""

    slots: SlotStore
    bookings: MailStore
