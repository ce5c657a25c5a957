"""What the proofs run against: an account of the simulator, or the real Stripe in test mode."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import stripe

from shared.domain.stripe_facts.event_types import API_VERSION
from tests.conformance.checks import CheckingClient, check_account

REAL_STRIPE = "https://api.stripe.com"
PATIENCE_S = 90
type Body = dict[str, Any]


class UnusableKeyError(Exception):
    """The key is missing or is not one of test mode; the text says what to do."""


def test_key(environment: Mapping[str, str]) -> str:
    """Give `STRIPE_TEST_KEY`; raises `UnusableKeyError` for anything that could move money."""
    key = environment.get("STRIPE_TEST_KEY", "")
    if not key:
        raise UnusableKeyError(
            "STRIPE_TEST_KEY is not set. It has to be a secret key of test mode (sk_test_...)."
        )
    if key.startswith(("sk_live_", "rk_live_")):
        raise UnusableKeyError(
            "STRIPE_TEST_KEY is a live key: these tests charge, refund and dispute. "
            "Nothing was sent. Use a key of test mode (sk_test_...)."
        )
    if not key.startswith(("sk_test_", "rk_test_")):
        raise UnusableKeyError("STRIPE_TEST_KEY is no secret key of test mode (sk_test_...).")
    return key


# pytest would take the function for a test by its name.
test_key.__test__ = False  # type: ignore[attr-defined]


@dataclass
class Target:
    """One account and the ways to speak to it; `control` is None where nobody moves the clock."""

    address: str
    key: str
    control: Callable[[str, Body], Body] | None = None
    sent: int = 0
    # Unix seconds: what the real account went through before is no business of a proof.
    since: int = 0
    client: stripe.StripeClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = stripe.StripeClient(
            self.key,
            base_addresses={"api": self.address},
            stripe_version=API_VERSION,
            http_client=CheckingClient(),
            max_network_retries=2,
        )

    @property
    def is_real(self) -> bool:
        """Whether this is Stripe's own."""
        return self.control is None

    def call(self, method: str, path: str, params: Body | None = None) -> Body:
        """Make one API call and give its body; raises the library's errors."""
        self.sent += 1
        answer = self.client.raw_request(method, path, **(params or {}))
        body: Body = json.loads(answer.body)
        return body

    def order(self, call: str, **sent: Any) -> Body:
        """Make a control call; skips the test where there are none."""
        if self.control is None:
            pytest.skip("needs control calls, which the real Stripe does not have")
        return self.control(call, sent)

    def pass_time(self, seconds: float) -> None:
        """Let that much time pass: by the simulator's clock, or by waiting."""
        if self.control is None:
            time.sleep(seconds)
        else:
            self.control("clock/advance", {"seconds": seconds})

    def events(self) -> list[Body]:
        """Give the account's events since the proof began, oldest first."""
        found: list[Body] = []
        cursor: Body = {}
        for _ in range(50):
            sent = {"limit": 100, "created": {"gte": self.since}} | cursor
            page = self.call("get", "/v1/events", sent)
            found += page["data"]
            if not page["has_more"]:
                return found[::-1]
            cursor = {"starting_after": found[-1]["id"]}
        pytest.fail("more than 5000 events")

    def wait_until[Found](self, look: Callable[[], Found | None]) -> Found:
        """Look again and again, a second of the account's time apart, until there is something."""
        for _ in range(PATIENCE_S):
            found = look()
            if found:
                return found
            self.pass_time(1)
        pytest.fail(f"nothing came within {PATIENCE_S} s")


class SimulatorAccounts:
    """Opens accounts of a running simulator, one for each proof, so that none sees another's."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opened: list[Target] = []
        self._http = httpx.Client(base_url=address, trust_env=False, timeout=15)

    def open(self, country: str = "US") -> Target:
        """Open an account of a country, which settles in its currency."""
        made = self._post("/_sim/accounts", {"country": country})
        query = f"?account={made['id']}"

        def control(call: str, sent: Body) -> Body:
            return self._post(f"/_sim/{call}{query}", sent)

        self._opened.append(Target(self._address, made["secret_key"], control))
        return self._opened[-1]

    def check_everything(self) -> None:
        """Hold all that the accounts have against Stripe's schemas, seen by a proof or not."""
        for one in self._opened:
            with httpx.Client(base_url=self._address, auth=(one.key, ""), trust_env=False) as api:
                check_account(api)

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def _post(self, path: str, sent: Body) -> Body:
        answer = self._http.post(path, json=sent)
        assert answer.status_code == httpx.codes.OK, answer.text
        body: Body = answer.json()
        return body
