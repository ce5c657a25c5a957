"""What all payments of a booking together amount to: the contract's figures, from facts alone.

Everything is recomputed from the facts each time, so it cannot depend on their order.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from shared.domain.bookings.payment_views import (
    RequestedRefund,
    dispute_views,
    fraud_warning_views,
    payment_view,
    refund_views,
    requested_refund_views,
)
from shared.domain.money.money import Money
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.payment_facts import Facts

# Every word for how a booking's money stands.
PAYMENT_STATUSES = frozenset(
    {
        *("not_required", "unpaid", "card_saved", "authorized", "paid"),
        *("partially_refunded", "refunded", "disputed", "failed"),
    }
)


class PaymentSummary(Struct, frozen=True):
    """A booking's payments as the contract's `Booking` shows them.

    All amounts are ints in the minor unit of `currency`, the price's, and never negative. A charge
    in another currency counts in none of them and is listed in `foreign_charges`. `amount_overpaid`
    is what is kept, with what was paid outside Stripe, beyond the price and the fees for moves.
    `failed_refund_ids` are Stripe's refunds whose money came back: the client is still owed it, or
    was paid another way. `awaiting_charge` are payment intents that hold or took money, as Stripe
    says, while their charge has not reached us: they are not in the figures yet, and their slot
    must not be given away.
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
    price: Money,
    facts: Facts,
    pending_refunds: Iterable[RequestedRefund] = (),
    elsewhere_minor: int = 0,
    move_fees_minor: int = 0,
) -> PaymentSummary:
    """Return what a booking's facts and our unanswered refund requests amount to.

    `elsewhere_minor` is what was paid outside Stripe, `move_fees_minor` what is asked besides the
    price: both count for `amount_overpaid` alone.

    A request counts as pending until Stripe is known to have it, by our refund id in the metadata
    or by Stripe's id. If a charge's `amount_refunded` arrives before its refund object, the same
    refund may count twice meanwhile: what can be refunded is then too low, never too high.
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
    shown = [
        (key, charge, payment_view(key, charge, is_canceled=_is_canceled(charge, facts)))
        for key, charge in by_age
    ]
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
        amount_overpaid=max(
            0, captured - refunded + elsewhere_minor - price.amount_minor - move_fees_minor
        ),
        payments=tuple(each for _, charge, each in shown if charge.currency == price.currency),
        refunds=(*refund_views(by_age), *requested_refund_views(requested, price.currency)),
        disputes=tuple(dispute_views(by_age)),
        fraud_warnings=tuple(fraud_warning_views(by_age)),
        foreign_charges=tuple(each for key, _, each in shown if key not in charges),
        failed_refund_ids=tuple(sorted(_failed_refund_ids(charges))),
        awaiting_charge=tuple(sorted(_awaiting_charge(facts))),
    )


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
        (any(is_reversed(charge) for charge in charges.values()), "disputed"),
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


def is_reversed(charge: ChargeFacts) -> bool:
    """Whether a bank is deciding on a charge, or has returned its money to the client."""
    return charge.has_open_chargeback or any(each.is_lost for each in charge.disputes.values())


def _is_canceled(charge: ChargeFacts, facts: Facts) -> bool:
    # Canceling an intent releases its charge's hold, and the charge itself may not show it.
    intent = facts.intents.get(charge.payment_intent)
    return intent is not None and intent.is_canceled


def has_saved_card(facts: Facts) -> bool:
    """Whether a card was saved, according to its setup or its session."""
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
    paid = {key for key, intent in facts.intents.items() if intent.has_charge}
    paid |= {each.payment_intent for each in facts.sessions.values() if each.is_paid}
    arrived = {each.payment_intent for each in facts.charges.values() if each.succeeded}
    return paid - arrived - {""}


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
