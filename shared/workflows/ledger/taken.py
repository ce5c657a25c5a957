"""What came of pages of balance transactions."""

from msgspec import Struct


class Taken(Struct, frozen=True):
    """Counts, and ids of what did not fit; pages add up with `+`, even one that was read twice.

    `awaited_s` are the instants of movements of which webhooks may still tell, in seconds since
    1970. `followed` counts the objects that are to be asked for again.
    """

    read: int = 0
    new: int = 0
    healed: int = 0
    attributed: int = 0
    followed: int = 0
    differing: frozenset[str] = frozenset()
    missing_here: frozenset[str] = frozenset()
    unreadable: frozenset[str] = frozenset()
    awaited_s: tuple[int, ...] = ()
    unknown_categories: frozenset[str] = frozenset()

    def __add__(self, other: "Taken") -> "Taken":
        """Return both together."""
        return Taken(
            read=self.read + other.read,
            new=self.new + other.new,
            healed=self.healed + other.healed,
            attributed=self.attributed + other.attributed,
            followed=self.followed + other.followed,
            differing=self.differing | other.differing,
            missing_here=self.missing_here | other.missing_here,
            unreadable=self.unreadable | other.unreadable,
            awaited_s=self.awaited_s + other.awaited_s,
            unknown_categories=self.unknown_categories | other.unknown_categories,
        )
