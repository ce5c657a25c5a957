"""A batch from a queue: one message's error is its own, and says how soon it comes again."""

import io
import json
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit

from shared import observability
from shared.adapters.message_queue import MessageQueue
from shared.domain.errors import (
    AwsDenied,
    AwsGone,
    AwsInvalid,
    AwsThrottled,
    AwsTooLarge,
    AwsUnreachable,
    InvalidFacts,
    StripeUnavailable,
    WriteConflict,
)
from shared.domain.retry_schedule import LONGEST_DELAY_S
from shared.entrypoints.queue_batch import REFUSED_DELAY_S, process_batch
from tests.builders import messages

SECRET = "sk_test_secret"
REFUSALS = [AwsDenied, AwsInvalid, AwsTooLarge, AwsGone]
# What came, and whether it passes by itself.
ERRORS: list[tuple[Exception, bool]] = [
    *((kind(SECRET, code="ItsCode"), False) for kind in REFUSALS),
    (AwsUnreachable(SECRET), True),
    (AwsThrottled(SECRET, code="SlowDown"), True),
    (StripeUnavailable(SECRET), True),
    (WriteConflict(SECRET), True),
    (InvalidFacts(SECRET), False),
    (KeyError(SECRET), False),
]


class Queue(MessageQueue):
    """Remembers for how long each message is put off."""

    def __init__(self, error: Exception | None = None) -> None:
        self.waits: list[int] = []
        self._error = error

    def put_off(self, queue_arn: str, receipt_handle: str, delay_s: int) -> None:
        del queue_arn, receipt_handle
        if self._error:
            raise self._error
        self.waits.append(delay_s)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    told = io.StringIO()
    monkeypatch.setattr(observability.logger.handlers[0], "stream", told)
    return told


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []

    def add(name: str, unit: MetricUnit, value: float) -> None:
        del unit, value
        names.append(name)

    monkeypatch.setattr(observability.metrics, "add_metric", add)
    return names


def failing(error: Exception) -> Any:
    def process(body: dict[str, Any], _attempt: int) -> None:
        if body["fails"]:
            raise error

    return process


@pytest.mark.parametrize(("error", "passes"), ERRORS, ids=lambda each: type(each).__name__)
def test_an_error_holds_up_no_other_and_is_told_by_its_class_and_code(
    error: Exception, passes: bool, log: io.StringIO, counted: list[str]
) -> None:
    queue, bodies = Queue(), ('{"fails": false}', '{"fails": true}', '{"fails": false}')
    answer = process_batch(messages(*bodies), failing(error), queue, failure="mail not sent")
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert counted == ["MailNotSent"]
    [line] = map(json.loads, log.getvalue().splitlines())
    assert (line["level"], line["message"]) == ("WARNING" if passes else "ERROR", "mail not sent")
    assert (line["error"], line["code"]) == (type(error).__name__, getattr(error, "code", ""))
    assert line["where"][-1].startswith("shared/entrypoints/queue_batch.py:")
    assert SECRET not in log.getvalue()


@pytest.mark.parametrize("attempt", [1, 3, 9])
@pytest.mark.parametrize("kind", REFUSALS)
def test_what_aws_refuses_is_soon_among_the_dead_letters(
    kind: type[AwsDenied], attempt: int
) -> None:
    queue, event = Queue(), messages('{"fails": true}', attempt=attempt)
    process_batch(event, failing(kind("no", code="x")), queue, failure="mail not sent")
    assert queue.waits == [REFUSED_DELAY_S]


@pytest.mark.parametrize("error", [each for each, passes in ERRORS if passes], ids=repr)
def test_what_passes_comes_again_soon_at_first_and_then_ever_later(error: Exception) -> None:
    queue = Queue()
    for attempt in (1, 2, 20):
        event = messages('{"fails": true}', attempt=attempt)
        process_batch(event, failing(error), queue, failure="mail not sent")
    first, second, last = queue.waits
    assert first <= 8
    assert second <= 15
    assert last >= LONGEST_DELAY_S / 2


def test_a_body_that_is_no_json_is_put_off_too() -> None:
    queue = Queue()
    answer = process_batch(messages("{"), failing(KeyError()), queue, failure="mail not sent")
    assert len(answer["batchItemFailures"]) == len(queue.waits) == 1


def test_a_message_that_cannot_be_put_off_comes_when_the_queue_says(log: io.StringIO) -> None:
    queue = Queue(AwsDenied("no", code="AccessDenied"))
    event = messages('{"fails": true}')
    answer = process_batch(event, failing(KeyError()), queue, failure="mail not sent")
    assert len(answer["batchItemFailures"]) == 1
    last = json.loads(log.getvalue().splitlines()[-1])
    assert (last["message"], last["code"]) == ("message not put off", "AccessDenied")
