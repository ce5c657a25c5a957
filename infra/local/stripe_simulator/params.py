"""Declarations of parameters: what an operation does not declare is refused as unknown.

Most follow from the `stripe` library's classes (declarations.py). A declaration is a function from
(raw value, full name) to the value, made by the functions below. `fields` reads a whole group. A
parameter that Stripe has and the simulator does not is refused too: a double that ignored it would
flatter its caller.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from infra.local.stripe_simulator.errors import invalid_param, missing_param

type Parse = Callable[[Any, str], Any]

MAX_TEXT = 5000
MAX_METADATA_KEYS = 50
MAX_METADATA_KEY = 40
MAX_METADATA_VALUE = 500
MAX_INTEGER = 999_999_999_999
MAX_NAMED = 20


@dataclass(frozen=True)
class Required:
    """Marks a declaration whose parameter must be there."""

    parse: Parse


type Declared = Mapping[str, Parse | Required]


def fields(declared: Declared, raw: dict[str, Any], inside: str = "") -> dict[str, Any]:
    """Read a group of parameters; what was not sent is absent from the result."""
    for name in raw:
        if name not in declared:
            full = _full(inside, name)
            raise invalid_param(
                f"Received unknown parameter: {full}", param=full, code="parameter_unknown"
            )
    read: dict[str, Any] = {}
    for name, declaration in declared.items():
        full = _full(inside, name)
        if name in raw:
            parse = declaration.parse if isinstance(declaration, Required) else declaration
            read[name] = parse(raw[name], full)
        elif isinstance(declaration, Required):
            raise missing_param(full)
    return read


def text(max_length: int = MAX_TEXT) -> Parse:
    """Declare a text that is not empty."""

    def parse(raw: Any, name: str) -> str:  # noqa: ANN401
        value = _text(raw, name)
        if not value:
            raise invalid_param(
                f"An empty string was passed for '{name}'. Leave it out to keep it unset.",
                param=name,
                code="parameter_invalid_empty",
            )
        if len(value) > max_length:
            raise invalid_param(
                f"Invalid string: {name} has more than {max_length} characters.", param=name
            )
        return value

    return parse


def nullable_text(max_length: int = MAX_TEXT) -> Parse:
    """Declare a text that an empty string unsets."""
    filled = text(max_length)

    def parse(raw: Any, name: str) -> str | None:  # noqa: ANN401
        return None if raw == "" else str(filled(raw, name))

    return parse


def integer(minimum: int = 0, maximum: int = MAX_INTEGER) -> Parse:
    """Declare a whole number."""

    def parse(raw: Any, name: str) -> int:  # noqa: ANN401
        value = _text(raw, name)
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise invalid_param(
                f"Invalid integer: {value[:40]}", param=name, code="parameter_invalid_integer"
            )
        if not minimum <= int(value) <= maximum:
            raise invalid_param(
                f"{name} must be from {minimum} to {maximum}.",
                param=name,
                code="parameter_invalid_integer",
            )
        return int(value)

    return parse


def flag(raw: Any, name: str) -> bool:  # noqa: ANN401
    """Read `true` or `false`."""
    value = _text(raw, name)
    if value not in {"true", "false"}:
        raise invalid_param(f"Invalid boolean: {value[:40]}", param=name)
    return value == "true"


def one_of(*values: str) -> Parse:
    """Declare a choice."""

    def parse(raw: Any, name: str) -> str:  # noqa: ANN401
        value = _text(raw, name)
        if value not in values:
            named = ", ".join(values) if len(values) <= MAX_NAMED else "what Stripe lists"
            raise invalid_param(f"Invalid {name}: must be one of {named}", param=name)
        return value

    return parse


def currency(raw: Any, name: str) -> str:  # noqa: ANN401
    """Read a currency code in any case; whether it can be charged is the operation's question."""
    value = _text(raw, name).lower()
    if not re.fullmatch(r"[a-z]{3}", value):
        raise invalid_param(f"Invalid currency: {value[:40]}", param=name)
    return value


def url(raw: Any, name: str) -> str:  # noqa: ANN401
    """Read an http or https URL."""
    value = _text(raw, name)
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid or len(value) > MAX_TEXT:
        raise invalid_param("Not a valid URL", param=name, code="url_invalid")
    return value


def email(raw: Any, name: str) -> str:  # noqa: ANN401
    """Read an e-mail address, loosely; there is no top-level domain of one letter."""
    value = _text(raw, name)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}", value):
        raise invalid_param(
            f"Invalid email address: {value[:100]}", param=name, code="email_invalid"
        )
    return value


def array(item: Parse, max_items: int = 100, min_items: int = 0) -> Parse:
    """Declare an array, sent as `a[]=` or `a[0]=`."""

    def parse(raw: Any, name: str) -> list[Any]:  # noqa: ANN401
        if raw == "" and not min_items:
            return []
        if not isinstance(raw, dict) or not all(key.isdigit() for key in raw):
            raise invalid_param("Invalid array", param=name)
        if len(raw) > max_items:
            raise invalid_param(f"{name} has more than {max_items} items.", param=name)
        ordered = sorted(raw, key=int)
        return [item(raw[key], f"{name}[{key}]") for key in ordered]

    return parse


def group(declared: Declared) -> Parse:
    """Declare a nested group."""

    def parse(raw: Any, name: str) -> dict[str, Any]:  # noqa: ANN401
        if not isinstance(raw, dict):
            raise invalid_param("Invalid object", param=name)
        return fields(declared, raw, name)

    return parse


def metadata(raw: Any, name: str) -> dict[str, str]:  # noqa: ANN401
    """Read metadata; an empty text unsets a key, which `merged_metadata` does."""
    if raw == "":
        return {}
    if not isinstance(raw, dict):
        raise invalid_param("Invalid object", param=name)
    if len(raw) > MAX_METADATA_KEYS:
        raise invalid_param(f"Metadata can have at most {MAX_METADATA_KEYS} keys.", param=name)
    for key, value in raw.items():
        if len(key) > MAX_METADATA_KEY or not isinstance(value, str):
            raise invalid_param("Invalid metadata key", param=f"{name}[{key}]")
        if len(value) > MAX_METADATA_VALUE:
            raise invalid_param(
                f"Metadata values can have at most {MAX_METADATA_VALUE} characters.",
                param=f"{name}[{key}]",
            )
    return dict(raw)


def merged_metadata(old: dict[str, str], sent: dict[str, str]) -> dict[str, str]:
    """Merge metadata as Stripe does: keys stay unless sent, an empty value removes its key."""
    return {key: value for key, value in {**old, **sent}.items() if value}


def moment_or_range(raw: Any, name: str) -> dict[str, int]:  # noqa: ANN401
    """Read a filter on a time: a number, or `gt`, `gte`, `lt`, `lte`."""
    moment = integer()
    if isinstance(raw, str):
        exact = moment(raw, name)
        return {"gte": exact, "lte": exact}
    bounds: Declared = dict.fromkeys(("gt", "gte", "lt", "lte"), moment)
    return group(bounds)(raw, name)  # type: ignore[no-any-return]


def _full(inside: str, name: str) -> str:
    return f"{inside}[{name}]" if inside else name


def _text(raw: object, name: str) -> str:
    if not isinstance(raw, str):
        raise invalid_param(f"Invalid string for {name}: a hash or an array was sent.", param=name)
    return raw
