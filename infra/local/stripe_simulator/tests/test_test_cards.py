"""Each of Stripe's test cards does what its documentation says (docs.stripe.com/testing)."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from infra.local.stripe_simulator.tests.running_simulator import error_of

pytestmark = pytest.mark.enable_socket

PAYING = [
    ("pm_card_visa", "4242", "visa", "credit", "US"),
    ("pm_card_visa_debit", "5556", "visa", "debit", "US"),
    ("pm_card_mastercard", "4444", "mastercard", "credit", "US"),
    ("pm_card_amex", "0005", "amex", "credit", "US"),
    ("pm_card_bypassPending", "0077", "visa", "credit", "US"),
    ("pm_card_bypassPendingInternational", "0278", "visa", "credit", "IE"),
    ("pm_card_createIssuerFraudRecord", "5423", "visa", "credit", "US"),
]
DECLINING = [
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    (
        "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
        "card_declined",
        "card_velocity_exceeded",
    ),
    ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
    ("pm_card_radarBlock", "card_declined", "fraudulent"),
]
AUTHENTICATED = [
    ("4000000000003220", "pm_card_threeDSecure2Required", None),
    ("4000002760003184", "pm_card_authenticationRequired", None),
    ("4000002500003155", "pm_card_authenticationRequiredOnSetup", None),
    ("4000003800000446", "pm_card_authenticationRequiredSetupForOffSession", None),
    (
        "4000008260003178",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        "insufficient_funds",
    ),
]


def _pay(simulator: Any, token: str, **more: Any) -> Any:
    return simulator.stripe.payment_intents.create(
        {
            "amount": 2000,
            "currency": "eur",
            "confirm": True,
            "payment_method": token,
            "expand": ["latest_charge"],
            **more,
        }
    )


@pytest.mark.parametrize(("token", "last4", "brand", "funding", "country"), PAYING)
def test_a_card_that_pays(
    simulator: Any, token: str, last4: str, brand: str, funding: str, country: str
) -> None:
    intent = _pay(simulator, token)
    card = intent.latest_charge.payment_method_details.card
    assert intent.status == "succeeded"
    assert (card.last4, card.brand, card.funding, card.country) == (last4, brand, funding, country)
    assert intent.latest_charge.outcome.type == "authorized"


@pytest.mark.parametrize(("token", "code", "decline_code"), DECLINING)
def test_a_card_that_is_declined(simulator: Any, token: str, code: str, decline_code: str) -> None:
    with pytest.raises(stripe.CardError) as declined:
        _pay(simulator, token)
    error = error_of(declined)
    assert (error.code, error.decline_code) == (code, decline_code)
    assert error.payment_intent.status == "requires_payment_method"
    charge = simulator.stripe.charges.retrieve(error.charge)
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, code)


def test_what_radar_blocks_never_reaches_the_bank(simulator: Any) -> None:
    with pytest.raises(stripe.CardError) as blocked:
        _pay(simulator, "pm_card_radarBlock")
    outcome = simulator.stripe.charges.retrieve(error_of(blocked).charge).outcome
    assert (outcome.type, outcome.network_status) == ("blocked", "not_sent_to_network")
    assert (outcome.risk_level, outcome.reason) == ("highest", "highest_risk_level")


@pytest.mark.parametrize(("number", "token", "declined"), AUTHENTICATED)
def test_a_card_that_asks_for_3d_secure_on_session(
    simulator: Any, number: str, token: str, declined: str | None
) -> None:
    assert _pay(simulator, token).status == "requires_action"
    paid = simulator.pay(simulator.open_session(), number, authenticate="complete")
    if declined is None:
        assert paid["status"] == "succeeded"
        card = simulator.stripe.charges.retrieve(paid["charge"]).payment_method_details.card
        assert card.three_d_secure.result == "authenticated"
    else:
        assert paid["error"]["decline_code"] == declined


@pytest.mark.usefixtures("endpoint")
def test_a_fraud_warning_follows_the_charge(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    intent = _pay(simulator, "pm_card_createIssuerFraudRecord")
    simulator.control("clock/advance", seconds=1)
    eventually(lambda: "radar.early_fraud_warning.created" in receiver.types())
    warnings = simulator.stripe.radar.early_fraud_warnings
    found = warnings.list({"charge": intent.latest_charge.id, "expand": ["data.charge"]}).data
    assert len(found) == 1
    assert found[0].charge.id == intent.latest_charge.id
    assert found[0].actionable is True
    assert warnings.retrieve(found[0].id).payment_intent == intent.id
