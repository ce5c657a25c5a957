"""Every hour each location is ordered to be synced, however many there are."""

from dataclasses import replace
from typing import Any

import pytest

from functions.start_syncs import handler as function
from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from shared.domain.errors import AwsUnreachable
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.ledger_orders import SyncLedger
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import DEMO

pytestmark = pytest.mark.enable_socket


def ordered(aws: FakeAws) -> list[str]:
    return sorted(read_envelope(each, SyncLedger).location_id for _, each in aws.messages)


def test_each_location_is_ordered_once_page_by_page(
    places: LocationStore, aws: FakeAws, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = [f"salon-{number:02}" for number in range(23)]
    for number, name in enumerate(more):
        places.save_location(
            replace(DEMO, location_id=name, created_at_s=DEMO.created_at_s + number // 5)
        )
    monkeypatch.setattr(function, "PAGE", 5)

    assert function.handler({}, context) == {"ordered": 25}

    assert ordered(aws) == sorted([*more, "demo", "other"])


def test_more_than_one_function_can_order_are_counted(
    places: LocationStore, aws: FakeAws, context: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for number in range(8):
        places.save_location(replace(DEMO, location_id=f"salon-{number}"))
    monkeypatch.setattr(function, "PAGE", 3)
    monkeypatch.setattr(function, "MAX_PAGES", 2)

    function.handler({}, context)

    assert 0 < len(ordered(aws)) < 10
    assert "SyncsNotOrdered" in capsys.readouterr().out


def test_a_queue_that_does_not_take_each_order_fails_the_tick(
    store: BookingStore, aws: FakeAws, context: Any
) -> None:
    del store
    aws.fail("SendMessageBatch", (200, b'{"Successful": [{"Id": "0"}], "Failed": [{"Id": "1"}]}'))

    with pytest.raises(AwsUnreachable):
        function.handler({}, context)
