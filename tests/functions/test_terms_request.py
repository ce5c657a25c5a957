"""Terms as a caller sends them: every mistake is named, what is right is read."""

import json
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from functions.serve_staff_api.terms_request import TermsInput
from shared.domain.catalogue.cancellation_policy import Cancellation, CancellationStep, FeeRule
from shared.domain.catalogue.terms import Override, Prepayment, Terms
from shared.domain.catalogue.terms_document import terms_from_dict, terms_to_dict
from shared.domain.errors import InvalidInput
from shared.domain.money.money import Money
from shared.entrypoints.request_bodies import parse

FULL: dict[str, Any] = {"prepayment": {"type": "full"}}
EVERYTHING: dict[str, Any] = {
    "prepayment": {"type": "deposit", "required": False, "percent": 30},
    "services": ["cut", "colour"],
    "employees": ["anna"],
    "overrides": [
        {"service_id": "cut", "employee_id": "anna", "prepayment": {"type": "hold"}},
        {"service_id": "cut", "prepayment": {"type": "deposit", "amount": 1000}},
        {"employee_id": "anna", "prepayment": {"type": "card_on_file"}},
    ],
    "hold_minutes": 5,
    "cancellation": {
        "steps": [
            {"hours_before": 24, "fee": {"type": "full"}},
            {"hours_before": 48, "fee": {"type": "percent", "percent": 50}},
        ],
        "no_show_fee": {"type": "fixed", "amount": 2000},
        "charge": "propose",
    },
}


def read(document: object, currency: str = "eur", **prices: int) -> Terms:
    """Read terms as `PUT .../terms` does."""
    known = {name: Money(minor, currency) for name, minor in prices.items()}
    asked = parse(TermsInput, json.dumps(document))
    return terms_from_dict(asked.document(), currency, known)


def mistakes(document: object, currency: str = "eur", **prices: int) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        read(document, currency, **prices)
    assert all(each["detail"] for each in refused.value.errors)
    return [each["pointer"] for each in refused.value.errors]


def test_everything_of_the_contract_is_read() -> None:
    assert read(EVERYTHING) == Terms(
        prepayment=Prepayment("deposit", required=False, percent=30),
        services=("cut", "colour"),
        employees=("anna",),
        overrides=(
            Override(Prepayment("hold"), "cut", "anna"),
            Override(Prepayment("deposit", amount_minor=1000), "cut"),
            Override(Prepayment("card_on_file"), employee_id="anna"),
        ),
        hold_minutes=5,
        cancellation=Cancellation(
            (
                CancellationStep(48, FeeRule("percent", percent=50)),
                CancellationStep(24, FeeRule("full")),
            ),
            FeeRule("fixed", amount_minor=2000),
            "propose",
        ),
    )


def test_what_is_written_is_read_back() -> None:
    for document in (EVERYTHING, FULL, {**FULL, "services": [], "employees": []}):
        terms = read(document)
        assert read(terms_to_dict(terms)) == terms
        assert terms_from_dict(terms_to_dict(terms), "eur") == terms


def test_the_defaults_are_the_contracts() -> None:
    assert terms_to_dict(read(FULL)) == {
        "prepayment": {"type": "full", "required": True},
        "overrides": [],
        "hold_minutes": 30,
        "cancellation": {"steps": [], "no_show_fee": {"type": "none"}, "charge": "automatic"},
        "reschedule": {"client_until_hours": None, "fee": "none"},
    }


def test_a_null_is_as_good_as_absent() -> None:
    nulls = dict.fromkeys(("services", "employees", "overrides", "hold_minutes", "cancellation"))
    deposit = {"type": "full", "percent": None, "amount": None, "required": None}
    assert read({**nulls, "prepayment": deposit}) == read(FULL)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], [""]),
        ({}, ["/prepayment"]),
        ({"prepayment": None}, ["/prepayment"]),
        ({"prepayment": "full"}, ["/prepayment"]),
        ({"prepayment": {}}, ["/prepayment/type"]),
        ({"prepayment": {"type": "half"}}, ["/prepayment/type"]),
        ({"prepayment": {"type": ["full"]}}, ["/prepayment/type"]),
        ({"prepayment": {"type": "half", "percent": 3}}, ["/prepayment/type"]),
        ({"prepayment": {"type": "full", "required": "yes"}}, ["/prepayment/required"]),
        ({"prepayment": {"type": "full", "required": 1}}, ["/prepayment/required"]),
        ({"prepayment": {"type": "full", "percent": 30}}, ["/prepayment/percent"]),
        ({"prepayment": {"type": "hold", "amount": 30}}, ["/prepayment/amount"]),
        ({"prepayment": {"type": "deposit"}}, ["/prepayment"]),
        ({"prepayment": {"type": "deposit", "percent": 30, "amount": 1}}, ["/prepayment"]),
        ({"prepayment": {"type": "deposit", "percent": 0}}, ["/prepayment/percent"]),
        ({"prepayment": {"type": "deposit", "percent": 101}}, ["/prepayment/percent"]),
        ({"prepayment": {"type": "deposit", "percent": 30.0}}, ["/prepayment/percent"]),
        ({"prepayment": {"type": "deposit", "percent": True}}, ["/prepayment/percent"]),
        ({"prepayment": {"type": "deposit", "amount": 0}}, ["/prepayment/amount"]),
        ({"prepayment": {"type": "full", "above": 0}}, ["/prepayment/above"]),
        ({"prepayment": {"type": "none", "above": 10}}, ["/prepayment/above"]),
        ({**FULL, "reschedule": {"client_until_hours": 721}}, ["/reschedule/client_until_hours"]),
        ({**FULL, "reschedule": {"client_until_hours": -1}}, ["/reschedule/client_until_hours"]),
        ({**FULL, "reschedule": {"fee": "full"}}, ["/reschedule/fee"]),
        ({**FULL, "reschedule": {"until": 1}}, ["/reschedule/until"]),
        ({"prepayment": {"type": "deposit", "amount": "10"}}, ["/prepayment/amount"]),
        ({"prepayment": {"type": "deposit", "amount": 10**8}}, ["/prepayment/amount"]),
        ({"prepayment": {"type": "full", "tip": 1}}, ["/prepayment/tip"]),
        ({**FULL, "a/b~c": 1}, ["/a~1b~0c"]),
        ({**FULL, "services": "cut"}, ["/services"]),
        (
            {**FULL, "services": ["cut", 3, "#", "cut"]},
            ["/services/1", "/services/2"],
        ),
        ({**FULL, "services": ["cut", "cut"]}, ["/services/1"]),
        ({**FULL, "employees": ["a"] * 301}, ["/employees"]),
        ({**FULL, "overrides": {}}, ["/overrides"]),
        ({**FULL, "overrides": [3]}, ["/overrides/0"]),
        ({**FULL, "overrides": [FULL]}, ["/overrides/0"]),
        ({**FULL, "overrides": [{"service_id": "cut"}]}, ["/overrides/0/prepayment"]),
        ({**FULL, "overrides": [{"service_id": 3, **FULL}]}, ["/overrides/0/service_id"]),
        (
            {**FULL, "overrides": [{"service_id": "cut", **FULL}, {"service_id": "cut", **FULL}]},
            ["/overrides/1"],
        ),
        (
            {**FULL, "overrides": [{"employee_id": "a", "prepayment": {"type": "deposit"}}]},
            ["/overrides/0/prepayment"],
        ),
        ({**FULL, "hold_minutes": 4}, ["/hold_minutes"]),
        ({**FULL, "hold_minutes": 1431}, ["/hold_minutes"]),
        ({**FULL, "hold_minutes": "30"}, ["/hold_minutes"]),
        ({**FULL, "cancellation": []}, ["/cancellation"]),
        ({**FULL, "cancellation": {"charge": "never"}}, ["/cancellation/charge"]),
        ({**FULL, "cancellation": {"fee": 1}}, ["/cancellation/fee"]),
        (
            {**FULL, "cancellation": {"steps": [{}]}},
            ["/cancellation/steps/0/hours_before", "/cancellation/steps/0/fee"],
        ),
        (
            {**FULL, "cancellation": {"steps": [{"hours_before": 721, "fee": {"type": "full"}}]}},
            ["/cancellation/steps/0/hours_before"],
        ),
        (
            {**FULL, "cancellation": {"steps": [{"hours_before": 1, "fee": {"type": "full"}}] * 2}},
            ["/cancellation/steps/1/hours_before"],
        ),
        ({**FULL, "cancellation": {"steps": [0] * 21}}, ["/cancellation/steps"]),
        (
            {**FULL, "cancellation": {"no_show_fee": {"type": "percent"}}},
            ["/cancellation/no_show_fee/percent"],
        ),
        (
            {**FULL, "cancellation": {"no_show_fee": {"type": "fixed", "percent": 5}}},
            ["/cancellation/no_show_fee/amount", "/cancellation/no_show_fee/percent"],
        ),
        (
            {**FULL, "cancellation": {"no_show_fee": {"type": "full", "amount": 5}}},
            ["/cancellation/no_show_fee/amount"],
        ),
    ],
)  # fmt: skip
def test_each_mistake_is_named(document: object, expected: list[str]) -> None:
    assert mistakes(document) == expected


def test_all_mistakes_are_named_at_once() -> None:
    document = {
        "prepayment": {"type": "half"},
        "services": [3],
        "hold_minutes": 0,
        "cancellation": {"charge": "never", "steps": [{"hours_before": -1, "fee": {}}]},
        "unknown": 1,
    }
    assert sorted(mistakes(document)) == [
        "/cancellation/charge",
        "/cancellation/steps/0/fee/type",
        "/cancellation/steps/0/hours_before",
        "/hold_minutes",
        "/prepayment/type",
        "/services/0",
        "/unknown",
    ]


def test_amounts_are_in_steps_that_the_currency_has() -> None:
    assert mistakes({"prepayment": {"type": "deposit", "amount": 150}}, "isk") == [
        "/prepayment/amount"
    ]
    fee = {"no_show_fee": {"type": "fixed", "amount": 5124}}
    assert mistakes({**FULL, "cancellation": fee}, "kwd") == ["/cancellation/no_show_fee/amount"]
    assert read({"prepayment": {"type": "deposit", "amount": 5120}}, "kwd")


def test_a_fixed_deposit_for_a_service_is_at_most_its_price_where_that_is_known() -> None:
    def override(amount: int, **scope: str) -> dict[str, Any]:
        deposit = {"type": "deposit", "amount": amount}
        return {**FULL, "overrides": [{**scope, "prepayment": deposit}]}

    pointer = ["/overrides/0/prepayment/amount"]
    assert mistakes(override(4501, service_id="cut"), cut=4500) == pointer
    assert mistakes(override(4501, service_id="cut", employee_id="anna"), cut=4500) == pointer
    assert read(override(4500, service_id="cut"), cut=4500)
    assert read(override(4501, service_id="colour"), cut=4500)
    assert read(override(4501, employee_id="anna"), cut=4500)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*EVERYTHING, "x"), JSON)))
def test_whatever_is_sent_it_is_terms_or_a_list_of_mistakes(document: dict[str, Any]) -> None:
    try:
        terms = read(document)
    except InvalidInput as refused:
        event(", ".join(sorted({each["detail"] for each in refused.errors})[:1]))
    else:
        assert terms_from_dict(terms_to_dict(terms), "eur") == terms
