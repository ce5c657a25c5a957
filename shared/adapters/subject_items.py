"""What webhooks reported about a charge or a payout, as an item of its own, with its booking.

A later refund or dispute names the charge and no booking: this item leads to the booking.
"""

from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.domain.bookings.booking import Booking
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts, fold, merge


def subject_item_key(location_id: str, name: str) -> Key:
    """Return where the facts of a subject such as `charge#ch_1` or `payout#po_1` are."""
    return Key(f"{location_id}#{name}", "subject")


def known_charges(table: BookingsTable, booking: Booking) -> Facts:
    """Return what is kept of a booking's charges in their own items."""
    keys = [subject_item_key(booking.location_id, f"charge#{key}") for key in booking.facts.charges]
    found = table.get(*keys) if keys else {}
    return fold(Facts.from_dict(stored.body["facts"]) for stored in found.values())


def charge_puts(table: BookingsTable, booking: Booking) -> list[Put]:
    """Return the writes of a booking's charges, each merged with what is known of it."""
    charges = {
        subject_item_key(booking.location_id, f"charge#{charge_id}"): Facts(
            charges={charge_id: charge}
        )
        for charge_id, charge in booking.facts.charges.items()
    }
    found = table.get(*charges) if charges else {}
    puts = []
    for key, facts in charges.items():
        stored = found.get(key)
        known = Facts.from_dict(stored.body["facts"]) if stored else EMPTY
        body = dict(stored.body) if stored else {}
        body |= {"booking_id": booking.booking_id, "facts": merge(known, facts).to_dict()}
        puts.append(Put(key, body, stored.version if stored else 0))
    return puts
