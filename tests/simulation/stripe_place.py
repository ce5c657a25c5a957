"""A place's account at the simulated Stripe, asked through the real library without a socket.

Calls fail before and after their effect, and an idempotency key has its first answer again.
"""

import itertools
import json
from collections.abc import Mapping
from typing import Any, override

import stripe

from infra.local.stripe_simulator import checkout, forms
from infra.local.stripe_simulator.cards import card_of_number
from infra.local.stripe_simulator.errors import StripeError
from infra.local.stripe_simulator.idempotency import IdempotencyKeys
from shared.domain.stripe_facts.event_types import is_consumed
from tests.interleaving.memory_table import ANSWER_LOST, CONFLICT, DIE_AFTER, DIE_BEFORE, DOWN
from tests.simulation.trouble import Killed, Trouble
from tests.truth.stripe_inside import SECRET_KEY, StripeInside

type Told = dict[str, Any]
# Refused before it began: the key is free again. https://docs.stripe.com/api/idempotent_requests
NOT_SAVED = frozenset({401, 409, 429})
# What every object of the simulator says of its mode, and what it says in live mode.
MODES = ('"livemode": false', '"livemode": true')


class StripePlace(StripeInside):
    """One account in one mode; `is_away` while nothing is answered.

    It accepts its newest key alone. The simulator knows no mode but the test: one in live mode says
    `livemode` in all that leaves it, and nothing that it has is the test mode's.
    """

    def __init__(
        self,
        trouble: Trouble,
        *,
        seed: int,
        begins_s: float,
        currency: str,
        mode: str = "test",
        account_id: str = "",
    ) -> None:
        super().__init__(seed=seed, begins_s=begins_s, currency=currency)
        self.trouble, self.mode = trouble, mode
        self.account.id = account_id or self.account.id
        self._keys = itertools.count()
        self.secret_key = self.roll_key()
        self.is_away = False
        self.keys = IdempotencyKeys(self.clock)
        self._requests = itertools.count(1)
        self.taken = 0
        # How many calls had no answer, or were refused for their key.
        self.unanswered = 0

    def roll_key(self) -> str:
        """Revoke the key, and return a new one."""
        self.secret_key = f"sk_{self.mode}_{self.account.id[5:15]}{next(self._keys):010d}"
        return self.secret_key

    @override
    def answer(self, method: str, url: str, headers: Mapping[str, str], sent: str) -> Any:
        fate = self.trouble.fate("stripe")
        if fate == DIE_BEFORE:
            raise Killed
        if self.is_away or fate in (DOWN, CONFLICT):
            self.unanswered += 1
            raise _no_answer()
        self.is_key_refused = headers["Authorization"] != f"Bearer {self.secret_key}"
        self.unanswered += self.is_key_refused
        body, status, more = self._once(method.upper(), url, headers, sent)
        if fate == DIE_AFTER:
            raise Killed
        if fate == ANSWER_LOST:
            raise _no_answer()
        return self.in_mode(body), status, more

    def in_mode(self, text: str) -> str:
        """Return what is told, in JSON, as of the account's mode."""
        return text.replace(*MODES) if self.mode == "live" else text

    def _once(self, method: str, url: str, headers: Mapping[str, str], sent: str) -> Any:
        known = {**headers, "Authorization": f"Bearer {SECRET_KEY}"}
        key = headers.get("Idempotency-Key") if method == "POST" else None
        if key is None:
            return super().answer(method, url, known, sent)
        path = url.partition("?")[0]
        try:
            saved = self.keys.begin(
                key, f"{method} {path}", forms.decode(sent.encode()), f"req_{next(self._requests)}"
            )
        except StripeError as refusal:
            return json.dumps(refusal.body("req_again")), int(refusal.status), {}
        if saved is not None:
            return (saved.body or b"").decode(), saved.status or 500, {}
        body, status, more = super().answer(method, url, known, sent)
        if status in NOT_SAVED:
            self.keys.release(key)
        else:
            self.keys.save(key, status, body.encode())
        return body, status, more

    def new_events(self) -> list[Told]:
        """Return what a webhook endpoint is to be told and was not handed out yet."""
        new = self.events[self.taken :]
        self.taken = len(self.events)
        return [each for each in new if is_consumed(each["type"])]

    def pay_session(self, session_id: str, number: str) -> str:
        """Press the hosted page's button, and answer the bank's question; return the outcome."""
        session = self.account.get("checkout.session", session_id)
        card = card_of_number(number, clock=self.clock, ids=self.account.ids)
        outcome = checkout.pay(self.account, session, card, email="mira@example.com", name="Mira")
        if outcome["status"] == "requires_action":
            outcome = checkout.authenticate(self.account, session, passed=True)
        return str(outcome["status"])


def _no_answer() -> stripe.APIConnectionError:
    return stripe.APIConnectionError("no answer", should_retry=False)  # type: ignore[no-untyped-call]


class Routed(stripe.RequestsClient):
    """The library's way out: to the account whose key, of now or of before, a request has."""

    places: Mapping[str, StripePlace]

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **_more: Any,
    ) -> Any:
        sent = headers or {}
        place = self.places[sent["Authorization"].removeprefix("Bearer ")]
        return place.answer(method, url, sent, post_data or "")

    def close(self) -> None:
        """There is nothing to close."""
