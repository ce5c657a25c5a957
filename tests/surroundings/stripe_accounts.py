"""Locations that are connected to accounts of a simulator, through the function that does it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import replace
from typing import Any

import pytest

from functions.connect_stripe import handler as connect_function
from functions.connect_stripe import payment_settings
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.config import load_config
from tests.fake_aws import FakeAws
from tests.surroundings.salon import SECRET_KEY, StripeBeside, connected
from tests.surroundings.staff_calls import StaffCalls

SETTINGS = "/v1/locations/demo/payment-settings"
PUBLISHABLE_KEY = "pk_test_online0000000000001"
KEYS = {"publishable_key": PUBLISHABLE_KEY, "secret_key": SECRET_KEY}
WEBHOOK_URL = "https://pay.example.com/webhooks/stripe/demo"


class Owners(StaffCalls):
    """Calls the function of payment settings as somebody, with accounts of the simulator's."""

    def __init__(
        self, context: Any, store: BookingStore, beside: StripeBeside, aws: FakeAws
    ) -> None:
        super().__init__(context, store, connect_function.handler)
        self.beside = beside
        self.aws = aws

    def put(self, *, location_id: str = "demo", by: str = "owner", **sent: Any) -> tuple[int, Any]:
        body = {**KEYS, **sent}
        return self("PUT", f"/v1/locations/{location_id}/payment-settings", body, by=by)

    def endpoints(self, key: str = SECRET_KEY) -> list[dict[str, Any]]:
        found = self.beside.control.get("/v1/webhook_endpoints?limit=100", auth=(key, ""))
        found.raise_for_status()
        return list(found.json()["data"])

    def another_account(self, **wanted: Any) -> dict[str, str]:
        made = self.beside.control.post("/_sim/accounts", json=wanted)
        made.raise_for_status()
        return {name: made.json()[name] for name in ("publishable_key", "secret_key", "id")}

    def restricted(self, **permissions: str) -> str:
        sent = {"permissions": permissions}
        made = self.beside.control.post("/_sim/keys/restrict", json=sent)
        made.raise_for_status()
        return str(made.json()["key"])

    def sealed(self, purpose: str, location_id: str = "demo") -> Any:
        found = self.aws.sealed.get(f"{purpose}#{location_id}")
        return json.loads(found) if found else None


@contextmanager
def owners_of(
    beside: StripeBeside,
    aws: FakeAws,
    store: BookingStore,
    context: Any,
    patched: pytest.MonkeyPatch,
) -> Iterator[Owners]:
    """Let the function find the simulator; nothing is connected yet, and no endpoint is there."""
    with connected(beside, aws, patched):
        aws.sealed.clear()
        config = replace(load_config(), stripe_api_base=beside.url)
        patched.setattr(environment, "load_config", lambda: config)
        # The check takes a second; whose test is of what it says after saving gives it time.
        patched.setattr(payment_settings, "CHECK_S", -1)
        environment.forget()
        owners = Owners(context, store, beside, aws)
        for endpoint in owners.endpoints():
            path = f"/v1/webhook_endpoints/{endpoint['id']}"
            beside.control.delete(path, auth=(SECRET_KEY, "")).raise_for_status()
        yield owners
        environment.forget()


@pytest.fixture
def owners(
    simulator_beside: StripeBeside,
    aws: FakeAws,
    store: BookingStore,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Owners]:
    """The people of the locations, at the simulator of one file's tests."""
    with owners_of(simulator_beside, aws, store, context, monkeypatch) as found:
        yield found
