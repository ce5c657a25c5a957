"""Whose turn it is where not all can be asked at once: no first hundred starve the rest. Pure."""

from collections.abc import Iterable


def next_turn(places: Iterable[str], after: str, limit: int) -> list[str]:
    """Return up to `limit` places, the first one behind `after` first, and round again.

    Who is asked with the last one of a turn as the next `after` comes to every place.
    """
    ordered = sorted(places)
    behind = [place for place in ordered if place > after]
    before = [place for place in ordered if place <= after]
    return [*behind, *before][:limit]
