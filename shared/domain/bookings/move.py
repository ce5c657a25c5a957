"""One time that a visit was moved. Pure."""

from typing import Final

from shared.domain.stored_record import StoredRecord

MOVED: Final = "booking.moved"


class Move(StoredRecord, frozen=True):
    """A visit's time and employee before and after, and its price before and after.

    `at_s` is when it was moved, `from_s` and `to_s` the visit's start, in seconds since 1970; the
    prices are in minor units of the booking's currency. `by` is `client` or the e-mail of somebody
    of the staff, and `entry_id` its entry in the journal.
    """

    entry_id: str
    at_s: int
    by: str
    from_s: int
    to_s: int
    from_employee_id: str
    to_employee_id: str
    from_price_minor: int
    to_price_minor: int
