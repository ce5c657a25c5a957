"""What an object's metadata at Stripe says whose it is: as it last was, and as it ever was. Pure.

Metadata can be edited, and edited back. Which of two is the newer says the time of Stripe's event,
so that it follows from the facts in whatever order they come; of two within a second both count.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from shared.domain.lattice import LARGEST, Record, UnionById, joined

# Of an object that names no booking any more, or never did.
NONE = "-"


@dataclass(frozen=True, slots=True)
class Naming(Record):
    """When an object was last seen to name a booking, in seconds since 1970."""

    at_s: int = joined(LARGEST)


@dataclass(frozen=True, slots=True)
class Claim(Record):
    """All bookings that one object's events ever named, each with the latest time."""

    named: Mapping[str, Naming] = joined(UnionById(Naming))

    def newest(self) -> AbstractSet[str]:
        """Return what it named last: mostly one booking."""
        last_s = max((each.at_s for each in self.named.values()), default=0)
        return {key for key, each in self.named.items() if each.at_s == last_s} - {NONE}


def claim(object_id: str, named: AbstractSet[str], at_s: int) -> Mapping[str, Claim]:
    """Return what an event at `at_s` (seconds since 1970) shows an object to name: one, or none."""
    return {object_id: Claim({each: Naming(at_s) for each in named or {NONE}})}


def named_now(ever: AbstractSet[str], claims: Mapping[str, Claim]) -> AbstractSet[str]:
    """Return the bookings that metadata names as far as is known.

    `ever` are all that it was seen to name; of what only an answer of Stripe's showed, and no
    event, nothing tells whether it still holds: it counts.
    """
    told = {booking_id for each in claims.values() for booking_id in each.named}
    newest = {booking_id for each in claims.values() for booking_id in each.newest()}
    return (ever - told) | newest
