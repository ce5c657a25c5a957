"""Calls after which an account has sent every event type that the simulator can send."""

import contextlib
from collections.abc import Callable
from typing import Any

import stripe

from tests.conformance.target import Target

DAY_S = 86_400


def pay(target: Target, card: str = "bypassPending", **more: Any) -> dict[str, Any]:
    """Pay 90.00 USD with a card of Stripe's tests, and give the payment intent."""
    sent = {"amount": 9000, "currency": "usd", "confirm": True, "payment_method": f"pm_card_{card}"}
    return target.call("post", "/v1/payment_intents", sent | more)


def refunds_and_disputes(target: Target) -> None:
    """Refund a part that arrives and a whole that fails; win a dispute, open an inquiry, warn."""
    kept, refunded, disputed, asked = (pay(target)["latest_charge"] for _ in range(4))
    target.call("post", "/v1/refunds", {"charge": kept, "amount": 2000})
    refund = target.call("post", "/v1/refunds", {"charge": refunded})
    target.order(f"refunds/{refund['id']}/fail")
    dispute = target.order(f"charges/{disputed}/dispute")
    target.order(f"disputes/{dispute['id']}/close", status="won")
    target.order(f"charges/{asked}/dispute", inquiry=True)
    warned = pay(target, "createIssuerFraudRecord")["latest_charge"]
    target.pass_time(2)
    target.call("post", "/v1/refunds", {"charge": warned})
    with contextlib.suppress(stripe.CardError):
        pay(target, "visa_chargeDeclined")


def holds(target: Target) -> None:
    """Let one hold lapse and capture 40.00 USD of another."""
    pay(target, "visa", capture_method="manual")
    held = pay(target, "visa", capture_method="manual")
    target.call("post", f"/v1/payment_intents/{held['id']}/capture", {"amount_to_capture": 4000})
    target.pass_time(8 * DAY_S)


def payouts(target: Target) -> None:
    """Pay out by hand, once canceled and once failed, and automatically."""
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
    """Pay one Checkout Session and let one expire; save a card, and fail to."""
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
    declined = {"payment_method": "pm_card_chargeDeclined", "confirm": True}
    with contextlib.suppress(stripe.CardError):
        target.call("post", "/v1/setup_intents", declined)


SCENES: tuple[Callable[[Target], None], ...] = (
    refunds_and_disputes,
    checkout_and_cards,
    payouts,
    holds,
)
