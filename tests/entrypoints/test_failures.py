"""What a caller of an HTTP API is told of each error."""

import pytest

from shared.domain.errors import (
    AwsDenied,
    AwsGone,
    AwsInvalid,
    AwsRefused,
    AwsThrottled,
    AwsTooLarge,
    AwsUnreachable,
    InvalidFacts,
    NotFound,
    Overtaken,
    StripeUnavailable,
    WriteConflict,
)
from shared.entrypoints.failures import problem_of
from tests.contract.contract import Contract

REFUSALS = [AwsRefused, AwsDenied, AwsInvalid, AwsTooLarge, AwsGone]
TOLD: list[tuple[Exception, int, str]] = [
    *((kind("arn:aws:x", code="ItsCode"), 500, "service_fault") for kind in REFUSALS),
    (AwsUnreachable("arn:aws:x"), 503, "unavailable"),
    (AwsThrottled("arn:aws:x", code="SlowDown"), 503, "unavailable"),
    (StripeUnavailable("arn:aws:x"), 503, "stripe_unavailable"),
    (WriteConflict("arn:aws:x"), 409, "request_in_progress"),
    (Overtaken("arn:aws:x"), 409, "request_in_progress"),
    (NotFound("No such booking.", code="booking_not_found"), 404, "booking_not_found"),
    (InvalidFacts("arn:aws:x"), 500, "internal_error"),
    (KeyError("arn:aws:x"), 500, "internal_error"),
]


@pytest.mark.parametrize(("error", "status", "code"), TOLD, ids=lambda each: type(each).__name__)
def test_each_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.code) == (status, code)
    assert "arn:" not in str(problem.to_dict())
    assert status in Contract.load().document["x-problem-codes"][code]["status"]


@pytest.mark.parametrize("error", [each for each, *_ in TOLD], ids=lambda each: type(each).__name__)
def test_only_what_may_pass_is_to_be_tried_again(error: Exception) -> None:
    passes = isinstance(error, AwsUnreachable | StripeUnavailable | WriteConflict)
    told = problem_of(error).detail
    assert ("Try again" in told or "safe to retry" in told) is passes
