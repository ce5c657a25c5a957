"""Records that outlive a release. Pure.

A release may have to read what a newer one wrote: while both run, and after a roll-back. Fields
that it does not know are ignored, and written back as they are. Words that it does not know are
kept too, and shown as they are where they only describe; where one decides about money, its record
can be read and not changed (`bookings.known_words`).
"""

from collections.abc import Callable, Container, Mapping
from typing import Any

from msgspec import Struct, field

_NAMES: dict[type, tuple[str, ...]] = {}


class StoredRecord(Struct, frozen=True, kw_only=True):
    """A record with what a newer release has written into it, by name, in plain JSON types."""

    newer: Mapping[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Return the same for equal records; `newer` is a mapping, which has no hash."""
        return hash(tuple(getattr(self, name) for name in _names(type(self))))


def read_record[R: StoredRecord](kind: type[R], document: Mapping[str, Any], **made: Any) -> R:  # noqa: ANN401
    """Return the record that `record_to_dict` wrote; `made` are the fields that are no plain JSON.

    Lists become tuples. Raises as the record does when it is built.
    """
    names, build = _names(kind), _builder(kind)
    known = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in document.items()
        if name in names
    }
    return build(**known | made, newer=newer_fields(document, names))


def record_to_dict(record: StoredRecord) -> dict[str, Any]:
    """Return a record in plain JSON types, with what a newer release wrote into it."""
    found = {name: _plain(getattr(record, name)) for name in _names(type(record))}
    return {**found, **record.newer}


def newer_fields(document: Mapping[str, Any], known: Container[str]) -> dict[str, Any]:
    """Return what is in a stored document beside the names that are known."""
    return {name: value for name, value in document.items() if name not in known}


def _names(kind: type[StoredRecord]) -> tuple[str, ...]:
    if kind not in _NAMES:
        _NAMES[kind] = tuple(name for name in kind.__struct_fields__ if name != "newer")
    return _NAMES[kind]


def _builder[R](kind: type[R]) -> Callable[..., R]:
    return kind


def _plain(value: object) -> object:
    if isinstance(value, StoredRecord):
        return record_to_dict(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value
