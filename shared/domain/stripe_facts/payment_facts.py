"""A payment is a fold over facts: what Stripe's objects said, in any order, any number of times.

    Facts
    ├── charges    ChargeFacts   flags, highest sums
    │   ├── refunds    RefundFacts    pending < requires_action < succeeded < canceled < failed
    │   ├── disputes   DisputeFacts   no rank: its module says what tells the newest status
    │   │   ├── movements  DisputeMovement, by balance transaction
    │   │   └── sightings  DisputeSighting, by status and deadline
    │   ├── fraud_warnings  FraudWarning
    │   └── events     EventFact
    ├── sessions   SessionFacts  open < expired < complete
    ├── intents    IntentFacts   ... < requires_capture < canceled < succeeded
    ├── setups     SetupFacts    ... < canceled < succeeded
    └── payouts    PayoutFacts   pending < in_transit < paid < canceled < failed

Each module has its object's facts and what they amount to; `mergeable_facts` has the rules that
join them. Stripe gives no order: "Don't use `created` to determine event order"
(https://docs.stripe.com/webhooks).
"""

from collections.abc import Iterable, Mapping
from functools import reduce

from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.event_facts import EventFact
from shared.domain.stripe_facts.intent_facts import IntentFacts, SetupFacts
from shared.domain.stripe_facts.mergeable_facts import Record, UnionById, joined
from shared.domain.stripe_facts.payout_facts import PayoutFacts
from shared.domain.stripe_facts.session_facts import SessionFacts


class Facts(Record, frozen=True):
    """Everything known of one subject (a charge, a booking, a payout): objects by Stripe's ids."""

    charges: Mapping[str, ChargeFacts] = joined(UnionById(ChargeFacts))
    sessions: Mapping[str, SessionFacts] = joined(UnionById(SessionFacts))
    intents: Mapping[str, IntentFacts] = joined(UnionById(IntentFacts))
    setups: Mapping[str, SetupFacts] = joined(UnionById(SetupFacts))
    payouts: Mapping[str, PayoutFacts] = joined(UnionById(PayoutFacts))


EMPTY = Facts()


def merge(one: Facts, other: Facts) -> Facts:
    """Return what both together say: commutative, associative, idempotent, with `EMPTY` neutral."""
    return one.merge(other)


def events_of(facts: Facts) -> dict[str, EventFact]:
    """Return every event that these facts came with, by its id; one may stand under two objects."""
    found: dict[str, EventFact] = {}
    for kind in (facts.charges, facts.sessions, facts.intents, facts.setups, facts.payouts):
        for known in kind.values():
            for key, event in known.events.items():
                found[key] = found[key].merge(event) if key in found else event
    return found


def fold(many: Iterable[Facts]) -> Facts:
    """Return what all of them together say; `EMPTY` for none."""
    return reduce(merge, many, EMPTY)
