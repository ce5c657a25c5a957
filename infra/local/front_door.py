"""A plain host and port before the emulator's HTTP API, which has an address of its own making.

It does what API Gateway does before a function is reached and the emulator leaves out: repeated
headers are joined by commas, a body over 10 MB is refused, and OPTIONS goes to its route.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
"""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.options_routes import OptionsRoutes
from infra.local.settings import API_ID, HOST

MAX_BODY_BYTES = 10 * 1024 * 1024
TIMEOUT_S = 35
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]
# These are about one connection, not about the request.
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "te"}
)


class AnyPath(PathConvertor):
    """Any path, one with a line break in it too, which `path` does not take.

    https://www.starlette.io/routing/#path-parameters
    """

    regex = "(?s:.*)"


register_url_convertor("any", AnyPath())


def make_app(aws_url: str) -> Starlette:
    """Return the application that passes every request on to the emulator's API."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        # What a client does not say about compression, the door does not say for it.
        plain = {"accept-encoding": "identity"}
        async with httpx.AsyncClient(
            base_url=aws_url, timeout=TIMEOUT_S, limits=limits, headers=plain
        ) as client:
            app.state.client = client
            app.state.options = OptionsRoutes(aws_url)
            yield

    return Starlette(routes=[Route("/{path:any}", _pass_on, methods=METHODS)], lifespan=lifespan)


async def _pass_on(request: Request) -> Response:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return JSONResponse({"message": "Request Entity Too Large"}, 413)
    path = request.scope["raw_path"].decode("ascii").partition("?")[0]
    query = request.scope["query_string"].decode("ascii")
    if request.method == "OPTIONS":
        status, headers, content = await run_in_threadpool(
            request.app.state.options.answer, path, query, _joined(request)
        )
        return Response(content, status, headers)
    url = f"/_aws/execute-api/{API_ID}/$default{path}" + (f"?{query}" if query else "")
    client: httpx.AsyncClient = request.app.state.client
    asked = client.build_request(
        request.method, url, content=bytes(body), headers=_as_sent(request)
    )
    try:
        answer = await client.send(asked, stream=True)
        # As it came: a compressed answer is unpacked by whoever asked.
        content = b"".join([chunk async for chunk in answer.aiter_raw()])
    except httpx.HTTPError:
        return JSONResponse({"message": "Service Unavailable"}, 503)
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in HOP_BY_HOP and not name.startswith("x-amz")
    }
    return Response(content, answer.status_code, headers)


def _joined(request: Request) -> dict[str, str]:
    """Return the headers as a function gets them: joined, and read as UTF-8.

    API Gateway hands on what is no ASCII, such as the cities that a CDN names
    (https://github.com/oven-sh/bun/issues/22994).
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.headers.raw:
        name, value = raw_name.decode("latin-1"), raw_value.decode("utf-8", "replace")
        if name not in HOP_BY_HOP:
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _as_sent(request: Request) -> list[tuple[bytes, bytes]]:
    """Return the joined headers as bytes: as text, httpx takes ASCII alone."""
    return [(name.encode(), value.encode()) for name, value in _joined(request).items()]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--aws-url", required=True)
    chosen = parser.parse_args()
    uvicorn.run(make_app(chosen.aws_url), host=HOST, port=chosen.port, access_log=False)
