"""What a day's comparison of webhooks with Stripe is to list. Standard library only."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tests.truth.oracle import Movement
from tests.truth.world import World

DIFFERENCES = ("missing_here", "missing_at_stripe", "differing")


def lists_at_the_end(
    world: World,
    all_of: Iterable[Movement],
    moved: Iterable[Movement],
    found: Mapping[str, Any],
    *,
    has_moved: bool,
) -> dict[str, Any]:
    """Return the lists of a day when all has come: nothing differs.

    Where the location has moved, the day may have other hours than those that were compared, and
    not all of them: then it says so, and knows no more.

    Healed is each payment of ours that no webhook ever told, and nothing that none was lost of. One
    that its refund, its dispute or another movement brought along is healed with that.
    """
    of_day = list(moved)
    alone = Counter(each.charge for each in all_of)
    alone.update(str(each["charge"]) for each in world.stripe.objects("dispute"))
    alone.update(str(each["charge"]) for each in world.stripe.objects("refund"))
    is_unfinished = has_moved and found["status"] == "pending"
    healed = {
        each.name
        for each in of_day
        if not is_unfinished and _is_never_told(world, each) and alone[each.charge] == 1
    }
    may_be = {each.name for each in of_day if _is_untold(world, each.name)}
    healed |= may_be.intersection(found["healed"])
    lists = {**{name: [] for name in DIFFERENCES}, "healed": sorted(healed)}
    return {**lists, "status": "pending" if is_unfinished else "reconciled"}


def lists_of_a_morning(
    world: World, moved: Iterable[Movement], found: Mapping[str, Any], listed: Iterable[str]
) -> dict[str, Any]:
    """Return the lists of a day that was compared right then.

    Stripe lacks what it has told of and its list did not have; that may be said once it is late.
    """
    of_day, there = list(moved), set(listed)
    lacking: set[str] = set()
    for each in world.stripe.objects("balance_transaction"):
        if each["id"] not in there:
            # A payment may be told of without its balance transaction, which then is not named.
            lacking |= {each["id"], str(each["source"])}
    healed = {each.name for each in of_day if _is_untold(world, each.name)}
    return {
        "missing_here": [],
        "differing": [],
        "missing_at_stripe": sorted(lacking.intersection(found["missing_at_stripe"])),
        # It is held against what can be known, as a claim.
        "status": found["status"],
        "healed": sorted(healed.intersection(found["healed"])),
    }


def _is_never_told(world: World, each: Movement) -> bool:
    is_ours = each.charge in world.register.payments
    is_heard = {each.name, each.charge} & world.heard
    return each.category == "charge" and is_ours and not is_heard


def _is_untold(world: World, name: str) -> bool:
    """Whether a webhook that named a movement was lost, or none named it."""
    return name in world.lost or name not in world.heard
