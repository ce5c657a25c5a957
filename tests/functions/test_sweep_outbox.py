"""What the stream missed is found by its place in the index, and published after all."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from functions.sweep_outbox import handler as sweep_function
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.outbox import Outbox, outbox_put
from shared.config import load_config
from shared.domain.errors import AwsRefused, AwsUnreachable
from shared.domain.messages import PAYMENT_CHANGED, Message
from tests.fake_aws import FakeAws

pytestmark = pytest.mark.enable_socket


def wait_since(age_s: int, *numbers: int) -> None:
    """Let messages be in the table that were written so long ago."""
    puts = [
        outbox_put(
            "demo",
            Message(f"m-{number}", PAYMENT_CHANGED, {"number": number}),
            int(time.time()) - age_s,
            booking_version=1,
        )
        for number in numbers
    ]
    BookingsTable(load_config()).put(puts)


@pytest.fixture
def outbox(aws: FakeAws, table: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that has just started."""
    del aws
    outbox = Outbox(load_config())
    monkeypatch.setattr(sweep_function, "_outbox", lambda: outbox)
    yield table
    outbox._http._close()


def waiting(table: Any) -> set[int]:
    return {body["detail"]["number"] for body in table.bodies("outbox").values()}


def told(aws: FakeAws) -> list[int]:
    return sorted(detail["number"] for detail in aws.details())


def test_nothing_waits_and_nothing_is_done(aws: FakeAws, outbox: Any, context: Any) -> None:
    del outbox
    assert sweep_function.handler({}, context) == {"published": 0, "refused": 0}
    assert aws.calls["PutEvents"] == 0


def test_only_what_waits_for_more_than_two_minutes_was_missed(
    aws: FakeAws, outbox: Any, context: Any
) -> None:
    wait_since(130, *range(23))
    wait_since(90, 50)
    wait_since(0, 51)
    assert sweep_function.handler({}, context) == {"published": 23, "refused": 0}
    assert told(aws) == list(range(23))
    assert aws.calls["PutEvents"] == 3
    assert waiting(outbox) == {50, 51}, "the stream is about to take these"
    assert sweep_function.handler({}, context) == {"published": 0, "refused": 0}


def test_what_the_bus_does_not_take_waits_for_the_next_time(
    aws: FakeAws, outbox: Any, context: Any
) -> None:
    wait_since(300, 1, 2)
    entries = b'[{"EventId": "1"}, {"ErrorCode": "ThrottlingException"}]'
    aws.fail("PutEvents", (200, b'{"FailedEntryCount": 1, "Entries": ' + entries + b"}"))
    assert sweep_function.handler({}, context) == {"published": 1, "refused": 1}
    assert len(waiting(outbox)) == 1
    assert sweep_function.handler({}, context) == {"published": 1, "refused": 0}
    assert waiting(outbox) == set()
    # What was refused is in the fake's log of one order only when it was taken.
    assert len(told(aws)) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ((400, b'{"__type": "AccessDeniedException"}'), AwsRefused),
        ((500, b'{"__type": "InternalFailure"}'), AwsUnreachable),
    ],
)
def test_a_part_that_the_bus_refuses_does_not_hold_up_the_others(
    aws: FakeAws, outbox: Any, context: Any, fault: tuple[int, bytes], error: type[Exception]
) -> None:
    wait_since(300, *range(25))
    aws.fail("PutEvents", *[fault] * (1 if error is AwsRefused else 3))
    assert sweep_function.handler({}, context) == {"published": 15, "refused": 10}
    assert len(waiting(outbox)) == 10
    assert sweep_function.handler({}, context) == {"published": 10, "refused": 0}
    assert waiting(outbox) == set()
    assert told(aws) == list(range(25))
