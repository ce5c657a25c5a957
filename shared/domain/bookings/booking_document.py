"""A booking as it is stored: plain JSON types, and back. Pure.

The names are those of stored items: whoever renames one has to go on reading the old name.
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.bookings.charge_order import ChargeOrder
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.client_addresses import FormerEmail, UndeliveredMail
from shared.domain.bookings.fee import Fee
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.move import Move
from shared.domain.bookings.outside_payment import OutsidePayment
from shared.domain.bookings.refund_order import RefundOrder
from shared.domain.bookings.settled_actions import SettledAction
from shared.domain.money.money import Money
from shared.domain.stored_record import StoredRecord, newer_fields, read_record, record_to_dict
from shared.domain.stripe_facts.payment_facts import Facts


def booking_to_dict(booking: Booking) -> dict[str, Any]:
    """Return the booking in plain JSON types, without absent values."""
    document: dict[str, Any] = {
        "booking_id": booking.booking_id,
        "location_id": booking.location_id,
        "status": booking.status,
        "price": booking.price.amount_minor,
        "currency": booking.price.currency,
        "description": booking.description,
        "created_at_s": booking.created_at_s,
        "facts": booking.facts.to_dict(),
        "journal": [_present(entry) for entry in booking.journal],
        "links": booking.links,
    }
    for name in _TIMES:
        if (value := getattr(booking, name)) is not None:
            document[name] = value
    for name in _VISIT:
        if value := getattr(booking, name):
            document[name] = value
    if booking.client:
        document["client"] = _present(booking.client)
    if booking.checkout:
        document["checkout"] = _present(booking.checkout)
    if booking.terms:
        document["terms"] = _present(booking.terms)
    for name in _LISTS:
        if found := getattr(booking, name):
            document[name] = [record_to_dict(each) for each in found]
    plain = {
        "lapsing_holds": list(booking.lapsing_holds),
        "note": booking.note,
        "metadata": dict(booking.metadata),
        "client_access": booking.client_access if booking.client_access > 1 else None,
        "sequence": booking.sequence,
        "failed_attempts": booking.failed_attempts,
        "kept_step_hours": booking.kept_step_hours,
    }
    return {**document, **{name: value for name, value in plain.items() if value}, **booking.newer}


def booking_from_dict(document: Mapping[str, Any]) -> Booking:
    """Return the booking that `booking_to_dict` wrote; raises as its parts do when built."""
    client = document.get("client")
    checkout, terms = document.get("checkout"), document.get("terms")
    return Booking(
        booking_id=document["booking_id"],
        location_id=document["location_id"],
        status=document["status"],
        price=Money(document["price"], document["currency"]),
        description=document["description"],
        created_at_s=document["created_at_s"],
        external_id=document.get("external_id"),
        starts_at_s=document.get("starts_at_s"),
        ends_at_s=document.get("ends_at_s"),
        buffer_before_s=document.get("buffer_before_s", 0),
        buffer_after_s=document.get("buffer_after_s", 0),
        may_overlap=document.get("may_overlap", False),
        service_id=document.get("service_id"),
        employee_id=document.get("employee_id"),
        client=read_record(Client, client) if client else None,
        facts=Facts.from_dict(document["facts"]),
        journal=_read_all(JournalEntry, document, "journal"),
        checkout=read_record(CheckoutAttempt, checkout) if checkout else None,
        links=document["links"],
        terms=read_record(BookingTerms, terms) if terms else None,
        refund_orders=_read_all(RefundOrder, document, "refund_orders"),
        charge_orders=_read_all(ChargeOrder, document, "charge_orders"),
        fees=_read_all(Fee, document, "fees"),
        lapsing_holds=tuple(document.get("lapsing_holds", ())),
        note=document.get("note", ""),
        metadata=document.get("metadata", {}),
        client_access=document.get("client_access", 1),
        former_emails=_read_all(FormerEmail, document, "former_emails"),
        undelivered=_read_all(UndeliveredMail, document, "undelivered"),
        timezone=document.get("timezone", ""),
        settled=_read_all(SettledAction, document, "settled"),
        sequence=document.get("sequence", 0),
        failed_attempts=document.get("failed_attempts", 0),
        outside_payments=_read_all(OutsidePayment, document, "outside_payments"),
        moves=_read_all(Move, document, "moves"),
        kept_step_hours=document.get("kept_step_hours", 0),
        newer=newer_fields(document, _NAMES),
    )


_LISTS = (
    *("refund_orders", "charge_orders", "fees", "former_emails", "undelivered", "settled"),
    *("outside_payments", "moves"),
)
_TIMES = ("starts_at_s", "ends_at_s")
_VISIT = (
    *("external_id", "buffer_before_s", "buffer_after_s", "may_overlap"),
    *("service_id", "employee_id", "timezone"),
)
# What a document may have: a booking's fields, with its price as two.
_NAMES = frozenset(Booking.__struct_fields__) | {"currency"}


def _present(record: StoredRecord) -> dict[str, Any]:
    return {name: value for name, value in record_to_dict(record).items() if value is not None}


def _read_all[R: StoredRecord](
    kind: type[R], document: Mapping[str, Any], name: str
) -> tuple[R, ...]:
    return tuple(read_record(kind, each) for each in document.get(name, ()))
