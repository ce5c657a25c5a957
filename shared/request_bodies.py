"""Request bodies: read, checked, and every mistake named with its JSON pointer."""

import base64
import json
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.domain.errors import InvalidInput
from shared.domain.mistakes import mistake
from shared.field_types import CurrencyCode, Email, ForeignId, Id, Instant, Text, or_none
from shared.validation import validate

MAX_BODY_BYTES = 64 * 1024
# Twelve digits are the most that Stripe takes of any currency (https://docs.stripe.com/currencies).
MAX_AMOUNT = 10**12 - 1


class ClientInput(BaseModel):
    """Who comes."""

    model_config = ConfigDict(strict=True)
    name: Annotated[Text, Field(max_length=120)]
    email: Email
    phone: Annotated[Annotated[Text, Field(max_length=32)] | None, BeforeValidator(or_none)] = None


class NewBooking(BaseModel):
    """A visit that another system knows, or a sale at the desk, at the caller's price."""

    model_config = ConfigDict(strict=True)
    external_id: ForeignId | None = None
    amount: Annotated[int, Field(ge=1, le=MAX_AMOUNT)]
    currency: CurrencyCode
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
    return validate(model, read_object(body))


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
        raise InvalidInput("The body is no JSON object.", errors=[mistake("", "must be an object")])
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
