"""Every event type that the product consumes can be had from the simulator."""

import json
import time

import pytest

from shared.domain.stripe_facts.event_types import CONSUMED_EVENT_TYPES
from tests.conformance.scenes import SCENES, pay
from tests.conformance.tally import TALLY
from tests.conformance.target import Target
from tests.consumed_events import NEVER_SIMULATED

pytestmark = pytest.mark.usefixtures("simulator_only")


def test_each_consumed_event_type_can_be_had(target: Target) -> None:
    for scene in SCENES:
        scene(target)
    sent = {event["type"] for event in target.events()}
    assert CONSUMED_EVENT_TYPES - sent == NEVER_SIMULATED.keys()
    TALLY["consumed event types sent"] += len(CONSUMED_EVENT_TYPES & sent)
    TALLY["operations"] += target.sent


def test_the_events_and_the_list_of_an_object_agree(target: Target) -> None:
    charge = pay(target)["latest_charge"]
    target.pass_time(1)
    newest = [event for event in target.events() if event["data"]["object"].get("id") == charge][-1]
    now = target.call("get", f"/v1/charges/{charge}")
    assert json.dumps(newest["data"]["object"], sort_keys=True) == json.dumps(now, sort_keys=True)
    assert abs(newest["created"] - time.time()) < 60
