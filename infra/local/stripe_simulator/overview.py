"""The page at `/`: what an account has, and buttons for what only a bank, Stripe or time can do."""

import json
from urllib.parse import parse_qs

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from infra.local.stripe_simulator import ledger, overview_html
from infra.local.stripe_simulator.accounts import Accounts, Tenant
from infra.local.stripe_simulator.errors import StripeError, StripeObject
from infra.local.stripe_simulator.hosted_page import HEADERS

MAX_FORM_BYTES = 2000
SHOWN = 10
DELIVERIES_SHOWN = 20
DAY_S = 86_400
KINDS = ("charge", "checkout.session", "dispute", "payout", "refund")

# Button -> the control call it makes, with the id of the object filled in, and the call's body.
ACTIONS: dict[str, tuple[str, StripeObject]] = {
    "dispute": ("/_sim/charges/{id}/dispute", {"reason": "fraudulent"}),
    "inquiry": ("/_sim/charges/{id}/dispute", {"reason": "general", "inquiry": True}),
    "won": ("/_sim/disputes/{id}/close", {"status": "won"}),
    "lost": ("/_sim/disputes/{id}/close", {"status": "lost"}),
    "warning_closed": ("/_sim/disputes/{id}/close", {"status": "warning_closed"}),
    "fail_refund": ("/_sim/refunds/{id}/fail", {"failure_reason": "lost_or_stolen_card"}),
    "payout": ("/_sim/payouts", {"instant": True}),
    "fail_payout": ("/_sim/payouts/{id}/fail", {}),
    "advance": ("/_sim/clock/advance", {"seconds": DAY_S}),
    "expire": ("/_sim/checkout/{id}/expire", {}),
}


class Overview:
    """The page of all accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def routes(self) -> list[Route]:
        """Give the page's routes."""
        return [
            Route("/", self.show, methods=["GET"]),
            Route("/", self.act, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show the account that `?account=` names, or the first."""
        try:
            tenant = self._accounts.named(request.query_params.get("account"))
        except StripeError as refusal:
            return HTMLResponse(
                overview_html.nothing(refusal.error["message"]), refusal.status, HEADERS
            )
        return await self._page(tenant)

    async def act(self, request: Request) -> Response:
        """Do what a button says, then show the page again; a refusal is shown on it."""
        # Any site a browser visits could send this form; only the page itself may.
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return HTMLResponse(overview_html.nothing("Use the buttons."), 403, HEADERS)
        form = await _form(request)
        try:
            tenant = self._accounts.named(form.get("account"))
        except StripeError as refusal:
            return HTMLResponse(
                overview_html.nothing(refusal.error["message"]), refusal.status, HEADERS
            )
        if form.get("do") not in ACTIONS:
            return await self._page(tenant, "There is no such button.")
        path, body = ACTIONS[form["do"]]
        refused = await _call(tenant, path, form.get("id", ""), body)
        if refused is not None:
            return await self._page(tenant, refused)
        return RedirectResponse(f"/?account={tenant.account.id}", 303, HEADERS)

    async def _page(self, tenant: Tenant, refusal: str | None = None) -> Response:
        account = tenant.account
        async with account.lock:
            account.clock.run_due()
            shown = overview_html.Shown(
                account=account,
                accounts=[one.account for one in self._accounts.all()],
                balance=ledger.balance(account),
                newest={kind: list(account.all(kind))[:SHOWN] for kind in KINDS},
                disputed=frozenset(one["charge"] for one in account.all("dispute")),
                deliveries=list(tenant.deliveries.log)[-DELIVERIES_SHOWN:][::-1],
                delivery_mode=tenant.deliveries.mode,
            )
            page = overview_html.overview(shown, refusal)
        return HTMLResponse(page, 400 if refusal else 200, HEADERS)


async def _call(tenant: Tenant, path: str, object_id: str, body: StripeObject) -> str | None:
    """Make a control call as any client would; gives the reason if it was refused."""
    if "{id}" in path and not object_id.replace("_", "").isalnum():
        return "The button names no object."
    transport = httpx.ASGITransport(tenant.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
        answer = await client.post(path.format(id=object_id), json=body)
    if answer.is_success:
        return None
    return str(json.loads(answer.content)["error"]["message"])


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return {}
    try:
        fields = parse_qs(body.decode(), max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
