"""Request bodies and queries: read, checked, and every mistake named with its JSON pointer."""

import base64
import json
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic.types import AwareDatetime

from shared.domain.errors import InvalidInput

MAX_BODY_BYTES = 64 * 1024
# Twelve digits are the most that Stripe takes of any currency (https://docs.stripe.com/currencies).
MAX_AMOUNT = 10**12 - 1
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00-\x1f\x7f]*$")
]
# One address, as far as a pattern can say; nothing in it may begin another line of a mail's head.
EMAIL = r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f]+$"
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
# What another system calls a booking is that system's own affair.
ForeignId = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


def _as_text(value: object) -> object:
    # A number would be taken for seconds since 1970, as text too.
    if not isinstance(value, str) or "T" not in value.upper():
        raise ValueError("is not an instant such as 2026-11-22T09:30:00Z")
    return value


def _within_bounds(instant: datetime) -> datetime:
    # In UTC the first and the last year may be none any more.
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError(f"is not from {FIRST_YEAR} to {LAST_YEAR}")
    return instant


FIRST_YEAR, LAST_YEAR = 1971, 9998
Instant = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_as_text), AfterValidator(_within_bounds)
]


def _or_none(value: object) -> object:
    # A form sends the empty field that nobody filled in.
    return None if isinstance(value, str) and not value.strip() else value


class ClientInput(BaseModel):
    """Who comes."""

    model_config = ConfigDict(strict=True)
    name: Annotated[Text, Field(max_length=120)]
    email: Annotated[str, StringConstraints(max_length=254, pattern=EMAIL)]
    phone: Annotated[Annotated[Text, Field(max_length=32)] | None, BeforeValidator(_or_none)] = None


class NewBooking(BaseModel):
    """A visit that another system knows, or a sale at the desk, at the caller's price."""

    model_config = ConfigDict(strict=True)
    external_id: ForeignId | None = None
    amount: Annotated[int, Field(ge=1, le=MAX_AMOUNT)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$", to_lower=True)]
    description: Annotated[Text, Field(max_length=200)]
    starts_at: Instant | None = None
    service_id: Id | None = None
    employee_id: Id | None = None
    client: ClientInput | None = None


class PaymentLinkInput(BaseModel):
    """How a payment link is given out."""

    model_config = ConfigDict(strict=True)
    email: bool = False


def parse[Parsed: BaseModel](model: type[Parsed], body: str | None) -> Parsed:
    """Read a JSON body; raises `InvalidInput` with a pointer and a sentence for each mistake."""
    document = read_object(body)
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InvalidInput(
            "Some fields are not valid.",
            errors=[
                {"pointer": "/" + "/".join(map(str, mistake["loc"])), "detail": mistake["msg"]}
                for mistake in error.errors(include_input=False, include_url=False)
            ],
        ) from error


def read_object(body: str | None) -> dict[str, Any]:
    """Return the JSON object of a body; an empty body is an empty object. Raises `InvalidInput`."""
    text = body or "{}"
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BODY_BYTES:
        raise InvalidInput("The body is over 64 KiB.")
    try:
        document = json.loads(text, parse_constant=_refuse)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The body is no JSON.") from error
    if not isinstance(document, dict):
        raise InvalidInput("The body is no JSON object.")
    return document


def read_body(body: str | None, *, is_base64: bool | None) -> str | None:
    """Return a body as text; API Gateway encodes what it does not take for text by its type."""
    if not body or not is_base64:
        return body
    try:
        return base64.b64decode(body, validate=True).decode()
    except ValueError as error:
        raise InvalidInput("The body is no JSON.") from error


def instant_s(instant: datetime | None) -> int | None:
    """Return an instant in whole seconds since 1970."""
    return None if instant is None else int(instant.astimezone(UTC).timestamp())


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
