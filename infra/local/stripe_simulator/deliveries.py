"""Signed webhooks: each event to each endpoint that asks for it, at least once, in no order.

A try that is not answered 2xx within `ANSWER_WITHIN_S` is repeated, each time with a fresh
signature, after pauses that double. docs.stripe.com/webhooks
"""

import asyncio
import hashlib
import hmac
import json
import random
import time
from collections import deque
from collections.abc import Coroutine
from copy import replace
from dataclasses import dataclass

import httpx

from infra.local.stripe_simulator.delivery_plan import SHUFFLE_WINDOW_S, Plan
from infra.local.stripe_simulator.errors import StripeObject
from infra.local.stripe_simulator.settings import API_VERSION
from infra.local.stripe_simulator.state import Account

MODES = ("normal", "hold", "drop", "shuffle", "duplicate", "plan")
ANSWER_WITHIN_S = 10.0
MAX_ATTEMPTS = 16
LONGEST_PAUSE_S = 3600.0
DUPLICATE_AFTER_S = 0.2
# One machine runs what receives them too, and a burst of hundreds at one moment would find it
# starting workers for longer than `ANSWER_WITHIN_S`: the rest waits for its turn.
AT_ONCE = 8
LOG_ENTRIES = 20_000
LOGGED_ANSWER_CHARS = 300


@dataclass(frozen=True)
class Delivery:
    """One try to bring an event to an endpoint; a `copy` is a duplicate, which is not repeated.

    `number` counts the deliveries since a plan began.
    """

    event_id: str
    endpoint_id: str
    number: int = 0
    attempt: int = 1
    copy: bool = False


class Deliveries:
    """All deliveries of an account, and how they are to go wrong."""

    def __init__(self, account: Account) -> None:
        self.mode = "normal"
        self.retry_start_s = account.settings.retry_start_s
        self.log: deque[StripeObject] = deque(maxlen=LOG_ENTRIES)
        self._account = account
        self._held: list[Delivery] = []
        self._to_shuffle: list[Delivery] = []
        self._plan = Plan()
        self._planned = 0
        self._tasks: set[asyncio.Task[None]] = set()
        # A source of its own: the order of deliveries must not change the ids of a seed.
        self._random = random.Random(account.settings.seed)  # noqa: S311
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._http = httpx.AsyncClient(timeout=ANSWER_WITHIN_S, trust_env=False)

    @property
    def held(self) -> int:
        """How many deliveries wait to be released."""
        return len(self._held)

    @property
    def under_way(self) -> int:
        """How many deliveries are being made or will be repeated."""
        return len(self._tasks) + len(self._to_shuffle)

    def announce(self, event: StripeObject) -> None:
        """Begin the deliveries of a new event."""
        for endpoint in self._account.all("webhook_endpoint"):
            wanted = endpoint["enabled_events"]
            if endpoint["status"] == "enabled" and (event["type"] in wanted or "*" in wanted):
                event["pending_webhooks"] += 1
                self._planned += 1
                self._dispatch(Delivery(event["id"], endpoint["id"], self._planned))

    def switch(self, mode: str) -> None:
        """Change how deliveries go; leaving `hold` lets what is held go that way too."""
        self.mode = mode
        if mode != "hold":
            held, self._held = self._held, []
            for delivery in held:
                self._dispatch(delivery)

    def follow(self, plan: Plan) -> None:
        """Let deliveries go wrong by a plan from now on."""
        self._plan, self._planned = plan, 0
        self.switch("plan")

    def release(self) -> int:
        """Send what is held, in the order it was held, and tell how many that were."""
        released, self._held = self._held, []
        for delivery in released:
            self._begin(self._deliver(delivery))
        return len(released)

    async def close(self) -> None:
        """End what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    def _dispatch(self, delivery: Delivery) -> None:
        if self.mode == "hold":
            self._held.append(delivery)
        elif self.mode == "drop":
            self._lose(delivery)
        elif self.mode == "plan":
            self._dispatch_by_plan(delivery)
        elif self.mode == "shuffle":
            self._to_shuffle.append(delivery)
            if len(self._to_shuffle) == 1:
                self._begin(self._deliver_shuffled())
        else:
            self._begin(self._deliver(delivery))
            if self.mode == "duplicate":
                copy = replace(delivery, copy=True)
                self._begin(self._deliver(copy, after_s=DUPLICATE_AFTER_S))

    def _dispatch_by_plan(self, delivery: Delivery) -> None:
        fate = self._plan.fate(delivery.number, delivery.attempt)
        if fate.lost:
            self._lose(delivery)
        elif fate.dropped and delivery.attempt < MAX_ATTEMPTS:
            self._note(delivery, {"outcome": "failed", "error": "dropped by the plan"})
            self._begin(self._repeat(delivery))
        else:
            self._begin(self._deliver(delivery, after_s=fate.delay_s))
            if fate.duplicate:
                after_s = fate.delay_s + DUPLICATE_AFTER_S
                self._begin(self._deliver(replace(delivery, copy=True), after_s=after_s))

    def _lose(self, delivery: Delivery) -> None:
        self._note(delivery, {"outcome": "dropped"})
        self._settle(delivery)

    async def _deliver_shuffled(self) -> None:
        await asyncio.sleep(SHUFFLE_WINDOW_S)
        batch, self._to_shuffle = self._to_shuffle, []
        self._random.shuffle(batch)
        for delivery in batch:
            await self._deliver(delivery)

    async def _deliver(self, delivery: Delivery, after_s: float = 0.0) -> None:
        await asyncio.sleep(after_s)
        event = self._account.find("event", delivery.event_id)
        endpoint = self._account.find("webhook_endpoint", delivery.endpoint_id)
        if event is None or endpoint is None or endpoint["status"] != "enabled":
            self._note(delivery, {"outcome": "given_up", "error": "endpoint is gone or disabled"})
            self._settle(delivery)
            return
        async with self._turns:
            outcome = await self._attempt(endpoint, event)
        self._note(delivery, outcome)
        if outcome["outcome"] == "delivered" or delivery.copy or delivery.attempt >= MAX_ATTEMPTS:
            self._settle(delivery)
        else:
            self._begin(self._repeat(delivery))

    async def _repeat(self, delivery: Delivery) -> None:
        pause_s = self.retry_start_s * 2 ** (delivery.attempt - 1)
        await asyncio.sleep(min(pause_s, LONGEST_PAUSE_S))
        self._dispatch(replace(delivery, attempt=delivery.attempt + 1))

    async def _attempt(self, endpoint: StripeObject, event: StripeObject) -> StripeObject:
        version = endpoint["api_version"] or API_VERSION
        body = json.dumps({**event, "api_version": version}, indent=2, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": self._signature(endpoint, body),
            "User-Agent": "Stripe/1.0 (simulator)",
        }
        began = time.monotonic()
        try:
            answer = await self._http.post(endpoint["url"], content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            outcome: StripeObject = {"outcome": "failed", "error": type(failure).__name__}
        else:
            outcome = {
                "outcome": "delivered" if answer.is_success else "failed",
                "http_status": answer.status_code,
                "answer": answer.text[:LOGGED_ANSWER_CHARS],
            }
        return outcome | {"took_ms": int((time.monotonic() - began) * 1000)}

    def _signature(self, endpoint: StripeObject, body: bytes) -> str:
        """Sign with real time and every secret that is still good, newest first."""
        moment = int(time.time())
        parts = [f"t={moment}"]
        for secret in self._account.hidden[endpoint["id"]]["secrets"]:
            if secret["until"] is None or secret["until"] > self._account.clock.exact():
                payload = f"{moment}.".encode() + body
                digest = hmac.new(secret["value"].encode(), payload, hashlib.sha256)
                parts.append(f"v1={digest.hexdigest()}")
        return ",".join(parts)

    def _note(self, delivery: Delivery, outcome: StripeObject) -> None:
        event = self._account.find("event", delivery.event_id) or {}
        endpoint = self._account.find("webhook_endpoint", delivery.endpoint_id) or {}
        entry = {
            "at": round(time.time(), 3),
            "event": delivery.event_id,
            "type": event.get("type"),
            "endpoint": delivery.endpoint_id,
            "url": endpoint.get("url"),
            "attempt": delivery.attempt,
            "duplicate": delivery.copy,
            "http_status": None,
            "answer": None,
            "error": None,
        }
        self.log.append(entry | outcome)

    def _settle(self, delivery: Delivery) -> None:
        event = self._account.find("event", delivery.event_id)
        if event is not None and not delivery.copy:
            event["pending_webhooks"] -= 1

    def _begin(self, work: Coroutine[object, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
