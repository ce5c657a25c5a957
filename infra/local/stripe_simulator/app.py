"""The ASGI application: hosted pages, control calls, and the API for everything else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from infra.local.stripe_simulator.api import Api
from infra.local.stripe_simulator.clock import Clock
from infra.local.stripe_simulator.control import Control
from infra.local.stripe_simulator.deliveries import Deliveries
from infra.local.stripe_simulator.faults import Faults
from infra.local.stripe_simulator.hosted_page import HostedPages
from infra.local.stripe_simulator.ids import Ids
from infra.local.stripe_simulator.resources.registry import OPERATIONS
from infra.local.stripe_simulator.settings import Settings
from infra.local.stripe_simulator.state import Account

TICK_S = 0.05


def build_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """Build the application with an empty account."""
    account = Account(settings, clock or Clock(), Ids(settings.seed))
    faults = Faults()
    deliveries = Deliveries(account)
    account.on_event.append(deliveries.announce)
    api = Api(account, OPERATIONS, faults)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        ticking = asyncio.create_task(_tick(account))
        try:
            yield
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
            await deliveries.close()

    async def answer_api(request: Request) -> Response:
        return await api(request)

    return Starlette(
        routes=[
            *HostedPages(account).routes(),
            *Control(account, faults, deliveries).routes(),
            Route("/_sim/{path:path}", _no_control, methods=["GET", "POST", "DELETE"]),
            Route("/", _root, methods=["GET"]),
            Route("/{path:path}", answer_api, methods=["GET", "POST", "DELETE", "PUT", "PATCH"]),
        ],
        lifespan=lifespan,
    )


async def _tick(account: Account) -> None:
    """Let what is due happen without anyone calling."""
    while True:
        await asyncio.sleep(TICK_S)
        async with account.lock:
            account.clock.run_due()


async def _no_control(_request: Request) -> Response:
    return JSONResponse({"error": {"message": "There is no such control call (yet)."}}, 404)


async def _root(_request: Request) -> Response:
    return PlainTextResponse("The Stripe simulator is up. See its README for the control calls.\n")
