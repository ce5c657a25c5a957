"""Events of each type that the product consumes, made without Stripe's own data.

The simulator sends them, and each is held against the `stripe` library's classes as it comes. The
builders stand in for what the simulator never sends, such as payment methods that take days.
"""

from dataclasses import dataclass
from typing import Any

from infra.local.stripe_simulator.tests.running_simulator import in_thread
from shared.domain.stripe_facts.event_types import is_consumed
from tests.conformance.scenes import SCENES
from tests.conformance.target import SimulatorAccounts
from tests.domain.builders import Payment, session_event

type Body = dict[str, Any]


def _pending_charge() -> Body:
    payment = Payment()
    payment.wait()
    return payment.events[0]


NEVER_SIMULATED: dict[str, Body] = {
    "charge.pending": _pending_charge(),
    "checkout.session.async_payment_failed": session_event(
        "checkout.session.async_payment_failed", status="complete", payment_status="unpaid"
    ),
    "checkout.session.async_payment_succeeded": session_event(
        "checkout.session.async_payment_succeeded", status="complete"
    ),
}


@dataclass(frozen=True)
class Simulated:
    """What an account of the simulator sent, oldest first, and what it shows in the end."""

    events: list[Body]
    charges: list[Body]
    disputes: list[Body]

    def consumed(self) -> list[Body]:
        """Give the events of consumed types, those that only a builder makes among them."""
        return [each for each in self.events if is_consumed(each["type"])] + list(
            NEVER_SIMULATED.values()
        )


def simulated() -> Simulated:
    """Let a simulator of its own play all scenes; it has ended when this returns."""
    with in_thread(seed=15) as simulator:
        accounts = SimulatorAccounts(simulator.url)
        account = accounts.open()
        for scene in SCENES:
            scene(account)
        accounts.close()
        charges, disputes = (
            account.call("get", f"/v1/{kind}", {"limit": 100})["data"]
            for kind in ("charges", "disputes")
        )
        return Simulated(account.events(), charges, disputes)
