"""The JSON Schemas of our messages, in docs/events, made from their structs.

    python -m infra.event_schemas           write them
    python -m infra.event_schemas --check   fail if docs/events is not what would be written

Each file is the schema of a message's `detail`, as JSON Schema 2020-12. A schema says what this
release sends; it allows further fields, since a later release may add some within a version.
"""

import argparse
import inspect
import json
import sys
import types
from collections import abc
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAliasType, get_args, get_origin, get_type_hints

from msgspec.structs import FieldInfo, fields

from shared.domain.messages.envelopes import MESSAGES
from shared.domain.messages.stripe_event import StripeEventReceived
from shared.domain.typed_json import Described, is_struct, json_name, members_of, plain

DOCS = Path(__file__).resolve().parents[1] / "docs" / "events"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
# The file of what goes over the bus under the names that Stripe gives its events.
STRIPE_EVENT = "stripe_event"
# A class, or an expression of classes, which no type expresses.
type Kind = Any
type Json = Any
_SIMPLE = {str: "string", int: "integer", bool: "boolean"}


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each message by the name that it has on the bus."""
    kinds = {**MESSAGES, STRIPE_EVENT: StripeEventReceived}
    return {name: {"$schema": DIALECT, **_titled(kind)} for name, kind in kinds.items()}


def example_of(kind: Kind) -> Json:
    """Return an example of a type: of a struct with an example of each field."""
    described, inner = _described(kind), plain(kind)
    if is_struct(inner):
        hints = get_type_hints(inner, include_extras=True)
        given = {json_name(each): example_of(hints[each]) for each in inner.__struct_fields__}
        return {name: each for name, each in given.items() if each is not None}
    examples = [each.example for each in described if each.example is not None]
    return examples[0] if examples else _unnamed(inner)


def _unnamed(kind: Kind) -> Json:
    if _origin(kind) is tuple:
        return [example_of(each) for each in members_of(get_args(kind)[0])[:1]]
    if _origin(kind) is types.UnionType and is_struct(members_of(kind)[0]):
        return example_of(members_of(kind)[0])
    return None


def _titled(kind: Kind) -> dict[str, Any]:
    members = members_of(kind)
    if len(members) == 1:
        return {**_object(members[0]), "examples": [example_of(members[0])]}
    return {
        "title": str(kind.__name__),
        "description": "One of several, told apart by `kind`.",
        "oneOf": [_titled(each) for each in members],
    }


def _object(kind: Kind) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    members = {each.name: each for each in fields(kind)}
    schema: dict[str, Any] = {
        "title": kind.__name__,
        "description": _paragraphs(inspect.getdoc(kind) or ""),
        "type": "object",
        "required": [
            json_name(name) for name, each in members.items() if _is_required(each, hints[name])
        ],
        "properties": {json_name(name): _schema(hints[name]) for name in members},
    }
    return schema


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(each.split()) for each in text.split("\n\n"))


def _is_required(member: FieldInfo, kind: Kind) -> bool:
    """Whether a field was there from the version's beginning: one that came later has a default."""
    return member.required or _origin(plain(kind)) is Literal


def _schema(kind: Kind) -> dict[str, Any]:
    schema = _plain_schema(plain(kind))
    for each in reversed(_described(kind)):
        schema |= {"description": each.text, **_json(each.keywords)}
        if each.example is not None:
            schema["examples"] = [each.example]
    return schema


def _json(keywords: Mapping[str, object]) -> dict[str, object]:
    return {
        name: list(each) if isinstance(each, tuple) else each for name, each in keywords.items()
    }


def _plain_schema(kind: Kind) -> dict[str, Any]:
    inner, origin = get_args(kind), _origin(kind)
    if is_struct(kind):
        found = _object(kind)
    elif kind is object:
        found = {}
    elif kind in _SIMPLE:
        found = {"type": _SIMPLE[kind]}
    elif origin is Literal:
        found = {"const": inner[0]} if len(inner) == 1 else {"enum": list(inner)}
    elif origin is tuple:
        found = {"type": "array", "items": _any_of(members_of(inner[0]))}
    elif origin is abc.Mapping:
        found = {"type": "object", "additionalProperties": _schema(inner[1])}
    else:
        found = _union(kind)
    return found


def _origin(kind: Kind) -> object:
    return get_origin(kind)


def _union(kind: Kind) -> dict[str, Any]:
    """Return the schema of a type whose field may be left out."""
    [member] = [each for each in get_args(kind) if each is not types.NoneType]
    return _schema(member)


def _any_of(kinds: list[Kind]) -> dict[str, Any]:
    found = [_schema(each) for each in kinds]
    return found[0] if len(found) == 1 else {"oneOf": found}


def _described(kind: Kind) -> list[Described]:
    """Return what describes a type, the closest first."""
    found: list[Described] = []
    while True:
        if isinstance(kind, TypeAliasType):
            kind = kind.__value__
        elif _origin(kind) is Annotated:
            found += [each for each in kind.__metadata__ if isinstance(each, Described)]
            kind = kind.__origin__
        else:
            return found


def files() -> Mapping[Path, str]:
    """Return the files of docs/events that are made, and what is in each."""
    return {
        DOCS / f"{name}.json": f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n"
        for name, schema in schemas().items()
    }


def differences() -> list[str]:
    """Return the names of the files that are not what would be written."""
    made = files()
    found = {path.name for path, text in made.items() if _read(path) != text}
    found |= {path.name for path in DOCS.glob("*.json") if path not in made}
    return sorted(found)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main() -> None:
    """Write the schemas, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        DOCS.mkdir(exist_ok=True)
        for path, text in files().items():
            path.write_text(text, encoding="utf-8")
        return
    found = differences()
    if found:
        print(f"docs/events differs: {', '.join(found)}; run make schemas")
        sys.exit(1)
    print(f"docs/events: {len(files())} schemas, as the messages are")


if __name__ == "__main__":
    main()
