"""A location's setting is in the contract, is taken, is kept and is shown, or none of that."""

import pytest
from pydantic import BaseModel

from functions.serve_staff_api.locations import SIMPLE_FIELDS
from functions.serve_staff_api.setting_requests import LocationInput, LocationPatch
from shared.domain.locations.location_views import location_view
from tests.contract.contract import Contract
from tests.surroundings.demo_location import DEMO

SCHEMAS = Contract.load().document["components"]["schemas"]
# More than one value each, null, or a rule of their own: `_patched` names them.
PATCHED_ONE_BY_ONE = {
    *("report", "allowed_origins", "payment_method_types", "refund_approval_above"),
    "reminder_hours_before",
}


@pytest.mark.parametrize("model", [LocationInput, LocationPatch])
def test_the_contract_has_the_fields_that_a_request_takes(model: type[BaseModel]) -> None:
    assert SCHEMAS[model.__name__]["properties"].keys() == model.model_fields.keys()


def test_the_contract_has_the_fields_that_are_shown() -> None:
    assert SCHEMAS["Location"]["properties"].keys() == location_view(DEMO, ["owner"]).keys()


def test_every_field_that_can_be_changed_is_changed_and_shown() -> None:
    """A field that a request takes and nobody keeps would be lost without a word."""
    taken = LocationPatch.model_fields.keys()
    assert taken == {*SIMPLE_FIELDS, *PATCHED_ONE_BY_ONE}
    assert taken - location_view(DEMO, ["owner"]).keys() == set()
