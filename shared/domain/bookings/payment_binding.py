"""Which booking a payment belongs to: our own record decides, not metadata at Stripe. Pure.

    session#cs_...  bound when we open it
    intent#pi_...   bound when Stripe carries out our order, else by the first event that names it
    setup#seti_...  as an intent
    charge#ch_...   bound with its intent; refunds and disputes belong to their charge

A binding is made once, to a booking that exists, and never moved. Later metadata, of any object, is
a claim (`named_bookings`) that staff are shown. Before there is a binding, the metadata that we
gave the object when it was made is the claim that makes one.
"""

from collections.abc import Iterator, Mapping
from copy import replace

from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.stripe_facts.read_events import StripeEvent


def binding_names(event: StripeEvent) -> tuple[str, ...]:
    """Return the names under which an event's object may be bound, best first."""
    found = [f"intent#{event.payment_intent_id}"] if event.payment_intent_id else []
    found += [f"setup#{each.setup_intent}" for each in event.facts.sessions.values()
              if each.setup_intent]  # fmt: skip
    found += [f"setup#{each}" for each in event.facts.setups]
    found += [f"session#{each}" for each in event.facts.sessions]
    return tuple(found)


def is_payment(name: str) -> bool:
    """Whether a name is that of a payment or setup, which binds everything that follows from it."""
    return not name.startswith("session#")


def claimed_booking(event: StripeEvent, location_id: str) -> str | None:
    """Return the booking that an event's metadata names, if it names this location too."""
    return event.booking_id if event.location_id == location_id else None


def is_of_others(facts: Facts, location_id: str) -> bool:
    """Whether a charge without a booking names another location: then it is another program's."""
    return any(each.location_id not in ("", location_id) for each in facts.charges.values())


def payment_names(facts: Facts) -> Iterator[str]:
    """Yield the names of the intents, setup intents and charges in these facts, each once."""
    intents = {each.payment_intent for each in facts.charges.values() if each.payment_intent}
    yield from (f"intent#{each}" for each in sorted(intents | facts.intents.keys()))
    yield from (f"setup#{each}" for each in facts.setups)
    yield from (f"charge#{each}" for each in facts.charges)


def without_others(facts: Facts, owners: Mapping[str, str], booking_id: str) -> Facts:
    """Return facts without what is bound to another booking.

    `owners` are the bookings to which the names that `payment_names` yields are bound.
    """
    others = {name for name, owner in owners.items() if owner != booking_id}
    return replace(
        facts,
        intents={key: each for key, each in facts.intents.items() if f"intent#{key}" not in others},
        setups={key: each for key, each in facts.setups.items() if f"setup#{key}" not in others},
        charges={
            key: each
            for key, each in facts.charges.items()
            if not others & {f"charge#{key}", f"intent#{each.payment_intent}"}
        },
    )
