"""docs/events says of each message what its struct says, and no more."""

from typing import Any

import jsonschema
import pytest

from infra.event_schemas import DOCS, STRIPE_EVENT, differences, example_of, schemas
from shared.domain.messages.envelopes import MESSAGES, envelope_of, read_envelope
from shared.domain.messages.message import Message
from shared.domain.typed_json import members_of, read_json, to_json
from tests.sent_messages import expect_in_schema

CLASSES = [each for kind in MESSAGES.values() for each in members_of(kind)]


def fields_of(schema: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every field of a schema, those of its parts too, with where it is."""
    found = []
    for name, field in schema.get("properties", {}).items():
        found += [(f"{path}/{name}", field), *fields_of(field, f"{path}/{name}")]
    for part in (*schema.get("oneOf", ()), *([schema["items"]] if "items" in schema else [])):
        found += fields_of(part, path)
    return found


def test_the_files_are_those_that_would_be_written() -> None:
    assert differences() == [], "run make schemas"


def test_a_file_that_is_not_as_the_messages_are_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MESSAGES, "send_mail", CLASSES[1])
    monkeypatch.setitem(MESSAGES, "ring_bell", CLASSES[1])
    assert differences() == ["ring_bell.json", "send_mail.json"]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_a_schema_is_one_and_says_what_each_field_is(name: str) -> None:
    schema = schemas()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert [path for path, field in fields_of(schema) if not field.get("description")] == []


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: str(kind.__name__))
def test_its_example_is_such_a_message_and_survives_the_way(kind: Any) -> None:
    example = example_of(kind)
    expect_in_schema(kind.detail_type, example)
    message = read_envelope({"detail-type": kind.detail_type, "detail": example}, Message)
    assert type(message) is kind
    assert envelope_of(message)["detail"] == example == to_json(read_json(kind, example))


def test_the_catalogue_lists_each_message() -> None:
    catalogue = (DOCS / "README.md").read_text()
    assert [name for name in schemas() if f"]({name}.json)" not in catalogue] == []
    assert STRIPE_EVENT in schemas()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "gone"), ("amount_captured", -1), ("amount_captured", 1.5), ("currency", "EUR"),
        ("sequence", 0), ("schema", 2), ("of_tomorrow", 1), ("metadata", {"a": 1}),
        ("happened", [{"what": "booking.sneezed"}]), ("happened", [{"what": "booking.cancelled"}]),
    ],
)  # fmt: skip
def test_what_is_not_as_its_schema_says_fails_the_test_that_sends_it(
    field: str, value: object
) -> None:
    detail = {**example_of(MESSAGES["booking.changed"]), field: value}
    with pytest.raises(jsonschema.ValidationError):
        expect_in_schema("booking.changed", detail)


def test_what_has_no_schema_fails_too() -> None:
    with pytest.raises(AssertionError, match="ring_bell has no schema"):
        expect_in_schema("ring_bell", {})
