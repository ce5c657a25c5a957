"""Request bodies: read and checked, with a JSON pointer for every mistake."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from shared.domain.catalogue.services import MAX_DURATION_MINUTES, MIN_DURATION_MINUTES
from shared.domain.money.charge_limits import MAX_PRICE_MINOR
from shared.entrypoints.field_types import (
    CurrencyCode,
    Email,
    ForeignId,
    Id,
    Instant,
    OneLine,
    Text,
    or_none,
)
from shared.entrypoints.json_bodies import MAX_BODY_KIB, read_object
from shared.entrypoints.validation import Body, validate

MAX_KEYS, MAX_KEY_CHARS, MAX_VALUE_CHARS = 20, 40, 200
MetadataKey = Annotated[str, Field(min_length=1, max_length=MAX_KEY_CHARS), OneLine]
MetadataValue = Annotated[str, Field(max_length=MAX_VALUE_CHARS)]
Metadata = Annotated[dict[MetadataKey, MetadataValue], Field(max_length=MAX_KEYS)]


class ClientInput(Body):
    """The client of a booking."""

    name: Annotated[Text, Field(max_length=120)]
    email: Email
    phone: Annotated[Annotated[Text, Field(max_length=32)] | None, BeforeValidator(or_none)] = None


class NewBooking(Body):
    """A visit from another system, or a sale at the desk.

    With a service, what is left out is the catalogue's. `terms` are `none`, `apply`, or those of
    this booking alone, read by `functions.serve_staff_api.terms_request`.
    """

    external_id: ForeignId | None = None
    amount: Annotated[int, Field(ge=1, le=MAX_PRICE_MINOR)] | None = None
    currency: CurrencyCode | None = None
    description: Annotated[Text, Field(max_length=200)] | None = None
    starts_at: Instant | None = None
    duration_minutes: (
        Annotated[int, Field(ge=MIN_DURATION_MINUTES, le=MAX_DURATION_MINUTES)] | None
    ) = None
    service_id: Id | None = None
    employee_id: Id | None = None
    client: ClientInput | None = None
    metadata: Metadata | None = None
    allow_overlap: bool = False
    terms: Any = None
    pay_by: Instant | None = None
    notify: bool = False


class PaymentLinkInput(Body):
    """How a payment link is handed out."""

    email: bool = False


def parse[Parsed: BaseModel](
    model: type[Parsed], body: str | None, max_kib: int = MAX_BODY_KIB
) -> Parsed:
    """Read a JSON body; raises `InvalidInput` with a pointer and a sentence for each mistake."""
    return validate(model, read_object(body, max_kib))


def instant_s(instant: datetime | None) -> int | None:
    """Return an instant in whole seconds since 1970."""
    return None if instant is None else int(instant.astimezone(UTC).timestamp())
