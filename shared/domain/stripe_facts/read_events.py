"""Stripe's events to facts: a table for each kind of object, a row for each event type.

A row says what the event's name adds to what its object shows. The two are merged, so that an
object that Stripe rendered a moment too early takes nothing away from what has happened.
https://docs.stripe.com/api/events/types
"""

from collections.abc import Callable, Mapping
from copy import replace

from msgspec import Struct

from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.dispute_facts import DisputeFacts
from shared.domain.stripe_facts.event_facts import EventFact
from shared.domain.stripe_facts.fraud_warning_facts import FraudWarning
from shared.domain.stripe_facts.intent_facts import IntentFacts, SetupFacts
from shared.domain.stripe_facts.json_reader import MAX_ID_CHARS, StripeJson
from shared.domain.stripe_facts.metadata_claims import OWN, Claim, claim
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts
from shared.domain.stripe_facts.payout_facts import PayoutFacts
from shared.domain.stripe_facts.read_objects import (
    named_bookings,
    read_charge,
    read_dispute,
    read_fraud_warning,
    read_intent,
    read_payout,
    read_refund,
    read_released_part,
    read_session,
    read_setup,
)
from shared.domain.stripe_facts.refund_facts import RefundFacts
from shared.domain.stripe_facts.session_facts import SessionFacts


class StripeEvent(Struct, frozen=True):
    """One event of Stripe's, read: who sent it, and the facts that its object carries.

    `created_s` is in seconds since 1970 and decides nothing. `charge_id` is the charge under which
    the facts stand (events about charges, refunds, disputes), `payment_intent_id` the intent which
    the object belongs to. `booking_id` and `location_id` are our metadata on the object, None where
    it carries none: a claim, which counts only for a payment that is bound to no booking yet
    (`domain.bookings.payment_binding`). An edit of the metadata claims what stood there before it,
    and the metadata of a refund or dispute claims nothing.
    https://docs.stripe.com/api/events/object
    """

    event_id: str
    type: str
    created_s: int
    livemode: bool
    account: str | None
    api_version: str | None
    request_id: str | None
    facts: Facts
    charge_id: str | None
    payment_intent_id: str | None
    booking_id: str | None
    location_id: str | None


type _Events = Mapping[str, EventFact]

# Objects that we create with our metadata; a charge inherits it from its intent.
_CLAIMING = frozenset({"charge", "checkout.session", "payment_intent", "setup_intent"})

_CHARGE_EVENTS = {
    "charge.pending": ChargeFacts(pending=True),
    "charge.succeeded": ChargeFacts(succeeded=True),
    "charge.captured": ChargeFacts(succeeded=True, captured=True),
    "charge.updated": ChargeFacts(),
    "charge.refunded": ChargeFacts(),
    "charge.expired": ChargeFacts(expired=True),
    "charge.failed": ChargeFacts(failed=True),
}
_DISPUTE_EVENTS = {
    "charge.dispute.created": DisputeFacts(),
    "charge.dispute.updated": DisputeFacts(),
    "charge.dispute.funds_withdrawn": DisputeFacts(funds_withdrawn=True),
    "charge.dispute.funds_reinstated": DisputeFacts(funds_reinstated=True),
    "charge.dispute.closed": DisputeFacts(),
}
_REFUND_EVENTS = {
    "charge.refund.updated": RefundFacts(),
    "refund.created": RefundFacts(),
    "refund.updated": RefundFacts(),
    "refund.failed": RefundFacts(status="failed"),
}
_SESSION_EVENTS = {
    "checkout.session.completed": SessionFacts(status="complete"),
    "checkout.session.expired": SessionFacts(status="expired"),
    "checkout.session.async_payment_succeeded": SessionFacts(
        status="complete", payment_status="paid"
    ),
    "checkout.session.async_payment_failed": SessionFacts(status="complete", async_failed=True),
}
_INTENT_EVENTS = {
    "payment_intent.amount_capturable_updated": IntentFacts(),
    "payment_intent.payment_failed": IntentFacts(failed=True),
    "payment_intent.canceled": IntentFacts(status="canceled"),
    "payment_intent.succeeded": IntentFacts(status="succeeded"),
}
_SETUP_EVENTS = {
    "setup_intent.succeeded": SetupFacts(status="succeeded"),
    "setup_intent.setup_failed": SetupFacts(failed=True),
}
_WARNING_EVENTS = {
    "radar.early_fraud_warning.created": FraudWarning(),
    "radar.early_fraud_warning.updated": FraudWarning(),
}
_PAYOUT_EVENTS = {
    "payout.created": PayoutFacts(),
    "payout.updated": PayoutFacts(),
    "payout.paid": PayoutFacts(status="paid"),
    "payout.failed": PayoutFacts(status="failed"),
    "payout.canceled": PayoutFacts(status="canceled"),
    "payout.reconciliation_completed": PayoutFacts(reconciliation_status="completed"),
}


def account_of(event: Mapping[str, object]) -> str:
    """Return the account that an event names, empty for one of the endpoint's own account.

    Stripe names it when events of connected accounts are delivered; anything malformed is unknown.
    https://docs.stripe.com/api/events/object#event_object-account
    """
    if event.get("account") is None:
        return ""
    account = StripeJson(event).text("account")
    return account if 0 < len(account) <= MAX_ID_CHARS else "unknown"


def read_event(event: Mapping[str, object]) -> StripeEvent:
    """Read an event of a consumed type, of any API version from 2017 on.

    Raises `UnreadableEvent`, naming the JSON pointer, for another type, for an object of the wrong
    kind or mode, and where something that money depends on is missing or malformed.
    """
    envelope = StripeJson(event)
    event_type = envelope.text("type")
    if event_type not in _READERS:
        raise envelope.unreadable("type", "not a type that is consumed")
    event_id = envelope.required_id("id")
    created_s = envelope.required_instant("created")
    livemode = envelope.flag("livemode")
    if livemode is None:
        raise envelope.unreadable("livemode", "missing")
    subject = envelope.required_child("data").required_child("object")
    kind, read_facts = _READERS[event_type]
    if subject.values.get("object", kind) != kind:
        raise subject.unreadable("object", "not the kind of object that the type names")
    if subject.flag("livemode") not in (None, livemode):
        raise subject.unreadable("livemode", "not the mode of the event")
    facts = read_facts(event_type, subject, {event_id: EventFact(event_type, created_s)})
    return StripeEvent(
        event_id=event_id,
        type=event_type,
        created_s=created_s,
        livemode=livemode,
        account=envelope.text("account") or None,
        api_version=envelope.text("api_version") or None,
        # A bare string before 2017-05-25. https://docs.stripe.com/changelog
        request_id=envelope.text("request") or envelope.child("request").text("id") or None,
        facts=facts,
        charge_id=next(iter(facts.charges), None),
        payment_intent_id=_payment_intent_id(subject, facts),
        booking_id=_claimed(envelope, kind, "booking_id"),
        location_id=_claimed(envelope, kind, "location_id"),
    )


def _claimed(envelope: StripeJson, kind: str, key: str) -> str | None:
    """Return a value of our metadata, as it was before an edit that the event reports.

    https://docs.stripe.com/api/events/object#event_object-data-previous_attributes
    """
    if kind not in _CLAIMING:
        return None
    data = envelope.child("data")
    before = data.child("previous_attributes").metadata(key)
    return before or data.child("object").metadata(key) or None


# A booking that an event's object names is a claim, at the time of the event.
_NOBODY: frozenset[str] = frozenset()


def _charge_facts(event_type: str, charge: StripeJson, events: _Events) -> Facts:
    facts = read_charge(charge).merge(_CHARGE_EVENTS[event_type])
    if event_type == "charge.captured":
        facts = facts.merge(read_released_part(charge))
    charge_id = charge.required_id("id")
    told = ChargeFacts(events=events, claims=_claims(OWN, charge, events))
    return Facts(charges={charge_id: replace(facts, named_bookings=_NOBODY).merge(told)})


def _dispute_facts(event_type: str, dispute: StripeJson, events: _Events) -> Facts:
    told_at_s = max(each.at_s for each in events.values())
    facts = read_dispute(dispute, told_at_s=told_at_s).merge(_DISPUTE_EVENTS[event_type])
    charge = ChargeFacts(
        disputes={dispute.required_id("id"): facts},
        payment_intent=dispute.id("payment_intent"),
        claims=_claims(dispute.required_id("id"), dispute, events),
        livemode=dispute.flag("livemode"),
        events=events,
    )
    return Facts(charges={dispute.required_id("charge"): charge})


def _refund_facts(event_type: str, refund: StripeJson, events: _Events) -> Facts:
    facts = read_refund(refund).merge(_REFUND_EVENTS[event_type])
    refund_id, charge_id = refund.required_id("id"), refund.id("charge")
    if not charge_id:
        # A refund of a customer's cash balance has no charge and no booking; the ledger has it.
        return EMPTY
    charge = ChargeFacts(
        refunds={refund_id: facts},
        payment_intent=refund.id("payment_intent"),
        claims=_claims(refund_id, refund, events),
        events=events,
    )
    return Facts(charges={charge_id: charge})


def _session_facts(event_type: str, session: StripeJson, events: _Events) -> Facts:
    facts = read_session(session).merge(_SESSION_EVENTS[event_type])
    return Facts(sessions={session.required_id("id"): facts.merge(SessionFacts(events=events))})


def _intent_facts(event_type: str, intent: StripeJson, events: _Events) -> Facts:
    facts = read_intent(intent).merge(_INTENT_EVENTS[event_type])
    return Facts(intents={intent.required_id("id"): facts.merge(IntentFacts(events=events))})


def _setup_facts(event_type: str, setup: StripeJson, events: _Events) -> Facts:
    facts = read_setup(setup).merge(_SETUP_EVENTS[event_type])
    return Facts(setups={setup.required_id("id"): facts.merge(SetupFacts(events=events))})


def _claims(object_id: str, source: StripeJson, events: _Events) -> Mapping[str, Claim]:
    told_at_s = max(each.at_s for each in events.values())
    return claim(object_id, named_bookings(source), told_at_s)


def _warning_facts(event_type: str, warning: StripeJson, events: _Events) -> Facts:
    facts = read_fraud_warning(warning).merge(_WARNING_EVENTS[event_type])
    charge = ChargeFacts(
        fraud_warnings={warning.required_id("id"): facts},
        payment_intent=warning.id("payment_intent"),
        livemode=warning.flag("livemode"),
        events=events,
    )
    return Facts(charges={warning.required_id("charge"): charge})


def _payout_facts(event_type: str, payout: StripeJson, events: _Events) -> Facts:
    facts = read_payout(payout).merge(_PAYOUT_EVENTS[event_type])
    return Facts(payouts={payout.required_id("id"): facts.merge(PayoutFacts(events=events))})


def _payment_intent_id(subject: StripeJson, facts: Facts) -> str | None:
    return next(iter(facts.intents), None) or subject.id("payment_intent") or None


type _Reader = Callable[[str, StripeJson, _Events], Facts]

_READERS: dict[str, tuple[str, _Reader]] = {
    **dict.fromkeys(_CHARGE_EVENTS, ("charge", _charge_facts)),
    **dict.fromkeys(_DISPUTE_EVENTS, ("dispute", _dispute_facts)),
    **dict.fromkeys(_REFUND_EVENTS, ("refund", _refund_facts)),
    **dict.fromkeys(_SESSION_EVENTS, ("checkout.session", _session_facts)),
    **dict.fromkeys(_INTENT_EVENTS, ("payment_intent", _intent_facts)),
    **dict.fromkeys(_SETUP_EVENTS, ("setup_intent", _setup_facts)),
    **dict.fromkeys(_WARNING_EVENTS, ("radar.early_fraud_warning", _warning_facts)),
    **dict.fromkeys(_PAYOUT_EVENTS, ("payout", _payout_facts)),
}
