"""Structs as JSON and back: one writer and one reader, for messages and stored records. Pure.

A field may be `str`, `int`, `bool`, `object` (any JSON), a `Literal`, another struct, a tuple or
a `Mapping` with text keys of these, or one of several (`|`). Of several structs that one is
read whose first `Literal` field has the value in the JSON.

What a newer release adds does no harm: a field that a class does not have is ignored, and so is an
entry of a list that is of no known class. Everything else that does not fit is refused, with the
JSON pointer of where it stands (https://www.rfc-editor.org/rfc/rfc6901) and never the value.
"""

import builtins
import types
import typing
from collections import abc
from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeAliasType,
    TypeIs,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from msgspec import Struct
from msgspec.structs import fields

from shared.domain.errors import InvalidFacts, UnknownKind

type _Read = Callable[[Any, str], Any]

# The simple types, and what is said of anything else in the place of one.
_SIMPLE: Mapping[type, str] = {
    str: "not a text",
    int: "not an int",
    bool: "neither true nor false",
    NoneType: "not null",
    object: "not JSON",
}


class Described:
    """What a field is, for people: the description and an example in its JSON Schema.

    `keywords` are further ones of JSON Schema, such as `format`.
    """

    __slots__ = ("example", "keywords", "text")

    def __init__(self, text: str, example: object = None, **keywords: object) -> None:
        self.text = text
        self.example = example
        self.keywords = keywords


def to_json(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Return a struct in plain JSON types, without the fields that are `None`."""
    if isinstance(value, Struct):
        members = ((json_name(each), getattr(value, each)) for each in value.__struct_fields__)
        return {name: to_json(member) for name, member in members if member is not None}
    if isinstance(value, tuple):
        return [to_json(each) for each in value]
    return value


def json_name(field: str) -> str:
    """Return a field's name in JSON: without the `_` that sets it apart from a word of Python's."""
    return field.removesuffix("_")


def read_json[T](kind: type[T], document: object, where: str = "") -> T:
    """Return the struct that `to_json` wrote. Raises `InvalidFacts` and what its class does."""
    read: T = reader_of(cast("Any", kind))(document, where)
    return read


@cache
def reader_of(kind: Any) -> _Read:  # noqa: ANN401 (a type, or an expression of types)
    """Return the function that reads JSON as a type: `(document, where)`, a JSON pointer."""
    kind = plain(kind)
    inner = get_args(kind)
    if is_struct(kind):
        return _struct(kind)
    if kind in _SIMPLE:
        return _simple(kind)
    match get_origin(kind):
        case typing.Literal:
            found = _one_of(inner)
        case builtins.tuple:
            found = _list(reader_of(inner[0]))
        case abc.Mapping:
            found = _object(reader_of(inner[1]))
        case types.UnionType:
            found = _union(members_of(kind))
        case _:
            raise TypeError(f"{kind} does not stand in JSON")
    return found


def is_struct(kind: Any) -> TypeIs[type[Struct]]:  # noqa: ANN401 (a type, or an expression of types)
    """Whether a type is a struct's."""
    return isinstance(kind, type) and issubclass(kind, Struct)


def plain(kind: Any) -> Any:  # noqa: ANN401 (a type, or an expression of types)
    """Return a type without its name and its description."""
    while True:
        if isinstance(kind, TypeAliasType):
            kind = kind.__value__
        elif get_origin(kind) is Annotated:
            kind = kind.__origin__
        else:
            return kind


def members_of(kind: Any) -> list[Any]:  # noqa: ANN401 (a type, or an expression of types)
    """Return the types of which a value may be of one, those of nested unions too."""
    kind = plain(kind)
    if get_origin(kind) is not types.UnionType:
        return [kind]
    return [member for each in get_args(kind) for member in members_of(each)]


def literal_field(kind: type[Struct]) -> tuple[str, tuple[object, ...]]:
    """Return the first `Literal` field of a struct, by which it is told apart, and its values.

    The schema's version does not count: it tells nothing apart.
    """
    hints = get_type_hints(kind)
    for name in (each for each in kind.__struct_fields__ if each != "schema"):
        wanted = plain(hints[name])
        if get_origin(wanted) is Literal:
            return name, get_args(wanted)
    raise TypeError(f"{kind.__name__} has no field that tells it apart")


def _simple(kind: type) -> _Read:
    def read(value: object, where: str) -> object:
        # A bool is an int in Python, and is none here.
        if kind is not object and type(value) is not kind:
            raise InvalidFacts(f"{where or '/'}: {_SIMPLE[kind]}")
        return value

    return read


def _one_of(values: tuple[object, ...]) -> _Read:
    def read(value: object, where: str) -> object:
        for each in values:
            if type(value) is type(each) and value == each:
                return each
        raise InvalidFacts(f"{where or '/'}: none of the values that this release knows")

    return read


def _list(read_member: _Read) -> _Read:
    def read(value: object, where: str) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise InvalidFacts(f"{where or '/'}: not a list")
        found = []
        for place, each in enumerate(value):
            try:
                found.append(read_member(each, f"{where}/{place}"))
            except UnknownKind:
                continue
        return tuple(found)

    return read


def _object(read_member: _Read) -> _Read:
    def read(value: object, where: str) -> dict[str, object]:
        if not isinstance(value, Mapping):
            raise InvalidFacts(f"{where or '/'}: not an object")
        return {str(key): read_member(each, f"{where}/{key}") for key, each in value.items()}

    return read


def _union(kinds: list[Any]) -> _Read:
    classes: list[Any] = [each for each in kinds if is_struct(each)]
    others = [reader_of(each) for each in kinds if each not in classes and each is not NoneType]
    may_be_null = NoneType in kinds
    by_value: dict[object, _Read] = {}
    by_field = ""
    if len(classes) == 1:
        others.append(reader_of(classes[0]))
    elif classes:
        for each in classes:
            by_field, values = literal_field(each)
            by_value |= dict.fromkeys(values, reader_of(each))

    def read(value: object, where: str) -> object:
        if value is None and may_be_null:
            return None
        if isinstance(value, Mapping) and by_field:
            found = by_value.get(value.get(by_field))
            if found is None:
                raise UnknownKind(f"{where}/{by_field}: none of the values that are known")
            return found(value, where)
        *first, last = others
        for each in first:
            try:
                return each(value, where)
            except InvalidFacts:
                continue
        return last(value, where)

    return read


def _struct(kind: type[Struct]) -> _Read:
    hints = get_type_hints(kind)
    members = [
        (
            each.name,
            json_name(each.name),
            reader_of(hints[each.name]),
            each.required,
        )
        for each in fields(kind)
    ]

    def read(value: object, where: str) -> object:
        if not isinstance(value, Mapping):
            raise InvalidFacts(f"{where or '/'}: not an object")
        found = {}
        for name, written, read_member, is_needed in members:
            if written in value:
                found[name] = read_member(value[written], f"{where}/{written}")
            elif is_needed:
                raise InvalidFacts(f"{where}/{written}: missing")
        return kind(**found)

    return read
