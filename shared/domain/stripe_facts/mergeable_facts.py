"""How two observations of one Stripe object become one: a rule for each field, and nothing else.

A rule takes the greater of two values in a total order, or the union of two sets or maps. Such a
join gives the same in every order and grouping, and repeating it changes nothing; a record that is
joined field by field inherits all three. So no record needs a `merge` of its own, and none can get
it wrong: a field without a rule does not exist. https://en.wikipedia.org/wiki/Semilattice

Where a descriptive value differs between two observations (a receipt's address that Stripe has
rewritten, a failure code), the greater text is kept: arbitrary, and the same for every order.
"""

from collections.abc import Callable, Mapping
from dataclasses import field, fields
from typing import Any, Self, cast, override

from shared.domain.errors import InvalidFacts
from shared.domain.stripe_facts.merge_rules import MAX_MEMBERS, TEXT, MergeRule


class Record:
    """Facts about one thing, each field declared with `joined` and its rule.

    Validated when built and when read back (`InvalidFacts`); `to_dict` leaves out what is unknown.
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
