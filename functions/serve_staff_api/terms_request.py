"""The shape of payment terms in a body; the rules between its fields are the domain's."""

from typing import Annotated, Any

from pydantic import Field

from shared.domain.catalogue.cancellation_policy import MAX_HOURS_BEFORE, Charge, FeeType
from shared.domain.catalogue.services import NO_ID, is_catalogue_id
from shared.domain.catalogue.terms import (
    MAX_HOLD_MINUTES,
    MIN_HOLD_MINUTES,
    PrepaymentType,
    RescheduleFee,
    Terms,
)
from shared.domain.catalogue.terms_document import terms_from_dict
from shared.domain.errors import InvalidInput
from shared.domain.mistakes import mistake
from shared.domain.money.charge_limits import MAX_PRICE_MINOR
from shared.domain.money.money import MAX_PERCENT
from shared.entrypoints.validation import Body, rule, validate

MAX_LISTED, MAX_OVERRIDES, MAX_STEPS = 300, 200, 20
CatalogueId = Annotated[str, rule(is_catalogue_id, NO_ID)]
Listed = Annotated[list[CatalogueId], Field(max_length=MAX_LISTED)]
Percent = Annotated[int, Field(ge=1, le=MAX_PERCENT)]
Amount = Annotated[int, Field(ge=1, le=MAX_PRICE_MINOR)]


class PrepaymentInput(Body):
    """What is due at booking."""

    type: PrepaymentType
    required: bool | None = None
    percent: Percent | None = None
    amount: Amount | None = None
    above: Amount | None = None


class OverrideInput(Body):
    """Another prepayment, and what it applies to."""

    service_id: CatalogueId | None = None
    employee_id: CatalogueId | None = None
    prepayment: PrepaymentInput


class FeeInput(Body):
    """What a late cancellation or a no-show is charged."""

    type: FeeType
    percent: Percent | None = None
    amount: Amount | None = None


class StepInput(Body):
    """The fee from this many hours before the visit."""

    hours_before: Annotated[int, Field(ge=0, le=MAX_HOURS_BEFORE)]
    fee: FeeInput


class CancellationInput(Body):
    """What late cancellations and no-shows cost."""

    steps: Annotated[list[StepInput], Field(max_length=MAX_STEPS)] | None = None
    no_show_fee: FeeInput | None = None
    charge: Charge | None = None


class RescheduleInput(Body):
    """Until how many hours before a visit its client may move it, and for which fee."""

    client_until_hours: Annotated[int, Field(ge=0, le=MAX_HOURS_BEFORE)] | None = None
    fee: RescheduleFee | None = None


class OwnTermsInput(Body):
    """The terms of one booking alone."""

    prepayment: PrepaymentInput
    cancellation: CancellationInput | None = None
    reschedule: RescheduleInput | None = None


def read_own_terms(value: object, currency: str) -> tuple[bool, Terms | None]:
    """Return whether the location's terms apply, and the terms of a booking alone, if any.

    `value` is a body's `terms`. Raises `InvalidInput` with pointers into it.
    """
    if value in (None, "none"):
        return False, None
    if value == "apply":
        return True, None
    if not isinstance(value, dict):
        errors = [mistake("/terms", "must be none, apply, or terms of its own")]
        raise InvalidInput("Some fields are not valid.", errors=errors)
    try:
        asked = validate(OwnTermsInput, value)
        return False, terms_from_dict(asked.model_dump(exclude_none=True), currency)
    except InvalidInput as error:
        inside = [{**each, "pointer": f"/terms{each['pointer']}"} for each in error.errors]
        raise InvalidInput("Some fields are not valid.", errors=inside) from error


class TermsInput(Body):
    """A location's payment terms; an absent field and a null are the same."""

    prepayment: PrepaymentInput
    services: Listed | None = None
    employees: Listed | None = None
    overrides: Annotated[list[OverrideInput], Field(max_length=MAX_OVERRIDES)] | None = None
    hold_minutes: Annotated[int, Field(ge=MIN_HOLD_MINUTES, le=MAX_HOLD_MINUTES)] | None = None
    cancellation: CancellationInput | None = None
    reschedule: RescheduleInput | None = None

    def document(self) -> dict[str, Any]:
        """Return the terms as `terms_from_dict` reads them."""
        return self.model_dump(exclude_none=True)
