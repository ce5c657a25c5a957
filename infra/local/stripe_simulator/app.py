"""The ASGI application: the overview, calls about accounts, and the accounts themselves."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.routing import Mount

from infra.local.stripe_simulator.accounts import Accounts
from infra.local.stripe_simulator.clock import Clock
from infra.local.stripe_simulator.overview import Overview
from infra.local.stripe_simulator.settings import Settings

TICK_S = 0.05
logger = logging.getLogger("stripe_simulator")


def build_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """Build the application with one empty account."""
    accounts = Accounts(settings, clock or Clock())

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        ticking = asyncio.create_task(_tick(accounts))
        try:
            yield
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
            for tenant in accounts.all():
                await tenant.deliveries.close()

    return Starlette(
        routes=[*Overview(accounts).routes(), *accounts.routes(), Mount("/", accounts)],
        lifespan=lifespan,
    )


async def _tick(accounts: Accounts) -> None:
    """Let what is due happen without anyone calling."""
    while True:
        await asyncio.sleep(TICK_S)
        for tenant in accounts.all():
            async with tenant.account.lock:
                try:
                    tenant.account.clock.run_due()
                except Exception:
                    logger.exception("something due failed")
