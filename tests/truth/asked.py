"""What is held and what staff are asked, when all has come, of what Stripe has. Standard library.

Of `world` only Stripe's objects, the register, and which webhooks came are looked at.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.truth.world import World

INSUFFICIENT = "insufficient_funds"
AWAITS_AN_ANSWER = {
    "needs_response": "dispute_needs_response",
    "warning_needs_response": "inquiry_needs_response",
}

type Asked = tuple[str, str]


def holds_of(world: World, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is held for bookings, by charge.

    A hold moves no money: it is known from its webhooks alone, and so is its release.
    """
    right = {}
    for intent in world.stripe.objects("payment_intent"):
        charge = str(intent["latest_charge"])
        name, _ = world.register.payments.get(charge, ("", ""))
        is_held = intent["status"] == "requires_capture" and (
            charge in world.heard or charge in found
        )
        is_release_untold = (
            intent["status"] == "canceled"
            and f"{intent['id']} payment_intent.canceled" not in world.heard
        )
        if name and (is_held or (is_release_untold and charge in found)):
            card = world.stripe.account.get("charge", charge)["payment_method_details"]["card"]
            lapses = datetime.fromtimestamp(card["capture_before"], UTC)
            right[charge] = {
                "booking": name,
                "amount": intent["amount"],
                "currency": intent["currency"],
                "lapses_at": lapses.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
    return right


def asked_of(world: World) -> list[Asked]:
    """Return what staff are asked about bookings, each with what it is about."""
    register, stripe = world.register, world.stripe
    kept: defaultdict[str, int] = defaultdict(int)
    for each in stripe.objects("charge"):
        name, _ = register.payments.get(each["id"], ("", ""))
        kept[name] += each["amount_captured"] - each["amount_refunded"]
    found = [
        (name, "overpaid")
        for name, minor in kept.items()
        if name and minor > register.visits[name].price
    ]
    for each in stripe.objects("refund"):
        name, _ = register.payments.get(each["charge"], ("", ""))
        if each["status"] == "failed":
            found.append((name, "refund_failed"))
        elif each["status"] == "pending" and each.get("pending_reason") == INSUFFICIENT:
            found.append((name, "refund_waits_for_funds"))
    for each in stripe.objects("dispute"):
        name, _ = register.payments.get(each["charge"], ("", ""))
        if each["status"] in AWAITS_AN_ANSWER:
            found.append((name, AWAITS_AN_ANSWER[each["status"]]))
    return about_bookings(world, ((f"booking {name}", kind) for name, kind in found if name))


def about_bookings(world: World, lines: Iterable[Asked]) -> list[Asked]:
    """Return those lines that are about bookings, but such as were claimed: that may be untold."""
    claimed = {f"booking {name}" for name, _ in world.register.claimed.values()}
    return sorted(
        (about, kind)
        for about, kind in lines
        if about.startswith("booking ") and about not in claimed
    )
