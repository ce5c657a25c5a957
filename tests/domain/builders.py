"""A small model of one payment at Stripe, which tells its story as events, each a snapshot.

The model keeps its own figures (`captured`, `refunded`, `disputed`), so that a fold over its events
is held against something that was not folded. What the events hold is less than what Stripe sends,
and right as far as it goes: tests/conformance/test_builders.py holds it to the library's classes.
"""

import copy
import itertools
from collections.abc import Iterable
from typing import Any

from shared.domain.money.money import Money
from shared.domain.stripe_facts.payment_facts import Facts, fold
from shared.domain.stripe_facts.read_events import read_event

NOW_S = 1_795_372_392
EUR = "eur"


def facts_of(events: Iterable[dict[str, Any]]) -> list[Facts]:
    return [read_event(event).facts for event in events]


def folded(events: Iterable[dict[str, Any]]) -> Facts:
    return fold(facts_of(events))


def every_order_gives_the_same(events: list[dict[str, Any]]) -> Facts:
    """Fold every permutation, each also with every event twice, and return the one result."""
    observed = facts_of(events)
    in_order = fold(observed)
    for order in itertools.permutations(observed):
        assert fold(order) == in_order
    for order in itertools.islice(itertools.permutations(observed), 0, None, 7):
        assert fold((*order, *reversed(order))) == in_order
    return in_order


def euros(amount_minor: int) -> Money:
    return Money(amount_minor, EUR)


class Payment:
    """One booking's charge at Stripe; each verb changes it and emits what Stripe would send."""

    def __init__(
        self,
        amount: int = 10_000,
        *,
        number: int = 1,
        embeds_refunds: bool = False,
        reports_release: bool = False,
        same_created: bool = False,
        intent: str | None = None,
    ) -> None:
        self.embeds_refunds = embeds_refunds
        self.reports_release = reports_release
        self.same_created = same_created
        self.number = number
        self.events: list[dict[str, Any]] = []
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.released = 0
        self.amount = amount
        self.intent = intent or f"pi_{number}"
        self.charge = self._charge(amount)

    def _charge(self, amount: int) -> dict[str, Any]:
        return {
            "id": f"ch_{self.number}",
            "object": "charge",
            "amount": amount,
            "amount_captured": 0,
            "amount_refunded": 0,
            "balance_transaction": None,
            "captured": False,
            "created": NOW_S,
            "currency": EUR,
            "disputed": False,
            "failure_code": None,
            "livemode": False,
            "metadata": {"booking_id": "bk_1", "location_id": "demo"},
            "paid": False,
            "payment_intent": self.intent,
            "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
            "receipt_url": "https://pay.stripe.com/receipts/1",
            "refunded": False,
            "status": "pending",
        }

    # What Stripe reports, as the model knows it without any fold.
    @property
    def captured(self) -> int:
        return self.charge["amount_captured"] if self.charge["status"] == "succeeded" else 0

    @property
    def refunded(self) -> int:
        return sum(
            each["amount"]
            for each in self.refunds.values()
            if each["status"] not in ("failed", "canceled")
        )

    @property
    def disputed(self) -> int:
        return sum(
            -sum(entry["amount"] for entry in each["balance_transactions"])
            for each in self.disputes.values()
        )

    def emit(self, event_type: str, subject: dict[str, Any]) -> dict[str, Any]:
        place = len(self.events)
        event = {
            "id": f"evt_{self.number}_{place}",
            "object": "event",
            "api_version": "2026-08-26.dahlia",
            "created": NOW_S if self.same_created else NOW_S + place,
            "livemode": False,
            "type": event_type,
            "request": {"id": "req_1", "idempotency_key": None},
            "data": {"object": copy.deepcopy(subject)},
        }
        self.events.append(event)
        return event

    def emit_charge(self, event_type: str) -> dict[str, Any]:
        body = dict(self.charge)
        if self.embeds_refunds:
            release = {
                "id": f"re_{self.number}_release",
                "object": "refund",
                "status": "succeeded",
                "amount": self.released,
                "currency": EUR,
            }
            embedded = [release] if self.released else []
            body["refunds"] = {"object": "list", "data": [*embedded, *self.refunds.values()]}
        return self.emit(event_type, body)

    def authorise(self) -> None:
        self.charge |= {"status": "succeeded", "paid": True}
        self.emit_charge("charge.succeeded")

    def pay(self) -> None:
        self.charge |= {"status": "succeeded", "paid": True, "captured": True}
        self.charge["amount_captured"] = self.amount
        self.emit_charge("charge.succeeded")

    def capture(self, amount: int | None = None) -> None:
        taken = self.amount if amount is None else amount
        self.charge |= {"captured": True, "amount_captured": taken, "balance_transaction": "txn_c"}
        if self.reports_release:
            self.released = self.amount - taken
            self._report_refunded()
        self.emit_charge("charge.captured")

    def settle(self) -> None:
        self.charge["balance_transaction"] = f"txn_{self.number}"
        self.emit_charge("charge.updated")

    def touch(self) -> None:
        self.emit_charge("charge.updated")

    def decline(self) -> None:
        self.charge |= {"status": "failed", "failure_code": "card_declined"}
        self.emit_charge("charge.failed")

    def lapse(self) -> None:
        self.emit_charge("charge.expired")

    def wait(self) -> None:
        self.emit_charge("charge.pending")

    def refund(
        self,
        amount: int,
        *,
        status: str = "succeeded",
        ours: str = "",
        types: str = "refund.created",
    ) -> str:
        key = f"re_{self.number}_{len(self.refunds)}"
        self.refunds[key] = {
            "id": key,
            "object": "refund",
            "amount": amount,
            "balance_transaction": f"txn_{key}",
            "charge": self.charge["id"],
            "created": NOW_S,
            "currency": EUR,
            "metadata": {"refund_id": ours} if ours else {},
            "payment_intent": self.intent,
            "reason": "requested_by_customer",
            "status": status,
        }
        self._report_refunded()
        self.emit_charge("charge.refunded")
        for event_type in filter(None, types.split(",")):
            self.emit(event_type, self.refunds[key])
        return key

    def update_refund(self, key: str, status: str, event_type: str = "refund.updated") -> None:
        self.refunds[key]["status"] = status
        if status in ("failed", "canceled"):
            self.refunds[key] |= {
                "failure_reason": "lost_or_stolen_card",
                "failure_balance_transaction": f"txn_{key}_back",
            }
        self._report_refunded()
        self.emit(event_type, self.refunds[key])

    def dispute(self, *, inquiry: bool = False, withdrawn: bool = True, amount: int = 0) -> str:
        key = f"dp_{self.number}_{len(self.disputes)}"
        self.disputes[key] = {
            "id": key,
            "object": "dispute",
            "amount": amount or self.amount,
            "balance_transactions": [],
            "charge": self.charge["id"],
            "created": NOW_S,
            "currency": EUR,
            "evidence_details": {"due_by": NOW_S + 604_800},
            "livemode": False,
            "metadata": {},
            "payment_intent": self.intent,
            "reason": "fraudulent",
            "status": "warning_needs_response" if inquiry else "needs_response",
        }
        if withdrawn and not inquiry:
            self._move(key, -(amount or self.amount), 1500, "dispute")
        self.emit("charge.dispute.created", self.disputes[key])
        return key

    def withdraw(self, key: str) -> None:
        dispute = self.disputes[key]
        if not dispute["balance_transactions"]:
            self._move(key, -dispute["amount"], 1500, "dispute")
        self.emit("charge.dispute.funds_withdrawn", dispute)

    def withdraw_again(self, key: str) -> None:
        """What a bank does that turns its decision: it takes what came back once more."""
        dispute = self.disputes[key]
        back = dispute["amount"] + sum(each["amount"] for each in dispute["balance_transactions"])
        if back > 0:
            self._move(key, -back, 1500, "dispute")
        dispute["status"] = "lost"
        self.emit("charge.dispute.funds_withdrawn", dispute)

    def reopen(self, key: str) -> None:
        """What Stripe shows when evidence is asked for once more, until a later day."""
        dispute = self.disputes[key]
        due_by_s = dispute["evidence_details"]["due_by"] + 86_400
        dispute |= {"status": "needs_response", "evidence_details": {"due_by": due_by_s}}
        self.emit("charge.dispute.updated", dispute)

    def reinstate(self, key: str, amount: int | None = None) -> None:
        dispute = self.disputes[key]
        back = dispute["amount"] if amount is None else amount
        self._move(key, back, 0, "dispute_reversal")
        self.emit("charge.dispute.funds_reinstated", dispute)

    def rule(self, key: str, status: str, event_type: str = "charge.dispute.updated") -> None:
        self.disputes[key]["status"] = status
        self.emit(event_type, self.disputes[key])

    def close(self, key: str, status: str) -> None:
        self.rule(key, status, "charge.dispute.closed")

    def _move(self, key: str, amount: int, fee: int, category: str) -> None:
        entries = self.disputes[key]["balance_transactions"]
        entries.append(
            {
                "id": f"txn_{key}_{len(entries)}",
                "object": "balance_transaction",
                "amount": amount,
                "currency": EUR,
                "fee": fee,
                "net": amount - fee,
                "reporting_category": category,
                "type": "adjustment",
            }
        )

    def _report_refunded(self) -> None:
        self.charge["amount_refunded"] = self.released + self.refunded


def session_event(
    event_type: str,
    *,
    status: str,
    payment_status: str = "paid",
    mode: str = "payment",
    number: int = 1,
) -> dict[str, Any]:
    return {
        "id": f"evt_{event_type}_{number}",
        "object": "event",
        "api_version": "2026-08-26.dahlia",
        "created": NOW_S,
        "livemode": False,
        "type": event_type,
        "data": {
            "object": {
                "id": f"cs_{number}",
                "object": "checkout.session",
                "amount_total": 10_000 if mode == "payment" else None,
                "currency": EUR,
                "livemode": False,
                "metadata": {"booking_id": "bk_1", "location_id": "demo"},
                "mode": mode,
                "payment_intent": f"pi_{number}" if mode == "payment" else None,
                "setup_intent": f"seti_{number}" if mode == "setup" else None,
                "payment_status": payment_status,
                "status": status,
            }
        },
    }  # fmt: skip


def intent_event(
    event_type: str, *, status: str, number: int = 1, error: str = ""
) -> dict[str, Any]:
    return {
        "id": f"evt_{event_type}_{number}",
        "object": "event",
        "created": NOW_S,
        "livemode": False,
        "type": event_type,
        "data": {
            "object": {
                "id": f"pi_{number}",
                "object": "payment_intent",
                "amount": 10_000,
                "currency": EUR,
                "last_payment_error": {"code": error} if error else None,
                "livemode": False,
                "metadata": {"booking_id": "bk_1", "location_id": "demo"},
                "status": status,
            }
        },
    }


def setup_event(event_type: str, *, status: str) -> dict[str, Any]:
    return {
        "id": f"evt_{event_type}",
        "object": "event",
        "created": NOW_S,
        "livemode": False,
        "type": event_type,
        "data": {
            "object": {
                "id": "seti_1",
                "object": "setup_intent",
                "livemode": False,
                "metadata": {"booking_id": "bk_1", "location_id": "demo"},
                "payment_method": "pm_1",
                "customer": "cus_1",
                "status": status,
            }
        },
    }


def payout_event(event_type: str, *, status: str, amount: int = 5000) -> dict[str, Any]:
    return {
        "id": f"evt_{event_type}",
        "object": "event",
        "created": NOW_S,
        "livemode": False,
        "type": event_type,
        "data": {
            "object": {
                "id": "po_1",
                "object": "payout",
                "amount": amount,
                "arrival_date": NOW_S + 86_400,
                "currency": EUR,
                "livemode": False,
                "status": status,
                "trace_id": {"status": "supported", "value": "T-1"},
            }
        },
    }
