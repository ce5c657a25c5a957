"""Mails to clients and staff, read as text and held against what was: Stripe's objects, the visit.

A mail may be older than the visit's newest state. What it says must have been so when it was sent.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo

from shared.domain.bookings.booking import Booking
from tests.simulation.cloud import Mailed
from tests.simulation.text import BOOKING, text_of
from tests.simulation.world import World

ROW = re.compile(r"^([A-Z][A-Za-z', ]+): (.+)$", re.MULTILINE)
LEFT = re.compile(r"^(?:([0-9]+) days are|Less than a day is) left to answer ", re.MULTILINE)
NOT_CHARGED = "Your card was not charged."
DAY_S = 86_400


def mails_say_what_was(world: World, place: str, bookings: list[Booking]) -> Iterator[str]:
    """Yield what a mail about a booking says that was not so."""
    known = {each.booking_id: each for each in bookings}
    for mailed in world.cloud.mails:
        text = text_of(mailed.mail)
        for booking_id in set(BOOKING.findall(text)) & known.keys():
            if "Hello" in text or f"\nBooking: {booking_id}\n" in text:
                truth = Truth(world, place, known[booking_id], mailed)
                for said in truth.contradicts(text):
                    yield f"{place} {booking_id}: mail of {mailed.mail['subject']}: {said}"


class Truth:
    """What was so of a booking when a mail about it was sent."""

    def __init__(self, world: World, place: str, booking: Booking, mailed: Mailed) -> None:
        accounts, at_s = world.accounts(place), world.stripe_time_of(mailed.at_s)
        self._booking = booking
        own = world.payments_of(place, booking.booking_id)
        self._charges = [
            each
            for stripe in accounts
            for each in stripe.objects("charge")
            if each["payment_intent"] in own and each["paid"] and each["created"] <= at_s
        ]
        charge_ids = {each["id"] for each in self._charges}
        self._refunds, self._disputes = (
            [
                each
                for stripe in accounts
                for each in stripe.objects(kind)
                if each["charge"] in charge_ids and each["created"] <= at_s
            ]
            for kind in ("refund", "dispute")
        )
        self._sent_s = mailed.at_s

    def contradicts(self, text: str) -> Iterator[str]:
        """Yield the lines of a text that are not true."""
        for label, value in ROW.findall(text):
            check = self._checks.get(label)
            if check and not check(self, value):
                yield f"{label}: {value}"
        back = sum(each["amount"] for each in self._refunds)
        taken = self._sum("amount_captured")
        if NOT_CHARGED in text and taken > back:
            yield f"{NOT_CHARGED} {taken} was taken, {back} went back"
        for days in LEFT.findall(text):
            if not self._are_left(int(days or 1)):
                yield f"{days or 1} left to answer a dispute"

    def _sum(self, name: str) -> int:
        return sum(int(each[name]) for each in self._charges)

    def _is_time(self, value: str) -> bool:
        booking, zone = self._booking, ZoneInfo(self._booking.timezone or "UTC")
        starts = {booking.starts_at_s, *(s for e in booking.moves for s in (e.from_s, e.to_s))}
        times = [datetime.fromtimestamp(each, zone) for each in starts if each is not None]
        return any(f"{each:%A}, {each.day} {each:%B %Y, %H:%M}" in value for each in times)

    def _is_price(self, value: str) -> bool:
        moved = {p for e in self._booking.moves for p in (e.from_price_minor, e.to_price_minor)}
        return minor(value) in {self._booking.price.amount_minor, *moved}

    def _was_paid(self, value: str) -> bool:
        return 0 < minor(value) <= self._sum("amount_captured")

    def _was_held(self, value: str) -> bool:
        return 0 < minor(value) <= self._sum("amount")

    def _is_refundable(self, value: str) -> bool:
        return 0 < minor(value) <= self._sum("amount_captured")

    def _is_due(self, value: str) -> bool:
        """Whether no more is asked for than a price and the fees beside it."""
        prices = {p for e in self._booking.moves for p in (e.from_price_minor, e.to_price_minor)}
        prices.add(self._booking.price.amount_minor)
        fees = sum(each.amount_minor for each in self._booking.fees)
        return 0 < minor(value) <= max(prices) + fees

    def _was_refunded(self, value: str) -> bool:
        return minor(value) in {each["amount"] for each in self._refunds}

    def _is_fee(self, value: str) -> bool:
        """Whether a fee is so high; what was given back on purpose is not kept any more."""
        return any(0 < minor(value) <= each.amount_minor for each in self._booking.fees)

    def _are_left(self, days: int) -> bool:
        """Whether a dispute ended in so many days when the mail went out, a begun one counted."""
        due = {each["evidence_details"]["due_by"] for each in self._disputes}
        return days in {ceil((each - self._sent_s) / DAY_S) for each in due if each}

    def _is_disputed(self, value: str) -> bool:
        return minor(value) in {each["amount"] for each in self._disputes}

    def _is_reason(self, value: str) -> bool:
        return value in {each["reason"] for each in self._disputes}

    def _is_dispute(self, value: str) -> bool:
        return value in {each["id"] for each in self._disputes}

    def _is_charge(self, value: str) -> bool:
        return value in {each["id"] for each in self._charges}

    def _is_who(self, value: str) -> bool:
        moved = {i for e in self._booking.moves for i in (e.from_employee_id, e.to_employee_id)}
        return value.lower() in {self._booking.employee_id, *moved}

    _checks = {  # noqa: RUF012 (a table of this class's own rules)
        "When": _is_time,
        "Until now": _is_time,
        "With": _is_who,
        "Price": _is_price,
        "Paid": _was_paid,
        "Held on your card": _was_held,
        "Refund": _was_refunded,
        "Fee": _is_fee,
        "Held on the client's card": _was_held,
        "Refund to your card": _is_refundable,
        "Amount due": _is_due,
        "Still due": _is_due,
        "Due at your visit": _is_due,
        "In dispute": _is_disputed,
        "Reason, as Stripe names it": _is_reason,
        "Dispute": _is_dispute,
        "Charge": _is_charge,
    }


def minor(value: str) -> int:
    """Return a written sum of two decimals in minor units."""
    return int(re.sub(r"\D", "", value))
