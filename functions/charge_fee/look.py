"""Looks that were ordered for later: at a fee that may still be owed, at a hold near its end."""

from shared.adapters.booking_store import BookingStore
from shared.domain.cancelling import remind_of_fee, with_lapsing_hold
from shared.order_work import Ordered

LOOKED = "looked"


def look_at_fee(ordered: Ordered, store: BookingStore, now_s: int) -> str:
    """Remind of a fee that is still owed, or write it off; its mail follows from the change."""
    fee_id, reminders = str(ordered.detail["fee_id"]), int(ordered.detail["reminders"])
    store.update_booking(
        ordered.location_id,
        ordered.booking_id,
        lambda booking: remind_of_fee(booking, fee_id, reminders, now_s),
    )
    return LOOKED


def look_at_hold(ordered: Ordered, store: BookingStore) -> str:
    """Show staff a hold that lapses within two days, if it still holds; its mail follows."""
    charge_id = str(ordered.detail["charge"])
    store.update_booking(
        ordered.location_id,
        ordered.booking_id,
        lambda booking: with_lapsing_hold(booking, charge_id),
    )
    return LOOKED
