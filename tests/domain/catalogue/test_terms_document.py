"""Terms that are stored: what was written is read, and what cannot be is a mistake of ours."""

from typing import Any

import pytest

from shared.domain.catalogue.cancellation_policy import Cancellation, CancellationStep, FeeRule
from shared.domain.catalogue.services import Service
from shared.domain.catalogue.terms import Override, Prepayment, Reschedule, Terms
from shared.domain.catalogue.terms_document import terms_from_dict, terms_to_dict
from shared.domain.catalogue.terms_warnings import MAX_WARNINGS, terms_warnings
from shared.domain.errors import InvalidFacts, InvalidInput
from shared.domain.money.money import Money

STORED: dict[str, Any] = {
    "prepayment": {"type": "deposit", "required": False, "percent": 30, "above": 10000},
    "services": ["cut"],
    "overrides": [{"service_id": "cut", "prepayment": {"type": "hold", "required": True}}],
    "hold_minutes": 30,
    "cancellation": {
        "steps": [{"hours_before": 48, "fee": {"type": "percent", "percent": 50}}],
        "no_show_fee": {"type": "fixed", "amount": 2000},
        "charge": "propose",
    },
    "reschedule": {"client_until_hours": 24, "fee": "as_cancelling"},
}


def test_what_was_stored_is_read_and_written_the_same() -> None:
    terms = terms_from_dict(STORED, "eur")
    assert terms == Terms(
        Prepayment("deposit", required=False, percent=30, above_minor=10_000),
        services=("cut",),
        overrides=(Override(Prepayment("hold"), "cut"),),
        cancellation=Cancellation(
            (CancellationStep(48, FeeRule("percent", percent=50)),),
            FeeRule("fixed", amount_minor=2000),
            "propose",
        ),
        reschedule=Reschedule(24, "as_cancelling"),
    )
    assert terms_to_dict(terms) == STORED


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"prepayment": "full"},
        {"prepayment": {"type": "half"}},
        {"prepayment": {"type": "deposit", "percent": 101}},
        {"prepayment": {"type": "deposit", "percent": True}},
        {"prepayment": {"type": "deposit", "amount": 0}},
        {**STORED, "overrides": 3},
        {**STORED, "hold_minutes": 4},
        {**STORED, "hold_minutes": "30"},
        {**STORED, "cancellation": {"steps": [{"hours_before": 721, "fee": {"type": "full"}}]}},
        {**STORED, "cancellation": {"steps": [{"hours_before": 48}]}},
        {**STORED, "cancellation": {"charge": "never"}},
        {**STORED, "cancellation": {"no_show_fee": {"type": "half"}}},
    ],
)  # fmt: skip
def test_what_is_not_of_the_shape_of_terms_is_a_mistake_of_ours(document: Any) -> None:
    with pytest.raises(InvalidFacts):
        terms_from_dict(document, "eur")


def test_a_rule_between_fields_holds_whatever_the_door() -> None:
    fee = {"no_show_fee": {"type": "fixed", "percent": 5}}
    with pytest.raises(InvalidInput) as refused:
        terms_from_dict({**STORED, "cancellation": fee}, "eur")
    assert refused.value.errors == (
        {
            "pointer": "/cancellation/no_show_fee/amount",
            "detail": "Amount is required for a fee of this type.",
        },
        {
            "pointer": "/cancellation/no_show_fee/percent",
            "detail": "Percent must be left out for a fee of this type.",
        },
    )


# ------------------------------------------------------------------ warnings


def service(service_id: str, price: int, employee_ids: tuple[str, ...] | None = None) -> Service:
    return Service(service_id, service_id.title(), Money(price, "eur"), 30, employee_ids)


def warned(terms: Terms, *services: Service) -> list[dict[str, Any]]:
    return terms_warnings(terms, services, (), "eur")


def test_a_sum_below_the_minimum_is_warned_of_with_the_number() -> None:
    terms = Terms(Prepayment("deposit", percent=10))
    assert warned(terms, service("cut", 4500), service("fringe", 400)) == [
        {
            "code": "below_minimum",
            "detail": "Fringe: €0.40 online, but Stripe takes at least €0.50. "
            "Clients pay at the visit.",
            "service_id": "fringe",
            "amount": 40,
            "limit": 50,
            "currency": "eur",
        }
    ]


def test_a_warning_about_one_employee_names_them_and_one_about_all_is_told_once() -> None:
    terms = Terms(
        Prepayment("full"),
        overrides=(
            Override(Prepayment("deposit", percent=1), employee_id="anna"),
            Override(Prepayment("full"), "cut", "ben"),
            Override(Prepayment("deposit", percent=1), "cut", "cleo"),
        ),
    )
    found = warned(terms, service("cut", 4500, ("anna", "ben")), service("fringe", 40))
    told = [
        (each["code"], each.get("service_id"), each.get("employee_id"), each.get("amount"))
        for each in found
        if each["code"] == "below_minimum"
    ]
    assert told == [
        ("below_minimum", "cut", "anna", 45),
        ("below_minimum", "fringe", None, 40),
        ("below_minimum", "fringe", "anna", 0),
    ]


def test_other_things_that_an_owner_may_not_expect() -> None:
    terms = Terms(
        Prepayment("deposit", amount_minor=5000),
        services=("cut", "gone"),
        employees=("nobody",),
        overrides=(
            Override(Prepayment("full"), "colour"),
            Override(Prepayment("full"), employee_id="someone"),
        ),
    )
    found = warned(terms, service("cut", 4500), service("colour", 10**8))
    assert [each["code"] for each in found] == [
        "unknown_service",
        "unknown_employee",
        "unknown_employee",
        "override_without_effect",
        "override_without_effect",
        "deposit_above_price",
    ]
    assert found[-1]["limit"] == 4500
    above = warned(Terms(Prepayment("full")), service("colour", 10**8))
    assert [(each["code"], each["limit"]) for each in above] == [("above_maximum", 99_999_999)]


def test_what_is_free_unlisted_or_saved_on_a_card_is_no_reason_to_warn() -> None:
    assert warned(Terms(Prepayment("full")), service("talk", 0)) == []
    assert warned(Terms(Prepayment("card_on_file")), service("fringe", 40)) == []
    assert warned(Terms(Prepayment("full"), employees=()), service("cut", 4500)) == []
    assert warned(Terms(), service("fringe", 40)) == []


def test_warnings_are_bounded() -> None:
    many = [service(f"s{at}", 40) for at in range(100)]
    assert len(warned(Terms(Prepayment("full")), *many)) == MAX_WARNINGS


def test_a_fee_that_no_link_can_ask_for_is_warned_of() -> None:
    """Bug: 0.30 left of a fee was asked for three times, by a link that could not work."""
    fee = {"type": "percent", "percent": 1}
    cancellation = {"steps": [{"hours_before": 24, "fee": fee}]}
    document = {"prepayment": {"type": "none"}, "cancellation": cancellation}
    [warning] = warned(terms_from_dict(document, "eur"), service("cut", 4500))
    assert (warning["code"], warning["amount"], warning["limit"]) == ("fee_below_minimum", 45, 50)
    rest = {
        "prepayment": {"type": "deposit", "amount": 2220},
        "cancellation": {"steps": [{"hours_before": 24, "fee": {"type": "fixed", "amount": 2250}}]},
    }
    [warning] = warned(terms_from_dict(rest, "eur"), service("cut", 4500))
    assert (warning["code"], warning["amount"]) == ("fee_below_minimum", 30)
    whole = {"prepayment": {"type": "full"}, "cancellation": cancellation}
    assert warned(terms_from_dict(whole, "eur"), service("cut", 4500)) == []
