"""What all payments of a booking together amount to: the contract's figures, from facts alone.

Everything is computed anew from the facts each time, so that it cannot depend on their order.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.domain.bookings.dispute_record import DisputeRecord, record_of
from shared.domain.dates.instants import rfc3339
from shared.domain.money.money import Money
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.event_facts import EventFact
from shared.domain.stripe_facts.payment_facts import Facts

REFUND_REQUESTED = "requested"
_REFUND_STATUSES = frozenset({"pending", "requires_action", "succeeded", "failed", "canceled"})
# Every word for what a booking's money, a refund and a payment may be.
PAYMENT_STATUSES = frozenset(
    {
        *("not_required", "unpaid", "card_saved", "authorized", "paid"),
        *("partially_refunded", "refunded", "disputed", "failed"),
    }
)
REFUND_STATUSES = _REFUND_STATUSES | {REFUND_REQUESTED}
CHARGE_STATUSES = frozenset(
    {"unknown", "pending", "authorized", "succeeded", "expired", "failed", "canceled"}
)


class RequestedRefund(Protocol):
    """A refund that we asked for."""

    @property
    def refund_id(self) -> str:
        """Our id, which the refund's metadata carries."""

    @property
    def amount_minor(self) -> int:
        """What is to go back, in the price's currency, above zero."""

    @property
    def stripe_refund_id(self) -> str | None:
        """Stripe's id, None until Stripe has answered."""


@dataclass(frozen=True, slots=True)
class PaymentSummary:
    """A booking's payments as the contract's `Booking` shows them.

    All amounts are ints in the minor unit of `currency`, the price's, and never negative; a charge
    in another currency is in none of them, but in `foreign_charges`. `amount_overpaid` is what is
    kept beyond the price. `failed_refund_ids` are Stripe's refunds whose money came back, so that
    the client is still owed it or was paid otherwise. `awaiting_charge` are payment intents of
    which Stripe says that they hold or took money while their charge has not reached us: not yet in
    the figures, and no reason to give a slot away.
    """

    payment_status: str
    currency: str
    amount_authorized: int
    amount_captured: int
    amount_refunded: int
    amount_refund_pending: int
    amount_disputed: int
    refundable: int
    amount_overpaid: int
    payments: tuple[dict[str, object], ...]
    refunds: tuple[dict[str, object], ...]
    disputes: tuple[dict[str, object], ...]
    fraud_warnings: tuple[dict[str, object], ...]
    foreign_charges: tuple[dict[str, object], ...]
    failed_refund_ids: tuple[str, ...]
    awaiting_charge: tuple[str, ...]


def summarise(
    price: Money, facts: Facts, pending_refunds: Iterable[RequestedRefund] = ()
) -> PaymentSummary:
    """Return what a booking's facts and our unanswered refund requests amount to.

    A request counts as pending until Stripe knows it, told by our refund id in the metadata or by
    Stripe's id. While a charge's `amount_refunded` has come before its refund object, the same
    refund may count twice, against what can be refunded: never in its favour.
    """
    charges = {
        key: charge
        for key, charge in facts.charges.items()
        if charge.currency in ("", price.currency)
    }
    requested = _not_at_stripe(pending_refunds, charges)
    authorized = sum(
        charge.amount_authorized_minor
        for charge in charges.values()
        if not _is_canceled(charge, facts)
    )
    captured = sum(charge.amount_captured_minor for charge in charges.values())
    refunded = sum(charge.amount_refunded_minor for charge in charges.values())
    disputed = sum(charge.amount_disputed_minor for charge in charges.values())
    refund_pending = sum(request.amount_minor for request in requested)
    is_blocked = any(charge.has_open_chargeback for charge in charges.values())
    rest = captured - refunded - refund_pending - disputed
    by_age = sorted(facts.charges.items(), key=lambda item: (item[1].created_s, item[0]))
    shown = [(key, charge, _payment(key, charge, facts)) for key, charge in by_age]
    return PaymentSummary(
        payment_status=_payment_status(
            price, facts, charges, authorized=authorized, captured=captured, refunded=refunded
        ),
        currency=price.currency,
        amount_authorized=authorized,
        amount_captured=captured,
        amount_refunded=refunded,
        amount_refund_pending=refund_pending,
        amount_disputed=disputed,
        refundable=0 if is_blocked else max(0, rest),
        amount_overpaid=max(0, captured - refunded - price.amount_minor),
        payments=tuple(each for _, charge, each in shown if charge.currency == price.currency),
        refunds=(*_refunds(by_age), *_requested_refunds(requested, price.currency)),
        disputes=tuple(_disputes(by_age)),
        fraud_warnings=tuple(_fraud_warnings(by_age)),
        foreign_charges=tuple(each for key, _, each in shown if key not in charges),
        failed_refund_ids=tuple(sorted(_failed_refund_ids(charges))),
        awaiting_charge=tuple(sorted(_awaiting_charge(facts))),
    )


def timeline(facts: Facts) -> list[dict[str, str]]:
    """Return every Stripe event that is known, once, as `at` (RFC 3339), `what` and `event_id`.

    Sorted by time and then by id, for a person to read: nothing is decided by it.
    """
    known: dict[str, EventFact] = {}
    for key, event in _events(facts):
        known[key] = known[key].merge(event) if key in known else event
    ordered = sorted(known.items(), key=lambda item: (item[1].at_s, item[0]))
    return [
        {"at": rfc3339(event.at_s), "what": event.type, "event_id": key} for key, event in ordered
    ]


def dispute_view(record: DisputeRecord) -> dict[str, object]:
    """Return a dispute as staff see it, its booking apart.

    Amounts are ints in the minor unit beside their currency: `amount` is what the client's bank
    disputes, which may be more or less than the charge; `fee` is Stripe's own, in `fee_currency`,
    and null for as long as no money has moved.
    """
    facts = record.facts
    due_by_s = facts.evidence_due_by_s
    return {
        "stripe_dispute_id": record.dispute_id,
        "kind": record.kind,
        "charge": record.charge_id,
        "status": facts.status,
        "is_open": facts.is_open,
        "amount": facts.amount_minor,
        "currency": facts.currency,
        "reason": facts.reason,
        "fee": record.fee_minor,
        "fee_currency": record.fee_currency,
        "evidence_due_by": rfc3339(due_by_s) if due_by_s else None,
        "funds": facts.funds(record.charge_currency, record.charge_captured_minor),
        "created": rfc3339(facts.created_s),
    }


def _payment_status(
    price: Money,
    facts: Facts,
    charges: Mapping[str, ChargeFacts],
    *,
    authorized: int,
    captured: int,
    refunded: int,
) -> str:
    # The contract's precedence: the first that applies.
    for applies, status in (
        (any(_is_disputed(charge) for charge in charges.values()), "disputed"),
        (captured and refunded >= captured, "refunded"),
        (refunded, "partially_refunded"),
        (captured, "paid"),
        (authorized, "authorized"),
        (has_saved_card(facts), "card_saved"),
        (_has_failed_try(facts, charges) and not _has_open_try(facts, charges), "failed"),
        (price.amount_minor, "unpaid"),
    ):
        if applies:
            return status
    return "not_required"


def _is_disputed(charge: ChargeFacts) -> bool:
    return charge.has_open_chargeback or any(each.is_lost for each in charge.disputes.values())


def _is_canceled(charge: ChargeFacts, facts: Facts) -> bool:
    # Giving an intent up lets go of what its charge held, which the charge itself need not tell.
    intent = facts.intents.get(charge.payment_intent)
    return intent is not None and intent.is_canceled


def has_saved_card(facts: Facts) -> bool:
    """Whether a card was saved, as its setup or its session tells."""
    return any(each.is_saved for each in facts.setups.values()) or any(
        each.has_saved_card for each in facts.sessions.values()
    )


def _has_failed_try(facts: Facts, charges: Mapping[str, ChargeFacts]) -> bool:
    return (
        any(each.failed for each in charges.values())
        or any(each.failed for each in facts.intents.values())
        or any(each.failed for each in facts.setups.values())
        or any(each.async_failed for each in facts.sessions.values())
    )


def _has_open_try(facts: Facts, charges: Mapping[str, ChargeFacts]) -> bool:
    return (
        any(each.status == "pending" for each in charges.values())
        or any(each.is_under_way for each in facts.intents.values())
        or any(each.is_open for each in facts.sessions.values())
        or any(True for _ in _awaiting_charge(facts))
    )


def _awaiting_charge(facts: Facts) -> set[str]:
    told = {key for key, intent in facts.intents.items() if intent.has_charge}
    told |= {each.payment_intent for each in facts.sessions.values() if each.is_paid}
    arrived = {each.payment_intent for each in facts.charges.values() if each.succeeded}
    return told - arrived - {""}


def _not_at_stripe(
    pending_refunds: Iterable[RequestedRefund], charges: Mapping[str, ChargeFacts]
) -> list[RequestedRefund]:
    known = {
        name
        for charge in charges.values()
        for key, refund in charge.refunds.items()
        for name in (key, refund.refund_id)
    }
    return [
        request
        for request in pending_refunds
        if request.refund_id not in known and request.stripe_refund_id not in known
    ]


def _failed_refund_ids(charges: Mapping[str, ChargeFacts]) -> Iterator[str]:
    for charge in charges.values():
        for key, refund in charge.client_refunds.items():
            if refund.status == "failed":
                yield key


def _payment(charge_id: str, charge: ChargeFacts, facts: Facts) -> dict[str, object]:
    is_let_go = charge.status == "authorized" and _is_canceled(charge, facts)
    return {
        "payment_intent": charge.payment_intent or None,
        "charge": charge_id,
        "amount": charge.amount_minor,
        "currency": charge.currency,
        "status": "canceled" if is_let_go else charge.status,
        "amount_captured": charge.amount_captured_minor,
        "amount_refunded": charge.amount_refunded_minor,
        "amount_disputed": charge.amount_disputed_minor,
        "card": {"brand": charge.card_brand, "last4": charge.card_last4}
        if charge.card_last4
        else None,
        "failure_code": charge.failure_code or None,
        "receipt_url": charge.receipt_url or None,
        "created": rfc3339(charge.created_s),
    }


def _refunds(by_age: list[tuple[str, ChargeFacts]]) -> Iterator[dict[str, object]]:
    for charge_id, charge in by_age:
        refunds = charge.client_refunds.items()
        for key, refund in sorted(refunds, key=lambda item: (item[1].created_s, item[0])):
            yield {
                # One that was made in the Dashboard has no id of ours.
                "refund_id": refund.refund_id or key,
                "stripe_refund_id": key,
                "charge": charge_id,
                "status": refund.status if refund.status in _REFUND_STATUSES else "pending",
                "amount": refund.amount_minor,
                "currency": refund.currency,
                "reason": refund.reason,
                "failure_reason": refund.failure_reason or None,
                "pending_reason": refund.pending_reason or None,
            }


def _requested_refunds(
    requested: list[RequestedRefund], currency: str
) -> Iterator[dict[str, object]]:
    for request in sorted(requested, key=lambda each: each.refund_id):
        yield {
            "refund_id": request.refund_id,
            "stripe_refund_id": request.stripe_refund_id,
            "status": REFUND_REQUESTED,
            "amount": request.amount_minor,
            "currency": currency,
        }


def _disputes(by_age: list[tuple[str, ChargeFacts]]) -> Iterator[dict[str, object]]:
    for charge_id, charge in by_age:
        disputes = charge.disputes.items()
        for key, _ in sorted(disputes, key=lambda item: (item[1].created_s, item[0])):
            yield dispute_view(record_of(key, charge_id, charge, None))


def _fraud_warnings(by_age: list[tuple[str, ChargeFacts]]) -> Iterator[dict[str, object]]:
    for charge_id, charge in by_age:
        for key, warning in sorted(charge.fraud_warnings.items()):
            yield {
                "early_fraud_warning": key,
                "charge": charge_id,
                "fraud_type": warning.fraud_type,
                "actionable": key in charge.open_fraud_warnings,
                "created": rfc3339(warning.created_s),
            }


def _events(facts: Facts) -> Iterator[tuple[str, EventFact]]:
    for charge in facts.charges.values():
        yield from charge.events.items()
    for session in facts.sessions.values():
        yield from session.events.items()
    for intent in facts.intents.values():
        yield from intent.events.items()
    for setup in facts.setups.values():
        yield from setup.events.items()
    for payout in facts.payouts.values():
        yield from payout.events.items()
