"""Deliveries by a seeded plan, endpoints that change, and the clock that stands still."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

pytestmark = pytest.mark.enable_socket
SENT = {"amount": 500, "currency": "eur"}
MADE = 12


def _fates(simulator: Any, receiver: Any, eventually: Callable[..., None], **plan: Any) -> Any:
    """Make some events under a plan; tell by their order how often and when each arrived."""
    receiver.deliveries.clear()
    simulator.control("deliveries", mode="plan", **plan)
    made = [simulator.stripe.payment_intents.create(SENT).id for _ in range(MADE)]
    eventually(lambda: simulator.http.get("/_sim/deliveries").json()["under_way"] == 0)
    arrived = [event["data"]["object"]["id"] for event in receiver.events()]
    return [arrived.count(one) for one in made], [made.index(one) for one in arrived]


@pytest.mark.usefixtures("endpoint")
def test_the_same_seed_duplicates_drops_and_loses_the_same_deliveries(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    plan = {"seed": 7, "duplicate": 0.4, "drop": 0.4, "lose": 0.2}
    first, _ = _fates(simulator, receiver, eventually, **plan)
    again, _ = _fates(simulator, receiver, eventually, **plan)
    other, _ = _fates(simulator, receiver, eventually, **plan | {"seed": 8})
    assert first == again != other
    assert set(first) == {0, 1, 2}
    log = simulator.http.get("/_sim/deliveries").json()["deliveries"]
    assert {"dropped", "failed", "delivered"} <= {entry["outcome"] for entry in log[-60:]}


@pytest.mark.usefixtures("endpoint")
def test_what_a_plan_drops_arrives_at_a_later_try(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    counts, order = _fates(simulator, receiver, eventually, seed=3, drop=0.5)
    assert counts == [1] * MADE
    assert order != sorted(order)


@pytest.mark.usefixtures("endpoint")
def test_a_plan_shuffles_and_delays(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    counts, order = _fates(simulator, receiver, eventually, seed=3, shuffle=True)
    assert counts == [1] * MADE
    assert order != sorted(order)
    simulator.control("deliveries", mode="plan", delay_s=0.4)
    receiver.deliveries.clear()
    began = time.monotonic()
    simulator.stripe.payment_intents.create(SENT)
    eventually(lambda: len(receiver.deliveries) == 1)
    assert time.monotonic() - began > 0.4


@pytest.mark.parametrize(
    "wrong", [{"duplicate": 1.5}, {"drop": -1}, {"seed": "x"}, {"shuffle": 1}, {"delay_s": "1"}]
)
def test_a_plan_that_makes_no_sense_is_refused(simulator: Any, wrong: dict[str, Any]) -> None:
    answer = simulator.http.post("/_sim/deliveries", json={"mode": "plan", **wrong})
    assert answer.status_code == 400
    assert simulator.http.get("/_sim/deliveries").json()["mode"] == "normal"


def test_a_disabled_endpoint_gets_nothing_and_gives_retries_up(
    simulator: Any, receiver: Any, endpoint: Any, eventually: Callable[..., None]
) -> None:
    receiver.answers = [500, 500]
    simulator.stripe.payment_intents.create(SENT)
    eventually(lambda: len(receiver.deliveries) == 1)
    event = receiver.events()[0]["id"]
    simulator.stripe.webhook_endpoints.update(endpoint.id, {"disabled": True})
    simulator.stripe.payment_intents.create(SENT)
    eventually(lambda: simulator.stripe.events.retrieve(event).pending_webhooks == 0)
    assert {one["id"] for one in receiver.events()} == {event}
    receiver.answers = []
    receiver.deliveries.clear()
    simulator.stripe.webhook_endpoints.update(endpoint.id, {"disabled": False})
    simulator.stripe.payment_intents.create(SENT)
    eventually(lambda: len(receiver.deliveries) == 1)


def test_an_endpoint_gets_what_it_asks_for_now(
    simulator: Any, receiver: Any, endpoint: Any, eventually: Callable[..., None]
) -> None:
    simulator.stripe.webhook_endpoints.update(
        endpoint.id, {"enabled_events": ["payment_intent.canceled"]}
    )
    intent = simulator.stripe.payment_intents.create(SENT)
    simulator.stripe.payment_intents.cancel(intent.id)
    eventually(lambda: receiver.types() == ["payment_intent.canceled"])


def test_a_secret_that_was_rolled_without_overlap_signs_no_more(
    simulator: Any, receiver: Any, endpoint: Any, eventually: Callable[..., None]
) -> None:
    rolled = simulator.control(f"webhook_endpoints/{endpoint.id}/roll", overlap_s=0)
    simulator.stripe.payment_intents.create(SENT)
    eventually(lambda: len(receiver.deliveries) == 1)
    header, body = receiver.deliveries[0]
    verify = stripe.WebhookSignature.verify_header
    assert verify(body.decode(), header, rolled["secret"], 300)
    with pytest.raises(stripe.SignatureVerificationError):
        verify(body.decode(), header, endpoint.secret, 300)


def test_nothing_happens_by_itself_while_the_clock_is_stopped(
    own_simulator: Any, eventually: Callable[..., None]
) -> None:
    simulator = own_simulator
    assert simulator.control("clock", stopped=True)["stopped"] is True
    paid = simulator.pay(simulator.open_session())
    now = simulator.http.get("/_sim/clock").json()["now"]
    time.sleep(1.1)
    assert simulator.http.get("/_sim/clock").json()["now"] == now
    charges = simulator.stripe.charges
    assert charges.retrieve(paid["charge"]).balance_transaction is None
    assert simulator.control("clock", stopped=False)["stopped"] is False
    eventually(lambda: charges.retrieve(paid["charge"]).balance_transaction is not None)
