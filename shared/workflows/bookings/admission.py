"""What an unknown client may have: unpaid slots, time that nothing is paid for, Stripe's pages."""

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from shared.adapters.booking_store import BookingStore
from shared.adapters.budget_store import BudgetStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.link_key import LinkKey
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.lifecycle import (
    AWAITING_CONFIRMATION,
    CONFIRMED,
)
from shared.domain.bookings.proved_address import await_confirmation, is_address_proved
from shared.domain.calendar.unproved_time import unproved_time
from shared.domain.dates.instants import MINUTE_S
from shared.domain.errors import TooManyRequests
from shared.domain.locations.budgets import (
    SESSIONS_A_BOOKING,
    Budget,
    Spending,
    confirmations_an_address,
    sessions_an_address,
)
from shared.domain.locations.location import Location
from shared.domain.locations.unpaid_booking_limits import address_name
from shared.observability import count
from shared.workflows.bookings.limit_unpaid_bookings import WaitingSlots

TOO_MANY_UNCONFIRMED = "Too many bookings from here wait to be confirmed. Try again later."
TOO_MANY_PAGES = "The payment page was opened too often. Try again later."


class SessionBudget(Struct, frozen=True):
    """Limits the Checkout Sessions of an IP address at a location, and those of one booking."""

    budgets: BudgetStore
    link_key: LinkKey
    location: Location
    address: str

    def spend(self, booking: Booking, generation: int, now_s: int) -> None:
        """Count a session that is about to be opened; raises `TooManyRequests`."""
        name, secret = f"{booking.booking_id}-{generation}", self.link_key.get()
        here = self.location.location_id
        of_booking = f"sessions-of/{here}/{booking.booking_id}"
        of_address = f"sessions/{here}/{address_name(self.address)}"
        most = sessions_an_address(self.location.holds_per_address)
        wait = self.budgets.spend(of_booking, Spending(name, now_s), SESSIONS_A_BOOKING, secret)
        wait = wait or self.budgets.spend_one(of_address, name, most, secret, now_s)
        if wait:
            count("SessionRefusedTooMany")
            raise TooManyRequests(TOO_MANY_PAGES, retry_after_s=wait)


class Admission:
    """Admits one new booking, as it is or to be confirmed by mail, or refuses it."""

    def __init__(
        self,
        location: Location,
        address: str,
        secret: str,
        *,
        waiting: WaitingSlots,
        budgets: BudgetStore,
        catalogue: CatalogueStore,
        bookings: BookingStore,
    ) -> None:
        self._location, self._address, self._secret = location, address, secret
        self._waiting, self._budgets = waiting, budgets
        self._catalogue, self._bookings = catalogue, bookings

    def admit(self, booking: Booking) -> Booking:
        """Count a new booking, and return it as it may be made; raises `TooManyRequests`."""
        self._waiting.admit(self._location, booking, self._address, self._secret)
        admitted = self.with_free_time(booking)
        if admitted.status == AWAITING_CONFIRMATION:
            subject, budgets = self._confirmations()
            spending = Spending(booking.booking_id, booking.created_at_s)
            if wait := self._budgets.spend(subject, spending, budgets, self._secret):
                raise TooManyRequests(TOO_MANY_UNCONFIRMED, retry_after_s=wait)
        return admitted

    def with_free_time(self, booking: Booking) -> Booking:
        """Return a confirmed booking without a payment, to be confirmed by mail where it must."""
        if booking.status != CONFIRMED or booking.terms is None:
            return booking
        subject, budgets = self._free_time(booking)
        minutes = ((booking.ends_at_s or 0) - (booking.starts_at_s or 0)) // MINUTE_S
        spending = Spending(booking.booking_id, booking.created_at_s, minutes)
        if not self._budgets.spend(subject, spending, budgets, self._secret):
            return booking
        # Bookings with a proved address do not count; they are read only where it matters.
        proved = self._proved(subject)
        if proved and not self._budgets.spend(
            subject, spending, budgets, self._secret, without=proved
        ):
            return booking
        return await_confirmation(booking, booking.created_at_s)

    @staticmethod
    def written(booking: Booking) -> None:
        """Count a booking that is written now, and waits for its client's confirmation."""
        if booking.status == AWAITING_CONFIRMATION:
            count("BookingToBeConfirmed")

    def take_back(self, booking: Booking) -> None:
        """Stop counting a booking that was not made; `booking` is as it was asked for."""
        self._waiting.forget(self._location, booking, self._address, self._secret)
        if booking.status == CONFIRMED:
            for subject, budgets in (self._free_time(booking), self._confirmations()):
                self._budgets.give_back(subject, booking.booking_id, budgets, self._secret)

    def _confirmations(self) -> tuple[str, tuple[Budget, ...]]:
        subject = f"confirmations/{self._location.location_id}/{address_name(self._address)}"
        return subject, confirmations_an_address(self._location.holds_per_client)

    def _free_time(self, booking: Booking) -> tuple[str, tuple[Budget, ...]]:
        zone = ZoneInfo(self._location.timezone)
        day = datetime.fromtimestamp(booking.starts_at_s or 0, zone).date()
        employees = self._catalogue.list_employees(self._location.location_id)
        subject = f"free/{self._location.location_id}/{address_name(self._address)}/{day}"
        return subject, unproved_time(employees, day, self._location.timezone)

    def _proved(self, subject: str) -> list[str]:
        names = self._budgets.names(subject, self._secret)
        found = self._bookings.get_bookings(self._location.location_id, names)
        return [each.booking_id for each in found if is_address_proved(each)]
