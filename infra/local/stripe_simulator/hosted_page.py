"""The hosted payment page: what a client sees and does at `/c/pay/cs_test_...`."""

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from infra.local.stripe_simulator import authentication, checkout, page_html
from infra.local.stripe_simulator.cards import read_card
from infra.local.stripe_simulator.errors import StripeError, StripeObject
from infra.local.stripe_simulator.state import Account

MAX_FORM_BYTES = 10_000
# No `form-action`: browsers apply it to the redirect to the business's own site as well.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


class HostedPages:
    """The pages of one account's sessions and receipts."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Give the pages' routes."""
        return [
            Route("/c/pay/{session}", self.show, methods=["GET"]),
            Route("/c/pay/{session}", self.pay, methods=["POST"]),
            Route("/c/pay/{session}/authenticate", self.show_bank, methods=["GET"]),
            Route("/c/pay/{session}/authenticate", self.answer_bank, methods=["POST"]),
            Route("/authenticate/{intent}", self.show_intents_bank, methods=["GET"]),
            Route("/authenticate/{intent}", self.answer_intents_bank, methods=["POST"]),
            Route("/receipts/{charge}", self.receipt, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show what is to be paid, or how the session ended."""
        async with self._account.lock:
            self._account.clock.run_due()
            session = self._session(request)
            return self._page(session)

    async def pay(self, request: Request) -> Response:
        """Try the card; back to the page with the reason, on to the bank, or to the business."""
        form = await _form(request)
        async with self._account.lock:
            account = self._account
            account.clock.run_due()
            session = self._session(request)
            if session is None or session["status"] != "open":
                return self._page(session)
            try:
                card = read_card(
                    form.get("number", ""),
                    form.get("expiry", ""),
                    form.get("cvc", ""),
                    clock=account.clock,
                    ids=account.ids,
                )
            except StripeError as refusal:
                return self._page(session, refusal.error["message"])
            outcome = checkout.pay(
                account, session, card, email=form.get("email", ""), name=form.get("name", "")
            )
            return self._after(session, outcome)

    async def show_bank(self, request: Request) -> Response:
        """Show the bank's question, where one is open."""
        async with self._account.lock:
            session = self._session(request)
            if session is None or not checkout.awaits_authentication(self._account, session):
                return self._page(session)
            return _html(page_html.bank(session))

    async def answer_bank(self, request: Request) -> Response:
        """Take the client's answer to the bank."""
        form = await _form(request)
        async with self._account.lock:
            self._account.clock.run_due()
            session = self._session(request)
            if session is None or not checkout.awaits_authentication(self._account, session):
                return self._page(session)
            passed = form.get("outcome") == "complete"
            return self._after(
                session, checkout.authenticate(self._account, session, passed=passed)
            )

    async def show_intents_bank(self, request: Request) -> Response:
        """Show the bank's question about an intent that the API confirmed."""
        async with self._account.lock:
            intent = self._intent(request)
            if intent is None:
                return _nothing_to_answer()
            return _html(page_html.bank(intent))

    async def answer_intents_bank(self, request: Request) -> Response:
        """Take the client's answer to the bank and send the browser back to the business."""
        form = await _form(request)
        async with self._account.lock:
            self._account.clock.run_due()
            intent = self._intent(request)
            if intent is None:
                return _nothing_to_answer()
            passed = form.get("outcome") == "complete"
            told = authentication.answer(self._account, intent, passed=passed)
            return RedirectResponse(told["return_url"], 303, HEADERS)

    async def receipt(self, request: Request) -> Response:
        """Show the receipt of a charge."""
        async with self._account.lock:
            charge = self._account.find("charge", request.path_params["charge"])
            if charge is None or charge["status"] != "succeeded":
                return _html(page_html.message("No such receipt", ""), 404)
            return _html(page_html.receipt(charge, self._account.settings.business_name))

    def _intent(self, request: Request) -> StripeObject | None:
        """Find an intent whose client is to be sent to the bank's page."""
        intent = authentication.find_intent(self._account, request.path_params["intent"])
        action = intent["next_action"] if intent else None
        # A session's intent is authenticated on the session's own page.
        if (
            intent is None
            or action is None
            or "session" in self._account.hidden.get(intent["id"], {})
        ):
            return None
        return intent if action["type"] == "redirect_to_url" else None

    def _session(self, request: Request) -> StripeObject | None:
        return self._account.find("checkout.session", request.path_params["session"])

    def _after(self, session: StripeObject, outcome: StripeObject) -> Response:
        if outcome["status"] == "succeeded":
            return RedirectResponse(checkout.success_url(session), 303, HEADERS)
        if outcome["status"] == "requires_action":
            return RedirectResponse(f"/c/pay/{session['id']}/authenticate", 303, HEADERS)
        return self._page(session, outcome.get("error", {}).get("message"))

    def _page(self, session: StripeObject | None, refusal: str | None = None) -> Response:
        if session is None:
            return _html(page_html.message("There is nothing at this address", ""), 404)
        if session["status"] == "complete":
            return _html(page_html.complete(session, checkout.success_url(session)))
        if session["status"] == "expired":
            return _html(page_html.expired(session))
        lines = self._account.hidden[session["id"]]["line_items"]
        page = page_html.payment(
            session, lines, self._account.settings.business_name, refusal=refusal
        )
        return _html(page, 402 if refusal else 200)


def _nothing_to_answer() -> HTMLResponse:
    return _html(page_html.message("Your bank has no question open here", ""), 404)


def _html(page: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(page, status, HEADERS)


async def _form(request: Request) -> dict[str, str]:
    """Read a browser's form; what is too long or no form is as if nothing was typed."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return {}
    try:
        fields = parse_qs(body.decode(), max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0].strip() for name, values in fields.items()}
