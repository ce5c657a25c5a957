"""What the stream missed is found by its place in the index, and published after all."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from functions.sweep_outbox import handler as sweep_function
from shared import environment
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.outbox import Outbox, delayed_delete, message_puts
from shared.config import load_config
from shared.domain.errors import AwsRefused, AwsUnreachable
from shared.domain.messages.message import Order
from tests.fake_aws import FakeAws
from tests.messages import changed, mail_order

pytestmark = pytest.mark.enable_socket
DAY_S = 86_400
MONTH_S = 30 * DAY_S


def wait_since(age_s: int, *numbers: int) -> None:
    """Let messages be in the table that were written so long ago."""
    waiting = [changed(message_id=f"m-{number}") for number in numbers]
    BookingsTable(load_config()).put(message_puts(waiting, int(time.time()) - age_s))


def delay(due_in_s: int, *numbers: int) -> dict[int, int]:
    """Let messages be in the table that are due in so many seconds; return when each is."""
    due_s = int(time.time()) + due_in_s
    orders = [delayed(number, due_s) for number in numbers]
    BookingsTable(load_config()).put(message_puts(orders, 0))
    return dict.fromkeys(numbers, due_s)


def delayed(number: int, due_s: int) -> Order:
    order: Order = mail_order("payment_link", message_id=f"m-{number}", due_s=due_s)
    return order


@pytest.fixture
def outbox(aws: FakeAws, table: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that has just started."""
    del aws
    outbox = Outbox(load_config())
    monkeypatch.setitem(environment._made, Outbox, outbox)
    yield table
    outbox._http._close()


def waiting(table: Any) -> set[int]:
    return {
        int(body["message_id"].removeprefix("m-"))
        for key, body in table.bodies().items()
        if "#outbox#" in key[0]
    }


def counted(output: str, metric: str) -> int:
    """What was counted of a metric, out of what a function prints for CloudWatch."""
    lines = [json.loads(line) for line in output.splitlines() if f'"{metric}"' in line]
    return sum(int(line[metric][0]) for line in lines)


def told(aws: FakeAws) -> list[int]:
    return sorted(int(detail["message_id"].removeprefix("m-")) for detail in aws.details())


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


def test_more_than_a_page_is_published_until_the_time_is_up(
    aws: FakeAws, outbox: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: the newest of each shard were published, and what had waited longest never."""
    for start in range(0, 60, 20):
        wait_since(300 + start, *range(start, start + 20))
    monkeypatch.setattr(sweep_function, "MAX_A_SHARD", 2)
    monkeypatch.setattr(sweep_function, "MAX_S", -1)
    assert sweep_function.handler({}, context) == {"published": 10, "refused": 0}
    # A shard may have fewer old ones than a page: nobody has to wait for those that came last.
    assert min(told(aws)) >= 20
    monkeypatch.setattr(sweep_function, "MAX_S", 45)
    assert sweep_function.handler({}, context) == {"published": 50, "refused": 0}
    assert told(aws) == list(range(60))
    assert waiting(outbox) == set()


def test_a_delayed_message_waits_until_it_is_due_and_is_not_counted_as_missed(
    aws: FakeAws, outbox: Any, context: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    delay(-130, 1)
    delay(600, 2)
    delay(3 * MONTH_S, 3)
    assert sweep_function.handler({}, context) == {"published": 1, "refused": 0}
    assert told(aws) == [1]
    assert waiting(outbox) == {2, 3}
    entry = aws.events[0]
    assert (entry["Source"], entry["DetailType"]) == ("bookpay", "send_mail")
    assert json.loads(entry["Detail"])["link_number"] == 1
    output = capsys.readouterr().out
    assert counted(output, "DelayedMessagePublished") == 1
    assert counted(output, "MessageMissed") == 0


def test_what_is_due_is_decided_by_the_one_clock(
    aws: FakeAws, outbox: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: simulated worlds were in an earlier month, and their reminders went out at once."""
    now_s = int(time.time())
    delay(600, 1)
    monkeypatch.setattr(time, "time", lambda: now_s + 700.0)
    assert sweep_function.handler({}, context) == {"published": 0, "refused": 0}
    monkeypatch.setattr(time, "time", lambda: now_s + 730.0)
    assert sweep_function.handler({}, context) == {"published": 1, "refused": 0}
    assert told(aws) == [1]
    assert waiting(outbox) == set()


def test_messages_due_in_months_do_not_stand_before_one_that_was_missed(
    aws: FakeAws, outbox: Any, context: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    # More than a page of every shard, all of them later than anything that is missed.
    for start in range(0, 1000, 100):
        delay(3 * MONTH_S, *range(start, start + 100))
    wait_since(130, 2000)
    assert sweep_function.handler({}, context) == {"published": 1, "refused": 0}
    assert told(aws) == [2000]
    assert len(waiting(outbox)) == 1000
    output = capsys.readouterr().out
    assert counted(output, "MessageMissed") == 1
    assert counted(output, "DelayedMessagePublished") == 0


def test_a_delayed_message_that_was_called_off_is_never_published(
    aws: FakeAws, outbox: Any, context: Any
) -> None:
    due_s = delay(-200, 1, 2)[1]
    table = BookingsTable(load_config())
    table.put([delayed_delete("demo", "m-1", due_s)])
    table.put([delayed_delete("demo", "m-1", due_s)])
    assert sweep_function.handler({}, context) == {"published": 1, "refused": 0}
    assert told(aws) == [2]
    assert waiting(outbox) == set()


def test_a_message_put_off_while_it_is_being_published_comes_again_at_its_new_time(
    aws: FakeAws, outbox: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    delay(-200, 1)
    publish = Outbox.publish

    def put_off_meanwhile(self: Outbox, messages: Any) -> Any:
        delay(-150, 1)
        return publish(self, messages)

    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "publish", put_off_meanwhile)
        assert sweep_function.handler({}, context) == {"published": 1, "refused": 0}
    assert waiting(outbox) == {1}, "its new time is another item"
    assert sweep_function.handler({}, context) == {"published": 1, "refused": 0}
    assert told(aws) == [1, 1]
    assert waiting(outbox) == set()


def test_a_delayed_message_that_the_bus_refuses_is_not_counted_as_published(
    aws: FakeAws, outbox: Any, context: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    delay(-200, 1)
    aws.fail("PutEvents", (400, b'{"__type": "AccessDeniedException"}'))
    assert sweep_function.handler({}, context) == {"published": 0, "refused": 1}
    assert counted(capsys.readouterr().out, "DelayedMessagePublished") == 0
    assert waiting(outbox) == {1}
