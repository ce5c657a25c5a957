"""What operations take follows from the library's classes, read when a call needs them."""

import subprocess
import sys
from typing import Any

import pytest

from infra.local.stripe_simulator import library, params
from infra.local.stripe_simulator.api import Operation
from infra.local.stripe_simulator.declarations import Some, Takes, some, takes
from infra.local.stripe_simulator.errors import StripeError
from infra.local.stripe_simulator.resources.registry import OPERATIONS

# What the simulator's API version takes and the library's newer classes have no more.
EARLIER = {"payment_method_types"}
TAKING = [one for one in OPERATIONS if isinstance(one.takes, Takes)]


def named(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


@pytest.mark.parametrize("operation", TAKING, ids=named)
def test_an_operation_takes_nothing_that_stripe_does_not_take(operation: Operation) -> None:
    assert isinstance(operation.takes, Takes)
    taken = operation.params.keys()
    assert taken
    of = library.params_class(operation.takes.of)
    assert taken - of.__annotations__.keys() <= EARLIER


def test_all_that_stripe_documents_is_taken_from_its_classes() -> None:
    by_hand = [named(one) for one in OPERATIONS if one.takes and not isinstance(one.takes, Takes)]
    assert by_hand == ["POST /v1/payment_pages/{session}/confirm"]


def read(raw: dict[str, Any], of: str, names: str = "", **closer: Some) -> dict[str, Any]:
    return params.fields(takes(of, names, **closer).declared(), raw)


def refused(raw: dict[str, Any], of: str, names: str = "", **closer: Some) -> tuple[Any, Any]:
    with pytest.raises(StripeError) as refusal:
        read(raw, of, names, **closer)
    return refusal.value.error.get("code"), refusal.value.error["param"]


def test_a_name_that_the_class_does_not_have_is_no_declaration() -> None:
    with pytest.raises(KeyError):
        read({}, "RefundCreateParams", "amout")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ({"off_session": "recurring"}, "recurring"),
        ({"off_session": "true"}, "true"),
        ({"confirm": "true"}, True),
        ({"capture_method": "manual"}, "manual"),
        ({"payment_method": "pm_1"}, "pm_1"),
        ({"amount_details": {"tax": {"total_tax_amount": "7"}}}, {"tax": {"total_tax_amount": 7}}),
        ({"excluded_payment_method_types": {"0": "klarna"}}, ["klarna"]),
        ({"receipt_email": "a@example.com"}, "a@example.com"),
        ({"return_url": "https://example.com"}, "https://example.com"),
    ],
    ids=str,
)
def test_a_parameter_is_what_its_type_says(raw: dict[str, Any], value: Any) -> None:
    (name,) = raw
    needed = {"amount": "100", "currency": "EUR"}
    found = read(needed | raw, "PaymentIntentCreateParams", f"amount currency {name}")
    assert found == {"amount": 100, "currency": "eur", name: value}


@pytest.mark.parametrize(
    ("raw", "code", "param"),
    [
        ({}, "parameter_missing", "amount"),
        ({"amount": "ten"}, "parameter_invalid_integer", "amount"),
        ({"amount": "1", "frobnicate": "1"}, "parameter_unknown", "frobnicate"),
        # Stripe has it, the operation does not take it.
        ({"amount": "1", "capture_method": "manual"}, "parameter_unknown", "capture_method"),
        ({"amount": "1", "shipping": {"name": "A"}}, "parameter_missing", "shipping[address]"),
        (
            {"amount": "1", "shipping": {"name": "A", "address": {"zip": "1"}}},
            "parameter_unknown",
            "shipping[address][zip]",
        ),
    ],
    ids=str,
)
def test_what_the_class_does_not_allow_is_refused(
    raw: dict[str, Any], code: str, param: str
) -> None:
    assert refused(raw, "PaymentIntentCreateParams", "amount shipping") == (code, param)


def test_a_group_takes_what_is_chosen_of_it() -> None:
    line = {"quantity": "2", "price_data": {"currency": "eur", "unit_amount": "5"}}
    chosen = some("quantity", price_data=some("currency unit_amount"))
    assert read({"line_items": {"0": line}}, "checkout.SessionCreateParams", line_items=chosen) == {
        "line_items": [{"quantity": 2, "price_data": {"currency": "eur", "unit_amount": 5}}]
    }
    del line["price_data"]["currency"]  # type: ignore[attr-defined]
    assert refused(
        {"line_items": {"0": line}}, "checkout.SessionCreateParams", line_items=chosen
    ) == ("parameter_missing", "line_items[0][price_data][currency]")


def test_a_list_is_emptied_where_its_type_says_so() -> None:
    emptied = {"excluded_payment_method_types": ""}
    (name,) = emptied
    assert read(emptied, "PaymentIntentModifyParams", name) == {name: []}
    assert refused(emptied, "PaymentIntentCreateParams", name) == (None, name)


def test_a_range_of_moments_is_a_number_or_its_bounds() -> None:
    assert read({"created": "5"}, "EventListParams", "created") == {"created": {"gte": 5, "lte": 5}}
    assert read({"created": {"gt": "5"}}, "EventListParams", "created") == {"created": {"gt": 5}}


def test_no_class_of_parameters_is_read_before_a_call() -> None:
    program = (
        "import sys; from infra.local.stripe_simulator import app, __main__; "
        "print([name for name in sys.modules if name.endswith('_create_params')])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert ran.stdout.decode().strip() == "[]"
