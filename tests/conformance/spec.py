"""Stripe's own description of its objects (OpenAPI), held against everything a Stripe answers."""

import copy
import json
from collections import Counter
from functools import cache
from typing import Any

import jsonschema
import pytest

from tests.stripe_data import SPEC

# What Stripe answers and its description leaves out, by schema: a product's type is in Stripe's own
# sample of a product (fixtures3.json) and in the library's class.
LEFT_OUT = {"product": {"type": {"type": "string", "enum": ["good", "service"]}}}


class StripeSchemas:
    """Checks objects against Stripe's schemas; an attribute or a kind they do not know fails."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.checked: Counter[str] = Counter()
        self._schemas = {name: _strict(one) for name, one in described.items()}
        for name, attributes in LEFT_OUT.items():
            self._schemas[name]["properties"] |= attributes
        self._validators: dict[str, jsonschema.Draft202012Validator] = {}
        self._known: set[int] = set()

    def check(self, answered: dict[str, Any]) -> None:
        """Check one object, a list's items each, an event's `data.object` by itself."""
        kind = answered.get("object")
        if kind is None:
            pytest.fail(f"an object without a kind: {str(answered)[:200]}")
        if kind == "list":
            assert answered.keys() == {"object", "data", "has_more", "url"}
            for one in answered["data"]:
                self.check(one)
            return
        self._check_one(f"deleted_{kind}" if answered.get("deleted") else kind, answered)
        if kind == "event":
            self._check_event(answered)

    def _check_one(self, kind: str, answered: dict[str, Any]) -> None:
        self.checked[kind] += 1
        # The same object is answered again and again: one look at each of its states is enough.
        state = hash(kind + json.dumps(answered, sort_keys=True))
        if state in self._known:
            return
        worst = jsonschema.exceptions.best_match(self._validator(kind).iter_errors(answered))
        if worst is not None:
            place = ".".join(map(str, worst.absolute_path))
            pytest.fail(f"{kind} {answered.get('id')}: {place}: {worst.message[:400]}")
        self._known.add(state)

    def _check_event(self, event: dict[str, Any]) -> None:
        subject = event["data"]["object"]
        self.check(subject)
        self.checked["event's data.object"] += 1
        attributes = self._schemas[subject["object"]]["properties"].keys()
        unknown = event["data"].get("previous_attributes", {}).keys() - attributes
        if unknown:
            pytest.fail(f"{event['type']}: previous_attributes has {sorted(unknown)}")

    def _validator(self, kind: str) -> jsonschema.Draft202012Validator:
        if kind not in self._validators:
            if kind not in self._schemas:
                pytest.fail(f"{SPEC.name} has no schema of a {kind}")
            self._validators[kind] = jsonschema.Draft202012Validator(
                {"$ref": f"#/components/schemas/{kind}", "components": {"schemas": self._schemas}}
            )
        return self._validators[kind]


@cache
def stripe_schemas() -> StripeSchemas:
    """Read the description once for the whole run."""
    return StripeSchemas(json.loads(SPEC.read_text())["components"]["schemas"])


def _strict(schema: Any) -> Any:
    """Turn OpenAPI 3.0 into JSON Schema that also refuses unknown attributes."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return copy.copy(schema)
    strict = {
        name: _strict(value)
        for name, value in schema.items()
        if name != "nullable" and not name.startswith("x-")
    }
    if isinstance(schema.get("properties"), dict) and schema["properties"]:
        strict.setdefault("additionalProperties", False)
    if schema.get("nullable") is True:
        return {"anyOf": [strict, {"type": "null"}]}
    return strict
