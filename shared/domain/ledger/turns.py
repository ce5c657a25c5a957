"""Whose turn it is when not all can be asked at once, so that nothing starves. Pure."""

from collections.abc import Iterable


def next_turn(places: Iterable[str], after: str, limit: int) -> list[str]:
    """Return up to `limit` places, beginning with the first after `after`, and around again.

    Passing the last place of each turn as the next `after` visits every place.
    """
    ordered = sorted(places)
    behind = [place for place in ordered if place > after]
    before = [place for place in ordered if place <= after]
    return [*behind, *before][:limit]
