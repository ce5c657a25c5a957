"""What AWS answers: which class each of its codes has, from whichever adapter it comes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from shared.adapters import signed_http
from shared.adapters.aws_errors import (
    BY_CODE,
    DENIED,
    GONE,
    THROTTLED,
    TOO_LARGE,
    UNREACHABLE,
    aws_error,
    sdk_error,
)
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put, TransactionUnderWay
from shared.adapters.event_bus import EventBus
from shared.adapters.large_events import LargeEvents
from shared.adapters.link_key import LinkKey
from shared.adapters.mail_account import read_sending
from shared.adapters.mark_store import MarkStore
from shared.adapters.message_queue import MessageQueue
from shared.adapters.report_files import ReportFiles
from shared.adapters.sync_queue import SyncQueue
from shared.adapters.user_pool import UserPool
from shared.config import Config
from shared.domain.errors import (
    AwsDenied,
    AwsGone,
    AwsInvalid,
    AwsRefused,
    AwsThrottled,
    AwsTooLarge,
    AwsUnreachable,
)
from shared.domain.messages.ledger_orders import SyncLedger
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import TableInMoto

URL = "https://dynamodb.eu-central-1.amazonaws.com"
KEY = Key("demo#booking#bk_1", "booking")
# A code of each service, the HTTP status it comes with, and what it is.
ANSWERS = [
    ("AccessDeniedException", 400, AwsDenied),  # DynamoDB, SSM, EventBridge, Cognito
    ("AccessDenied", 403, AwsDenied),  # S3, SES
    ("UnrecognizedClientException", 400, AwsDenied),
    ("ExpiredTokenException", 400, AwsDenied),
    ("DecryptionFailure", 400, AwsDenied),  # Secrets Manager
    ("DisabledException", 400, AwsDenied),  # KMS
    ("KMSInvalidStateException", 400, AwsDenied),  # KMS, of a key that is to be deleted
    ("KMSDisabledException", 400, AwsDenied),
    ("KmsAccessDenied", 400, AwsDenied),  # SQS
    ("ValidationException", 400, AwsInvalid),
    ("InvalidParameterException", 400, AwsInvalid),
    ("MessageRejected", 400, AwsInvalid),
    ("SomethingNew", 400, AwsInvalid),
    ("PermanentRedirect", 301, AwsInvalid),
    ("ItemCollectionSizeLimitExceededException", 400, AwsTooLarge),
    ("EntityTooLarge", 400, AwsTooLarge),
    ("AWS.SimpleQueueService.BatchRequestTooLong", 400, AwsTooLarge),
    ("", 413, AwsTooLarge),
    ("ResourceNotFoundException", 400, AwsGone),
    ("ParameterNotFound", 400, AwsGone),
    ("AWS.SimpleQueueService.NonExistentQueue", 400, AwsGone),
    ("UserNotFoundException", 400, AwsGone),
    ("NoSuchKey", 404, AwsGone),
    ("404", 404, AwsGone),
    ("", 404, AwsGone),
    ("ThrottlingException", 400, AwsThrottled),
    ("ProvisionedThroughputExceededException", 400, AwsThrottled),
    ("TooManyRequestsException", 400, AwsThrottled),  # Cognito
    ("SlowDown", 503, AwsThrottled),
    ("", 429, AwsThrottled),
    ("InternalServerError", 500, AwsUnreachable),
    ("InternalFailure", 400, AwsUnreachable),  # an entry of EventBridge
    ("AccountSendingPausedException", 400, AwsUnreachable),
    ("RequestTimeout", 400, AwsUnreachable),  # S3
    ("502", 400, AwsUnreachable),  # botocore, of an answer without a code
    ("SomethingNew", 503, AwsUnreachable),
]


def answered(code: str, status: int) -> ClientError:
    metadata: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(metadata, "AnyCall")


@pytest.mark.parametrize(("code", "status", "kind"), ANSWERS)
def test_each_answer_has_its_class_and_code(code: str, status: int, kind: type[Exception]) -> None:
    for found in (aws_error("any", code, status), sdk_error("any", answered(code, status))):
        assert type(found) is kind
        assert found.code == (code or str(status))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NoCredentialsError(), AwsDenied),
        (ParamValidationError(report="x"), AwsInvalid),
        (ReadTimeoutError(endpoint_url=URL), AwsUnreachable),
        (EndpointConnectionError(endpoint_url=URL), AwsUnreachable),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_botocore_raises_before_an_answer(error: Exception, kind: type[Exception]) -> None:
    assert type(sdk_error("any", error)) is kind


def test_no_code_is_of_two_kinds() -> None:
    """A code in two tables would be what the later one says."""
    tables = [DENIED, TOO_LARGE, GONE, THROTTLED, UNREACHABLE]
    assert sum(map(len, tables)) == len(frozenset[str]().union(*tables))


# ------------------------------------------------------------------ each adapter


@contextmanager
def botocore_answers(error: Exception) -> Iterator[None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", fail)
        yield


type Ask = Callable[[Config, Path], object]
BY_BOTOCORE: dict[str, Ask] = {
    "get": lambda config, _: BookingsTable(config).get(KEY),
    "list": lambda config, _: BookingsTable(config).list_page("p", "0", "9", 1),
    "query": lambda config, _: BookingsTable(config).query_partition("p", "", 1),
    "between": lambda config, _: BookingsTable(config).query_between("p", "0", "9", 1),
    "put": lambda config, _: BookingsTable(config).put([Put(KEY, {})]),
    "marks": lambda config, _: MarkStore(config).get_marks(KEY),
    "mark": lambda config, _: MarkStore(config).add_mark(KEY, "m", 1, 1),
    "sending": lambda config, _: read_sending(config),
    "report": lambda config, folder: ReportFiles(config).fetch("key", folder / "file"),
}


@pytest.mark.parametrize("ask", BY_BOTOCORE.values(), ids=BY_BOTOCORE)
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDeniedException", AwsDenied),
        ("ValidationException", AwsInvalid),
        ("ResourceNotFoundException", AwsGone),
        ("ThrottlingException", AwsThrottled),
        ("InternalServerError", AwsUnreachable),
    ],
)
def test_every_adapter_with_an_sdk_tells_refusals_apart(
    config: Config, tmp_path: Path, ask: Ask, code: str, kind: type[Exception]
) -> None:
    with botocore_answers(answered(code, 400)), pytest.raises((AwsRefused, AwsUnreachable)) as told:
        ask(config, tmp_path)
    assert type(told.value) is kind
    assert getattr(told.value, "code", "") == code


ORDER = SyncLedger(message_id="demo-sync-1", occurred_at="2026-11-22T18:33:12Z", location_id="demo")
EVENT: dict[str, Any] = {"id": "evt_1", "type": "charge.succeeded"}
BY_HAND: dict[str, Callable[[Config], object]] = {
    "GetSecretValue": lambda config: LinkKey(config).get(),
    "PutEvents": lambda config: EventBus(config).put_stripe_event("demo", EVENT, "{}", b"{}"),
    "AdminGetUser": lambda config: UserPool(config).find("ada"),
    "ChangeMessageVisibility": lambda config: MessageQueue(config).put_off("a:1:q", "handle", 1),
    "SendMessageBatch": lambda config: SyncQueue(config, "https://sqs/1/q").send([ORDER]),
    "GetObject": lambda config: LargeEvents(config).get("demo/x.json"),
}


@pytest.fixture
def _closed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    opened: list[Any] = []
    connect = signed_http._connect

    def remember(url: str) -> Any:
        opened.append(connect(url))
        return opened[-1]

    monkeypatch.setattr(signed_http, "_connect", remember)
    yield
    for connection in opened:
        connection.close()


@pytest.mark.usefixtures("_closed_at_the_end")
@pytest.mark.enable_socket
@pytest.mark.parametrize("name", BY_HAND)
def test_every_adapter_without_one_does_too(at_fake_aws: Config, aws: FakeAws, name: str) -> None:
    denied = b'{"__type": "AccessDeniedException", "message": "arn:aws:iam::1:role/x"}'
    aws.fail(name, (400, denied))
    with pytest.raises(AwsDenied) as refused:
        BY_HAND[name](at_fake_aws)
    assert refused.value.code == "AccessDeniedException"
    assert "arn:" not in str(refused.value)


# ------------------------------------------------------------------ the table


def test_an_item_over_the_limit_is_refused_before_it_is_sent(
    config: Config, table: TableInMoto
) -> None:
    bookings = BookingsTable(config)
    with pytest.raises(AwsTooLarge) as refused:
        bookings.put([Put(KEY, {"note": "ä" * 205_000}), Delete(Key("demo", "other"))])
    assert refused.value.code == "ItemTooLarge"
    assert "ä" not in str(refused.value)
    assert table.bodies() == {}
    bookings.put([Put(KEY, {"note": "ä" * 200_000})])


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["None", "TransactionConflict"], TransactionUnderWay),
        (["ThrottlingError", "TransactionConflict"], AwsThrottled),
        (["None", "ItemCollectionSizeLimitExceeded"], AwsTooLarge),
        (["ValidationError", "None"], AwsInvalid),
    ],
)
def test_a_transaction_is_cancelled_for_a_reason(
    config: Config, monkeypatch: pytest.MonkeyPatch, codes: list[str], kind: type[Exception]
) -> None:
    monkeypatch.setattr("shared.adapters.retry_write.MOST_S", 0)
    error = answered("TransactionCanceledException", 400)
    error.response["CancellationReasons"] = [{"Code": code} for code in codes]
    puts = [Put(KEY, {}), Put(replace(KEY, sk="other"), {})]
    with botocore_answers(error), pytest.raises(kind) as told:
        BookingsTable(config).put(puts)
    assert type(told.value) is kind


def test_the_real_service_model_knows_the_tables_codes() -> None:
    """A code that is misspelt here would be told by its status alone."""
    shapes: set[str] = set()
    for name in ("dynamodb", "kms", "ssm", "secretsmanager", "cognito-idp"):
        client = boto3.client(name, region_name="eu-central-1")
        shapes |= {shape.name for shape in client.meta.service_model.error_shapes}
    assert {
        "ItemCollectionSizeLimitExceededException", "LimitExceededException", "ParameterNotFound",
        "ProvisionedThroughputExceededException", "ResourceNotFoundException", "TooManyUpdates",
        "TooManyRequestsException", "TransactionConflictException",
        "TransactionInProgressException", "UserNotFoundException", "DecryptionFailure",
        "DisabledException", "KMSInvalidStateException",
    } <= shapes & set(BY_CODE)  # fmt: skip
