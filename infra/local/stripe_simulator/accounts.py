"""Several accounts in one process, each with its own keys, objects, clock, ledger and webhooks.

A request is its account's by its API key, by `?account=acct_...`, or by an id in its path; all
others are the first account's, the one the simulator was started with.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from copy import replace
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.local.stripe_simulator import ledger, paying_out, refunding
from infra.local.stripe_simulator.api import Api
from infra.local.stripe_simulator.clock import Clock
from infra.local.stripe_simulator.control import Control
from infra.local.stripe_simulator.deliveries import Deliveries
from infra.local.stripe_simulator.errors import StripeError, StripeObject, invalid_param, no_such
from infra.local.stripe_simulator.faults import Faults
from infra.local.stripe_simulator.hosted_page import HostedPages
from infra.local.stripe_simulator.ids import Ids
from infra.local.stripe_simulator.keys import NONE, READ, WRITE, resources_of, sent_key
from infra.local.stripe_simulator.resources.account import settle_in
from infra.local.stripe_simulator.resources.country_specs import DEFAULT_CURRENCY
from infra.local.stripe_simulator.resources.registry import OPERATIONS
from infra.local.stripe_simulator.settings import Settings
from infra.local.stripe_simulator.state import Account

MAX_ACCOUNTS = 100
MAX_DAYS_AGO = 400
RESOURCES = resources_of(operation.path for operation in OPERATIONS)


@dataclass(frozen=True)
class Tenant:
    """One account with what serves it."""

    account: Account
    deliveries: Deliveries
    app: Starlette


class Accounts:
    """All accounts of the process; as an ASGI application it hands a request to its account."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._tenants = [_tenant(settings, clock)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the account that a request belongs to answer it."""
        try:
            app: ASGIApp = self._tenant_of(Request(scope)).app
        except StripeError as refusal:
            app = JSONResponse({"error": refusal.error}, refusal.status)
        await app(scope, receive, send)

    def all(self) -> tuple[Tenant, ...]:
        """Give every account, the first one first."""
        return tuple(self._tenants)

    def named(self, account_id: str | None) -> Tenant:
        """Find an account by its id; without an id it is the first."""
        for tenant in self._tenants:
            if account_id in {None, tenant.account.id}:
                return tenant
        raise no_such("account", str(account_id))

    def routes(self) -> list[Route]:
        """Give the control calls that are about accounts and keys."""
        table: list[tuple[str, str, Callable[[StripeObject], StripeObject]]] = [
            ("GET", "/_sim/accounts", self.describe),
            ("POST", "/_sim/accounts", self.open),
            ("POST", "/_sim/keys/restrict", self.restrict_key),
            ("POST", "/_sim/keys/revoke", self.revoke_key),
        ]
        return [Route(path, _answering(handle), methods=[method]) for method, path, handle in table]

    def describe(self, _sent: StripeObject) -> StripeObject:
        """List the accounts, without their keys."""
        return {
            "accounts": [
                {
                    "id": tenant.account.id,
                    "business_name": tenant.account.settings.business_name,
                    "country": tenant.account.settings.account_country,
                    "default_currency": tenant.account.settings.currency,
                }
                for tenant in self._tenants
            ]
        }

    def open(self, sent: StripeObject) -> StripeObject:
        """Open a further account; gives its keys.

        `settlement_currencies` are those it settles in beside the default one. `days_ago` lets its
        clock begin in the past: whoever advances it has a history with days of its own.
        """
        if len(self._tenants) >= MAX_ACCOUNTS:
            raise invalid_param(f"There can be at most {MAX_ACCOUNTS} accounts.", param="")
        known = {"country", "default_currency", "business_name", "settlement_currencies"}
        _refuse_unknown(sent, {*known, "days_ago"})
        days_ago = sent.get("days_ago", 0)
        if not isinstance(days_ago, int) or not 0 <= days_ago <= MAX_DAYS_AGO:
            raise invalid_param(f"days_ago must be from 0 to {MAX_DAYS_AGO}", param="days_ago")
        country = sent.get("country", self._settings.account_country)
        if country not in DEFAULT_CURRENCY:
            raise invalid_param("country must be one of Stripe's, in capitals", param="country")
        currency = sent.get("default_currency", DEFAULT_CURRENCY[country])
        if currency not in DEFAULT_CURRENCY.values():
            raise invalid_param("no account settles in it", param="default_currency")
        name = sent.get("business_name", self._settings.business_name)
        if not isinstance(name, str) or not name:
            raise invalid_param("business_name must be a text", param="business_name")
        seed = _seed_of(self._settings.seed, len(self._tenants))
        keys = Ids(seed)
        settings = replace(
            self._settings,
            seed=seed + 1,
            account_country=country,
            currency=currency,
            business_name=name,
            secret_key=f"sk_test_{keys.characters(24)}",
            publishable_key=f"pk_test_{keys.characters(24)}",
        )
        tenant = _tenant(settings, Clock(behind_s=days_ago * ledger.DAY_S))
        settle_in(tenant.account, sent.get("settlement_currencies", []))
        self._tenants.append(tenant)
        return {
            "id": tenant.account.id,
            "secret_key": settings.secret_key,
            "publishable_key": settings.publishable_key,
            "country": country,
            "default_currency": currency,
        }

    def restrict_key(self, sent: StripeObject) -> StripeObject:
        """Make a restricted key: `permissions` maps resources to `read`, `write` or `none`."""
        _refuse_unknown(sent, {"permissions", "account"})
        permissions = sent.get("permissions")
        if not isinstance(permissions, dict):
            raise invalid_param("permissions must map resources to access", param="permissions")
        for resource, access in permissions.items():
            if resource not in RESOURCES or access not in {NONE, READ, WRITE}:
                raise invalid_param(
                    f"'{resource}' must be one of {', '.join(sorted(RESOURCES))}, "
                    "with read, write or none",
                    param="permissions",
                )
        account = self.named(sent.get("account")).account
        key = f"rk_test_{account.ids.characters(24)}"
        account.keys.restrict(key, permissions)
        return {"key": key, "account": account.id}

    def revoke_key(self, sent: StripeObject) -> StripeObject:
        """Revoke a secret or restricted key: calls with it are 401 from now on."""
        _refuse_unknown(sent, {"key"})
        key = str(sent.get("key", ""))
        tenant = self._holder(key)
        if tenant is None:
            raise no_such("key", "...", param="key")
        tenant.account.keys.revoke(key)
        return {"status": "revoked", "account": tenant.account.id}

    def _tenant_of(self, request: Request) -> Tenant:
        found = None
        if "authorization" in request.headers:
            found = self._holder(sent_key(request.headers["authorization"]))
        is_api = request.url.path.startswith("/v1/")
        if found is None and not is_api and "account" in request.query_params:
            return self.named(request.query_params["account"])
        if found is None:
            parts = request.url.path.split("/")
            found = next((one for one in self._tenants if _holds(one.account, parts)), None)
        return found or self._tenants[0]

    def _holder(self, key: str) -> Tenant | None:
        return next((one for one in self._tenants if one.account.keys.knows(key)), None)


def _tenant(settings: Settings, clock: Clock) -> Tenant:
    account = Account(settings, clock, Ids(settings.seed))
    faults, deliveries = Faults(), Deliveries(account)
    account.on_event.append(deliveries.announce)
    refunding.watch(account)
    paying_out.schedule_daily(account)
    api = Api(account, OPERATIONS, faults)

    async def answer_api(request: Request) -> Response:
        return await api(request)

    app = Starlette(
        routes=[
            *HostedPages(account).routes(),
            *Control(account, faults, deliveries).routes(),
            Route("/_sim/{path:path}", _no_control, methods=["GET", "POST", "DELETE"]),
            Route("/{path:path}", answer_api, methods=["GET", "POST", "DELETE", "PUT", "PATCH"]),
        ]
    )
    return Tenant(account, deliveries, app)


def _holds(account: Account, parts: list[str]) -> bool:
    return any(part in kept for part in parts if "_" in part for kept in account.objects.values())


def _seed_of(seed: int, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{number}".encode()).digest()[:6])


def _refuse_unknown(sent: StripeObject, known: set[str]) -> None:
    for name in sent.keys() - known:
        raise invalid_param(f"{name} is none of {', '.join(sorted(known))}", param=name)


def _answering(
    handle: Callable[[StripeObject], StripeObject],
) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def answer(request: Request) -> JSONResponse:
        try:
            sent = json.loads(await request.body() or b"{}")
            if not isinstance(sent, dict):
                raise invalid_param("The body must be a JSON object.", param="")
            return JSONResponse(handle(sent))
        except StripeError as refusal:
            return JSONResponse({"error": refusal.error}, int(refusal.status))
        except ValueError:
            return JSONResponse({"error": {"message": "The body is not JSON."}}, 400)

    return answer


async def _no_control(_request: Request) -> Response:
    return JSONResponse({"error": {"message": "There is no such control call (yet)."}}, 404)
