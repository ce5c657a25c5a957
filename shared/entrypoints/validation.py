"""What pydantic finds wrong with a request, in our own words.

`SENTENCES` maps its error types to the rest of a sentence whose subject is the field. Pydantic's
own messages are never shown: they quote patterns, and are meant for developers.
https://docs.pydantic.dev/latest/errors/validation_errors/
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from shared.domain.errors import InvalidInput
from shared.domain.mistakes import mistake, pointer_to
from shared.entrypoints.query_strings import QueryString, invalid_query

type Context = Mapping[str, Any]
AN_INSTANT = "must be an instant with its zone, such as 2026-11-22T09:30:00Z"
# Our own rules carry their sentence.
RULE = "rule"
NOT_VALID = "is not valid"
# Where pydantic finds a mistake in a key of an object, the place ends with the key and this.
OF_A_KEY = "[key]"


def _too_long(context: Context) -> str:
    # Behind a rule of ours pydantic counts without knowing what it counts.
    what = "entries" if context["field_type"] in ("List", "Dictionary") else "characters"
    return f"must have at most {context['max_length']} {what}"


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"


SENTENCES: dict[str, Callable[[Context], str]] = {
    RULE: lambda context: str(context["what"]),
    "missing": lambda _: "is required",
    "extra_forbidden": lambda _: "is not known here",
    "model_type": lambda _: "must be an object",
    "dict_type": lambda _: "must be an object",
    "list_type": lambda _: "must be a list",
    "bool_type": lambda _: "must be true or false",
    "int_type": lambda _: "must be a whole number",
    "string_type": lambda _: "must be text",
    "string_unicode": lambda _: "must be text that can be written in UTF-8",
    "string_too_short": lambda _: "must not be empty",
    "string_too_long": lambda context: f"must have at most {context['max_length']} characters",
    "too_short": lambda context: f"must have at least {_entries(context['min_length'])}",
    "too_long": _too_long,
    "greater_than_equal": lambda context: f"must be at least {context['ge']}",
    "less_than_equal": lambda context: f"must be at most {context['le']}",
    "literal_error": lambda context: f"must be {context['expected'].replace("'", '')}",
    "datetime_type": lambda _: AN_INSTANT,
    "datetime_parsing": lambda _: AN_INSTANT,
    "datetime_object_invalid": lambda _: AN_INSTANT,
    "datetime_from_date_parsing": lambda _: AN_INSTANT,
    "timezone_aware": lambda _: AN_INSTANT,
}


class Body(BaseModel):
    """The body of a request; its rules are put together when the first is read.

    An unknown field is a mistake: what it asks for would be ignored silently.
    """

    model_config = ConfigDict(strict=True, extra="forbid", defer_build=True)


class Query(BaseModel):
    """The parameters of a query string, which are all texts."""

    model_config = ConfigDict(defer_build=True)


def rule[Value](holds: Callable[[Value], bool], what: str) -> AfterValidator:
    """Return a check of a field; `what` is the rest of the sentence if it fails."""

    def check(value: Value) -> Value:
        if not holds(value):
            raise broken(what)
        return value

    return AfterValidator(check)


def broken(what: str) -> PydanticCustomError:
    """Return what a validator of ours raises; `what` is the rest of the sentence."""
    return PydanticCustomError(RULE, "{what}", {"what": what})


def validate[Parsed: BaseModel](model: type[Parsed], document: Mapping[str, Any]) -> Parsed:
    """Return a body as its model; raises `InvalidInput` that names each mistake."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InvalidInput("Some fields are not valid.", errors=_mistakes(error)) from error


def read_query[Parsed: BaseModel](model: type[Parsed], query: QueryString) -> Parsed:
    """Return a query string as its model; raises `InvalidInput`, `unknown_parameter` among them."""
    query.expect_only(*parameters_of(model))
    try:
        return model.model_validate(query.values)
    except ValidationError as error:
        raise invalid_query(_mistakes(error, "query")) from error


def parameters_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the names of a query's parameters."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _mistakes(error: ValidationError, *above: str) -> list[dict[str, str]]:
    found = []
    for each in error.errors(include_input=False, include_url=False):
        place, sentence = each["loc"], _sentence(each["type"], each.get("ctx", {}))
        if place and place[-1] == OF_A_KEY:
            place, sentence = place[:-2], f"has a key that {sentence}"
        found.append(mistake(pointer_to(*above, *place), sentence))
    return found


def _sentence(kind: str, context: Context) -> str:
    return SENTENCES[kind](context) if kind in SENTENCES else NOT_VALID
