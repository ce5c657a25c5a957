"""What the ledger shows and no webhook reported, as an event that can be recorded. Pure.

It is treated like every Stripe event: merged into its subject and its booking, announced on the
bus, and recorded once under an id that is derived from what was missing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.errors import UnreadableEvent
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.read_balance_transactions import CHARGE, DISPUTE, PAYOUT, REFUND
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.dispute_facts import DisputeFacts, DisputeMovement
from shared.domain.stripe_facts.event_facts import EventFact
from shared.domain.stripe_facts.fetched_objects import (
    charge_facts,
    dispute_facts,
    payout_facts,
    refund_facts,
)
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts, merge
from shared.domain.stripe_facts.read_events import StripeEvent
from shared.domain.stripe_facts.read_objects import DISPUTED_MONEY

# What stands in the timeline where a webhook did not come.
HEALED_TYPE = "ledger.healed"
_READERS = {CHARGE: charge_facts, REFUND: refund_facts, PAYOUT: payout_facts}
_OPEN_REFUNDS = frozenset({"pending", "requires_action"})
_CLOSED_DISPUTES = frozenset({"won", "lost", "prevented", "warning_closed"})


def healing_event(
    cause: str,
    source: Mapping[str, Any],
    also: Iterable[Mapping[str, Any]],
    *,
    livemode: bool,
    location_id: str,
    booking_id: str | None,
    now_s: int,
) -> StripeEvent:
    """Return the event by which a fetched object is recorded, as if its webhook had come.

    `cause` names what was missing, such as a balance transaction, and makes the event's id: the
    same cause is recorded once. `also` are other objects of the same charge, such as the charge of
    a refund where that is not known here either. `booking_id` is what the charge's metadata claims
    at `location_id`: a binding wins over it. `now_s` is in seconds since 1970. Raises
    `UnreadableEvent`.
    """
    event_id = f"healed-{cause}"
    events = {event_id: EventFact(HEALED_TYPE, now_s)}
    facts = EMPTY
    for each in (source, *also):
        told = _read(each, events, now_s)
        if told is None:
            raise UnreadableEvent("/object: neither a charge, refund, dispute nor payout")
        facts = merge(facts, told)
    return StripeEvent(
        event_id=event_id,
        type=HEALED_TYPE,
        created_s=now_s,
        livemode=livemode,
        account=None,
        api_version=None,
        request_id=None,
        facts=facts,
        charge_id=next(iter(facts.charges), None),
        payment_intent_id=next((each.payment_intent for each in facts.charges.values()), "")
        or None,
        booking_id=booking_id,
        location_id=location_id,
    )


def ledger_movement(entry: LedgerEntry) -> Facts:
    """Return a dispute's movement as the ledger has it, `EMPTY` for any other entry.

    Stripe documents that a dispute lists "zero, one, or two" balance transactions: that a bank took
    the money a second time may stand in the ledger alone.
    https://docs.stripe.com/api/disputes/object#dispute_object-balance_transactions
    """
    if not entry.charge or not entry.dispute or entry.reporting_category not in DISPUTED_MONEY:
        return EMPTY
    moved = DisputeMovement(entry.amount_minor, entry.fee_minor, entry.currency)
    dispute = DisputeFacts(movements={entry.balance_transaction: moved})
    return Facts(charges={entry.charge: ChargeFacts(disputes={entry.dispute: dispute})})


def is_open(source: Mapping[str, Any]) -> bool:
    """Whether an object may still change without a movement of money that the ledger would show."""
    kind, status = source.get("object"), source.get("status")
    if kind == REFUND:
        return status in _OPEN_REFUNDS
    return kind == DISPUTE and status not in _CLOSED_DISPUTES


def has_new_status(source: Mapping[str, Any], known: Facts, now_s: int) -> bool:
    """Whether a fetched refund, dispute or payout has a status that webhooks have not reported.

    `now_s` is when Stripe was asked, in seconds since 1970.
    """
    told = _read(source, {}, now_s)
    return told is not None and _statuses(merge(known, told)) != _statuses(known)


def _read(source: Mapping[str, Any], events: Mapping[str, EventFact], now_s: int) -> Facts | None:
    kind = str(source.get("object"))
    if kind == DISPUTE:
        return dispute_facts(source, events, now_s)
    read = _READERS.get(kind)
    return read(source, events) if read else None


def _statuses(facts: Facts) -> dict[str, str]:
    found: dict[str, str] = {}
    for charge in facts.charges.values():
        found |= {key: each.status for key, each in charge.refunds.items()}
        found |= {
            key: f"{each.status} {each.evidence_due_by_s}" for key, each in charge.disputes.items()
        }
    for key, payout in facts.payouts.items():
        found[key] = f"{payout.status} {payout.reconciliation_status} {payout.trace_id}"
    return found
