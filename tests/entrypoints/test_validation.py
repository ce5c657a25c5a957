"""What is wrong with a request is told in our own words, whatever was sent to whatever model."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic_core.core_schema import ErrorType

from shared.domain.errors import InvalidInput
from shared.entrypoints.query_strings import QueryString
from shared.entrypoints.request_bodies import ClientInput, NewBooking, parse
from shared.entrypoints.validation import (
    NOT_VALID,
    RULE,
    SENTENCES,
    parameters_of,
    read_query,
    validate,
)
from tests.surroundings.fixtures import ROOT

# Which errors pydantic can raise for each part of a model's schema, besides its bounds.
# https://docs.pydantic.dev/latest/errors/validation_errors/
ERRORS_OF: dict[str, set[str]] = {
    "model": {"model_type"},
    "model-fields": {"missing"},
    "model-field": set(),
    "definitions": set(),
    # What it names is below `definitions`.
    "definition-ref": set(),
    "default": set(),
    "nullable": set(),
    "any": set(),
    "str": {"string_type", "string_unicode"},
    "int": {"int_type"},
    "bool": {"bool_type"},
    "list": {"list_type"},
    "dict": {"dict_type"},
    "literal": {"literal_error"},
    # Our own validator has made a day of it, or refused it.
    "date": set(),
    "datetime": {
        *("datetime_type", "datetime_parsing", "datetime_object_invalid"),
        *("datetime_from_date_parsing", "timezone_aware"),
    },
    "function-before": {RULE},
    # What is behind a validator is bound by a function of pydantic's.
    "function-after": {RULE, "too_long"},
}
BOUNDS = {
    ("str", "min_length"): "string_too_short",
    ("str", "max_length"): "string_too_long",
    ("str", "pattern"): "string_pattern_mismatch",
    ("list", "min_length"): "too_short",
    ("list", "max_length"): "too_long",
    ("dict", "max_length"): "too_long",
    ("int", "ge"): "greater_than_equal",
    ("int", "le"): "less_than_equal",
}


def models() -> list[type[BaseModel]]:
    """Every model of a request in the product."""
    for folder in ("shared", "functions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if re.search(r"\bBaseModel\b|\(\w*(Body|Query)\):", path.read_text()):
                importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))

    def below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
        for each in model.__subclasses__():
            yield each
            yield from below(each)

    ours = {
        each for each in below(BaseModel) if each.__module__.startswith(("functions.", "shared."))
    }
    return sorted(ours, key=lambda model: (model.__module__, model.__name__))


MODELS = models()
QUERIES = [each for each in MODELS if "Query" in each.__name__]
BODIES = [each for each in MODELS if each not in QUERIES]


def schemas_in(schema: object) -> Iterator[dict[str, Any]]:
    """Give every part of a schema of pydantic's that checks something."""
    if isinstance(schema, dict):
        # Where there is no type, the names are those of a model's fields.
        is_schema = isinstance(schema.get("type"), str)
        if is_schema:
            yield schema
        for name, each in schema.items():
            if not is_schema or name not in ("metadata", "serialization", "default", "function"):
                yield from schemas_in(each)
    elif isinstance(schema, list | tuple):
        for each in schema:
            yield from schemas_in(each)


def errors_of(model: type[BaseModel]) -> set[str]:
    """Return the types of every error that the model can raise."""
    found = {"extra_forbidden"}
    # Its rules are put together when it is first used.
    model.model_rebuild()
    for schema in schemas_in(model.__pydantic_core_schema__):
        kind = schema["type"]
        found |= ERRORS_OF[kind]
        found |= {error for (of, bound), error in BOUNDS.items() if of == kind and bound in schema}
    return found


def test_the_models_are_found() -> None:
    names = {model.__name__ for model in MODELS}
    assert {"NewBooking", "TermsInput", "LocationPatch", "BookingsQuery", "ReportQuery"} <= names
    assert len(MODELS) >= 30


@pytest.mark.parametrize("model", MODELS)
def test_every_error_that_a_model_can_raise_has_a_sentence(model: type[BaseModel]) -> None:
    assert errors_of(model) <= set(SENTENCES)


def test_the_table_has_no_error_that_pydantic_does_not_know() -> None:
    assert set(SENTENCES) - {RULE} <= set(get_args(ErrorType))


def test_no_model_has_a_pattern_for_nobody_would_understand_it() -> None:
    with_patterns = [
        model.__name__ for model in MODELS if "string_pattern_mismatch" in errors_of(model)
    ]
    assert with_patterns == []


# ------------------------------------------------------------------ whatever is sent

NAMES = sorted({name for model in MODELS for name in parameters_of(model)})
TEXTS = st.one_of(
    st.text(max_size=4),
    st.sampled_from(
        [
            *("", " ", "a" * 1100, "a\nb", "\ud800", "eur", "EURO", "cut", "#", "9" * 30, "1_0"),
            *("foo,bar@example.com", "jane@example.com", "2026-11-22", "2026-11-22T09:30:00Z"),
            *("2026-13-22T09:30:00Z", "2026-11-22T09:30:00", "9999-12-31T23:59:59Z", "T", "1T1"),
            *("Europe/Berlin", "Mars/Base", "de-AT", "https://salon.example", "//", "full", "DE"),
        ]
    ),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 2000)
    | st.sampled_from([10**13, -(10**30), 0.5])
    | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=25)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=30,
)


def documents(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    names = [field.alias or name for name, field in model.model_fields.items()]
    return st.fixed_dictionaries({}, optional=dict.fromkeys((*names, "a/b~c"), JSON))


def expect_our_own_words(problem: InvalidInput, error: ValidationError | None) -> None:
    said = [each["detail"] for each in problem.errors]
    for each in said:
        assert re.fullmatch(r"[^a-z].*\.", each, re.DOTALL), each
        assert not each.endswith(("..", f"{NOT_VALID}.")), each
        for foreign in ("[key]", "Input should", "String should", "Value error", "pydantic", "^["):
            assert foreign not in each
    for mistake in error.errors() if error else ():
        assert mistake["type"] in SENTENCES
        if mistake["type"] != RULE:
            assert all(mistake["msg"] not in each for each in said)


@given(st.data())
def test_whatever_a_body_holds_its_mistakes_are_told_in_our_own_words(data: Any) -> None:
    model = data.draw(st.sampled_from(BODIES))
    document = data.draw(documents(model))
    try:
        model.model_validate(document)
        error = None
    except ValidationError as refused:
        error = refused
    if error is None:
        assert validate(model, document)
        return
    with pytest.raises(InvalidInput) as told:
        validate(model, document)
    assert len(told.value.errors) == error.error_count()
    expect_our_own_words(told.value, error)


def refusal_of(model: type[BaseModel], query: dict[str, str]) -> InvalidInput | None:
    try:
        read_query(model, QueryString(query))
    except InvalidInput as problem:
        return problem
    return None


@given(st.data())
def test_whatever_a_query_holds_its_mistakes_are_told_in_our_own_words(data: Any) -> None:
    model = data.draw(st.sampled_from(QUERIES))
    names = [*parameters_of(model), "foo"]
    query = data.draw(st.dictionaries(st.sampled_from(names), TEXTS, max_size=4))
    problem = refusal_of(model, query)
    assert (problem is not None and problem.code == "unknown_parameter") == ("foo" in query)
    if problem:
        expect_our_own_words(problem, None)
        assert all(each["pointer"].startswith("/query/") for each in problem.errors)


# ------------------------------------------------------------------ as a person reads it


def sentences(body: object) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        parse(NewBooking, json.dumps(body))
    return [each["detail"] for each in refused.value.errors]


def test_the_mistakes_of_a_booking_read_well_under_their_fields() -> None:
    assert sentences({"client": {}}) == ["Name is required.", "Email is required."]
    client = {"name": " ", "email": "jane@example.com,", "phone": "1" * 33}
    wrong = {
        "external_id": "a\nb",
        "amount": 0,
        "currency": "euro",
        "description": "a" * 201,
        "starts_at": "2026-11-22T09:30:00",
        "service_id": "a b",
        "client": client,
    }
    assert sentences(wrong) == [
        "External id must have no line breaks or other control characters.",
        "Amount must be at least 1.",
        "Currency must be a currency such as eur.",
        "Description must have at most 200 characters.",
        "Starts at must be an instant with its zone, such as 2026-11-22T09:30:00Z.",
        "Service id must be 1 to 64 letters, digits or any of . _ : -.",
        "Name must not be empty.",
        "Email must be an email address such as jane@example.com.",
        "Phone must have at most 32 characters.",
    ]
    assert sentences([]) == ["The body must be an object."]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ([], "Metadata must be an object."),
        (dict.fromkeys(map(str, range(21)), ""), "Metadata must have at most 20 entries."),
        ({"": "x"}, "Metadata has a key that must not be empty."),
        ({"a" * 41: "x"}, "Metadata has a key that must have at most 40 characters."),
        ({"room": 1}, "Room must be text."),
    ],
)
def test_the_mistakes_of_metadata_read_well(metadata: object, expected: str) -> None:
    right = {"amount": 100, "currency": "eur", "description": "A cut"}
    assert sentences({**right, "metadata": metadata}) == [expected]


def test_a_client_is_named_as_before() -> None:
    assert parse(ClientInput, '{"name": " Mira ", "email": "m@example.com", "phone": " "}') == (
        ClientInput(name="Mira", email="m@example.com", phone=None)
    )


@pytest.mark.parametrize("function", ["serve_widget", "create_checkout"])
def test_what_clients_wait_for_starts_without_pydantic(function: str) -> None:
    program = f"import sys, functions.{function}.handler; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "pydantic" not in done.stdout.split()


def test_a_clients_first_booking_loads_no_router() -> None:
    program = "import sys, functions.create_checkout.book; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "aws_lambda_powertools.event_handler" not in done.stdout.split()
