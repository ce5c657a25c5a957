"""A booking with everything that can happen to its money, and a Stripe that keeps its own books.

The bank and Stripe do what they like; Bookpay's orders are carried out as its functions would, and
Stripe refuses what it must. What Stripe has is never taken from Bookpay's facts.
"""

from collections.abc import Iterable
from copy import replace
from typing import Any

from shared.domain.activity.apply_event import SUBJECT, apply_event, subject_key
from shared.domain.activity.messages import messages_of
from shared.domain.activity.sequence import numbered
from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.bookings.charge_order import CAPTURE, CHARGE_CARD, REQUESTED
from shared.domain.bookings.refund_order import REQUESTED as REFUND_REQUESTED
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.messages.message import Message
from shared.domain.money.money import Money
from shared.domain.refunds.approval import Allowance
from shared.domain.refunds.refund_answers import is_at_stripe, made_order, refuse_order, with_order
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts, fold
from shared.domain.stripe_facts.read_events import read_event
from shared.domain.typed_json import to_json
from shared.domain.visits.charge_rules import done_charge_order, refuse_charge_order
from tests.domain.builders import NOW_S, Payment, setup_event
from tests.sent_messages import expect_message

PRICE_MINOR = 10_000
STARTS_S = NOW_S + 30 * 3600
# Of somebody whose refunds a second person has to approve, nearly all.
NEARLY_NOTHING = Allowance("desk", limit_minor=1)
STEPS: dict[str, Any] = {
    "steps": [
        {"hours_before": 48, "fee": {"type": "percent", "percent": 50}},
        {"hours_before": 24, "fee": {"type": "full"}},
    ],
    "no_show_fee": {"type": "percent", "percent": 80},
    "charge": "automatic",
}


def booked(*, charge: str = "automatic", mode: str = "pay", **changed: Any) -> Booking:
    """A visit in thirty hours, booked online: cancelling costs a half, not coming 80 %."""
    online = BookingTerms(
        mode=mode,
        due_minor=PRICE_MINOR,
        hold_until_s=0,
        purpose="prepayment",
        terms_text="Half of it.",
        terms_hash="0" * 64,
        cancellation={**STEPS, "charge": charge},
    )
    fields: dict[str, Any] = {
        "booking_id": "bk_1",
        "location_id": "demo",
        "status": "confirmed",
        "price": Money(PRICE_MINOR, "eur"),
        "description": "Colour",
        "created_at_s": NOW_S - 1000,
        "starts_at_s": STARTS_S,
        "ends_at_s": STARTS_S + 3600,
        "client": Client("Mira", "mira@example.com"),
        "terms": online,
        **changed,
    }
    return Booking(**fields)


class World:
    """One booking, its payments at Stripe, and every message that its changes made."""

    def __init__(self, booking: Booking) -> None:
        self.booking = booking
        self.payments: list[Payment] = []
        self.messages = list[Message]()
        self._subjects: dict[str, Facts] = {}
        self._told: dict[int, int] = {}
        self._answers: dict[str, dict[str, Any]] = {}
        self._changes = 0

    # ------------------------------------------------------------------ Bookpay

    def change(self, changed: Booking) -> None:
        """Write a change as the store would."""
        self._changes += 1
        changed = numbered(self.booking, changed)
        self._tell(messages_of(self.booking, changed, f"v{self._changes}", NOW_S))
        self.booking = changed

    def hear(self, told: dict[str, Any]) -> None:
        """Apply one event as record_stripe_event would."""
        event = read_event(told)
        key = subject_key(event) or ""
        known = self._subjects.get(key, EMPTY)
        change = apply_event(event, known, self.booking, "bk_1", location_id="demo")
        self._subjects[key] = change.subject
        assert SUBJECT not in change.actions or change.actions[SUBJECT] == ()
        self._tell(change.messages)
        assert change.booking
        self.booking = change.booking

    def whole(self) -> Booking:
        """Return the booking with all that is known of its charges (`BookingStore.get_whole`)."""
        return replace(self.booking, facts=fold([self.booking.facts, *self._subjects.values()]))

    def _tell(self, messages: Iterable[Message]) -> None:
        for message in messages:
            expect_message(message)
            self.messages.append(message)

    def listen(self) -> None:
        """Let every webhook arrive that was sent."""
        for payment in self.payments:
            told = self._told.get(payment.number, 0)
            self._told[payment.number] = len(payment.events)
            for event in payment.events[told:]:
                self.hear(event)

    def listen_to_one(self, number: int) -> None:
        """Let the next webhook of one payment arrive."""
        payment = self.payments[number % len(self.payments)]
        told = self._told.get(payment.number, 0)
        if told < len(payment.events):
            self._told[payment.number] = told + 1
            self.hear(payment.events[told])

    def said(self, what: str) -> int:
        """Return how often it was told that something happened."""
        return sum(
            happening.what == what
            for message in self.messages
            if isinstance(message, BookingChanged)
            for happening in message.happened
        )

    def ordered(self, detail_type: str) -> list[dict[str, Any]]:
        return [to_json(each) for each in self.messages if each.detail_type == detail_type]

    # ------------------------------------------------------------------ the client

    def pays(self, amount: int = PRICE_MINOR, purpose: str = "prepayment") -> Payment:
        payment = self._payment(amount, purpose)
        payment.pay()
        return payment

    def holds(self, amount: int = PRICE_MINOR) -> Payment:
        payment = self._payment(amount, "prepayment")
        payment.charge["payment_method_details"]["card"]["capture_before"] = NOW_S + 7 * 86_400
        payment.authorise()
        return payment

    def saves_card(self) -> None:
        self.hear(setup_event("setup_intent.succeeded", status="succeeded"))

    def _payment(self, amount: int, purpose: str) -> Payment:
        payment = Payment(amount, number=len(self.payments) + 1)
        payment.charge["metadata"]["purpose"] = purpose
        self.payments.append(payment)
        return payment

    # ------------------------------------------------------------------ the functions, and Stripe

    def carry_out(self, *, card: str = "good") -> None:
        """Carry out every order that waits; `card` is `good`, or the code it is refused with."""
        self.ask_for_refunds()
        self.write_answers()
        for order in self.booking.charge_orders:
            if order.status != REQUESTED:
                continue
            if order.kind == CHARGE_CARD and card != "good":
                self.change(refuse_charge_order(self.booking, order.order_id, card, NOW_S))
            elif order.kind == CHARGE_CARD:
                [fee] = [each for each in self.booking.fees if each.fee_id == order.fee_id]
                payment = self.pays(order.amount_minor, fee.purpose)
                done = done_charge_order(self.booking, order.order_id, payment.intent)
                self.change(done)
            else:
                self._use_hold(order.order_id, order.kind, order.payment_intent, order.amount_minor)

    def ask_for_refunds(self) -> None:
        """Ask Stripe for every refund that waits; what it makes, it tells, and answers later."""
        for order in self.booking.refund_orders:
            if order.status != REFUND_REQUESTED or is_at_stripe(self.booking, order):
                continue
            name = order.refund_id
            self.change(
                with_order(self.booking, name, lambda each: replace(each, tried_at_s=NOW_S))
            )
            payment = next(each for each in self.payments if each.charge["id"] == order.charge_id)
            code = refusal_of(payment, order.amount_minor)
            if name in self._answers:
                continue
            if code:
                self.change(refuse_order(self.booking, name, code, NOW_S))
                continue
            made = payment.refund(order.amount_minor, ours=name)
            self._answers[name] = dict(payment.refunds[made])

    def write_answers(self) -> None:
        """Write down what Stripe answered of the refunds that it made."""
        for name, refund in self._answers.items():
            self.change(made_order(self.booking, name, refund))
        self._answers = {}

    def _use_hold(self, order_id: str, kind: str, intent: str, amount: int) -> None:
        payment = next((each for each in self.payments if each.intent == intent), None)
        if (
            payment is None
            or payment.captured
            or any(event["type"] == "charge.expired" for event in payment.events)
        ):
            refused = refuse_charge_order(self.booking, order_id, "charge_expired", NOW_S)
            self.change(refused if payment else done_charge_order(self.booking, order_id, ""))
            return
        if kind == CAPTURE:
            payment.capture(amount)
        else:
            payment.lapse()
        self.change(done_charge_order(self.booking, order_id, intent))


def refusal_of(payment: Payment, amount: int) -> str:
    """Return why Stripe would refuse a refund, or "". https://docs.stripe.com/refunds"""
    if any(not each["status"].startswith("warning") and each["status"] != "won"
           for each in payment.disputes.values()):  # fmt: skip
        return "charge_disputed"
    return "amount_too_large" if amount > payment.captured - payment.refunded else ""
