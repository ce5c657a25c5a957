"""The rules that join two values of one field: a greater value wins, or two sets become one.

Each join gives the same result in every order and grouping, and repeating it changes nothing.
"""

from abc import ABC, abstractmethod
from typing import cast, override

from shared.domain.errors import InvalidFacts
from shared.domain.money.money import MAX_AMOUNT_MINOR

MAX_TEXT_CHARS = 2048
# Far more than one booking can gather; a bound all the same.
MAX_MEMBERS = 10_000


class MergeRule[T](ABC):
    """How one field is joined, checked, written and read back."""

    __slots__ = ()

    @abstractmethod
    def bottom(self) -> T:
        """Return what stands for "nothing known": joining it changes nothing."""

    @abstractmethod
    def join(self, one: T, other: T) -> T:
        """Return what both observations together say."""

    @abstractmethod
    def is_valid(self, value: object) -> bool:
        """Whether a field may hold the value."""

    def dump(self, value: T) -> object:
        """Return the value in plain JSON types."""
        return value

    def load(self, stored: object, where: str) -> T:
        """Return the value that `dump` wrote; raises `InvalidFacts` naming `where`."""
        if not self.is_valid(stored):
            raise InvalidFacts(f"{where}: not what may be stored there")
        return cast("T", stored)


class Largest(MergeRule[int]):
    """A number that only grows, such as a cumulative amount or an instant. Not negative."""

    __slots__ = ()

    @override
    def bottom(self) -> int:
        return 0

    @override
    def join(self, one: int, other: int) -> int:
        return max(one, other)

    @override
    def is_valid(self, value: object) -> bool:
        return type(value) is int and 0 <= value <= MAX_AMOUNT_MINOR


class SignedOnce(MergeRule[int]):
    """A signed number that Stripe never changes: only zero stands for "not known"."""

    __slots__ = ()

    @override
    def bottom(self) -> int:
        return 0

    @override
    def join(self, one: int, other: int) -> int:
        return max(one, other, key=lambda value: (abs(value), value))

    @override
    def is_valid(self, value: object) -> bool:
        return type(value) is int and abs(value) <= MAX_AMOUNT_MINOR


class Either(MergeRule[bool]):
    """Something that has happened, and cannot un-happen."""

    __slots__ = ()

    @override
    def bottom(self) -> bool:
        return False

    @override
    def join(self, one: bool, other: bool) -> bool:
        return one or other

    @override
    def is_valid(self, value: object) -> bool:
        return isinstance(value, bool)


class TestModeWins(MergeRule[bool | None]):
    """Stripe's `livemode`, None while unknown. Both at once is a mistake: never real money."""

    __slots__ = ()

    @override
    def bottom(self) -> bool | None:
        return None

    @override
    def join(self, one: bool | None, other: bool | None) -> bool | None:
        if one is None or other is None:
            return other if one is None else one
        return one and other

    @override
    def is_valid(self, value: object) -> bool:
        return value is None or isinstance(value, bool)


class MergedText(MergeRule[str]):
    """A code, an id or an address of Stripe's: printable ASCII, empty while unknown."""

    __slots__ = ()

    @override
    def bottom(self) -> str:
        return ""

    @override
    def join(self, one: str, other: str) -> str:
        return max(one, other)

    @override
    def is_valid(self, value: object) -> bool:
        return (
            isinstance(value, str)
            and len(value) <= MAX_TEXT_CHARS
            and value.isascii()
            and value.isprintable()
        )


class Ladder(MergedText):
    """A status: the later one in the list wins, whichever was seen first.

    The list allows for Stripe's legal backward steps: whatever can still follow comes later. A
    status that Stripe adds one day ranks right above `unknown_above`, or lowest, and among other
    unknown ones by text.
    """

    __slots__ = ("_rank", "_unknown", "statuses")

    def __init__(self, *statuses: str, unknown_above: str = "") -> None:
        self.statuses = statuses
        self._rank = {status: 2 * place for place, status in enumerate(("", *statuses))}
        self._unknown = self._rank[unknown_above] + 1

    @override
    def join(self, one: str, other: str) -> str:
        return max(one, other, key=self._place)

    def _place(self, status: str) -> tuple[int, str]:
        return self._rank.get(status, self._unknown), status


class Ids(MergeRule[frozenset[str]]):
    """A set of Stripe ids."""

    __slots__ = ()

    @override
    def bottom(self) -> frozenset[str]:
        return frozenset()

    @override
    def join(self, one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
        return one | other

    @override
    def is_valid(self, value: object) -> bool:
        return (
            isinstance(value, frozenset)
            and len(value) <= MAX_MEMBERS
            and all(map(TEXT.is_valid, value))
        )

    @override
    def dump(self, value: frozenset[str]) -> list[str]:
        return sorted(value)

    @override
    def load(self, stored: object, where: str) -> frozenset[str]:
        if not isinstance(stored, list) or not all(map(TEXT.is_valid, stored)):
            raise InvalidFacts(f"{where}: not a list of ids")
        return super().load(frozenset(stored), where)


LARGEST = Largest()
SIGNED = SignedOnce()
EITHER = Either()
TEXT = MergedText()
IDS = Ids()
LIVEMODE = TestModeWins()
