"""The bucket of reports fails: what waits, what comes again, and what is lost and said to be."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared import environment
from shared.adapters.report_files import ReportFiles
from shared.config import load_config
from shared.domain.errors import AwsRefused, AwsUnreachable
from shared.workflows.reports.build_report import ReportBuilder
from tests.surroundings.morning import MORNING_H, Morning
from tests.workflows.reports.test_late_entries import book, money_of, payment, report_of

pytestmark = pytest.mark.enable_socket
OUTAGE = EndpointConnectionError(endpoint_url="https://reports.s3.eu-central-1.amazonaws.com")


def answered(code: str, status: int) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")  # type: ignore[arg-type]


class FailingS3:
    """S3 that fails each call of one kind, and does all others."""

    def __init__(self, s3: Any, call: str, error: Exception) -> None:
        self._s3 = s3
        self._call = call
        self._error = error

    def __getattr__(self, name: str) -> Any:
        return self._fail if name == self._call else getattr(self._s3, name)

    def _fail(self, *_: object, **__: object) -> None:
        raise self._error


def failing(files: ReportFiles, call: str, error: Exception, patched: pytest.MonkeyPatch) -> None:
    patched.setitem(files.__dict__, "_s3", FailingS3(files._s3, call, error))


def builders_files() -> ReportFiles:
    return environment.get(ReportBuilder)._files


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (answered("AccessDenied", 403), AwsRefused),
        (answered("NoSuchBucket", 404), AwsRefused),
        (answered("SlowDown", 503), AwsUnreachable),
        (OUTAGE, AwsUnreachable),
    ],
)
def test_what_s3_answers_says_whether_a_repetition_helps(
    morning: Morning,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
    error: Exception,
    expected: type[Exception],
) -> None:
    del morning
    files = ReportFiles(load_config())
    file = tmp_path / "report.csv"
    file.write_text("a")
    with monkeypatch.context() as patched:
        failing(files, "put_object", error, patched)
        with pytest.raises(expected) as put:
            files.put("demo/report.csv", file, "text/csv")
    with monkeypatch.context() as patched:
        failing(files, "download_file", error, patched)
        with pytest.raises(expected):
            files.fetch("demo/report.csv", file)
    assert "demo/report.csv" not in str(put.value)


@pytest.mark.parametrize("error", [answered("AccessDenied", 403), OUTAGE])
def test_a_report_whose_files_cannot_be_kept_is_not_mailed_and_comes_again(
    morning: Morning, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    morning.enter(payment("1", morning.day.start_s + 60))
    with monkeypatch.context() as patched:
        failing(builders_files(), "put_object", error, patched)
        assert morning.order()["batchItemFailures"] == [{"itemIdentifier": "message-0"}]
    assert morning.mails() == []
    assert morning.order() == {"batchItemFailures": []}
    assert len(morning.mails()) == 1


def test_while_s3_gives_no_answer_what_was_carried_is_not_taken_for_lost(
    morning: Morning, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = morning.next_days(0, 1)
    book(morning, "held", second.end_s + 86_400)
    morning.enter(payment("held", first.start_s + 60))
    report_of(morning, now, first)
    now.now_s = second.end_s + MORNING_H * 3600
    with monkeypatch.context() as patched:
        failing(builders_files(), "download_file", answered("InternalError", 500), patched)
        assert morning.order(second)["batchItemFailures"]
    assert len(morning.mails()) == 1
    found = report_of(morning, now, second)
    assert money_of(found) == [(5000, 0, 0, 0, 0, 5000)]


def test_a_file_that_cannot_be_put_for_its_reader_is_a_try_again(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.serve_report.answers.MAX_ANSWER_BYTES", 10)
    morning.enter(payment("1", morning.day.start_s + 60))
    failing(environment.get(ReportFiles), "put_object", OUTAGE, monkeypatch)
    answer = morning.get("/2026-11-21", format="csv")
    assert (answer["statusCode"], answer["headers"]["cache-control"]) == (503, "no-store")
