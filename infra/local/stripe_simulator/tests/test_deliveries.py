"""Signed webhooks on their way: retries, duplicates, held, dropped and shuffled ones."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from infra.local.stripe_simulator.deliveries import AT_ONCE

pytestmark = pytest.mark.enable_socket
SENT = {"amount": 500, "currency": "eur"}


def _verify(receiver: Any, secret: str) -> None:
    for header, body in receiver.deliveries:
        assert stripe.WebhookSignature.verify_header(body.decode(), header, secret, 300)


def test_what_is_not_answered_2xx_is_repeated_with_a_fresh_signature(
    simulator: Any, receiver: Any, endpoint: Any, eventually: Callable[..., None]
) -> None:
    receiver.answers = [500, 400, 302]
    began = time.monotonic()
    simulator.stripe.payment_intents.create(SENT)
    eventually(lambda: len(receiver.deliveries) == 4)
    assert time.monotonic() - began > 0.1 + 0.2 + 0.4, "the pauses double"
    ids = {event["id"] for event in receiver.events()}
    assert len(ids) == 1
    _verify(receiver, endpoint.secret)
    event = ids.pop()
    eventually(lambda: simulator.stripe.events.retrieve(event).pending_webhooks == 0)
    log = simulator.http.get("/_sim/deliveries", params={"event": event}).json()["deliveries"]
    assert [(entry["attempt"], entry["http_status"]) for entry in log] == [
        (1, 500),
        (2, 400),
        (3, 302),
        (4, 200),
    ]
    assert [entry["outcome"] for entry in log] == ["failed", "failed", "failed", "delivered"]


def test_an_event_tells_which_call_made_it_and_the_endpoints_version(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    endpoint = simulator.stripe.webhook_endpoints.create(
        {
            "url": receiver.url,
            "enabled_events": ["payment_intent.created"],
            "api_version": "2020-08-27",
        }
    )
    intent = simulator.stripe.payment_intents.create(SENT, {"idempotency_key": "told-1"})
    request_id = simulator.transport.last_headers["request-id"]
    simulator.stripe.payment_intents.cancel(intent.id)
    eventually(lambda: len(receiver.deliveries) == 1)
    event = receiver.events()[0]
    assert event["request"] == {"id": request_id, "idempotency_key": "told-1"}
    assert event["api_version"] == "2020-08-27"
    assert event["livemode"] is False
    assert simulator.stripe.events.retrieve(event["id"]).api_version == "2026-08-26.dahlia"
    time.sleep(0.2)
    assert receiver.types() == ["payment_intent.created"], "only what was asked for"
    simulator.stripe.webhook_endpoints.delete(endpoint.id)


def test_held_deliveries_wait_for_their_release(
    simulator: Any, receiver: Any, endpoint: Any, eventually: Callable[..., None]
) -> None:
    assert simulator.control("deliveries", mode="hold")["mode"] == "hold"
    simulator.pay(simulator.open_session())
    simulator.control("clock/advance", seconds=1)
    time.sleep(0.3)
    assert receiver.deliveries == []
    released = simulator.control("deliveries", release=True)
    assert (released["released"], released["mode"]) == (5, "normal")
    eventually(lambda: len(receiver.deliveries) == 5)
    _verify(receiver, endpoint.secret)


@pytest.mark.usefixtures("endpoint")
@pytest.mark.usefixtures("endpoint")
def test_a_burst_waits_for_its_turn(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    receiver.may_answer.clear()
    try:
        for _ in range(AT_ONCE + 3):
            simulator.stripe.payment_intents.create(SENT)
        eventually(lambda: len(receiver.deliveries) == AT_ONCE)
        time.sleep(0.3)
        assert len(receiver.deliveries) == AT_ONCE
    finally:
        receiver.may_answer.set()
    eventually(lambda: len(receiver.deliveries) == AT_ONCE + 3)


def test_dropped_deliveries_never_arrive_but_the_event_can_be_listed(
    simulator: Any, receiver: Any
) -> None:
    simulator.control("deliveries", mode="drop")
    intent = simulator.stripe.payment_intents.create(SENT)
    simulator.control("deliveries", mode="normal")
    time.sleep(0.3)
    assert receiver.deliveries == []
    newest = simulator.stripe.events.list({"type": "payment_intent.created", "limit": 1}).data[0]
    assert newest.data.object["id"] == intent.id
    assert newest.pending_webhooks == 0


def test_duplicates_carry_the_same_event_twice(
    simulator: Any, receiver: Any, endpoint: Any, eventually: Callable[..., None]
) -> None:
    simulator.control("deliveries", mode="duplicate")
    simulator.stripe.payment_intents.create(SENT)
    eventually(lambda: len(receiver.deliveries) == 2)
    assert len({event["id"] for event in receiver.events()}) == 1
    _verify(receiver, endpoint.secret)


@pytest.mark.usefixtures("endpoint")
def test_shuffled_deliveries_all_arrive(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    simulator.control("deliveries", mode="shuffle")
    for _ in range(8):
        simulator.stripe.payment_intents.create(SENT)
    eventually(lambda: len(receiver.deliveries) == 8)
    arrived = [event["data"]["object"]["id"] for event in receiver.events()]
    made = [one.id for one in simulator.stripe.payment_intents.list({"limit": 8}).data][::-1]
    assert sorted(arrived) == sorted(made)
    assert arrived != made


def test_a_rolled_secret_signs_beside_the_old_one(
    simulator: Any, receiver: Any, endpoint: Any, eventually: Callable[..., None]
) -> None:
    rolled = simulator.control(f"webhook_endpoints/{endpoint.id}/roll", overlap_s=3600)
    simulator.stripe.payment_intents.create(SENT)
    eventually(lambda: len(receiver.deliveries) == 1)
    assert receiver.deliveries[0][0].count("v1=") == 2
    _verify(receiver, endpoint.secret)
    _verify(receiver, rolled["secret"])


def test_an_endpoint_shows_its_secret_once_and_takes_known_events_only(simulator: Any) -> None:
    endpoints = simulator.stripe.webhook_endpoints
    made = endpoints.create({"url": "http://127.0.0.1:9/x", "enabled_events": ["refund.failed"]})
    assert made.secret.startswith("whsec_")
    assert "secret" not in endpoints.retrieve(made.id)
    assert all("secret" not in one for one in endpoints.list().data)
    changed = endpoints.update(made.id, {"disabled": True, "enabled_events": ["*"]})
    assert (changed.status, changed.enabled_events) == ("disabled", ["*"])
    for wrong in ("charge.dispute.funds_withdraw", "Charge.refund.updated"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            endpoints.update(made.id, {"enabled_events": [wrong]})
        assert refused.value.param == "enabled_events[0]"
    assert endpoints.delete(made.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        endpoints.retrieve(made.id)
