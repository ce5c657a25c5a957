"""A booking as it is stored: plain JSON types, and back. Pure.

The names are those of stored items: whoever renames one has to go on reading the old name.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from shared.domain.bookings.booking import (
    Booking,
    CheckoutAttempt,
    Client,
    FormerEmail,
    UndeliveredMail,
)
from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.bookings.charge_order import ChargeOrder
from shared.domain.bookings.fee import Fee
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.refund_order import RefundOrder
from shared.domain.bookings.settled_actions import SettledAction
from shared.domain.money.money import Money
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
        "journal": [_present(entry, _JOURNAL) for entry in booking.journal],
        "links": booking.links,
    }
    document |= _present(booking, _TIMES)
    for name in _VISIT:
        if value := getattr(booking, name):
            document[name] = value
    if booking.client:
        document["client"] = _present(booking.client, ("name", "email", "phone"))
    if booking.checkout:
        document["checkout"] = _present(booking.checkout, _CHECKOUT)
    if booking.terms:
        document["terms"] = _present(booking.terms, _TERMS)
    for name in _LISTS:
        if found := getattr(booking, name):
            document[name] = [asdict(each) for each in found]
    plain = {
        "lapsing_holds": list(booking.lapsing_holds),
        "note": booking.note,
        "metadata": dict(booking.metadata),
        "client_access": booking.client_access if booking.client_access > 1 else None,
        "sequence": booking.sequence,
        "failed_attempts": booking.failed_attempts,
    }
    return document | {name: value for name, value in plain.items() if value}


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
        client=Client(**client) if client else None,
        facts=Facts.from_dict(document["facts"]),
        journal=tuple(JournalEntry(**entry) for entry in document["journal"]),
        checkout=CheckoutAttempt(**checkout) if checkout else None,
        links=document["links"],
        terms=BookingTerms(**terms) if terms else None,
        refund_orders=tuple(RefundOrder(**each) for each in document.get("refund_orders", ())),
        charge_orders=tuple(ChargeOrder(**each) for each in document.get("charge_orders", ())),
        fees=tuple(Fee(**each) for each in document.get("fees", ())),
        lapsing_holds=tuple(document.get("lapsing_holds", ())),
        note=document.get("note", ""),
        metadata=document.get("metadata", {}),
        client_access=document.get("client_access", 1),
        former_emails=tuple(FormerEmail(**each) for each in document.get("former_emails", ())),
        undelivered=tuple(UndeliveredMail(**each) for each in document.get("undelivered", ())),
        timezone=document.get("timezone", ""),
        settled=tuple(SettledAction(**each) for each in document.get("settled", ())),
        sequence=document.get("sequence", 0),
        failed_attempts=document.get("failed_attempts", 0),
    )


_LISTS = ("refund_orders", "charge_orders", "fees", "former_emails", "undelivered", "settled")
_TIMES = ("starts_at_s", "ends_at_s")
_VISIT = (
    *("external_id", "buffer_before_s", "buffer_after_s", "may_overlap"),
    *("service_id", "employee_id", "timezone"),
)
_JOURNAL = ("entry_id", "at_s", "what", "by", "caused_by", "by_user_id")
_TERMS = (
    *("mode", "due_minor", "hold_until_s", "purpose"),
    *("terms_text", "terms_hash", "cancellation", "return_url"),
    *("due_reason", "accepted_at_s", "accepted_language", "accepted_from"),
    *("offered_hash", "reschedule"),
)
_CHECKOUT = (
    *("generation", "amount_minor", "created_at_s", "expires_at_s", "session_id", "url"),
    *("account_id", "mode"),
)


def _present(record: object, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: getattr(record, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}
