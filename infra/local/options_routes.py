"""API Gateway's way with OPTIONS, which the emulator answers with 403 whatever the routes are.

An HTTP API without a CORS setting of its own treats OPTIONS as any other method: the route's
integration is invoked. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import boto3

from infra.local.settings import ACCESS_KEY_ID, API_ID, REGION, SECRET_ACCESS_KEY

type Answered = tuple[int, dict[str, str], bytes]
NOT_FOUND: Answered = (404, {"content-type": "application/json"}, b'{"message":"Not Found"}')
UNAUTHORIZED: Answered = (401, {"content-type": "application/json"}, b'{"message":"Unauthorized"}')
FAILED: Answered = (
    500,
    {"content-type": "application/json"},
    b'{"message":"Internal Server Error"}',
)


class OptionsRoutes:
    """Invokes the function of the route that an OPTIONS request matches."""

    def __init__(self, aws_url: str) -> None:
        session = boto3.Session(ACCESS_KEY_ID, SECRET_ACCESS_KEY, region_name=REGION)
        self._api = session.client("apigatewayv2", endpoint_url=aws_url)
        self._lambda = session.client("lambda", endpoint_url=aws_url)

    def answer(self, path: str, query: str, headers: Mapping[str, str]) -> Answered:
        """Answer a request as API Gateway would: the route's function, 401 or 404."""
        route, parameters = self._match(path)
        if route is None:
            return NOT_FOUND
        if route.get("AuthorizationType", "NONE") != "NONE":
            return UNAUTHORIZED
        integration_id = route["Target"].rpartition("/")[2]
        integration = self._api.get_integration(ApiId=API_ID, IntegrationId=integration_id)
        event = {
            "version": "2.0",
            "routeKey": route["RouteKey"],
            "rawPath": path,
            "rawQueryString": query,
            "queryStringParameters": {
                name: ",".join(values) for name, values in parse_qs(query).items()
            },
            "headers": {name.lower(): value for name, value in headers.items()},
            "pathParameters": parameters,
            "requestContext": {
                "apiId": API_ID,
                "stage": "$default",
                "http": {"method": "OPTIONS", "path": path, "sourceIp": "127.0.0.1"},
            },
            "isBase64Encoded": False,
        }
        name = re.sub(r".*/functions/|/invocations$", "", integration["IntegrationUri"])
        invoked = self._lambda.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        answer = json.loads(invoked["Payload"].read())
        if invoked.get("FunctionError"):
            return FAILED
        return answer["statusCode"], answer.get("headers", {}), (answer.get("body") or "").encode()

    def _match(self, path: str) -> tuple[dict[str, Any] | None, dict[str, str]]:
        """Return the most exact route: OPTIONS before ANY, fewer and narrower parameters first."""
        routes = self._api.get_routes(ApiId=API_ID, MaxResults="500")["Items"]
        keys = [
            (method, template, route)
            for route in routes
            for method, _, template in [route["RouteKey"].partition(" ")]
            if method in ("OPTIONS", "ANY")
        ]
        ordered = sorted(keys, key=lambda key: ("+}" in key[1], key[0] == "ANY", key[1].count("{")))
        for _, template, route in ordered:
            if found := re.fullmatch(_pattern(template), path):
                return route, found.groupdict()
        return None, {}


def _pattern(template: str) -> str:
    greedy = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", re.escape(template))
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", greedy)
