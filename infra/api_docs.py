"""The contract as it is served: `openapi.json`, and `docs.html`, the page that shows it.

Both are made of docs/openapi.yaml when the package of the pages' function is put together, so that
nothing reads YAML at run time. The page is one file without a script; its style sheet is the
function's own asset, whose address the function fills in.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "openapi.yaml"
METHODS = ("get", "put", "post", "patch", "delete", "head", "options")
# What a schema says of a value besides its type.
LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "maxProperties": "at most {} keys",
    "pattern": "matches {}",
    "default": "default {}",
}
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable(["image", "heading", "lheading"])
_OR = Markup(" or ")

type Schema = Mapping[str, Any]


def build(folder: Path) -> None:
    """Write `openapi.json` and `docs.html` into a folder, which is made."""
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    (folder / "openapi.json").write_text(text, encoding="utf-8")
    (folder / "docs.html").write_text(ApiDocs(document).page(), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Field:
    """A property of an object, a parameter, or an item: `kind` and `about` are HTML."""

    name: str
    is_required: bool
    kind: Markup
    about: Markup
    fields: tuple["Field", ...]


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent or answered in one media type."""

    media_type: str
    kind: Markup
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes with each of these statuses alike."""

    statuses: tuple[str, ...]
    about: Markup
    bodies: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path; `name` is its anchor.

    `codes` are its own problem codes, `prefix` the beginning of a path whose codes it has too.
    """

    name: str
    method: str
    path: str
    is_open: bool
    described: Mapping[str, Any]
    parameters: tuple[tuple[str, Field], ...]
    bodies: tuple[Body, ...]
    answers: tuple[Answer, ...]
    codes: tuple[str, ...]
    prefix: str


class ApiDocs:
    """Shows an OpenAPI 3.1 document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def page(self) -> str:
        """Return the page's HTML."""
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["prose"] = prose
        operations = list(self._operations())
        tags = [
            (tag, [each for each in operations if each.described["tags"][0] == tag["name"]])
            for tag in self._document["tags"]
        ]
        return environment.get_template("api_docs.html").render(
            info=self._document["info"],
            tags=tags,
            schemas=self._schemas(),
            codes=self._document["x-problem-codes"],
            everywhere=self._document["x-problem-codes-everywhere"],
        )

    def _operations(self) -> Iterator[Operation]:
        for path, item in self._document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(path, method, item)

    def _operation(self, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        described = item[method]
        parameters = map(
            self._resolved, [*item.get("parameters", []), *described.get("parameters", [])]
        )
        return Operation(
            name=re.sub(r"[^a-z0-9]+", "-", f"{method} {path}".lower()).strip("-"),
            method=method.upper(),
            path=path,
            is_open=described.get("security", self._document.get("security")) == [],
            described=described,
            parameters=tuple(
                (each["in"], self._field(each["name"], self._of_parameter(each), each))
                for each in parameters
            ),
            bodies=self._bodies(self._resolved(described.get("requestBody", {}))),
            answers=self._answers(described["responses"]),
            codes=tuple(described.get("x-problem-codes", ())),
            prefix=next(filter(path.startswith, self._document["x-problem-codes-everywhere"]), ""),
        )

    def _answers(self, responses: Mapping[str, Any]) -> tuple[Answer, ...]:
        alike: dict[tuple[Markup, tuple[Body, ...]], list[str]] = {}
        for status, told in responses.items():
            answer = self._resolved(told)
            about = prose(answer.get("description", ""))
            alike.setdefault((about, self._bodies(answer)), []).append(status)
        return tuple(Answer(tuple(statuses), *said) for said, statuses in alike.items())

    def _of_parameter(self, parameter: Mapping[str, Any]) -> Schema:
        about = parameter.get("description", "")
        schema: Schema = parameter["schema"]
        return {**schema, "description": about or schema.get("description", "")}

    def _bodies(self, message: Mapping[str, Any]) -> tuple[Body, ...]:
        return tuple(
            Body(media_type, self._kind(schema), tuple(self._fields(schema)))
            for media_type, content in message.get("content", {}).items()
            for schema in [content.get("schema", {})]
        )

    def _schemas(self) -> list[tuple[str, Schema, Markup, tuple[Field, ...]]]:
        return [
            (name, schema, self._kind(schema), tuple(self._fields(schema)))
            for name, schema in sorted(self._document["components"]["schemas"].items())
        ]

    def _resolved(self, described: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in described:
            found: Any = self._document
            for part in described["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            described = found
        return described

    def _field(self, name: str, schema: Schema, owner: Schema) -> Field:
        required = owner.get("required", ())
        return Field(
            name=name,
            is_required=required is True or (required is not False and name in required),
            kind=self._kind(schema),
            about=_about(schema),
            fields=tuple(self._fields(schema)),
        )

    def _fields(self, schema: Schema) -> Iterator[Field]:
        """Yield what stands in an object, or in a list's objects, where it has no name of its own.

        What has one is linked to.
        """
        for name, inner in schema.get("properties", {}).items():
            yield self._field(name, inner, schema)
        for inner in _parts(schema):
            yield from self._fields(inner)

    def _kind(self, schema: Schema) -> Markup:
        """Return the type in words, with links to the schemas that have a name."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return Markup('<a href="#schema-{}">{}</a>').format(name, name)
        for word, join in (("oneOf", _OR), ("anyOf", _OR), ("allOf", Markup(" and "))):
            if word in schema:
                return join.join(self._kind(each) for each in schema[word])
        if "const" in schema:
            return _code(schema["const"])
        if "enum" in schema:
            return Markup(" | ").join(map(_code, schema["enum"]))
        types = schema.get("type", "object" if "properties" in schema else "any")
        names = [types] if isinstance(types, str) else types
        return _OR.join(self._of_type(each, schema) for each in names)

    def _of_type(self, name: str, schema: Schema) -> Markup:
        if name == "array":
            return Markup("list of {}").format(self._kind(schema.get("items", {})))
        values = schema.get("additionalProperties")
        if name == "object" and isinstance(values, Mapping) and "properties" not in schema:
            return Markup("object of {}").format(self._kind(values))
        return escape(schema.get("format", name) if name == "string" else name)


def prose(text: str) -> Markup:
    """Return a description, which is Markdown, as HTML; raw HTML in it is text."""
    # Escaped by the library: https://markdown-it-py.readthedocs.io/en/latest/security.html
    return Markup(_MARKDOWN.render(text))  # noqa: S704


def _about(schema: Schema) -> Markup:
    limits = [
        escape(said).format(_code(schema[word])) for word, said in LIMITS.items() if word in schema
    ]
    text = prose(schema.get("description", ""))
    return text + (Markup("<p>{}</p>").format(Markup(", ").join(limits)) if limits else "")


def _code(value: object) -> Markup:
    text = value if isinstance(value, str) else json.dumps(value)
    return Markup("<code>{}</code>").format(text)


def _parts(schema: Schema) -> Iterator[Schema]:
    for word in ("oneOf", "anyOf", "allOf"):
        yield from schema.get(word, ())
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), Mapping):
            yield schema[word]
