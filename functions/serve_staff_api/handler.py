"""The staff API: the user pool's token tells who calls, our memberships what they may do."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.serve_staff_api import bookings, catalogue, locations
from shared.domain.errors import AwsUnreachable, NotFound, Problem, Unavailable, WriteConflict
from shared.observability import count, logger, metrics

PROBLEM = "application/problem+json"
app = APIGatewayHttpResolver()
for routes in (bookings, catalogue, locations):
    app.include_router(routes.router)


@app.exception_handler(Problem)  # type: ignore[untyped-decorator]
def _tell_problem(problem: Problem) -> Response[str]:
    return _tell(problem)


def _tell(problem: Problem) -> Response[str]:
    logger.info("request refused", code=problem.code, status=problem.status)
    # Powertools writes a dict as JSON under `application/json` alone.
    document = json.dumps(problem.to_dict())
    return Response(problem.status, PROBLEM, document, {"cache-control": "no-store"})


@app.exception_handler([AwsUnreachable, WriteConflict])  # type: ignore[untyped-decorator]
def _tell_to_try_again(error: Exception) -> Response[str]:
    logger.exception("request failed for now", error=type(error).__name__)
    count("RequestUnavailable")
    return _tell(Unavailable("Nothing was changed, or all of it was. Try again."))


@app.exception_handler(Exception)  # type: ignore[untyped-decorator]
def _tell_of_a_mistake_of_ours(error: Exception) -> Response[str]:
    logger.exception("request failed", error=type(error).__name__)
    count("RequestFailed")
    return _tell(Problem("Staff can find the request in the log by its time."))


@app.not_found
def _no_such_route(_error: NotFoundError) -> Response[str]:
    return _tell(NotFound("There is no such address, or not with this method."))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request under `/v1/`."""
    return app.resolve(event, context)
