"""Answers that are none: a connection that hangs, and one that is broken off."""

import asyncio
import contextlib
import socket
import struct
from typing import Any, ClassVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

LONGEST_HANG_S = 300.0


class BreakableProtocol(H11Protocol):
    """uvicorn's HTTP protocol, with its open connections known by the client's address."""

    open: ClassVar[dict[tuple[str, int], asyncio.Transport]] = {}

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as uvicorn has it
        """Remember the connection."""
        super().connection_made(transport)
        self.open[_peer(transport)] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self.open.pop(_peer(self.transport), None)
        super().connection_lost(exc)


class BrokenAnswer(Response):
    """Breaks the connection instead of answering, after hanging for a while."""

    def __init__(self, hang_s: float = 0.0) -> None:
        super().__init__()
        self._hang_s = hang_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hang until the client gives up or the time is over, then reset the connection."""
        del send
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._hang_s):
                await _until_disconnected(receive)
        host, port = scope["client"]
        transport = BreakableProtocol.open.get((host, port))
        if transport is None:
            return
        sock = transport.get_extra_info("socket")
        # Lingering for zero seconds makes closing a reset, which no client takes for an answer.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await _until_disconnected(receive)


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _peer(transport: asyncio.Transport) -> tuple[str, int]:
    host, port = transport.get_extra_info("peername")[:2]
    return host, port
