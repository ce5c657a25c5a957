"""OPTIONS on the local stack goes where API Gateway would send it."""

import io
import json
from typing import Any

import pytest

from infra.local.options_routes import OptionsRoutes

ROUTES = [
    {"RouteKey": "ANY /v1/{proxy+}", "Target": "integrations/staff", "AuthorizationType": "JWT"},
    {"RouteKey": "GET /public/locations/{location_id}", "Target": "integrations/get"},
    {"RouteKey": "OPTIONS /public/{proxy+}", "Target": "integrations/greedy"},
    {"RouteKey": "OPTIONS /public/locations/{location_id}", "Target": "integrations/exact"},
    {"RouteKey": "ANY /public/locations/{location_id}", "Target": "integrations/any"},
]


class FakeAws:
    """API Gateway's routes, and functions that answer with their own name."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.failed = False

    def get_routes(self, **_: object) -> dict[str, Any]:
        return {"Items": ROUTES}

    def get_integration(self, **asked: str) -> dict[str, Any]:
        return {
            "IntegrationUri": f"arn:aws:lambda:eu-central-1:1:function:{asked['IntegrationId']}"
        }

    def invoke(self, **asked: Any) -> dict[str, Any]:
        self.events.append(json.loads(asked["Payload"]))
        function = asked["FunctionName"].rpartition(":")[2]
        answer = {"statusCode": 204, "headers": {"x-function": function}}
        error = {"FunctionError": "Unhandled"} if self.failed else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **error}


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


@pytest.fixture
def routes(aws: FakeAws) -> OptionsRoutes:
    made = OptionsRoutes("http://127.0.0.1:1")
    made._api = made._lambda = aws
    return made


@pytest.mark.parametrize(
    ("path", "status", "function"),
    [
        ("/public/locations/demo", 204, "exact"),
        ("/public/locations/demo/slots", 204, "greedy"),
        ("/v1/locations", 401, None),
        ("/health", 404, None),
        ("/public.locations", 404, None),
    ],
)
def test_the_most_exact_route_is_taken(
    routes: OptionsRoutes, path: str, status: int, function: str | None
) -> None:
    told, headers, _ = routes.answer(path, "", {"Origin": "https://salon.example"})
    assert (told, headers.get("x-function")) == (status, function)


def test_the_function_is_told_what_api_gateway_tells(routes: OptionsRoutes, aws: FakeAws) -> None:
    routes.answer("/public/locations/demo", "a=b&a=c&t=x%2By", {"Origin": "https://salon.example"})
    (event,) = aws.events
    assert event["routeKey"] == "OPTIONS /public/locations/{location_id}"
    assert event["pathParameters"] == {"location_id": "demo"}
    assert event["headers"] == {"origin": "https://salon.example"}
    assert event["queryStringParameters"] == {"a": "b,c", "t": "x+y"}
    assert event["requestContext"]["http"]["method"] == "OPTIONS"


def test_a_function_that_fails_is_a_500(routes: OptionsRoutes, aws: FakeAws) -> None:
    aws.failed = True
    assert routes.answer("/public/locations/demo", "", {})[0] == 500
