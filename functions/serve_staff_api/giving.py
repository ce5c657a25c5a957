"""Somebody of the staff who gives money back: what they may give alone, and the count of it."""

import time

from shared import environment
from shared.adapters.bookings_table import Put
from shared.adapters.refund_days import RefundDay, RefundDays
from shared.domain.bookings.booking import Booking
from shared.domain.dates.local_day import local_day
from shared.domain.refunds.approval import Allowance, given_alone_minor, limit_of
from shared.workflows.staff import Staff


class Giver:
    """Who gives; each try of a write asks for the allowance anew.

    The day's count is read where a limit binds, and only then.
    """

    def __init__(self, staff: Staff) -> None:
        location = self._location = staff.location
        self._user_id = staff.user_id
        self._now_s = int(time.time())
        self._limit_minor = limit_of(
            location.refund_approval_above,
            location.former_limits,
            staff.roles,
            staff.user_id,
            self._now_s,
        )
        self._day: RefundDay | None = None

    def allowance(self, booking: Booking) -> Allowance:
        """Return what this person may give back alone, by what was given until now."""
        if not self._limit_minor:
            return Allowance(self._user_id)
        today = local_day(self._now_s, self._location.timezone)
        self._day = environment.get(RefundDays).get(
            self._location.location_id, self._user_id, today
        )
        given_minor = self._day.given_minor.get(booking.price.currency, 0)
        return Allowance(self._user_id, self._limit_minor, given_minor)

    def count(self, before: Booking, after: Booking) -> list[Put]:
        """Return the write of what a change gave back, for its transaction."""
        given_minor = given_alone_minor(before, after, self._user_id)
        if self._day is None or not given_minor:
            return []
        return [self._day.put(after.price.currency, given_minor, self._now_s)]
