"""How two observations of one Stripe object become one: a rule for each field, and nothing else.

A rule takes the greater of two values in a total order, or the union of two sets or maps. Such a
join gives the same in every order and grouping, and repeating it changes nothing; a record that is
joined field by field inherits all three. So no record needs a `merge` of its own, and none can get
it wrong: a field without a rule does not exist. https://en.wikipedia.org/wiki/Semilattice

Where a descriptive value differs between two observations (a receipt's address that Stripe has
rewritten, a failure code), the greater text is kept: arbitrary, and the same for every order.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import field, fields
from typing import Any, Self, cast, override

from shared.domain.errors import InvalidFacts

MAX_AMOUNT_MINOR = 10**15
MAX_TEXT_CHARS = 2048
# Far beyond what one booking can gather; a bound all the same.
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
    """A number that only grows: a cumulative sum, an instant. Not negative."""

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
    """A status, where the later in the list wins, whatever was seen first.

    The list has the legal backward steps in it: what can still follow stands later. A status that
    Stripe adds one day stands right above `unknown_above`, or lowest, and among its like by text.
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


class Record:
    """Facts about one thing, each field declared with `joined` and its rule.

    Validated when built and when read back (`InvalidFacts`); `to_dict` leaves out the unknown.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        for name, rule in rules_of(type(self)):
            if not rule.is_valid(getattr(self, name)):
                raise InvalidFacts(f"/{name}: not what a {type(self).__name__} may hold")

    def merge(self, other: Self) -> Self:
        """Return what both observations together say, in whichever order they came."""
        build: Callable[..., Self] = type(self)
        return build(
            **{
                name: rule.join(getattr(self, name), getattr(other, name))
                for name, rule in rules_of(type(self))
            }
        )

    def to_dict(self) -> dict[str, object]:
        """Return the facts in plain JSON types, without what is not known."""
        return {
            name: rule.dump(value)
            for name, rule in rules_of(type(self))
            if (value := getattr(self, name)) != rule.bottom()
        }

    @classmethod
    def from_dict(cls, stored: object, where: str = "") -> Self:
        """Return the facts that `to_dict` wrote; raises `InvalidFacts` naming the JSON pointer.

        A field that this version does not know is refused: writing the record back would lose it.
        """
        if not isinstance(stored, Mapping):
            raise InvalidFacts(f"{where or '/'}: not an object")
        rules = dict(rules_of(cls))
        if not rules.keys() >= stored.keys():
            raise InvalidFacts(f"{where or '/'}: a field that {cls.__name__} does not have")
        build: Callable[..., Self] = cls
        return build(
            **{name: rules[name].load(value, f"{where}/{name}") for name, value in stored.items()}
        )


class UnionById[R: Record](MergeRule[Mapping[str, R]]):
    """Records by Stripe's id: what both sides know is merged, nothing is ever dropped."""

    __slots__ = ("record",)

    def __init__(self, record: type[R]) -> None:
        self.record = record

    @override
    def bottom(self) -> Mapping[str, R]:
        return {}

    @override
    def join(self, one: Mapping[str, R], other: Mapping[str, R]) -> Mapping[str, R]:
        if not other:
            return one
        joined = dict(one)
        for key, record in other.items():
            joined[key] = one[key].merge(record) if key in one else record
        return joined

    @override
    def is_valid(self, value: object) -> bool:
        return (
            isinstance(value, dict)
            and len(value) <= MAX_MEMBERS
            and all(key and TEXT.is_valid(key) for key in value)
            and all(isinstance(member, self.record) for member in value.values())
        )

    @override
    def dump(self, value: Mapping[str, R]) -> dict[str, object]:
        return {key: record.to_dict() for key, record in sorted(value.items())}

    @override
    def load(self, stored: object, where: str) -> Mapping[str, R]:
        if not isinstance(stored, Mapping):
            raise InvalidFacts(f"{where}: not an object")
        loaded = {
            key: self.record.from_dict(member, f"{where}/{key}") for key, member in stored.items()
        }
        return super().load(loaded, where)


LARGEST = Largest()
SIGNED = SignedOnce()
EITHER = Either()
TEXT = MergedText()
IDS = Ids()
LIVEMODE = TestModeWins()


def joined[T](rule: MergeRule[T]) -> T:
    """Declare a field of a `Record` together with the rule that joins it."""
    return field(default_factory=rule.bottom, metadata={"rule": rule})


def rules_of(record: type["Record"]) -> tuple[tuple[str, MergeRule[Any]], ...]:
    """Return a record's fields and their rules, in the order in which they are declared."""
    found = _RULES.get(record)
    if found is None:
        # Every record is a dataclass, which its base class cannot say.
        declared = fields(cast("Any", record))
        found = tuple((each.name, each.metadata["rule"]) for each in declared)
        _RULES[record] = found
    return found


_RULES: dict[type[Record], tuple[tuple[str, MergeRule[Any]], ...]] = {}
