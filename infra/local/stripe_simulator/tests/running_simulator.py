"""A simulator to test: in a process of its own or in a thread, the real library, a receiver."""

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
import pytest
import stripe
import uvicorn

from infra.local.stripe_simulator.app import build_app
from infra.local.stripe_simulator.connections import BreakableProtocol
from infra.local.stripe_simulator.settings import Settings
from tests.conformance.checks import CheckingClient, check, check_account, check_answer

# The folder of which `infra` is a part.
ROOT = Path(__file__).resolve().parents[4]
SECRET_KEY = "sk_test_simulator0000000001"
PUBLISHABLE_KEY = "pk_test_simulator0000000001"
CAPTURE_DELAY_S = 0.3
RETRY_START_S = 0.1


class Receiver:
    """A webhook endpoint that remembers every delivery and answers what, and when, it is told."""

    def __init__(self) -> None:
        self.deliveries: list[tuple[str, bytes]] = []
        self.answers: list[int] = []
        self.invalid: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    check(json.loads(body))
                except pytest.fail.Exception as invalid:
                    receiver.invalid.append(str(invalid))
                receiver.deliveries.append((self.headers["Stripe-Signature"], body))
                receiver.may_answer.wait()
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


def error_of(raised: pytest.ExceptionInfo[stripe.StripeError]) -> Any:
    """Return what Stripe said of an error, as the library has read it."""
    assert raised.value.error
    return raised.value.error


class Simulator:
    """One running simulator and the ways to speak to it."""

    def __init__(self, url: str) -> None:
        self.url = url
        hooks = {"response": [check_answer]}
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=15, event_hooks=hooks)
        self.transport = CheckingClient()
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

    def check_everything(self, key: str = SECRET_KEY) -> None:
        """Hold all that an account has against Stripe's schemas, whether a test saw it or not."""
        with httpx.Client(base_url=self.url, auth=(key, ""), trust_env=False, timeout=15) as api:
            check_account(api)

    def close(self) -> None:
        self.http.close()
        self.transport.close()  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def in_process(*options: str) -> Iterator[Simulator]:
    """Run a simulator as the stack does: its own process, ended by SIGTERM."""
    port = _free_port()
    command = [sys.executable, "-m", "infra.local.stripe_simulator", "--port", str(port)]
    keys = ["--secret-key", SECRET_KEY, "--publishable-key", PUBLISHABLE_KEY]
    fast = ["--capture-delay-s", str(CAPTURE_DELAY_S), "--retry-start-s", str(RETRY_START_S)]
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    process = subprocess.Popen([*command, *keys, *fast, *options], cwd=ROOT, env=environment)
    simulator = Simulator(f"http://127.0.0.1:{port}")
    try:
        _wait_until_up(simulator, lambda: process.poll() is None)
        yield simulator
        simulator.check_everything()
    finally:
        simulator.close()
        process.terminate()
        assert process.wait(10) == 0, "SIGTERM is a clean end"


@contextlib.contextmanager
def in_thread(seed: int, **chosen: Any) -> Iterator[Simulator]:
    """Run a simulator in a thread, up at once; `chosen` are further `Settings`.

    It is for a test or a file of tests: one that replaces `time` replaces the simulator's too, and
    a thread that sleeps until a moment of another clock never wakes.
    """
    port = _free_port()
    settings = Settings(
        secret_key=SECRET_KEY,
        publishable_key=PUBLISHABLE_KEY,
        public_url=f"http://127.0.0.1:{port}",
        seed=seed,
        capture_delay_s=CAPTURE_DELAY_S,
        retry_start_s=RETRY_START_S,
        **chosen,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            build_app(settings),
            host="127.0.0.1",
            port=port,
            http=BreakableProtocol,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    simulator = Simulator(f"http://127.0.0.1:{port}")
    try:
        _wait_until_up(simulator, thread.is_alive)
        yield simulator
        simulator.check_everything()
    finally:
        simulator.close()
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive(), "it ends when it is told to"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_up(simulator: Simulator, is_alive: Callable[[], bool]) -> None:
    for _ in range(1000):
        assert is_alive(), "the simulator ended at once"
        with contextlib.suppress(httpx.TransportError):
            assert simulator.http.get("/_sim/health").json() == {"status": "ok"}
            return
        time.sleep(0.01)
    pytest.fail("the simulator did not come up in 10 s")
