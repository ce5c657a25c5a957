"""A client as staff know them: all their bookings at a location, and what they come to. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.lifecycle import BOOKING_STATUSES

# What of each booking's money is summed, in minor units of its currency.
SUMS = ("amount_captured", "amount_refunded", "amount_due")


def client_view(own_id: str, bookings: Sequence[Booking], *, is_complete: bool) -> dict[str, Any]:
    """Return the contract's `ClientPage` of bookings that are all this client's, one at least.

    Bookings stand by the time of their visit, the last first; one without a start by when it was
    made.
    """
    newest = max(bookings, key=lambda each: (each.created_at_s, each.booking_id))
    ordered = sorted(bookings, key=_place, reverse=True)
    views = [staff_view(each) for each in ordered]
    money: dict[str, Counter[str]] = {}
    for view in views:
        of_currency = money.setdefault(view["currency"], Counter(dict.fromkeys(SUMS, 0)))
        of_currency.update({name: view[name] for name in SUMS})
    client = newest.client
    return {
        "client_id": own_id,
        "name": client.name if client else None,
        "email": client.email if client else None,
        "phone": client.phone if client else None,
        "bookings": views,
        "by_status": {
            status: sum(each.status == status for each in bookings)
            for status in sorted(BOOKING_STATUSES)
        },
        "money": [{"currency": currency, **sums} for currency, sums in sorted(money.items())],
        "complete": is_complete,
    }


def _place(booking: Booking) -> tuple[int, str]:
    at_s = booking.created_at_s if booking.starts_at_s is None else booking.starts_at_s
    return at_s, booking.booking_id
