"""Every event type that the product consumes can be had from the simulator."""

import json
import time
from typing import Any

import pytest
import stripe

from shared.domain.stripe_event_types import CONSUMED_EVENT_TYPES
from tests.conformance.spec import TALLY
from tests.conformance.target import Target

CARDS_ONLY = "of payment methods that take days; the simulator has cards only, the spec the shape"
NEVER_SENT = {
    "charge.pending": CARDS_ONLY,
    "checkout.session.async_payment_failed": CARDS_ONLY,
    "checkout.session.async_payment_succeeded": CARDS_ONLY,
}
DAY_S = 86_400
pytestmark = pytest.mark.usefixtures("simulator_only")


def pay(target: Target, card: str = "bypassPending", **more: Any) -> dict[str, Any]:
    sent = {"amount": 9000, "currency": "usd", "confirm": True, "payment_method": f"pm_card_{card}"}
    return target.call("post", "/v1/payment_intents", sent | more)


def refunds_and_disputes(target: Target) -> None:
    refunded, disputed = pay(target)["latest_charge"], pay(target)["latest_charge"]
    refund = target.call("post", "/v1/refunds", {"charge": refunded})
    target.order(f"refunds/{refund['id']}/fail")
    dispute = target.order(f"charges/{disputed}/dispute")
    target.order(f"disputes/{dispute['id']}/close", status="won")
    warned = pay(target, "createIssuerFraudRecord")["latest_charge"]
    target.pass_time(2)
    target.call("post", "/v1/refunds", {"charge": warned})
    with pytest.raises(stripe.CardError):
        pay(target, "visa_chargeDeclined")


def holds(target: Target) -> None:
    pay(target, "visa", capture_method="manual")
    held = pay(target, "visa", capture_method="manual")
    target.call("post", f"/v1/payment_intents/{held['id']}/capture")
    target.pass_time(8 * DAY_S)


def payouts(target: Target) -> None:
    for _ in range(3):
        pay(target)
    target.pass_time(1)
    sent = {"amount": 500, "currency": "usd"}
    first, second = (target.call("post", "/v1/payouts", sent) for _ in range(2))
    target.call("post", f"/v1/payouts/{first['id']}/cancel")
    target.order(f"payouts/{second['id']}/fail")
    target.order("payouts")
    target.pass_time(5)


def checkout_and_cards(target: Target) -> None:
    price = {"currency": "usd", "unit_amount": 4900, "product_data": {"name": "Haircut"}}
    sent = {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 1}],
        "success_url": "http://127.0.0.1:9/done",
    }
    paid, left = (target.call("post", "/v1/checkout/sessions", sent) for _ in range(2))
    target.order(f"checkout/{paid['id']}/pay", card="4242424242424242")
    target.order(f"checkout/{left['id']}/expire")
    target.call("post", "/v1/setup_intents", {"payment_method": "pm_card_visa", "confirm": True})
    with pytest.raises(stripe.CardError):
        target.call(
            "post",
            "/v1/setup_intents",
            {"payment_method": "pm_card_chargeDeclined", "confirm": True},
        )


def test_each_consumed_event_type_can_be_had(target: Target) -> None:
    for scene in (refunds_and_disputes, checkout_and_cards, payouts, holds):
        scene(target)
    sent = {event["type"] for event in target.events()}
    assert CONSUMED_EVENT_TYPES - sent == NEVER_SENT.keys()
    TALLY["consumed event types sent"] += len(CONSUMED_EVENT_TYPES & sent)
    TALLY["operations"] += target.sent


def test_the_events_and_the_list_of_an_object_agree(target: Target) -> None:
    charge = pay(target)["latest_charge"]
    target.pass_time(1)
    newest = [event for event in target.events() if event["data"]["object"].get("id") == charge][-1]
    now = target.call("get", f"/v1/charges/{charge}")
    assert json.dumps(newest["data"]["object"], sort_keys=True) == json.dumps(now, sort_keys=True)
    assert abs(newest["created"] - time.time()) < 60
