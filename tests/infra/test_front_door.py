"""The front door of the local stack passes every path on, as API Gateway does."""

import asyncio

import httpx
import pytest

from infra.local.front_door import make_app


def pass_on(path: str) -> tuple[httpx.Response, list[bytes]]:
    """Send a request through the front door; return the answer, and the paths that arrived."""
    arrived: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        arrived.append(request.url.raw_path.rpartition(b"$default")[2])
        return httpx.Response(404, json={"message": "Not Found"})

    async def send() -> httpx.Response:
        app = make_app("http://emulator")
        emulator = httpx.AsyncClient(
            transport=httpx.MockTransport(answer), base_url="http://emulator"
        )
        door = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door")
        async with emulator, door:
            app.state.client = emulator
            return await door.post(path)

    return asyncio.run(send()), arrived


@pytest.mark.enable_socket  # asyncio wakes itself through a pair of them
@pytest.mark.parametrize(
    "path", ["/", "/pay/token", "/visit/0/a%0Ab", "/pay/%F3%91%80%99", "/a?b=c"]
)
def test_every_path_is_passed_on_as_it_was_written(path: str) -> None:
    answer, arrived = pass_on(path)
    assert arrived == [path.encode()]
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
