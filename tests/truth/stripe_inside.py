"""The Stripe simulator's account, asked through the real library without a socket between.

What the simulator does not do by itself is done here: it lists a movement late, takes a key back,
gives no answer, and makes movements that only Stripe can make. What Stripe knows is `transactions`,
as its API gives them.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any
from urllib.parse import urlsplit

import stripe

from infra.local.stripe_simulator import (
    disputing,
    forms,
    ledger,
    params,
    paying_out,
    payments,
    refunding,
)
from infra.local.stripe_simulator.api import EXPAND, Call
from infra.local.stripe_simulator.cards import card_of_number
from infra.local.stripe_simulator.clock import Clock
from infra.local.stripe_simulator.errors import StripeError, unauthorized
from infra.local.stripe_simulator.exchange import Settled
from infra.local.stripe_simulator.expansion import expanded
from infra.local.stripe_simulator.fees import Fee
from infra.local.stripe_simulator.ids import Ids
from infra.local.stripe_simulator.resources.payment_methods import new_payment_method
from infra.local.stripe_simulator.resources.registry import OPERATIONS
from infra.local.stripe_simulator.settings import Settings
from infra.local.stripe_simulator.state import Account

SECRET_KEY = "sk_test_truth00000000000001"
TRANSACTION = "balance_transaction"
NO_ANSWER = "no answer"

type Told = dict[str, Any]


class StripeInside:
    """One account, and when it answers what."""

    def __init__(self, *, seed: int, begins_s: float, currency: str) -> None:
        self.clock = Clock(lambda: float(begins_s))
        self.clock.stop()
        settings = Settings(
            SECRET_KEY, "pk_test_truth", "http://stripe.test", seed, currency=currency
        )
        self.account = Account(settings, self.clock, Ids(seed))
        self.events: list[Told] = []
        self.account.on_event.append(self.events.append)
        refunding.watch(self.account)
        paying_out.schedule_daily(self.account)
        # From when on late movements are listed, and until when a new one stays away.
        self.listed_from_s: dict[str, int] = {}
        self.is_key_refused = False
        # How many more calls are answered, where not all are.
        self.answers_left: int | None = None
        self.calls = 0

    # ------------------------------------------------------------------ asked

    def answer(self, method: str, url: str, headers: Mapping[str, str], sent: str) -> Any:
        """Answer a call of the library's: body, status and headers."""
        self.calls += 1
        if self.answers_left is not None:
            if self.answers_left <= 0:
                raise stripe.APIConnectionError(NO_ANSWER, should_retry=False)  # type: ignore[no-untyped-call]
            self.answers_left -= 1
        address = urlsplit(url)
        try:
            body = self._call(method.upper(), address.path, address.query or sent or "", headers)
            return json.dumps(body), 200, {}
        except StripeError as refusal:
            return json.dumps(refusal.body("req_truth")), int(refusal.status), {}

    def _call(self, method: str, path: str, sent: str, headers: Mapping[str, str]) -> Told:
        self.account.keys.check(headers["Authorization"], method, path)
        if self.is_key_refused:
            raise unauthorized("Expired API Key provided", code="api_key_expired")
        operation, ids = next(
            (each, ids) for each in OPERATIONS if (ids := each.match(method, path)) is not None
        )
        read = params.fields({**EXPAND, **operation.params}, forms.decode(sent.encode()))
        self.clock.run_due()
        # What is read is as it is listed; what is done is done to all.
        is_read = method == "GET"
        with self._as_listed(is_sum=path == "/v1/balance") if is_read else nullcontext():
            done = operation.handle(Call(self.account, read, ids, path))
        return expanded(self.account, done, read.get("expand", []))

    @contextmanager
    def _as_listed(self, *, is_sum: bool) -> Iterator[None]:
        """Let lists and balance be without what is late; other balances are in no sum."""
        objects = self.account.objects
        whole = objects.setdefault(TRANSACTION, {})
        now_s = self.clock.now()
        objects[TRANSACTION] = {
            name: each
            for name, each in whole.items()
            if self.listed_from_s.get(name, 0) <= now_s
            and (not is_sum or each["balance_type"] == "payments")
        }
        try:
            yield
        finally:
            objects[TRANSACTION] = whole

    def transactions(self) -> list[Told]:
        """Return all that there are, listed or not, sources expanded."""
        return [expanded(self.account, each, ["source"]) for each in self.objects(TRANSACTION)]

    def listed(self) -> frozenset[str]:
        """Return the names of those that Stripe lists by now."""
        now_s = self.clock.now()
        names = self.account.objects.get(TRANSACTION, {})
        return frozenset(each for each in names if self.listed_from_s.get(each, 0) <= now_s)

    def carried(self, payout_id: str) -> list[Told]:
        """Return the movements that an automatic payout carried, its own among them."""
        return paying_out.paid_with(self.account, self.account.get("payout", payout_id))

    def objects(self, kind: str) -> list[Told]:
        """Return all of Stripe's objects of a kind, oldest first."""
        return list(self.account.objects.get(kind, {}).values())

    # ------------------------------------------------------------------ what happens

    def keep(self, currency: str) -> None:
        """Let the account have a balance and a bank account in that currency too."""
        self.account.settles_in = (*dict.fromkeys((*self.account.settles_in, currency)),)

    def pay(
        self, amount: int, currency: str, card: str, metadata: Mapping[str, str], captured: int = 0
    ) -> Told:
        """Let a client pay, `captured` of what was authorised; return the charge."""
        way = "manual" if captured else "automatic_async"
        intent = self._confirm(amount, currency, card, metadata, way)
        if captured:
            payments.capture(self.account, intent, captured)
        return self.account.get("charge", intent["latest_charge"])

    def hold(self, amount: int, currency: str, card: str, metadata: Mapping[str, str]) -> Told:
        """Let a client's bank hold an amount; return the payment intent."""
        return self._confirm(amount, currency, card, metadata, "manual")

    def _confirm(
        self, amount: int, currency: str, card: str, metadata: Mapping[str, str], way: str
    ) -> Told:
        account = self.account
        intent = payments.new_payment_intent(
            account,
            amount=amount,
            currency=currency,
            metadata=dict(metadata),
            capture_method=way,
        )
        method = new_payment_method(
            account, card_of_number(card, clock=self.clock, ids=account.ids)
        )
        payments.confirm(account, intent, method, {})
        return intent

    def take(self, intent: Told) -> Told:
        """Capture all that is held; return the charge."""
        payments.capture(self.account, intent, intent["amount_capturable"])
        return self.account.get("charge", intent["latest_charge"])

    def release(self, intent: Told) -> None:
        """Give back what is held."""
        payments.cancel(self.account, intent, None)

    def refund(self, charge: Told, amount: int) -> Told:
        """Give a part of a charge back."""
        return refunding.create(self.account, charge, amount=amount, reason=None, metadata={})

    def dispute(self, charge: Told, amount: int | None, *, inquiry: bool) -> Told:
        """Let a client's bank dispute a charge."""
        return disputing.open_dispute(self.account, charge, "fraudulent", amount, inquiry=inquiry)

    def move(
        self,
        kind: str,
        category: str,
        amount: int,
        *,
        fee: int = 0,
        currency: str = "",
        balance: str = "payments",
        source: Told | None = None,
    ) -> Told:
        """Make a movement of Stripe's own; no payout takes it."""
        fees = [Fee(fee, "Stripe")] if fee else []
        made = ledger.new_balance_transaction(
            self.account,
            kind=kind,
            reporting_category=category,
            source=source or {"id": None},
            moved=Settled(amount, currency or self.account.settings.currency, None),
            fees=fees,
        )
        made["balance_type"] = balance
        self.account.hidden.setdefault(made["id"], {})["payout"] = "none"
        return made


class Transport(stripe.RequestsClient):
    """What the library sends its requests through: straight into the account."""

    inside: StripeInside

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **_more: Any,
    ) -> Any:
        return self.inside.answer(method, url, headers or {}, post_data or "")

    def close(self) -> None:
        """There is nothing to close."""
