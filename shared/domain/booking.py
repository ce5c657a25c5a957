"""A booking: what was agreed, and the facts about its money. Pure.

What the money amounts to is never stored as a truth of its own: it is computed from the facts
(`booking_payments.summarise`), which is why the order in which they arrive cannot matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.domain.booking_payments import PaymentSummary, summarise
from shared.domain.money import Money
from shared.domain.payment import EMPTY, Facts

# What is over, or lapsed, is not to be paid any more.
PAYABLE_STATUSES = frozenset({"awaiting_payment", "confirmed", "completed"})


@dataclass(frozen=True, slots=True)
class Client:
    """Who comes: shown to staff, never logged and never sent to Stripe by us."""

    name: str
    email: str
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What people or Bookpay itself did, in the past tense; `at_s` is in seconds since 1970."""

    entry_id: str
    at_s: int
    what: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class CheckoutAttempt:
    """One Checkout Session of ours, written down before it is asked for.

    `generation` counts the attempts of a booking and makes the idempotency key; `session_id` and
    `url` are empty until Stripe has answered. Everything that is sent to Stripe follows from these
    fields, so that a repetition sends the same.
    """

    generation: int
    amount_minor: int
    created_at_s: int
    expires_at_s: int
    session_id: str = ""
    url: str = ""

    def idempotency_key(self, booking_id: str) -> str:
        """Return the key under which Stripe makes this session once."""
        return f"{booking_id}-checkout-{self.generation}"


@dataclass(frozen=True, slots=True)
class Booking:
    """One appointment or sale of a location, with every fact about its money that is known."""

    booking_id: str
    location_id: str
    status: str
    price: Money
    description: str
    created_at_s: int
    external_id: str | None = None
    starts_at_s: int | None = None
    service_id: str | None = None
    employee_id: str | None = None
    client: Client | None = None
    facts: Facts = EMPTY
    journal: tuple[JournalEntry, ...] = ()
    checkout: CheckoutAttempt | None = None
    links: int = 0

    def payments(self) -> PaymentSummary:
        """Return what all facts together amount to."""
        return summarise(self.price, self.facts)

    def amount_due_minor(self) -> int:
        """Return what a client can still be asked to pay: the price less what was taken or is held.

        Money that was given back does not become due again.
        """
        if self.status not in PAYABLE_STATUSES:
            return 0
        summary = self.payments()
        taken_minor = summary.amount_captured + summary.amount_authorized
        return max(0, self.price.amount_minor - taken_minor)

    def with_checkout(self, attempt: CheckoutAttempt) -> "Booking":
        """Return the booking with its newest attempt to be paid."""
        return replace(self, checkout=attempt)


def booking_to_dict(booking: Booking) -> dict[str, Any]:
    """Return the booking in plain JSON types, what is absent left out."""
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
    for name in ("external_id", "starts_at_s", "service_id", "employee_id"):
        if (value := getattr(booking, name)) is not None:
            document[name] = value
    if booking.client:
        document["client"] = _present(booking.client, ("name", "email", "phone"))
    if booking.checkout:
        document["checkout"] = _present(booking.checkout, _CHECKOUT)
    return document


def booking_from_dict(document: Mapping[str, Any]) -> Booking:
    """Return the booking that `booking_to_dict` wrote; raises as its parts do when built."""
    client = document.get("client")
    checkout = document.get("checkout")
    return Booking(
        booking_id=document["booking_id"],
        location_id=document["location_id"],
        status=document["status"],
        price=Money(document["price"], document["currency"]),
        description=document["description"],
        created_at_s=document["created_at_s"],
        external_id=document.get("external_id"),
        starts_at_s=document.get("starts_at_s"),
        service_id=document.get("service_id"),
        employee_id=document.get("employee_id"),
        client=Client(**client) if client else None,
        facts=Facts.from_dict(document["facts"]),
        journal=tuple(JournalEntry(**entry) for entry in document["journal"]),
        checkout=CheckoutAttempt(**checkout) if checkout else None,
        links=document["links"],
    )


_JOURNAL = ("entry_id", "at_s", "what", "by")
_CHECKOUT = ("generation", "amount_minor", "created_at_s", "expires_at_s", "session_id", "url")


def _present(record: object, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: getattr(record, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}
