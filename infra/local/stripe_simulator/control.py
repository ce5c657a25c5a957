"""Control calls under `/_sim`: what a test or a demo does that no client of Stripe could."""

import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.local.stripe_simulator import authentication, checkout
from infra.local.stripe_simulator.cards import card_of_number
from infra.local.stripe_simulator.deliveries import MODES, Deliveries
from infra.local.stripe_simulator.delivery_plan import read_plan
from infra.local.stripe_simulator.errors import StripeError, StripeObject, invalid_param, no_such
from infra.local.stripe_simulator.faults import Faults
from infra.local.stripe_simulator.money_control import MoneyControl
from infra.local.stripe_simulator.resources.account import change_profile, settle_in
from infra.local.stripe_simulator.resources.webhook_endpoints import roll_secret
from infra.local.stripe_simulator.state import Account

LONGEST_ADVANCE_S = 400 * 86_400
DAY_S = 86_400


class Control:
    """The control calls of one account. None needs a key; all answer JSON."""

    def __init__(self, account: Account, faults: Faults, deliveries: Deliveries) -> None:
        self._account = account
        self._faults = faults
        self._deliveries = deliveries

    def routes(self) -> list[Route]:
        """Give the control calls' routes."""
        table: list[tuple[str, str, Callable[[Request, StripeObject], StripeObject]]] = [
            ("GET", "/_sim/health", self.health),
            ("POST", "/_sim/checkout/{session}/pay", self.pay),
            ("POST", "/_sim/checkout/{session}/authenticate", self.authenticate),
            ("POST", "/_sim/checkout/{session}/expire", self.expire),
            ("POST", "/_sim/payment_intents/{intent}/authenticate", self.authenticate_intent),
            ("POST", "/_sim/setup_intents/{intent}/authenticate", self.authenticate_intent),
            ("POST", "/_sim/account", self.change_account),
            ("POST", "/_sim/faults", self.order_fault),
            ("DELETE", "/_sim/faults", self.clear_faults),
            ("GET", "/_sim/deliveries", self.list_deliveries),
            ("POST", "/_sim/deliveries", self.switch_deliveries),
            ("POST", "/_sim/webhook_endpoints/{endpoint}/roll", self.roll),
            *MoneyControl(self._account).table(),
            ("GET", "/_sim/clock", self.clock),
            ("POST", "/_sim/clock", self.set_clock),
            ("POST", "/_sim/clock/advance", self.advance),
        ]
        return [
            Route(path, self._answering(handle), methods=[method]) for method, path, handle in table
        ]

    def health(self, _request: Request, _sent: StripeObject) -> StripeObject:
        """Tell that the simulator is up."""
        return {"status": "ok"}

    def pay(self, request: Request, sent: StripeObject) -> StripeObject:
        """Pay a session: `card` is a number, `authenticate` answers 3D Secure at once."""
        account, session = self._account, self._session(request)
        if session["status"] != "open":
            return checkout.outcome(account, session, session["status"])
        number = sent.get("card")
        if not isinstance(number, str):
            raise invalid_param("card must be a card number", param="card")
        try:
            card = card_of_number(number, clock=account.clock, ids=account.ids)
        except StripeError as refusal:
            return checkout.outcome(account, session, "declined", refusal)
        email, name = str(sent.get("email") or ""), str(sent.get("name") or "")
        outcome = checkout.pay(account, session, card, email=email, name=name)
        if outcome["status"] == "requires_action" and "authenticate" in sent:
            return self.authenticate(request, {"outcome": sent["authenticate"]})
        return outcome

    def authenticate(self, request: Request, sent: StripeObject) -> StripeObject:
        """Answer the bank's question: `outcome` is `complete` or `fail`."""
        if sent.get("outcome") not in {"complete", "fail"}:
            raise invalid_param("outcome must be complete or fail", param="outcome")
        passed = sent["outcome"] == "complete"
        return checkout.authenticate(self._account, self._session(request), passed=passed)

    def authenticate_intent(self, request: Request, sent: StripeObject) -> StripeObject:
        """Answer the bank's question about an intent: `outcome` is `succeed` or `fail`."""
        if sent.get("outcome") not in {"succeed", "fail"}:
            raise invalid_param("outcome must be succeed or fail", param="outcome")
        intent = authentication.find_intent(self._account, request.path_params["intent"])
        if intent is None:
            raise no_such("intent", request.path_params["intent"])
        return authentication.answer(self._account, intent, passed=sent["outcome"] == "succeed")

    def change_account(self, _request: Request, sent: StripeObject) -> StripeObject:
        """Make the account incomplete, disabled or complete again, or change what it settles in."""
        profile = dict(sent)
        if "settlement_currencies" in profile:
            settle_in(self._account, profile.pop("settlement_currencies"))
        return change_profile(self._account, profile)

    def expire(self, request: Request, _sent: StripeObject) -> StripeObject:
        """Expire a session; one that is no longer open stays as it is."""
        session = self._session(request)
        checkout.expire_if_open(self._account, session)
        return {"status": session["status"], "payment_intent": session["payment_intent"]}

    def order_fault(self, _request: Request, sent: StripeObject) -> StripeObject:
        """Order a fault for the next calls of a path."""
        try:
            fault = self._faults.order(sent)
        except (TypeError, ValueError) as cause:
            raise invalid_param(f"No such fault: {cause}", param="status") from cause
        return {"status": "ordered", "path": fault.path, "times": fault.times}

    def clear_faults(self, _request: Request, _sent: StripeObject) -> StripeObject:
        """Forget all faults that were ordered."""
        self._faults.clear()
        return {"status": "cleared"}

    def list_deliveries(self, request: Request, _sent: StripeObject) -> StripeObject:
        """Give the log of deliveries, oldest first; `?type=` and `?event=` choose."""
        chosen = {name: request.query_params.get(name) for name in ("type", "event", "outcome")}
        entries = [
            entry
            for entry in self._deliveries.log
            if all(value is None or entry.get(name) == value for name, value in chosen.items())
        ]
        return self._delivery_state() | {"deliveries": entries}

    def switch_deliveries(self, _request: Request, sent: StripeObject) -> StripeObject:
        """Change how deliveries go.

        `release` sends what is held; deliveries then go on normally unless `mode` says otherwise.
        """
        mode = sent.get("mode")
        if mode is not None and mode not in MODES:
            raise invalid_param(f"mode must be one of {', '.join(MODES)}", param="mode")
        plan = read_plan(sent)
        pause_s = sent.get("retry_start_s", self._deliveries.retry_start_s)
        if not isinstance(pause_s, int | float) or not 0 <= pause_s <= DAY_S:
            raise invalid_param("retry_start_s must be seconds", param="retry_start_s")
        self._deliveries.retry_start_s = pause_s
        released = self._deliveries.release() if sent.get("release") else 0
        if mode == "plan":
            self._deliveries.follow(plan)
        elif mode is not None or sent.get("release"):
            self._deliveries.switch(mode or "normal")
        return self._delivery_state() | {"released": released}

    def roll(self, request: Request, sent: StripeObject) -> StripeObject:
        """Roll an endpoint's secret; the old one signs along for `overlap_s` (a day at most)."""
        overlap_s = sent.get("overlap_s", DAY_S)
        if not isinstance(overlap_s, int) or not 0 <= overlap_s <= DAY_S:
            raise invalid_param("overlap_s must be from 0 to 86400", param="overlap_s")
        endpoint = self._account.get("webhook_endpoint", request.path_params["endpoint"])
        return {"id": endpoint["id"], "secret": roll_secret(self._account, endpoint, overlap_s)}

    def clock(self, _request: Request, _sent: StripeObject) -> StripeObject:
        """Tell the simulator's time."""
        clock = self._account.clock
        return {"now": clock.now(), "stopped": clock.stopped}

    def set_clock(self, request: Request, sent: StripeObject) -> StripeObject:
        """Stop the clock or let it run on."""
        if not isinstance(sent.get("stopped"), bool):
            raise invalid_param("stopped must be true or false", param="stopped")
        if sent["stopped"]:
            self._account.clock.stop()
        else:
            self._account.clock.start()
        return self.clock(request, {})

    def advance(self, request: Request, sent: StripeObject) -> StripeObject:
        """Move the clock forward; what falls due happens before the answer."""
        seconds = sent.get("seconds")
        if not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_ADVANCE_S:
            raise invalid_param("seconds must be from 0 to 400 days", param="seconds")
        self._account.clock.advance(seconds)
        return self.clock(request, {})

    def _session(self, request: Request) -> StripeObject:
        return self._account.get("checkout.session", request.path_params["session"])

    def _delivery_state(self) -> StripeObject:
        deliveries = self._deliveries
        return {
            "mode": deliveries.mode,
            "held": deliveries.held,
            "under_way": deliveries.under_way,
        }

    def _answering(
        self, handle: Callable[[Request, StripeObject], StripeObject]
    ) -> Callable[[Request], Awaitable[JSONResponse]]:
        async def answer(request: Request) -> JSONResponse:
            try:
                sent = json.loads(await request.body() or b"{}")
                if not isinstance(sent, dict):
                    raise invalid_param("The body must be a JSON object.", param="")
                async with self._account.lock:
                    self._account.clock.run_due()
                    return JSONResponse(handle(request, sent))
            except StripeError as refusal:
                return JSONResponse({"error": refusal.error}, int(refusal.status))
            except ValueError:
                return JSONResponse({"error": {"message": "The body is not JSON."}}, 400)

        return answer
