"""What all functions with staff routes answer alike: problems, and requests that failed."""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.domain.errors import (
    AwsUnreachable,
    NotFound,
    Problem,
    StripeUnavailable,
    Unavailable,
    WriteConflict,
)
from shared.entrypoints.http_api import JSON, PRIVATE, PROBLEM, problem_headers, read_body
from shared.observability import count, logger


class StaffApi(APIGatewayHttpResolver):
    """The routes of a function; all of its answers have the headers of `PRIVATE`."""

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one request of API Gateway."""
        answer: dict[str, Any] = super().resolve(event, context)
        return {**answer, "headers": {**answer["headers"], **PRIVATE}}


def build_app(*routers: Router) -> StaffApi:
    """Return the application of these routes; any error but a `Problem` is answered as our bug.

    https://docs.aws.amazon.com/powertools/python/latest/core/event_handler/api_gateway/
    """
    app = StaffApi()
    for router in routers:
        app.include_router(router)
    app.exception_handler(Problem)(_problem_response)
    app.exception_handler([AwsUnreachable, WriteConflict])(_retry_response)
    app.exception_handler(StripeUnavailable)(_stripe_response)
    app.exception_handler(Exception)(_bug_response)
    app.not_found(_no_such_route)
    return app


def body_of(router: Router) -> str | None:
    """Return the body of the request under way as text; raises `InvalidInput`."""
    return read_body(router.current_event.raw_event)


def json_response(
    status: int, document: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response[dict[str, Any]]:
    """Answer with a status of its own; a route that returns a dict answers 200."""
    return Response(status, JSON, dict(document), dict(headers or {}))


def _problem_response(problem: Problem) -> Response[str]:
    logger.info("request refused", code=problem.code, status=problem.status)
    # Powertools serialises a dict only for `application/json`.
    document = json.dumps(problem.to_dict())
    return Response(problem.status, PROBLEM, document, problem_headers(problem))


def _retry_response(error: Exception) -> Response[str]:
    logger.exception("request failed for now", error=type(error).__name__)
    count("RequestUnavailable")
    return _problem_response(Unavailable("Nothing was changed, or all of it was. Try again."))


def _stripe_response(error: StripeUnavailable) -> Response[str]:
    # No traceback: the library's message may quote what was sent.
    logger.warning("Stripe does not answer", error=type(error).__name__)
    count("RequestUnavailable")
    return _problem_response(
        Unavailable("Stripe does not answer. Try again.", code="stripe_unavailable")
    )


def _bug_response(error: Exception) -> Response[str]:
    logger.exception("request failed", error=type(error).__name__)
    count("RequestFailed")
    return _problem_response(Problem("Staff can find the request in the log by its time."))


def _no_such_route(_error: NotFoundError) -> Response[str]:
    return _problem_response(NotFound("There is no such address, or not with this method."))
