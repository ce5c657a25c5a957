"""What all functions with staff routes answer alike: problems, and requests that failed."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.domain.errors import NotFound
from shared.entrypoints.conditional import conditional
from shared.entrypoints.failures import problem_of
from shared.entrypoints.http_api import JSON, PRIVATE, PROBLEM, problem_headers, read_body


class StaffApi(APIGatewayHttpResolver):
    """The routes of a function; all of its answers have the headers of `PRIVATE`."""

    def __init__(self) -> None:
        super().__init__()
        self._included: set[int] = set()

    def include(self, routers: Iterable[Router]) -> None:
        """Add routes, each router's once."""
        for router in routers:
            if id(router) not in self._included:
                self._included.add(id(router))
                self.include_router(router)

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one request of API Gateway."""
        answer: dict[str, Any] = super().resolve(event, context)
        private = {**answer, "headers": {**answer["headers"], **PRIVATE}}
        return conditional(event, private)


def build_app(*routers: Router) -> StaffApi:
    """Return the application of these routes; each error is answered as `problem_of` says.

    https://docs.aws.amazon.com/powertools/python/latest/core/event_handler/api_gateway/
    """
    app = StaffApi()
    app.include(routers)
    app.exception_handler(Exception)(_failed)
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


def _failed(error: Exception) -> Response[str]:
    problem = problem_of(error)
    # Powertools serialises a dict only for `application/json`.
    document = json.dumps(problem.to_dict())
    return Response(problem.status, PROBLEM, document, problem_headers(problem))


def _no_such_route(_error: NotFoundError) -> Response[str]:
    return _failed(NotFound("No such endpoint, or method not allowed."))
