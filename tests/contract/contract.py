"""Holds an answer of the API against docs/openapi.yaml: status, content type, schema, problem code.

    Contract.load().check_answer("GET", "/public/locations/demo?x=1", 200, headers, body)

raises `ContractBroken`, an `AssertionError`, where the document does not promise that answer.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yaml
from jsonschema import Draft202012Validator, FormatChecker

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "openapi.yaml"
METHODS = ("get", "put", "post", "patch", "delete", "options", "head")
PROBLEM, JSON = "application/problem+json", "application/json"
# Statuses that API Gateway answers by itself, with `{"message"}`.
GATEWAYS = frozenset({400, 401, 403, 404, 413, 429, 500, 503})
FORMATS = FormatChecker(())


class ContractBroken(AssertionError):
    """An answer that docs/openapi.yaml does not promise."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as the document writes it; `path` as in `/pay/{token}`."""

    method: str
    path: str
    described: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True)
class Contract:
    """The document, and every operation in it."""

    document: Mapping[str, Any]
    operations: tuple[Operation, ...]
    _validators: dict[int, Draft202012Validator] = field(default_factory=dict, repr=False)

    @staticmethod
    @cache
    def load() -> "Contract":
        """Return the repository's own contract, read once."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return Contract.of(yaml.load(DOCUMENT.read_text(), loader))

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return the contract of a parsed OpenAPI 3.1 document."""
        operations = tuple(
            Operation(method, path, described)
            for path, item in document["paths"].items()
            for method, described in item.items()
            if method in METHODS
        )
        return cls(document, operations)

    def find(self, method: str, url: str) -> Operation | None:
        """Return the operation that answers a request; a path without `{` wins over one with."""
        path = urlsplit(url).path or "/"
        found = [
            each
            for each in self.operations
            if each.method == method.lower() and _pattern(each.path).fullmatch(path)
        ]
        return min(found, key=lambda each: each.path.count("{"), default=None)

    def check_answer(
        self,
        method: str,
        url: str,
        status: int,
        headers: Mapping[str, str],
        body: bytes | str,
    ) -> None:
        """Raise `ContractBroken` unless the document promises this answer.

        `url` may have an origin and a query; `headers` in any case; `body` as it was sent, that is
        after `content-encoding` was undone. What API Gateway answers by itself is told by its body.
        """
        told = f"{method.upper()} {urlsplit(url).path} -> {status}"
        media_type = _media_type(headers)
        document = _parsed(media_type, body)
        if _is_gateways(status, media_type, document):
            return
        operation = self.find(method, url)
        if operation is None:
            self._check_no_operation(told, status, document)
            return
        answer = operation.described["responses"].get(str(status))
        if answer is None:
            raise ContractBroken(f"{told}: {operation} documents no {status}: {_short(body)}")
        content = self.resolved(answer).get("content", {})
        self._check_content(told, content, media_type, document, body)
        if media_type == PROBLEM:
            self._check_problem(told, operation, status, document)

    def _check_content(
        self,
        told: str,
        content: Mapping[str, Any],
        media_type: str,
        document: object,
        body: bytes | str,
    ) -> None:
        if not content:
            if body:
                raise ContractBroken(f"{told}: no body is documented: {_short(body)}")
            return
        if media_type not in content:
            raise ContractBroken(f"{told}: {media_type or 'no type'} is not among {list(content)}")
        schema = content[media_type].get("schema")
        if schema is not None and media_type in (JSON, PROBLEM):
            self.check_schema(told, schema, document)

    def check_schema(self, told: str, schema: Mapping[str, Any], document: object) -> None:
        """Raise `ContractBroken` unless a parsed body is as a schema of the document says."""
        mistakes = sorted(
            self._validator(schema).iter_errors(document), key=lambda each: each.json_path
        )
        if mistakes:
            lines = [f"{each.json_path}: {each.message[:400]}" for each in mistakes[:5]]
            raise ContractBroken(f"{told}: " + "; ".join(lines))

    def codes(self, operation: Operation) -> set[str]:
        """Return the problem codes that an operation may answer: its own and its prefix's."""
        everywhere = (
            code
            for prefix, codes in self.document["x-problem-codes-everywhere"].items()
            if operation.path.startswith(prefix) and operation.method != "options"
            for code in codes
        )
        return {*operation.described.get("x-problem-codes", []), *everywhere}

    def _check_problem(
        self, told: str, operation: Operation, status: int, problem: Mapping[str, Any]
    ) -> None:
        code = problem["code"]
        if code not in self.codes(operation):
            raise ContractBroken(f"{told}: {operation} documents no code {code}")
        known = self.document["x-problem-codes"][code]["status"]
        if problem["status"] != status or status not in known:
            raise ContractBroken(f"{told}: {code} is documented with {known}")

    def _check_no_operation(self, told: str, status: int, document: object) -> None:
        # Functions behind `ANY` answer what leads nowhere by themselves.
        is_problem = isinstance(document, Mapping) and document.get("code") == "not_found"
        if not is_problem or status != 404:
            raise ContractBroken(f"{told}: the document has no such operation")

    def resolved(self, described: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in described:
            found: Any = self.document
            for part in described["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            described = found
        return described

    def _validator(self, schema: Mapping[str, Any]) -> Draft202012Validator:
        if id(schema) not in self._validators:
            # Its references lead from the document's root.
            rooted = {"components": self.document["components"], "allOf": [schema]}
            self._validators[id(schema)] = Draft202012Validator(rooted, format_checker=FORMATS)
        return self._validators[id(schema)]


@FORMATS.checks("date-time")
def _is_instant(value: object) -> bool:
    # The contract's instants are in UTC and in whole seconds.
    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    return not isinstance(value, str) or re.fullmatch(pattern, value) is not None


@FORMATS.checks("date")
def _is_day(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None


@FORMATS.checks("uri")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme and urlsplit(value).netloc)


@cache
def _pattern(path: str) -> re.Pattern[str]:
    # `{file}` is the document's word for what API Gateway writes `{proxy+}`.
    any_file = re.escape(path).replace(re.escape("{file}"), ".+")
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", any_file))


def _media_type(headers: Mapping[str, str]) -> str:
    found = next((text for name, text in headers.items() if name.lower() == "content-type"), "")
    return found.partition(";")[0].strip().lower()


def _parsed(media_type: str, body: bytes | str) -> Any:
    if media_type not in (JSON, PROBLEM) or not body:
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        raise ContractBroken(f"the body is no JSON: {_short(body)}") from error


def _is_gateways(status: int, media_type: str, document: object) -> bool:
    return (
        status in GATEWAYS
        and media_type == JSON
        and isinstance(document, Mapping)
        and set(document) == {"message"}
    )


def _short(body: bytes | str) -> str:
    return repr(body[:200])
