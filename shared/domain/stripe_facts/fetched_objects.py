"""Stripe's objects that we fetched ourselves, as facts: what a lost webhook would have said. Pure.

A fetched charge says what an update of it would say: never that it was captured just now.
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.event_facts import EventFact
from shared.domain.stripe_facts.json_reader import StripeJson
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts, merge
from shared.domain.stripe_facts.payout_facts import PayoutFacts
from shared.domain.stripe_facts.read_objects import (
    named_bookings,
    read_charge,
    read_dispute,
    read_intent,
    read_payout,
    read_refund,
    read_session,
    read_setup,
)


def session_facts(session: Mapping[str, Any]) -> Facts:
    """Return what a Checkout Session says, with what is expanded in it.

    That is its payment intent with `latest_charge`, or its setup intent. Raises `UnreadableEvent`.
    """
    read = StripeJson(session)
    facts = Facts(sessions={read.required_id("id"): read_session(read)})
    intent = session.get("payment_intent")
    if isinstance(intent, Mapping):
        facts = merge(facts, intent_facts(intent))
    setup = session.get("setup_intent")
    if isinstance(setup, Mapping):
        found = StripeJson(setup)
        facts = merge(facts, Facts(setups={found.required_id("id"): read_setup(found)}))
    return facts


def intent_facts(intent: Mapping[str, Any]) -> Facts:
    """Return what a payment intent says, with `latest_charge` where that is expanded in it.

    Raises `UnreadableEvent`.
    """
    read = StripeJson(intent)
    facts = Facts(intents={read.required_id("id"): read_intent(read)})
    charge = intent.get("latest_charge")
    if not isinstance(charge, Mapping):
        return facts
    found = StripeJson(charge)
    return merge(facts, Facts(charges={found.required_id("id"): read_charge(found)}))


def charge_facts(charge: Mapping[str, Any], events: Mapping[str, EventFact]) -> Facts:
    """Return what a charge says, with `events` in its timeline; raises `UnreadableEvent`."""
    read = StripeJson(charge)
    facts = read_charge(read).merge(ChargeFacts(events=events))
    return Facts(charges={read.required_id("id"): facts})


def refund_facts(refund: Mapping[str, Any], events: Mapping[str, EventFact]) -> Facts:
    """Return what a refund says of its charge; `EMPTY` for one without. Raises as above."""
    read = StripeJson(refund)
    charge_id = read.id("charge")
    if not charge_id:
        return EMPTY
    charge = ChargeFacts(
        refunds={read.required_id("id"): read_refund(read)},
        payment_intent=read.id("payment_intent"),
        named_bookings=named_bookings(read),
        events=events,
    )
    return Facts(charges={charge_id: charge})


def dispute_facts(
    dispute: Mapping[str, Any], events: Mapping[str, EventFact], asked_at_s: int
) -> Facts:
    """Return what a dispute says of its charge, with its movements; raises as above.

    `asked_at_s` is when Stripe was asked for it, in seconds since 1970.
    """
    read = StripeJson(dispute)
    charge = ChargeFacts(
        disputes={read.required_id("id"): read_dispute(read, asked_at_s=asked_at_s)},
        payment_intent=read.id("payment_intent"),
        named_bookings=named_bookings(read),
        livemode=read.flag("livemode"),
        events=events,
    )
    return Facts(charges={read.required_id("charge"): charge})


def payout_facts(payout: Mapping[str, Any], events: Mapping[str, EventFact]) -> Facts:
    """Return what a payout says; raises as above."""
    read = StripeJson(payout)
    facts = read_payout(read).merge(PayoutFacts(events=events))
    return Facts(payouts={read.required_id("id"): facts})
