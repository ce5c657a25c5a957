"""The `stripe` library's own classes, held against everything a Stripe answers.

The library's classes are generated from Stripe's description of its API and say of each attribute
what it holds. They are read from the installed package as the tests run; nothing of them stands
here. What their annotations mean for an answer:

- An attribute that is not `Optional` is there and is not null. One that is may be null or absent:
  the generator writes `Optional` for either and does not tell them apart.
- An attribute that the class does not have fails, however deep.
- `Literal` lists the values there are. Where it says `Union[Literal[...], str]` Stripe may add some
  later; what answers today is held to those that are listed.
- `ExpandableField` is an id or the object. A `Decimal` travels as a string, a `float` may be whole.
- A deleted object has its kind, its id and `deleted`, and nothing else.
"""

import ast
import inspect
import json
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib import import_module
from types import NoneType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

import pytest
import stripe
from stripe._object_classes import OBJECT_CLASSES
from stripe._stripe_object import UntypedStripeObject

LIST_ATTRIBUTES = {"object", "data", "has_more", "url"}
DELETED_ATTRIBUTES = {"object", "id", "deleted"}
# Attributes, by class, of a newer version of the API than the product's (`API_VERSION`), which the
# simulator answers with: no answer has them yet. Each with the page of Stripe that says so.
LATER = {
    ("Dispute.EvidenceDetails", "submission_method"): (
        "docs.stripe.com/changelog/endive/2026-10-28/evidence-submission-method-property-disputes"
    ),
}
SCALARS: dict[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    bool: (bool,),
    float: (float, int),
    Decimal: (str,),
    NoneType: (NoneType,),
}


class LibraryClasses:
    """Checks objects against the library's classes.

    Without `whole` a part of an object passes: what is there has to be right, and all else may be
    absent, as in what a test's builder makes.
    """

    def __init__(self, *, whole: bool = True) -> None:
        self.checked: Counter[str] = Counter()
        self._whole = whole
        self._known: set[int] = set()

    def check(self, answered: dict[str, Any]) -> None:
        """Check one object, a list's items each, an event's `data.object` by itself."""
        kind = answered.get("object")
        if kind is None:
            pytest.fail(f"an object without a kind: {str(answered)[:200]}")
        if kind == "list":
            assert answered.keys() == LIST_ATTRIBUTES
            for one in answered["data"]:
                self.check(one)
            return
        self._check_one(kind, answered)
        if kind == "event":
            self._check_event(answered)

    def _check_one(self, kind: str, answered: dict[str, Any]) -> None:
        self.checked[kind] += 1
        # The same object is answered again and again: one look at each of its states is enough.
        state = hash(json.dumps(answered, sort_keys=True))
        if state in self._known:
            return
        if kind not in OBJECT_CLASSES:
            pytest.fail(f"stripe {stripe.VERSION} has no class of a {kind}")
        wrong = next(self._of_kind(class_of(kind), answered), None)
        if wrong is not None:
            pytest.fail(f"{kind} {answered.get('id')}: {wrong}")
        self._known.add(state)

    def _check_event(self, event: dict[str, Any]) -> None:
        subject = event["data"]["object"]
        self.check(subject)
        self.checked["event's data.object"] += 1
        former = event["data"].get("previous_attributes", {}).keys()
        unknown = former - attributes(class_of(subject["object"])).keys()
        if unknown:
            pytest.fail(f"{event['type']}: previous_attributes has {sorted(unknown)}")

    def _of_kind(self, expected: type, answered: dict[str, Any]) -> Iterator[str]:
        if not answered.get("deleted", False):
            yield from self._object(expected, answered, "")
        elif answered.keys() != DELETED_ATTRIBUTES or "deleted" not in attributes(expected):
            yield f"is no deleted object: {sorted(answered)}"
        else:
            for name, value in answered.items():
                yield from self._wrong(attributes(expected)[name], value, name)

    def _wrong(self, expected: Any, value: Any, place: str) -> Iterator[str]:
        """Yield what is wrong with a value, each a place and a sentence."""
        origin = get_origin(expected)
        if origin is Union:
            yield from self._union(expected, value, place)
        elif origin is Literal:
            if not any(value == one and type(value) is type(one) for one in get_args(expected)):
                yield f"{place}: {value!r} is none of {_named(expected)}"
        elif expected in SCALARS:
            if type(value) not in SCALARS[expected]:
                yield f"{place}: {str(value)[:100]!r} is no {expected.__name__}"
        elif origin is list:
            yield from self._items(expected, value, place)
        elif origin is stripe.ListObject:
            yield from self._list(expected, value, place)
        elif origin is UntypedStripeObject:
            yield from self._mapping(expected, value, place)
        elif expected is not Any:
            yield from self._object(expected, value, place)

    def _union(self, expected: Any, value: Any, place: str) -> Iterator[str]:
        members = get_args(expected)
        listed = any(get_origin(one) is Literal for one in members)
        members = tuple(one for one in members if not (listed and one is str))
        # An object may be one of the classes, anything else one of the rest; of several that do not
        # fit, the nearest tells why.
        rivals = [one for one in members if _is_object(one) == isinstance(value, dict)]
        found = [list(self._wrong(one, value, place)) for one in rivals]
        if not found:
            yield f"{place}: {str(value)[:100]!r} is none of {_named(expected)}"
        yield from min(found, key=len, default=[])

    def _items(self, expected: Any, value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{place}: {str(value)[:100]!r} is no list"
            return
        for number, one in enumerate(value):
            yield from self._wrong(get_args(expected)[0], one, f"{place}.{number}")

    def _list(self, expected: Any, value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, dict) or value.keys() - LIST_ATTRIBUTES:
            yield f"{place}: {str(value)[:100]!r} is no list object"
            return
        if self._whole and LIST_ATTRIBUTES - value.keys():
            yield f"{place}: {sorted(LIST_ATTRIBUTES - value.keys())} missing"
        yield from self._items(expected, value.get("data"), f"{place}.data")

    def _mapping(self, expected: Any, value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place}: {str(value)[:100]!r} is no object"
            return
        for name, one in value.items():
            yield from self._wrong(get_args(expected)[0], one, f"{place}.{name}")

    def _object(self, expected: type, value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place}: {str(value)[:100]!r} is no object"
            return
        dot = f"{place}." if place else ""
        for name, hint in attributes(expected).items():
            if name in value:
                yield from self._wrong(hint, value[name], dot + name)
            elif self._whole and NoneType not in get_args(hint):
                yield f"{dot}{name}: is missing"
        for name in value.keys() - attributes(expected).keys():
            yield f"{dot}{name}: {expected.__qualname__} has no such attribute"


@cache
def class_of(kind: str) -> type:
    """Give the library's class of a kind of object; `KeyError` if it has none."""
    module, name = OBJECT_CLASSES[kind]
    found: type = getattr(import_module(module), name)
    return found


@cache
def attributes(of: type) -> dict[str, Any]:
    """Give a class's attributes that an answer may have, each with its resolved annotation."""
    hints = get_type_hints(of, localns=_late_names(of))
    return {
        name: hint
        for name, hint in hints.items()
        if not name.startswith("_")
        and get_origin(hint) is not ClassVar
        and (of.__qualname__, name) not in LATER
    }


def _late_names(of: type) -> dict[str, Any]:
    """Import what a class's modules import `if TYPE_CHECKING` alone, by the same names."""
    modules = {one.__module__ for one in of.__mro__ if one.__module__.startswith("stripe.")}
    names: dict[str, Any] = {}
    for module in sorted(modules):
        names |= _late_imports(module)
    return names


@cache
def _late_imports(module: str) -> dict[str, Any]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    late = [
        statement
        for block in tree.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for statement in block.body
        # What a call takes is in no answer.
        if isinstance(statement, ast.ImportFrom) and "params" not in (statement.module or "")
    ]
    return {
        alias.asname or alias.name: getattr(import_module(statement.module or ""), alias.name)
        for statement in late
        for alias in statement.names
    }


def _is_object(expected: Any) -> bool:
    origin = get_origin(expected) or expected
    return isinstance(origin, type) and issubclass(origin, stripe.StripeObject)


def _named(expected: Any) -> str:
    return str(expected).replace("typing.", "")[:300]
