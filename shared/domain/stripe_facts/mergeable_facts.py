"""How two observations of one Stripe object become one: a rule for each field, and nothing else.

A rule takes the greater of two values in a total order, or the union of two sets or maps. Such a
join gives the same in every order and grouping, and repeating it changes nothing; a record that is
joined field by field inherits all three. So no record needs a `merge` of its own, and none can get
it wrong: a field without a rule does not exist. https://en.wikipedia.org/wiki/Semilattice

Where a descriptive value differs between two observations (a receipt's address that Stripe has
rewritten, a failure code), the greater text is kept: arbitrary, and the same for every order.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Self, override

from msgspec import field
from msgspec.structs import fields

from shared.domain.errors import InvalidFacts
from shared.domain.stored_record import StoredRecord, newer_fields
from shared.domain.stripe_facts.merge_rules import MAX_MEMBERS, TEXT, MergeRule


class Record(StoredRecord, frozen=True):
    """Facts about one thing, each field declared with `joined` and its rule.

    Validated when built and when read back (`InvalidFacts`); `to_dict` leaves out what is unknown.
    What a newer release knows of the thing is kept, and joined name by name.
    """

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
            },
            newer=_join_newer(self.newer, other.newer),
        )

    def to_dict(self) -> dict[str, object]:
        """Return the facts in plain JSON types, without what is not known."""
        known = {
            name: rule.dump(value)
            for name, rule in rules_of(type(self))
            if (value := getattr(self, name)) != rule.bottom()
        }
        return {**known, **self.newer}

    @classmethod
    def from_dict(cls, stored: object, where: str = "") -> Self:
        """Return the facts that `to_dict` wrote; raises `InvalidFacts` naming the JSON pointer."""
        if not isinstance(stored, Mapping):
            raise InvalidFacts(f"{where or '/'}: not an object")
        rules = dict(rules_of(cls))
        build: Callable[..., Self] = cls
        return build(
            **{
                name: rules[name].load(value, f"{where}/{name}")
                for name, value in stored.items()
                if name in rules
            },
            newer=newer_fields(stored, rules.keys()),
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


class _Bottom[T]:
    """Makes the value that a field has before anything is known, and tells the field's rule."""

    __slots__ = ("rule",)

    def __init__(self, rule: MergeRule[T]) -> None:
        self.rule = rule

    def __call__(self) -> T:
        return self.rule.bottom()


def joined[T](rule: MergeRule[T]) -> T:
    """Declare a field of a `Record` together with the rule that joins it."""
    return field(default_factory=_Bottom(rule))


def rules_of(record: type["Record"]) -> tuple[tuple[str, MergeRule[Any]], ...]:
    """Return a record's fields and their rules, in the order in which they are declared."""
    found = _RULES.get(record)
    if found is None:
        found = tuple(
            (each.name, each.default_factory.rule)
            for each in fields(record)
            if isinstance(each.default_factory, _Bottom)
        )
        _RULES[record] = found
    return found


def _join_newer(one: Mapping[str, object], other: Mapping[str, object]) -> Mapping[str, object]:
    """Return what two copies have of a newer release: of two values the greater text, as always."""
    if not other or one == other:
        return one
    return {**one, **other} | {
        name: max(one[name], other[name], key=lambda value: json.dumps(value, sort_keys=True))
        for name in one.keys() & other.keys()
    }


_RULES: dict[type[Record], tuple[tuple[str, MergeRule[Any]], ...]] = {}
