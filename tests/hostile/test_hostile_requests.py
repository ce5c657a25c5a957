"""Thousands of fuzzed requests over the whole contract: every operation, whole and broken.

No answer is a 5xx or one that docs/openapi.yaml does not promise (`tests/contract/handlers.py`
holds each to it), what was stored can be read back, and what a request takes is bounded by counts.
How long it takes is shown, not asserted.
"""

import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import stripe

from shared.adapters.mail_account import Sending
from shared.adapters.report_files import ReportFiles
from shared.adapters.user_pool import UserPool
from shared.workflows.connection import check_connection
from tests.contract.contract import Contract
from tests.hostile.counted import Counting
from tests.hostile.read_back import leaks_of, read_everything
from tests.hostile.requests import PLACE, Fuzz, Known, Request
from tests.simulation.acts import Acts
from tests.simulation.cloud import handing_to
from tests.simulation.world import World

SOME, ALL = 1_500, 5_000
SEED, ACTS = 26, 60
# After how many requests what follows from them is done.
BATCH = 50
# Functions of the contract that the simulated world has no use for.
MORE_FUNCTIONS = ("ConnectStripe", "ServeEvidence", "ServePages", "ServeReport")
# What one request takes at the most, by what is asked: whatever is in it.
MOST_CALLS = {"table": 60, "stripe": 30, "s3": 2, "secretsmanager": 1, "dynamodb": 12, "kms": 6}
MOST_ITEMS = 20
# A body is read once, and once more for its Idempotency-Key; the rest are answers of AWS.
MOST_READS, MOST_ANSWERS_BYTES = 2, 20_000


class Refusing(dict[str, Any]):
    """Stripe's accounts by key, where a key that is none of theirs is refused."""

    def __missing__(self, key: str) -> Any:
        return self

    def answer(self, *_asked: Any) -> tuple[str, int, dict[str, str]]:
        told = '{"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}'
        return told, 401, {}


@pytest.mark.parametrize(
    "number", [SOME, pytest.param(ALL, marks=pytest.mark.proof)], ids=["some", "many"]
)
def test_hostile_requests_break_nothing(
    number: int, made_pages: Path, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    assert made_pages.exists()
    began_s = time.process_time()
    world = World(monkeypatch, SEED, trouble=0)
    known = known_things(world)
    with_all_functions(world, monkeypatch)
    asking = Asking(world, Counting(world, monkeypatch))
    fuzz = Fuzz(SEED, known)
    for _ in range(number // BATCH):
        asking.ask(fuzz, BATCH)
    world.calm()
    assert asking.operations == {str(each) for each in Contract.load().operations}
    assert {name: n for name, n in world.trouble.seen.items() if "failed" in name} == {}
    assert [each.name for each in world.cloud.queues.values() if each.dead] == []
    read = read_everything(world).total()
    assert leaks_of(world) == []
    told = [
        f"{number} requests, answers {dict(sorted(asking.answers.items()))}",
        f"{read} read back, at the most {dict(asking.most)}",
        f"{time.process_time() - began_s:.0f} s",
    ]
    record_property("measured", "; ".join(told))


class Asking:
    """Sends requests to a world's functions, and holds each to its counts."""

    def __init__(self, world: World, counting: Counting) -> None:
        self._world, self._counting = world, counting
        self.answers: Counter[int] = Counter()
        self.most: Counter[str] = Counter()
        self.operations: set[str] = set()

    def ask(self, fuzz: Fuzz, number: int) -> None:
        """Send some, then let the queues, the stream and the clock do their work."""
        for _ in range(number):
            self._send(fuzz.request())
        self._world.advance(60)
        self._world.run(1)

    def _send(self, request: Request) -> None:
        with self._counting.counted() as taken:
            answer = self._world.call(request.function, request.event)
        status = int(answer["statusCode"])
        self.answers[status] += 1
        self.operations.add(str(request.operation))
        assert status < 500, (str(request.operation), request.event, answer.get("body"))
        self.most |= taken.calls | Counter({"items": taken.items})
        told = (str(request.operation), taken)
        assert all(count <= MOST_CALLS.get(name, 0) for name, count in taken.calls.items()), told
        assert taken.items <= MOST_ITEMS, told
        most_bytes = MOST_READS * request.sent_bytes + MOST_ANSWERS_BYTES
        assert taken.parsed_bytes <= most_bytes, told


def known_things(world: World) -> Known:
    """Let people act, and return what a place has then, by the names that requests call it by."""
    doing = Acts(world)
    for _ in range(ACTS):
        doing.act()
    world.calm()
    here = [each for each in doing.visits if each.place == PLACE]
    bookings = world.bookings(PLACE)
    assert here
    return Known(
        {
            "location_id": [PLACE],
            "booking_id": [each.booking_id for each in here],
            "refund_id": [order.refund_id for each in bookings for order in each.refund_orders],
            "service_id": ["cut", "perm"],
            "employee_id": ["anna", "ben"],
            "client": ["mira@example.com"],
            "email": ["mira@example.com", "mallory@example.com"],
            "currency": ["eur"],
            "member_id": [f"{PLACE}-manager"],
            "kind": ["confirmed", "cancelled"],
            "time_zone": ["Europe/Berlin"],
            "accepted_price": [6000, 12_000, 3000, 0],
            "language": ["en", "de"],
        },
        world.now_s,
        {each.booking_id: each.token for each in here if each.token},
    )


def with_all_functions(world: World, patched: pytest.MonkeyPatch) -> None:
    """Let the functions of the contract that a simulated world lacks answer in it."""
    for name in MORE_FUNCTIONS:
        module = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
        world._handlers[name] = import_module(f"functions.{module}.handler").handler
    patched.setattr(UserPool, "create", lambda _pool, email: f"sub-{len(email)}")
    for name in ("set_password", "enable", "disable"):
        patched.setattr(UserPool, name, handing_to(lambda *_asked: None))
    patched.setattr(
        ReportFiles, "address", lambda _files, key: f"https://reports.example.com/{key}"
    )
    patched.setattr(check_connection, "read_sending", lambda _config: Sending(True, 50_000.0))
    routed: Any = stripe.RequestsClient
    patched.setattr(routed, "places", Refusing(routed.places))
