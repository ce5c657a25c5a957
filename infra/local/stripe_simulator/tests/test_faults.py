"""Calls that fail on order: before their work is done, and after."""

from typing import Any

import pytest
import stripe

pytestmark = pytest.mark.enable_socket
PATH = "/v1/payment_intents"
SENT = {"amount": 500, "currency": "eur"}


def _count(simulator: Any) -> int:
    return len(list(simulator.stripe.payment_intents.list({"limit": 100}).auto_paging_iter()))


def test_a_500_before_the_work_saves_nothing_and_the_library_gets_through(simulator: Any) -> None:
    before = _count(simulator)
    simulator.control("faults", path=PATH, status=500, times=2)
    patient = simulator.client("sk_test_simulator0000000001", retries=2)
    made = patient.payment_intents.create(SENT, {"idempotency_key": "before-500"})
    assert "idempotent-replayed" not in simulator.transport.last_headers
    assert _count(simulator) == before + 1
    assert simulator.stripe.payment_intents.retrieve(made.id).id == made.id


def test_a_500_after_the_work_is_saved_and_replayed(simulator: Any) -> None:
    before = _count(simulator)
    simulator.control("faults", path=PATH, status=500, times=1, after_effect=True)
    for replayed in (None, "true", "true"):
        with pytest.raises(stripe.APIError):
            simulator.stripe.payment_intents.create(SENT, {"idempotency_key": "after-500"})
        assert simulator.transport.last_headers.get("idempotent-replayed") == replayed
    assert _count(simulator) == before + 1
    made = simulator.stripe.payment_intents.create(SENT, {"idempotency_key": "after-500-second"})
    assert made.status == "requires_payment_method"


@pytest.mark.parametrize("status", ["reset", "timeout"])
def test_a_broken_connection_after_the_work_is_cured_by_the_key(
    simulator: Any, status: str
) -> None:
    before = _count(simulator)
    simulator.control("faults", path=PATH, status=status, after_effect=True)
    simulator.transport._timeout = 2
    key = {"idempotency_key": f"after-{status}"}
    with pytest.raises(stripe.APIConnectionError):
        simulator.stripe.payment_intents.create(SENT, key)
    simulator.transport._timeout = 10
    assert simulator.stripe.payment_intents.create(SENT, key).id
    assert simulator.transport.last_headers["idempotent-replayed"] == "true"
    assert _count(simulator) == before + 1


@pytest.mark.parametrize("status", ["reset", "timeout"])
def test_a_broken_connection_before_the_work_leaves_no_trace(simulator: Any, status: str) -> None:
    before = _count(simulator)
    simulator.control("faults", path=PATH, status=status)
    simulator.transport._timeout = 2
    with pytest.raises(stripe.APIConnectionError):
        simulator.stripe.payment_intents.create(SENT, {"idempotency_key": f"before-{status}"})
    simulator.transport._timeout = 10
    assert _count(simulator) == before


def test_429_and_402_are_what_the_library_takes_them_for(simulator: Any) -> None:
    simulator.control("faults", path=PATH, status=429)
    with pytest.raises(stripe.RateLimitError):
        simulator.stripe.payment_intents.create(SENT)
    simulator.control("faults", path=PATH, status=402)
    with pytest.raises(stripe.CardError):
        simulator.stripe.payment_intents.create(SENT)
    assert simulator.stripe.payment_intents.create(SENT).id


def test_a_fault_hits_its_own_path_only_and_a_star_hits_all_below(simulator: Any) -> None:
    made = simulator.stripe.payment_intents.create(SENT)
    simulator.control("faults", path=PATH, status=500, times=9)
    assert simulator.stripe.payment_intents.retrieve(made.id).id == made.id
    simulator.control("faults", path=f"{PATH}/*", status=500)
    with pytest.raises(stripe.APIError):
        simulator.stripe.payment_intents.retrieve(made.id)


@pytest.mark.parametrize(
    "order",
    [
        {"path": PATH},
        {"path": PATH, "status": 418},
        {"path": "v1", "status": 500},
        {"path": PATH, "status": 429, "after_effect": True},
        {"path": PATH, "status": 500, "colour": "red"},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(simulator: Any, order: dict[str, Any]) -> None:
    answer = simulator.http.post("/_sim/faults", json=order)
    assert answer.status_code == 400, answer.text
