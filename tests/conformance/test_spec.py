"""Nothing passes the validation that Stripe's description does not know."""

import copy
import json
from typing import Any

import pytest

from tests.conformance.spec import SHARED, SPEC, StripeSchemas, check_body

pytestmark = pytest.mark.usefixtures("shared_data")


@pytest.fixture(scope="module")
def schemas() -> StripeSchemas:
    return StripeSchemas(json.loads(SPEC.read_text())["components"]["schemas"])


@pytest.fixture
def recorded() -> dict[str, Any]:
    path = SHARED / "events" / "seahaven-synthetic" / "refund.created.json"
    event: dict[str, Any] = json.loads(path.read_text())
    event["data"]["object"].pop("customer_account", None)
    return event


def test_an_event_counts_with_its_object(schemas: StripeSchemas, recorded: dict[str, Any]) -> None:
    before = schemas.checked.copy()
    schemas.check({"object": "list", "data": [recorded], "has_more": False, "url": "/v1/events"})
    assert schemas.checked - before == {"event": 1, "refund": 1, "event's data.object": 1}


@pytest.mark.parametrize(
    "answered",
    [
        {"object": "unheard_of", "id": "un_1"},
        {"id": "ch_1"},
        {"object": "customer", "deleted": False, "id": "cus_1"},
        {"object": "charge", "deleted": True, "id": "ch_1"},
    ],
    ids=["a kind without schema", "no kind", "parts missing", "deleted without schema"],
)
def test_what_has_no_schema_or_too_little_fails(
    schemas: StripeSchemas, answered: dict[str, Any]
) -> None:
    with pytest.raises(pytest.fail.Exception):
        schemas.check(answered)


@pytest.mark.parametrize(
    "change",
    [
        {"surprise": 1},
        {"amount": "2000"},
        {"destination_details": {"type": "card", "card": {"type": "refund", "surprise": 1}}},
    ],
)
def test_a_wrong_attribute_fails_however_deep(
    schemas: StripeSchemas, recorded: dict[str, Any], change: dict[str, Any]
) -> None:
    wrong = copy.deepcopy(recorded)
    wrong["data"]["object"] |= change
    with pytest.raises(pytest.fail.Exception):
        schemas.check(wrong)


def test_former_attributes_are_ones_that_the_object_has(
    schemas: StripeSchemas, recorded: dict[str, Any]
) -> None:
    recorded["data"]["previous_attributes"] = {"status": "pending"}
    schemas.check(recorded)
    recorded["data"]["previous_attributes"] = {"surprise": None}
    with pytest.raises(pytest.fail.Exception, match="surprise"):
        schemas.check(recorded)


def test_the_objects_inside_an_error_are_checked() -> None:
    error = {"type": "card_error", "payment_intent": {"object": "payment_intent", "id": "pi_1"}}
    with pytest.raises(pytest.fail.Exception):
        check_body(json.dumps({"error": error}))
