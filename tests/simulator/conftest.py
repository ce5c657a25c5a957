"""A real simulator in a process of its own, the real library, a receiver, and Stripe's schemas."""

import contextlib
import copy
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import stripe

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT.parent / "shared" / "stripe" / "spec3.json"
SECRET_KEY = "sk_test_simulator0000000001"
PUBLISHABLE_KEY = "pk_test_simulator0000000001"


class StripeSchemas:
    """Checks objects against Stripe's OpenAPI description; an attribute it does not know fails."""

    def __init__(self) -> None:
        self.checked: dict[str, int] = {}
        self._validators: dict[str, jsonschema.Draft202012Validator] = {}
        self._schemas: dict[str, Any] = {}
        if SPEC.exists():
            described = json.loads(SPEC.read_text())["components"]["schemas"]
            self._schemas = {name: self._strict(one) for name, one in described.items()}
        else:
            sys.stderr.write(f"objects are not validated: no {SPEC.name} beside the repository\n")

    def check(self, answered: dict[str, Any]) -> None:
        kind = answered.get("object")
        if not self._schemas or kind is None:
            return
        if kind == "list":
            assert answered.keys() == {"object", "data", "has_more", "url"}
            for one in answered["data"]:
                self.check(one)
            return
        if answered.get("deleted"):
            kind = f"deleted_{kind}"
        worst = jsonschema.exceptions.best_match(self._validator(kind).iter_errors(answered))
        if worst is not None:
            place = ".".join(map(str, worst.absolute_path))
            pytest.fail(f"{kind} {answered.get('id')}: {place}: {worst.message[:400]}")
        self.checked[kind] = self.checked.get(kind, 0) + 1
        if kind == "event":
            self.check(answered["data"]["object"])

    def _validator(self, kind: str) -> jsonschema.Draft202012Validator:
        if kind not in self._validators:
            self._validators[kind] = jsonschema.Draft202012Validator(
                {"$ref": f"#/components/schemas/{kind}", "components": {"schemas": self._schemas}}
            )
        return self._validators[kind]

    def _strict(self, schema: Any) -> Any:
        """Turn OpenAPI 3.0 into JSON Schema that also refuses unknown attributes."""
        if isinstance(schema, list):
            return [self._strict(one) for one in schema]
        if not isinstance(schema, dict):
            return schema
        strict = {
            name: self._strict(value)
            for name, value in schema.items()
            if name != "nullable" and not name.startswith("x-")
        }
        if isinstance(schema.get("properties"), dict) and schema["properties"]:
            strict.setdefault("additionalProperties", False)
        if schema.get("nullable") is True:
            return {"anyOf": [strict, {"type": "null"}]}
        return strict


class Receiver:
    """A webhook endpoint that remembers every delivery and answers what it is told to."""

    def __init__(self, schemas: StripeSchemas) -> None:
        self.deliveries: list[tuple[str, bytes]] = []
        self.answers: list[int] = []
        self.invalid: list[str] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    schemas.check(json.loads(body))
                except pytest.fail.Exception as invalid:
                    receiver.invalid.append(str(invalid))
                receiver.deliveries.append((self.headers["Stripe-Signature"], body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in list(self.deliveries)]

    def types(self) -> list[str]:
        return [event["type"] for event in self.events()]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class CheckingClient(stripe.RequestsClient):
    """The library's own HTTP client, which also checks each object that is answered."""

    def __init__(self, schemas: StripeSchemas) -> None:
        super().__init__(timeout=10)
        self._schemas = schemas
        self.last_headers: dict[str, str] = {}

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        body, status, answered = super().request(method, url, headers, post_data)
        self.last_headers = {name.lower(): value for name, value in answered.items()}
        read = json.loads(body)
        if "error" in read:
            assert read["error"]["type"], read
            for name in ("payment_intent", "payment_method"):
                self._schemas.check(read["error"].get(name) or {})
        else:
            self._schemas.check(read)
        return body, status, answered


class Simulator:
    """One running simulator and the ways to speak to it."""

    def __init__(self, url: str, schemas: StripeSchemas) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=15)
        self.transport = CheckingClient(schemas)
        self.stripe = self.client(SECRET_KEY)

    def client(self, key: str, retries: int = 0) -> Any:
        return stripe.StripeClient(
            key,
            base_addresses={"api": self.url},
            http_client=self.transport,
            max_network_retries=retries,
        ).v1

    def control(self, call: str, /, **sent: Any) -> dict[str, Any]:
        answer = self.http.post(f"/_sim/{call}", json=sent)
        assert answer.status_code == 200, answer.text
        answered: dict[str, Any] = answer.json()
        return answered

    def session_params(self, **changed: Any) -> dict[str, Any]:
        params: dict[str, Any] = {
            "mode": "payment",
            "payment_method_types": ["card"],
            "line_items": [
                {
                    "price_data": {
                        "currency": "eur",
                        "unit_amount": 4900,
                        "product_data": {"name": "Haircut"},
                    },
                    "quantity": 1,
                }
            ],
            "metadata": {"booking_id": "bk_1"},
            "payment_intent_data": {"metadata": {"booking_id": "bk_1"}},
            "success_url": "http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://127.0.0.1:9/left",
            "submit_type": "book",
        }
        return copy.deepcopy(params | changed)

    def open_session(self, **changed: Any) -> Any:
        return self.stripe.checkout.sessions.create(self.session_params(**changed))

    def pay(self, session: Any, card: str = "4242424242424242", **more: Any) -> dict[str, Any]:
        return self.control(f"checkout/{session.id}/pay", card=card, **more)

    def close(self) -> None:
        self.http.close()
        self.transport.close()


@contextlib.contextmanager
def running(schemas: StripeSchemas, *options: str) -> Iterator[Simulator]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "infra.local.stripe_simulator", "--port", str(port)]
    keys = ["--secret-key", SECRET_KEY, "--publishable-key", PUBLISHABLE_KEY]
    fast = ["--capture-delay-s", "0.3", "--retry-start-s", "0.1"]
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    process = subprocess.Popen([*command, *keys, *fast, *options], cwd=ROOT, env=environment)
    simulator = Simulator(f"http://127.0.0.1:{port}", schemas)
    try:
        _wait_until_up(simulator, process)
        yield simulator
    finally:
        simulator.close()
        process.terminate()
        assert process.wait(10) == 0, "SIGTERM is a clean end"


def _wait_until_up(simulator: Simulator, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "the simulator ended at once"
        with contextlib.suppress(httpx.TransportError):
            assert simulator.http.get("/_sim/health").json() == {"status": "ok"}
            return
        time.sleep(0.05)
    pytest.fail("the simulator did not come up in 10 s")


@pytest.fixture(scope="session")
def schemas() -> Iterator[StripeSchemas]:
    schemas = StripeSchemas()
    yield schemas
    sys.stderr.write(f"\nvalidated against Stripe's schemas: {schemas.checked}\n")


@pytest.fixture(scope="session")
def shared_simulator(schemas: StripeSchemas) -> Iterator[Simulator]:
    with running(schemas, "--seed", "1") as simulator:
        yield simulator


@pytest.fixture
def simulator(shared_simulator: Simulator) -> Iterator[Simulator]:
    """A simulator that works as it should; faults and delivery modes end with the test."""
    yield shared_simulator
    shared_simulator.http.delete("/_sim/faults")
    shared_simulator.control("deliveries", mode="normal")


@pytest.fixture
def own_simulator(schemas: StripeSchemas) -> Iterator[Simulator]:
    """A simulator whose clock the test may move."""
    with running(schemas, "--seed", "2") as simulator:
        yield simulator


@pytest.fixture
def receiver(schemas: StripeSchemas) -> Iterator[Receiver]:
    """A webhook endpoint, not yet registered; every event it gets must fit Stripe's schemas."""
    receiver = Receiver(schemas)
    yield receiver
    receiver.close()
    assert receiver.invalid == []


@pytest.fixture
def endpoint(simulator: Simulator, receiver: Receiver) -> Iterator[Any]:
    """The receiver, registered for all events from now on."""
    # Balance transactions that earlier tests left under way arrive before anyone listens.
    simulator.control("clock/advance", seconds=1)
    endpoint = simulator.stripe.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["*"]}
    )
    yield endpoint
    simulator.stripe.webhook_endpoints.delete(endpoint.id)


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Waits until something holds."""

    def wait(holds: Callable[[], bool], within_s: float = 5.0) -> None:
        end = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)

    return wait
