"""What is read of single objects of Stripe's: each field where Stripe has it."""

import pytest

from shared.domain.stripe_facts.json_reader import StripeJson
from shared.domain.stripe_facts.read_objects import read_dispute, read_intent, read_setup


def test_an_intent_names_its_newest_charge_that_of_its_last_error_and_those_of_old_versions() -> (
    None
):
    error = {"code": "card_declined", "charge": "ch_2"}
    listed = {"data": [{"id": "ch_3"}]}
    told = {"latest_charge": "ch_1", "last_payment_error": error, "charges": listed}
    facts = read_intent(StripeJson({"id": "pi_1", "object": "payment_intent", **told}))
    assert facts.charges == {"ch_1", "ch_2", "ch_3"}
    assert facts.last_error_code == "card_declined"


def test_a_setup_is_read_whole() -> None:
    facts = read_setup(
        StripeJson({
            "id": "seti_1",
            "status": "succeeded",
            "last_setup_error": {"code": "card_declined"},
            "payment_method": "pm_1",
            "customer": "cus_1",
            "created": 1_795_372_392,
            "livemode": True,
            "metadata": {"location_id": "demo", "purpose": "save_card"},
        })
    )  # fmt: skip
    assert (facts.status, facts.last_error_code) == ("succeeded", "card_declined")
    assert (facts.payment_method, facts.customer) == ("pm_1", "cus_1")
    assert (facts.created_s, facts.livemode) == (1_795_372_392, True)
    assert (facts.location_id, facts.purpose) == ("demo", "save_card")


@pytest.mark.parametrize(
    ("told", "moves"),
    [
        ({"reporting_category": "dispute", "type": "adjustment"}, True),
        ({"reporting_category": "dispute_reversal"}, True),
        ({"reporting_category": "fee", "type": "adjustment"}, False),
        ({"type": "adjustment"}, True),
        ({}, True),
        ({"type": "stripe_fee"}, False),
    ],
)
def test_only_what_moves_the_disputed_money_is_a_movement(
    told: dict[str, str], moves: bool
) -> None:
    entry = {"id": "txn_1", "amount": -4000, "fee": 1500, "currency": "eur", **told}
    dispute = {"amount": 4000, "currency": "eur", "balance_transactions": [entry]}
    movements = read_dispute(StripeJson(dispute)).movements
    assert [(each.amount_minor, each.fee_minor) for each in movements.values()] == (
        [(-4000, 1500)] if moves else []
    )
