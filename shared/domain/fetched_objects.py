"""Stripe's objects that we fetched ourselves, as facts: what a lost webhook would have told. Pure.

A fetched charge says what an update of it would say: never that it was captured just now.
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.payment import Facts, merge
from shared.domain.stripe_json import StripeJson
from shared.domain.stripe_objects import read_charge, read_intent, read_session, read_setup


def session_facts(session: Mapping[str, Any]) -> Facts:
    """Return what a Checkout Session says, with what is expanded in it.

    That is its payment intent with `latest_charge`, or its setup intent. Raises `UnreadableEvent`.
    """
    read = StripeJson(session)
    facts = Facts(sessions={read.required_id("id"): read_session(read)})
    intent = session.get("payment_intent")
    if isinstance(intent, Mapping):
        facts = merge(facts, _intent_facts(intent))
    setup = session.get("setup_intent")
    if isinstance(setup, Mapping):
        found = StripeJson(setup)
        facts = merge(facts, Facts(setups={found.required_id("id"): read_setup(found)}))
    return facts


def _intent_facts(intent: Mapping[str, Any]) -> Facts:
    read = StripeJson(intent)
    facts = Facts(intents={read.required_id("id"): read_intent(read)})
    charge = intent.get("latest_charge")
    if not isinstance(charge, Mapping):
        return facts
    found = StripeJson(charge)
    return merge(facts, Facts(charges={found.required_id("id"): read_charge(found)}))
