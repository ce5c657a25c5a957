"""Request bodies and queries: read, checked, and every mistake named with its JSON pointer."""

import json
from datetime import UTC, datetime
from typing import Annotated, NoReturn

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.types import AwareDatetime

from shared.domain.errors import InvalidInput

MAX_BODY_BYTES = 64 * 1024
# Twelve digits are the most that Stripe takes of any currency (https://docs.stripe.com/currencies).
MAX_AMOUNT = 10**12 - 1
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]


class ClientInput(BaseModel):
    """Who comes."""

    model_config = ConfigDict(strict=True)
    name: Annotated[Text, Field(max_length=120)]
    email: Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    phone: Annotated[Text, Field(max_length=32)] | None = None


class NewBooking(BaseModel):
    """A visit that another system knows, or a sale at the desk, at the caller's price."""

    model_config = ConfigDict(strict=True)
    external_id: Id | None = None
    amount: Annotated[int, Field(ge=1, le=MAX_AMOUNT)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$", to_lower=True)]
    description: Annotated[Text, Field(max_length=200)]
    starts_at: Annotated[AwareDatetime, Field(strict=False)] | None = None
    service_id: Id | None = None
    employee_id: Id | None = None
    client: ClientInput | None = None


class PaymentLinkInput(BaseModel):
    """How a payment link is given out."""

    model_config = ConfigDict(strict=True)
    email: bool = False


def parse[Parsed: BaseModel](model: type[Parsed], body: str | None) -> Parsed:
    """Read a JSON body; raises `InvalidInput` with a pointer and a sentence for each mistake."""
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


def instant_s(instant: datetime | None) -> int | None:
    """Return an instant in whole seconds since 1970."""
    return None if instant is None else int(instant.astimezone(UTC).timestamp())


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
