"""The local front door hands on what API Gateway hands on, and refuses what it refuses."""

import asyncio
import gzip
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local import front_door

type Headers = list[tuple[bytes, bytes]]
type Ask = Callable[[Headers], httpx.Response]


def in_a_loop_of_its_own(asked: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
    """Run it in a thread: Playwright's loop runs in a worker's own where it had browser tests."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, asked).result()


async def _tell_headers(request: Request) -> Response:
    raw = {name.decode(): value.decode("latin-1") for name, value in request.headers.raw}
    told = JSONResponse(raw)
    if "gzip" not in raw["accept-encoding"]:
        return told
    packed = gzip.compress(bytes(told.body))
    return Response(packed, headers={"content-encoding": "gzip"}, media_type="application/json")


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Ask the front door of an emulator that answers with the headers that it was given."""
    emulator = httpx.ASGITransport(Starlette(routes=[Route("/{path:path}", _tell_headers)]))
    client = httpx.AsyncClient

    def beside(*, base_url: str, headers: dict[str, str], **_: object) -> httpx.AsyncClient:
        return client(transport=emulator, base_url=base_url, headers=headers)

    monkeypatch.setattr(httpx, "AsyncClient", beside)
    monkeypatch.setattr(front_door, "OptionsRoutes", lambda _: None)
    app = front_door.make_app("http://127.0.0.1:1")

    async def send(headers: Headers) -> httpx.Response:
        async with app.router.lifespan_context(app):
            door = client(transport=httpx.ASGITransport(app), base_url="http://door")
            async with door:
                return await door.get("/health", headers=headers)

    return lambda headers: in_a_loop_of_its_own(send(headers))


@pytest.mark.parametrize(
    "name", ["user-agent", "cookie", "origin", "accept", "idempotency-key", "stripe-signature"]
)
@pytest.mark.parametrize("value", ["Córdoba", "東京", "\u00e9"])
def test_a_header_that_is_no_ascii_is_handed_on(ask: Ask, name: str, value: str) -> None:
    """Bug: any such header was a 500."""
    answer = ask([(name.encode(), value.encode())])
    assert answer.status_code == 200
    assert answer.json()[name].encode("latin-1").decode() == value


def test_what_is_no_utf_8_either_is_handed_on_as_far_as_it_can_be_read(ask: Ask) -> None:
    answer = ask([(b"x-city", b"C\xf3rdoba")])
    assert answer.status_code == 200
    assert answer.json()["x-city"].encode("latin-1").decode() == "C\ufffdrdoba"


def test_repeated_headers_are_joined_by_commas(ask: Ask) -> None:
    answer = ask([(b"x-a", b"1"), (b"x-a", b"2")])
    assert answer.json()["x-a"] == "1,2"


def test_a_compressed_answer_is_handed_on_as_it_came(ask: Ask) -> None:
    """Bug: it was unpacked on the way, so that nobody saw here how much is sent."""
    answer = ask([(b"accept-encoding", b"gzip")])
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["accept-encoding"] == "gzip"


def test_who_takes_no_compression_is_not_said_to(ask: Ask) -> None:
    answer = ask([(b"accept-encoding", b"identity")])
    assert "content-encoding" not in answer.headers
    assert answer.json()["accept-encoding"] == "identity"


def pass_on(path: str) -> tuple[httpx.Response, list[bytes]]:
    """Send a request through the front door; return the answer, and the paths that arrived."""
    arrived: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        arrived.append(request.url.raw_path.rpartition(b"$default")[2])
        told = httpx.ByteStream(b'{"message": "Not Found"}')
        return httpx.Response(404, stream=told, headers={"content-type": "application/json"})

    async def send() -> httpx.Response:
        app = front_door.make_app("http://emulator")
        emulator = httpx.AsyncClient(
            transport=httpx.MockTransport(answer), base_url="http://emulator"
        )
        door = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door")
        async with emulator, door:
            app.state.client = emulator
            return await door.post(path)

    return in_a_loop_of_its_own(send()), arrived


@pytest.mark.enable_socket  # asyncio wakes itself through a pair of them
@pytest.mark.parametrize(
    "path", ["/", "/pay/token", "/visit/0/a%0Ab", "/pay/%F3%91%80%99", "/a?b=c"]
)
def test_every_path_is_passed_on_as_it_was_written(path: str) -> None:
    answer, arrived = pass_on(path)
    assert arrived == [path.encode()]
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
