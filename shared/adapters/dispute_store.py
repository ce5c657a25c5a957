"""DynamoDB: the disputes of a location, an item each, listed by when the bank opened them.

An item follows wholly from the facts of its charge, which are written in the same transaction, and
is made anew with each event about that charge. Open and closed ones are two lists: what waits for
somebody is found without a look at years of what is over.
"""

from collections.abc import Iterator

from shared.adapters.booking_items import booking_key, read_booking
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put, place
from shared.adapters.location_store import location_key
from shared.adapters.outbox import delayed_delete, message_puts
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.dispute_record import DisputeRecord, dispute_records
from shared.domain.disputes.reminders import Cause, dispute_orders
from shared.domain.locations.location import Location, location_from_dict
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.payment_facts import Facts

# Around every place: a place begins with a year.
OLDEST, NEWEST = "0", "~"


class DisputeStore:
    """The disputes of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get(self, location_id: str, dispute_id: str) -> DisputeRecord | None:
        """Return a dispute by Stripe's id, or `None`."""
        key = _key(location_id, dispute_id)
        stored = self._table.get(key).get(key)
        return DisputeRecord.from_dict(stored.body) if stored else None

    def get_for_mail(
        self, location_id: str, dispute_id: str, booking_id: str | None
    ) -> tuple[Location, DisputeRecord, Booking | None] | None:
        """Return a dispute with its location and booking in one call, or `None` without the two.

        `booking_id` is what the order says: a booking that became known later is in neither.
        """
        at_location, key = location_key(location_id), _key(location_id, dispute_id)
        at_booking = booking_key(location_id, booking_id) if booking_id else None
        found = self._table.get(*(each for each in (at_location, key, at_booking) if each))
        if at_location not in found or key not in found:
            return None
        stored = read_booking(found.get(at_booking)) if at_booking else None
        return (
            location_from_dict(found[at_location].body),
            DisputeRecord.from_dict(found[key].body),
            stored.booking if stored else None,
        )

    def get_charge_for_mail(
        self, location_id: str, charge_id: str, booking_id: str | None
    ) -> tuple[Location, ChargeFacts, Booking | None] | None:
        """Return a charge with its location and booking in one call, or `None` without the two."""
        at_location = location_key(location_id)
        key = Key(f"{location_id}#charge#{charge_id}", "subject")
        at_booking = booking_key(location_id, booking_id) if booking_id else None
        found = self._table.get(*(each for each in (at_location, key, at_booking) if each))
        if at_location not in found or key not in found:
            return None
        stored = read_booking(found.get(at_booking)) if at_booking else None
        charges = Facts.from_dict(found[key].body["facts"]).charges
        return (
            location_from_dict(found[at_location].body),
            charges.get(charge_id, ChargeFacts()),
            stored.booking if stored else None,
        )

    def list_disputes(
        self, location_id: str, limit: int, newest: str = "", *, is_open: bool | None = None
    ) -> list[tuple[str, DisputeRecord]]:
        """Return up to `limit` disputes (100 at the most), newest first, each with its place.

        `newest` bounds the places, itself included; `is_open` leaves out all others, `None` none.
        A place is the instant of creation and the id, such as `2026-11-22T09:30:00Z#dp_1`.
        """
        newest = newest or NEWEST
        if newest < OLDEST:
            return []
        states = (True, False) if is_open is None else (is_open,)
        listed = [
            item
            for state in states
            for item in self._table.list_page(_partition(location_id, state), OLDEST, newest, limit)
        ]
        listed.sort(key=lambda item: item.place, reverse=True)
        return [(item.place, DisputeRecord.from_dict(item.body)) for item in listed[:limit]]

    def iterate_open_disputes(self, location_id: str) -> Iterator[DisputeRecord]:
        """Yield all open disputes of a location, the newest first."""
        partition = _partition(location_id, is_open=True)
        for item in self._table.iterate_listed(partition, OLDEST, NEWEST):
            yield DisputeRecord.from_dict(item.body)


def dispute_puts(
    before: Facts, after: Facts, booking_id: str | None, cause: Cause
) -> list[Put | Delete]:
    """Return the writes of a charge's disputes and of the mails about them that are to be sent.

    They belong in the transaction that writes the charge's facts, for they follow from those alone;
    nothing is written for a charge without a dispute.
    """
    location_id = cause.location_id
    puts: list[Put | Delete] = [
        _put(location_id, each) for each in dispute_records(after, booking_id)
    ]
    orders = dispute_orders(before, after, booking_id, cause)
    puts += message_puts(orders.messages, cause.now_s)
    puts += [delayed_delete(location_id, name, due_s) for name, due_s in orders.called_off]
    return puts


def _put(location_id: str, record: DisputeRecord) -> Put:
    return Put(
        _key(location_id, record.dispute_id),
        record.to_dict(),
        version=None,
        listed=(
            _partition(location_id, record.facts.is_open),
            place(record.facts.created_s, record.dispute_id),
        ),
    )


def _key(location_id: str, dispute_id: str) -> Key:
    return Key(f"{location_id}#dispute#{dispute_id}", "dispute")


def _partition(location_id: str, is_open: bool) -> str:
    return f"{location_id}#disputes#{'open' if is_open else 'closed'}"
