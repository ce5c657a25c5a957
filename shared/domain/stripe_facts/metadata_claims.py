"""Which bookings an object's metadata at Stripe names, now and at any earlier time. Pure.

Metadata can be edited, and edited back. The time of Stripe's event decides which of two claims is
the newer one, so that the order of arrival does not matter; within the same second both count.
A claim's key is the object and the booking that it names, `re_1 bk_2`.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from shared.domain.stripe_facts.merge_rules import LARGEST
from shared.domain.stripe_facts.mergeable_facts import Record, joined

# The object that the facts are about: its id is already their key.
OWN = "own"
# For an object that names no booking any more, or never did.
NONE = "-"


class Claim(Record, frozen=True):
    """When an object was last seen to name a booking, in seconds since 1970."""

    at_s: int = joined(LARGEST)


def claim(object_id: str, named: AbstractSet[str], at_s: int) -> Mapping[str, Claim]:
    """Return what an event at `at_s` (seconds since 1970) shows an object to name: one, or none.

    Refunds and disputes mostly have no metadata of their own: that is no claim.
    """
    names = named or ({NONE} if object_id == OWN else frozenset())
    return {f"{object_id} {each}": Claim(at_s) for each in names}


def newest(claims: Mapping[str, Claim]) -> Mapping[str, AbstractSet[str]]:
    """Return what each object named last, by object: usually one booking."""
    by_object: dict[str, dict[str, int]] = {}
    for key, each in claims.items():
        object_id, _, booking_id = key.partition(" ")
        by_object.setdefault(object_id, {})[booking_id] = each.at_s
    return {
        object_id: {each for each, at_s in seen.items() if at_s == max(seen.values())} - {NONE}
        for object_id, seen in by_object.items()
    }


def named_now(ever: AbstractSet[str], claims: Mapping[str, Claim]) -> AbstractSet[str]:
    """Return the bookings that metadata names as far as is known.

    `ever` are those that Stripe's answers have shown. One that no event mentions counts: nothing
    says that it no longer holds.
    """
    told = {key.partition(" ")[2] for key in claims}
    return (ever - told) | {each for named in newest(claims).values() for each in named}
