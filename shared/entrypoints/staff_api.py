"""What every function with staff routes answers alike: problems, and requests that failed."""

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
from shared.entrypoints.json_bodies import read_body
from shared.observability import count, logger

PROBLEM = "application/problem+json"
# What staff see is for nobody's cache, and for no browser to take for something else.
PRIVATE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class StaffApi(APIGatewayHttpResolver):
    """The routes of a function; whatever it answers has the headers of `PRIVATE`."""

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one request of API Gateway."""
        answer: dict[str, Any] = super().resolve(event, context)
        return {**answer, "headers": {**answer["headers"], **PRIVATE}}


def build_app(*routers: Router) -> StaffApi:
    """Return the application of these routes: a `Problem` is told, all else is a mistake of ours.

    https://docs.aws.amazon.com/powertools/python/latest/core/event_handler/api_gateway/
    """
    app = StaffApi()
    for router in routers:
        app.include_router(router)
    app.exception_handler(Problem)(_tell)
    app.exception_handler([AwsUnreachable, WriteConflict])(_tell_to_try_again)
    app.exception_handler(StripeUnavailable)(_tell_of_stripe)
    app.exception_handler(Exception)(_tell_of_a_mistake_of_ours)
    app.not_found(_no_such_route)
    return app


def body_of(router: Router) -> str | None:
    """Return a request's body as text; raises `InvalidInput` where it is none."""
    asked = router.current_event
    return read_body(asked.body, is_base64=asked.is_base64_encoded)


def _tell(problem: Problem) -> Response[str]:
    logger.info("request refused", code=problem.code, status=problem.status)
    # Powertools writes a dict as JSON under `application/json` alone.
    document = json.dumps(problem.to_dict())
    return Response(problem.status, PROBLEM, document)


def _tell_to_try_again(error: Exception) -> Response[str]:
    logger.exception("request failed for now", error=type(error).__name__)
    count("RequestUnavailable")
    return _tell(Unavailable("Nothing was changed, or all of it was. Try again."))


def _tell_of_stripe(error: StripeUnavailable) -> Response[str]:
    # No traceback: it would show what the library says, and that may quote what was sent.
    logger.warning("Stripe does not answer", error=type(error).__name__)
    count("RequestUnavailable")
    return _tell(Unavailable("Stripe does not answer. Try again.", code="stripe_unavailable"))


def _tell_of_a_mistake_of_ours(error: Exception) -> Response[str]:
    logger.exception("request failed", error=type(error).__name__)
    count("RequestFailed")
    return _tell(Problem("Staff can find the request in the log by its time."))


def _no_such_route(_error: NotFoundError) -> Response[str]:
    return _tell(NotFound("There is no such address, or not with this method."))
