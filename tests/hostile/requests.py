"""Requests over the whole contract, out of a seed: as docs/openapi.yaml has them, then broken.

Values come from the schemas, and where a field's name says what it is, from the place; then one or
several parts are broken: the body, a path, a query, a header, or who asks.
"""

import copy
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from tests.contract.contract import Contract, Operation
from tests.hostile.webhooks import LIKE_SECRETS, SENSELESS
from tests.simulation.world import DAY_S, HOUR_S
from tests.template.conftest import Template

PLACE = "north"
# Whole, or broken in so many places.
BREAKS = (0, 1, 1, 1, 2, 3)
CALLERS = ("north-owner", "north-owner", "north-manager", "south-owner", "nobody", "", "x" * 300)
TEXTS = (
    *("", " ", "\x00", "é" * 200, "x" * 3000, "../..", "a#b", "%00", "-1", "null", "0", "1e9", "*"),
    *("2026-02-30", "9999-12-31", "0001-01-01", "2026-01-01T00:00:00+99:00", "\n", "a\tb", "true"),
    *("<script>", "'; --", "bk_" + "0" * 24, *LIKE_SECRETS),
)


@dataclass(frozen=True)
class Request:
    """One request: the function that answers it, and what API Gateway hands to that."""

    operation: Operation
    function: str
    event: dict[str, Any]
    sent_bytes: int


@dataclass
class Known:
    """What there is at the place, by the name of a parameter or a field."""

    values: dict[str, list[Any]]
    now: Callable[[], int]
    tokens: Mapping[str, str] = field(default_factory=dict)


class Fuzz:
    """Whoever asks: clients, staff, and others."""

    def __init__(self, seed: int, known: Known) -> None:
        self._chance, self._known = random.Random(seed), known
        self._contract = Contract.load()
        self._numbers = 0

    def request(self) -> Request:
        """Return the next request."""
        chance = self._chance
        operation = chance.choice(self._contract.operations)
        asked = self._whole(operation)
        breaks = chance.choice(BREAKS)
        ways = [(self._break_body, 5), (self._break_query, 2), (self._break_headers, 2),
                (self._break_path, 1), (self._break_caller, 1)]  # fmt: skip
        for way in chance.choices([w for w, _ in ways], [n for _, n in ways], k=breaks):
            way(asked)
        return self._as_event(operation, asked)

    # ------------------------------------------------------------------ whole

    def _whole(self, operation: Operation) -> dict[str, Any]:
        chance = self._chance
        asked: dict[str, Any] = {
            "path": {}, "query": {}, "headers": {}, "body": None, "user": CALLERS[0],
        }  # fmt: skip
        item = self._contract.document["paths"][operation.path]
        listed = [*item.get("parameters", ()), *operation.described.get("parameters", ())]
        for each in map(self._contract.resolved, listed):
            if each.get("required") or each["in"] == "path" or chance.random() < 0.3:
                made = self._value(each["schema"], each["name"])
                text = made if isinstance(made, str) else json.dumps(made)
                kept = "headers" if each["in"] == "header" else each["in"]
                asked[kept][each["name"]] = text
        if (token := asked["query"].get("token")) and chance.random() < 0.8:
            asked["query"]["token"] = self._known.tokens.get(asked["path"].get("booking_id"), token)
        if "token" in asked["path"] and "booking_id" in asked["path"]:
            own = self._known.tokens.get(asked["path"]["booking_id"])
            asked["path"]["token"] = own or asked["path"]["token"]
        if content := operation.described.get("requestBody", {}).get("content"):
            asked["type"], described = chance.choice(list(content.items()))
            asked["body"] = self._value(described.get("schema", {}), "")
        return asked

    def _value(self, schema: Mapping[str, Any], name: str, depth: int = 0) -> Any:
        """Return a value that a schema allows."""
        chance, schema = self._chance, self._contract.resolved(schema)
        if found := self._named(name, schema):
            return copy.deepcopy(chance.choice(found))
        for several in ("oneOf", "anyOf"):
            if several in schema:
                return self._value(chance.choice(schema[several]), name, depth)
        if "allOf" in schema:
            parts = [self._value(each, name, depth) for each in schema["allOf"]]
            return {key: value for part in parts for key, value in part.items()}
        if "enum" in schema or "const" in schema:
            return chance.choice(schema.get("enum") or [schema["const"]])
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = chance.choice(kind)
        return self._of_kind(kind, schema, name, depth)

    def _of_kind(self, kind: str, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        chance = self._chance
        if kind == "object":
            needed = schema.get("required", ())
            made = {
                key: self._value(each, key, depth + 1)
                for key, each in schema.get("properties", {}).items()
                if key in needed or chance.random() < (0.5 if depth < 4 else 0.1)
            }
            more = schema.get("additionalProperties")
            if isinstance(more, dict) and chance.random() < 0.5:
                made["extra"] = self._value(more, "", depth + 1)
            return made
        if kind == "array":
            least, most = schema.get("minItems", 0), min(schema.get("maxItems", 4), 4)
            return [
                self._value(schema.get("items", {}), name.removesuffix("s"), depth + 1)
                for _ in range(chance.randint(least, max(least, most)))
            ]
        if kind == "integer":
            least = schema.get("minimum", 0)
            return chance.choice([least, least + 1, schema.get("maximum", least + 6000), 4500])
        return {"boolean": chance.random() < 0.5, "number": 1, "null": None}.get(
            kind, self._text(schema)
        )

    def _text(self, schema: Mapping[str, Any]) -> str:
        now_s = self._known.now()
        if schema.get("format") == "date-time":
            at_s = now_s // 900 * 900 + self._chance.choice([-30, -1, 2, 30, 100]) * HOUR_S
            return f"{datetime.fromtimestamp(at_s, UTC):%FT%TZ}"
        if schema.get("format") == "date":
            at_s = now_s + self._chance.choice([-40, -2, -1, 0, 1, 3, 30]) * DAY_S
            return f"{datetime.fromtimestamp(at_s, UTC):%F}"
        if schema.get("format") == "uri":
            return "https://salon.example.com/thanks"
        if "0-9a-f" in schema.get("pattern", ""):
            return "0" * 64
        return ("Some words of a length that is allowed" * 2)[: schema.get("maxLength", 40)]

    def _named(self, name: str, schema: Mapping[str, Any]) -> list[Any]:
        is_text = "properties" not in schema and schema.get("type") != "object"
        return self._known.values.get(name, []) if is_text and "enum" not in schema else []

    # ------------------------------------------------------------------ broken

    def _break_body(self, asked: dict[str, Any]) -> None:
        chance = self._chance
        if chance.random() < 0.2:
            asked["raw"] = chance.choice(
                ["{", "", "null", "[]", "5", '"x"', "NaN", '{"a": NaN}', '{"amount": 1e999}',
                 "[" * 100_000, '{"a":' * 2000, "x" * 70_000, '{"amount": 1, "amount": 2}',
                 '{"reason": "\ud83d"}', '{"amount": ' + "9" * 5000 + "}", "\x00", "\ud83d"]
            )  # fmt: skip
            return
        if not isinstance(asked["body"], dict):
            asked["body"] = {}
        where, key = self._somewhere(asked["body"])
        way = chance.random()
        if way < 0.15 or where is None:
            asked["body"][chance.choice(["new", "", "id", "location_id", "\ud83d"])] = (
                chance.choice(SENSELESS)
            )
        elif way < 0.3:
            del where[key]
        else:
            where[key] = copy.deepcopy(chance.choice(SENSELESS))

    def _somewhere(self, value: Any) -> tuple[Any, Any]:
        where: Any = None
        key: Any = None
        while isinstance(value, dict | list) and value:
            if where is not None and self._chance.random() < 0.4:
                break
            where = value
            key = self._chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
            value = where[key]
        return where, key

    def _break_query(self, asked: dict[str, Any]) -> None:
        names = [*asked["query"], "limit", "cursor", "from", "status", "q", "new", ""]
        asked["query"][self._chance.choice(names)] = self._chance.choice(TEXTS)

    def _break_path(self, asked: dict[str, Any]) -> None:
        if asked["path"]:
            name = self._chance.choice(list(asked["path"]))
            others = [each for group in self._known.values.values() for each in group]
            texts = [each for each in others if isinstance(each, str)]
            broken = self._chance.choice([*TEXTS, self._chance.choice(texts)])
            # A "/" would lead elsewhere, and nothing at all to no route.
            asked["path"][name] = broken.replace("/", "") or "-"

    def _break_headers(self, asked: dict[str, Any]) -> None:
        names = ["idempotency-key", "if-none-match", "content-type", "origin", "accept",
                 "accept-encoding", "x-forwarded-for", "cookie"]  # fmt: skip
        asked["headers"][self._chance.choice(names)] = self._chance.choice(TEXTS)

    def _break_caller(self, asked: dict[str, Any]) -> None:
        asked["user"] = self._chance.choice(CALLERS)

    # ------------------------------------------------------------------ sent

    def _as_event(self, operation: Operation, asked: dict[str, Any]) -> Request:
        self._numbers += 1
        path = operation.path
        for name, text in asked["path"].items():
            path = path.replace(f"{{{name}}}", text)
        route, function = _function_of(operation.method.upper(), operation.path)
        params = dict(asked["path"])
        if "{proxy+}" in route:
            params = {"proxy": path.removeprefix(route.partition(" ")[2].removesuffix("{proxy+}"))}
        body = asked.get("raw", None if asked["body"] is None else _written(asked))
        kind = asked.get("type", "application/json")
        headers = {name.lower(): text for name, text in asked["headers"].items()}
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route,
            "rawPath": path,
            "rawQueryString": urlencode(asked["query"], errors="replace"),
            "headers": {"content-type": kind, **headers},
            "queryStringParameters": asked["query"],
            "pathParameters": params,
            "requestContext": {
                "stage": "$default",
                "requestId": f"request-{self._numbers}",
                "http": {
                    "method": operation.method.upper(),
                    "path": path,
                    "sourceIp": f"203.0.113.{self._numbers % 250}",
                },
            },
            "isBase64Encoded": False,
        }
        if body is not None:
            event["body"] = body
        if path.startswith("/v1/"):
            claims = {"sub": asked["user"], "token_use": "id", "auth_time": str(self._known.now())}
            event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        return Request(operation, function, event, len(body or ""))


def _written(asked: Mapping[str, Any]) -> str:
    if "form" in asked.get("type", ""):
        fields = {name: str(value) for name, value in asked["body"].items()}
        return urlencode(fields, errors="replace")
    return json.dumps(asked["body"])


@cache
def _template() -> Template:
    return Template()


@cache
def _function_of(method: str, path: str) -> tuple[str, str]:
    """Return the route of the template that an operation is reached by, and its function."""
    template = _template()
    path = path.replace("{file}", "{proxy+}")
    routes = template.routes()
    exact = [key for key in routes if key == f"{method} {path}"]
    open_ended = [
        key
        for key in routes
        if "{proxy+}" in key
        and key.partition(" ")[0] in ("ANY", method)
        and path.startswith(key.partition(" ")[2].removesuffix("{proxy+}"))
    ]
    [route, *_] = exact or sorted(open_ended, key=len, reverse=True)
    return route, template.function_of(routes[route])
