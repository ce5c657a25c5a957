"""From the table's stream to the bus: in parts of ten, what was not taken comes again."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.publish_outbox import handler as publish_function
from shared import environment
from shared.adapters.bookings_table import BookingsTable, Put
from shared.adapters.outbox import Outbox, message_puts
from shared.config import Config, load_config
from shared.domain.errors import AwsUnreachable
from shared.domain.messages.booking_changed import BookingChanged
from tests.fake_aws import FakeAws
from tests.messages import changed

pytestmark = pytest.mark.enable_socket
NOW_S = 1_795_372_392


def message(number: int) -> BookingChanged:
    return changed(message_id=f"m-{number}", amount_captured=number)


def written(number: int) -> Put:
    [put] = message_puts([message(number)], NOW_S + number)
    return put


def from_stream(*numbers: int) -> dict[str, Any]:
    """A batch as Lambda hands it over: new images of the table's items."""
    return {
        "Records": [
            {
                "eventName": "INSERT",
                "dynamodb": {
                    "SequenceNumber": f"sequence-{number}",
                    "NewImage": {"body": {"S": json.dumps(written(number).body)}},
                },
            }
            for number in numbers
        ]
    }


@pytest.fixture
def outbox(aws: FakeAws, table: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """25 messages in the table, and a function that has just started."""
    del aws
    from_config = load_config()
    BookingsTable(from_config).put([written(number) for number in range(25)])
    outbox = Outbox(from_config)
    monkeypatch.setitem(environment._made, Outbox, outbox)
    yield table
    outbox._http._close()


def waiting(table: Any) -> set[int]:
    return {int(body["message_id"][2:]) for body in table.bodies("outbox").values()}


def told(aws: FakeAws) -> list[int]:
    return [detail["amount_captured"] for detail in aws.details()]


def some_taken(*refused: int, of: int = 10) -> tuple[int, bytes]:
    """PutEvents' answer in which the entries at these places were not taken."""
    entries = [
        {"ErrorCode": "InternalFailure", "ErrorMessage": "again"}
        if place in refused
        else {"EventId": str(place)}
        for place in range(of)
    ]
    return 200, json.dumps({"FailedEntryCount": len(refused), "Entries": entries}).encode()


def test_a_batch_of_25_goes_in_three_parts_and_leaves_the_table(
    aws: FakeAws, outbox: Any, context: Any
) -> None:
    assert publish_function.handler(from_stream(*range(25)), context) == {"batchItemFailures": []}
    assert aws.calls["PutEvents"] == 3
    assert told(aws) == list(range(25))
    assert waiting(outbox) == set()
    entry = aws.events[0]
    assert (entry["Source"], entry["DetailType"]) == ("bookpay", "booking.changed")
    assert entry["EventBusName"] == "bookpay"


def test_from_the_first_that_was_not_taken_on_all_come_again(
    aws: FakeAws, outbox: Any, context: Any
) -> None:
    aws.fail("PutEvents", some_taken(), some_taken(3, 7))
    answer = publish_function.handler(from_stream(*range(25)), context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "sequence-13"}]}
    assert aws.calls["PutEvents"] == 2, "the third part waits for its turn"
    assert waiting(outbox) == {13, 17, *range(20, 25)}, "what was taken is not there any more"
    # Lambda hands over the rest again; of what was taken already some go twice, with the same id.
    again = publish_function.handler(from_stream(*range(13, 25)), context)
    assert again == {"batchItemFailures": []}
    assert waiting(outbox) == set()
    assert {13, 17, *range(20, 25)} <= set(told(aws))


@pytest.mark.parametrize("fault", ["down", "refused", "drop"])
def test_with_the_bus_down_everything_waits_and_comes_again(
    aws: FakeAws, outbox: Any, context: Any, fault: str
) -> None:
    if fault == "down":
        aws.down.add("events")
    elif fault == "refused":
        aws.fail("PutEvents", (400, b'{"__type": "AccessDeniedException"}'))
    else:
        aws.fail("PutEvents", *["drop"] * 3)
    answer = publish_function.handler(from_stream(*range(25)), context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "sequence-0"}]}
    assert waiting(outbox) == set(range(25))
    assert told(aws) == []
    aws.down.clear()
    assert publish_function.handler(from_stream(*range(25)), context) == {"batchItemFailures": []}
    assert waiting(outbox) == set()


def test_an_answer_without_entries_is_no_acceptance(
    aws: FakeAws, outbox: Any, context: Any
) -> None:
    aws.fail("PutEvents", (200, b"{}"))
    answer = publish_function.handler(from_stream(0, 1), context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "sequence-0"}]}
    assert waiting(outbox) == set(range(25))


class Killed(BaseException):
    """The function ends here."""


def test_killed_between_the_bus_and_the_table_it_publishes_again(
    aws: FakeAws, outbox: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(BookingsTable, "put", kill)
        with pytest.raises(Killed):
            publish_function.handler(from_stream(0, 1), context)
    assert told(aws) == [0, 1]
    assert waiting(outbox) == set(range(25))
    assert publish_function.handler(from_stream(0, 1), context) == {"batchItemFailures": []}
    assert told(aws) == [0, 1, 0, 1]
    assert [each["message_id"] for each in aws.details()] == ["m-0", "m-1"] * 2
    assert waiting(outbox) == set(range(2, 25))


def test_a_table_that_does_not_answer_after_the_bus_has_publishes_again(
    outbox: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AwsUnreachable("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(BookingsTable, "put", refuse)
        answer = publish_function.handler(from_stream(0, 1), context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "sequence-0"}]}
    assert publish_function.handler(from_stream(0, 1), context) == {"batchItemFailures": []}
    assert waiting(outbox) == set(range(2, 25))


def test_what_the_sweeper_was_faster_with_is_told_twice_and_gone_once(
    aws: FakeAws, outbox: Any, context: Any, config: Config
) -> None:
    sweeper = Outbox(config)
    [waits] = sweeper.find_waiting("~", 100)
    found = [each for each in waits if each.key.pk.endswith("m-4")]
    environment.get(Outbox).publish(found)
    assert publish_function.handler(from_stream(4), context) == {"batchItemFailures": []}
    assert told(aws) == [4, 4]
    assert waiting(outbox) == set(range(25)) - {4}
