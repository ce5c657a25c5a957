"""What one person may refund alone, and the day's count of it."""

from shared.adapters.bookings_table import Put
from shared.adapters.refund_days import RefundDay, RefundDays
from shared.domain.bookings.booking import Booking
from shared.domain.dates.local_day import local_day
from shared.domain.refunds.approval import Allowance, given_alone_minor, limit_of
from shared.workflows.staff import Staff


class Giver:
    """A person who refunds; the allowance is read anew for each attempt of a write.

    The day's count is read only where a limit applies. `now_s` is in seconds since 1970.
    """

    def __init__(self, staff: Staff, days: RefundDays, now_s: int) -> None:
        location = self._location = staff.location
        self._user_id, self._days, self._now_s = staff.user_id, days, now_s
        self._limit_minor = limit_of(
            location.refund_approval_above,
            location.former_limits,
            staff.roles,
            staff.user_id,
            now_s,
        )
        self._day: RefundDay | None = None

    def allowance(self, booking: Booking) -> Allowance:
        """Return what this person may refund alone, given what they refunded today."""
        if not self._limit_minor:
            return Allowance(self._user_id)
        today = local_day(self._now_s, self._location.timezone)
        self._day = self._days.get(self._location.location_id, self._user_id, today)
        given_minor = self._day.given_minor.get(booking.price.currency, 0)
        return Allowance(self._user_id, self._limit_minor, given_minor)

    def count(self, before: Booking, after: Booking) -> list[Put]:
        """Return the write that counts what a change refunds, for its transaction."""
        given_minor = given_alone_minor(before, after, self._user_id)
        if self._day is None or not given_minor:
            return []
        return [self._day.put(after.price.currency, given_minor, self._now_s)]
