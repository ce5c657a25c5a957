"""Hostile deliveries to a webhook, out of a seed: forged, unreadable, or signed and senseless.

The senseless ones begin with what Stripe really told of a place, and are broken in one place or in
several: values of other kinds, other currencies, other places' bookings, ids that look like keys.
"""

import base64
import copy
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.stripe_facts.event_types import CONSUMED_EVENT_TYPES
from shared.domain.stripe_facts.webhook_signature import MAX_EVENT_BYTES
from tests.builders import signature
from tests.simulation.world import PLACES, WEBHOOK_SECRET

type Told = dict[str, Any]
# What looks like a secret, and may be in an event, but never in a log.
LIKE_SECRETS = (
    "sk_live_51HostileHostileHostile",
    "rk_test_51HostileHostileHostile",
    "whsec_hostilehostilehostile",
    "cs_test_hostile_secret_AbCdEfGh",
    "4242 4242 4242 4242",
    "mallory@example.com",
)
SENSELESS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, -(10**12), 2**31, 2**53, 10**18, 10**30, -(10**30), 0.1, 1e308, "",
    " ", "0", "-1", "NaN", "\x00", "\ud83d", "é" * 300, "x" * 5000, "usd", "jpy", "xxx", "EUR",
    "../../demo", "a#b#c", "#", "live", "succeeded", "lost", "won", [], {}, [None], [[]], {"": ""},
    {"id": "x"}, [{}] * 50, {"object": "list", "data": None}, *LIKE_SECRETS,
)  # fmt: skip
INSTANTS = (0, -1, 1, 2**31, 2**40, 10**18, -(10**18))
OTHER_TYPE = 0.2
# How many places of one event are broken.
BREAKS = (1, 1, 1, 2, 3)


@dataclass(frozen=True)
class Delivery:
    """One post: to whom, its raw body, its header; `is_authentic` where the signature is right."""

    place: str
    body: bytes
    header: str | None
    is_authentic: bool
    is_base64: bool = False

    def request(self) -> dict[str, Any]:
        """Return it as API Gateway hands it over."""
        headers = {"content-type": "application/json"}
        if self.header is not None:
            headers["stripe-signature"] = self.header
        text, is_base64 = "", True
        if not self.is_base64:
            try:
                text, is_base64 = self.body.decode(), False
            except UnicodeDecodeError:
                text = ""
        return {
            "pathParameters": {"location_id": self.place},
            "requestContext": {"http": {"method": "POST"}},
            "routeKey": "POST /webhooks/stripe/{location_id}",
            "headers": headers,
            "body": base64.b64encode(self.body).decode() if is_base64 else text,
            "isBase64Encoded": is_base64,
        }


class Hostile:
    """Whoever posts: with the secret of a place, or without."""

    def __init__(
        self, seed: int, known: Sequence[tuple[str, Told]], now: Callable[[], int]
    ) -> None:
        """`known` are events that Stripe told, each with its place."""
        self._chance = random.Random(seed)
        self._known, self._now = known, now
        self._numbers = 0
        objects = [event["data"]["object"] for _, event in known]
        self._objects = objects
        self._ids = sorted({each["id"] for each in objects if isinstance(each.get("id"), str)})
        self._bookings = sorted({b for each in objects if (b := _booking_of(each))})

    def delivery(self) -> Delivery:
        """Return the next one."""
        ways = [(self._senseless, 70), (self._forged, 12), (self._unreadable, 14), (self._large, 1),
                (self._again, 3)]  # fmt: skip
        [way] = self._chance.choices([way for way, _ in ways], [weight for _, weight in ways])
        return way()

    # ------------------------------------------------------------------ signed right

    def event(self) -> tuple[str, Told]:
        """Return an event that makes no sense, and whose place is told."""
        chance = self._chance
        place, known = chance.choice(self._known)
        event = copy.deepcopy(known)
        self._numbers += 1
        event["id"] = f"evt_hostile_{self._numbers}"
        kinds = (self._break_value, self._break_value, self._exchange, self._claim, self._retype)
        for _ in range(chance.choice(BREAKS)):
            chance.choice(kinds)(event)
        if chance.random() < 0.15:
            place = chance.choice(list(PLACES))
        if chance.random() < 0.05:
            event["account"] = chance.choice(["acct_of_nobody", *LIKE_SECRETS, 5, None, "#"])
        if chance.random() < 0.05:
            event["id"] = chance.choice(
                [*LIKE_SECRETS, "#", "evt 1", "evt_" + "e" * 251, known["id"]]
            )
        if chance.random() < 0.08:
            event["created"] = chance.choice(INSTANTS)
        return place, event

    def _senseless(self) -> Delivery:
        place, event = self.event()
        return self._signed(place, json.dumps(event).encode())

    def _signed(self, place: str, body: bytes) -> Delivery:
        header = signature(body, WEBHOOK_SECRET.format(place), at_s=self._now())
        return Delivery(place, body, header, True, self._chance.random() < 0.1)

    def _again(self) -> Delivery:
        """What Stripe told, once more."""
        place, event = self._chance.choice(self._known)
        return self._signed(place, json.dumps(event).encode())

    def _break_value(self, event: Told) -> None:
        """Put something else in one place of the object, take it away, or add something."""
        chance = self._chance
        where, key = self._somewhere(event["data"]["object"])
        if where is None:
            return
        way = chance.random()
        if way < 0.15:
            del where[key]
        elif way < 0.25 and isinstance(where, dict):
            where[chance.choice(["new", "", "id", "metadata", "\ud83d"])] = chance.choice(SENSELESS)
        elif way < 0.5 and type(where[key]) is int:
            where[key] = chance.choice([-where[key], where[key] * 10**6, where[key] + 1, 0, 10**30])
        elif way < 0.6 and isinstance(where[key], str) and self._ids:
            where[key] = chance.choice([*self._ids, *self._bookings])
        else:
            where[key] = copy.deepcopy(chance.choice(SENSELESS))

    def _somewhere(self, value: Any) -> tuple[Any, Any]:
        """Return a container within a value and one of its keys; None twice where it is empty."""
        where: Any = None
        key: Any = None
        while isinstance(value, dict | list) and value:
            if where is not None and self._chance.random() < 0.25:
                break
            where = value
            key = self._chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
            value = where[key]
        return where, key

    def _exchange(self, event: Told) -> None:
        """Tell it of an object of another kind, or of another one of the same."""
        event["data"]["object"] = copy.deepcopy(self._chance.choice(self._objects))

    def _retype(self, event: Told) -> None:
        others = ("ping", "customer.created", "a b", "x" * 255, *LIKE_SECRETS)
        types = others if self._chance.random() < OTHER_TYPE else sorted(CONSUMED_EVENT_TYPES)
        event["type"] = self._chance.choice(types)

    def _claim(self, event: Told) -> None:
        """Say that it is for some booking of some place."""
        chance = self._chance
        event["data"]["object"]["metadata"] = {
            "booking_id": chance.choice([*self._bookings, "bk_nobody", "", "a#b", LIKE_SECRETS[0]]),
            "location_id": chance.choice([*PLACES, "", "nobody", "#"]),
            "purpose": chance.choice(["deposit", "visit_link", "fee", "", "x" * 500]),
            "refund_id": chance.choice(["re_nobody", "", "#"]),
        }

    # ------------------------------------------------------------------ and not

    def _forged(self) -> Delivery:
        chance, now_s = self._chance, self._now()
        place, event = chance.choice(self._known)
        body = json.dumps(event).encode()
        right = WEBHOOK_SECRET.format(place)
        other = WEBHOOK_SECRET.format(next(each for each in PLACES if each != place))
        headers: list[Callable[[], str | None]] = [
            lambda: None,
            lambda: "",
            lambda: "t=1,v1=" + "0" * 64,
            lambda: f"t={now_s}",
            lambda: f"t={now_s},v1=" + "é" * 64,
            lambda: "," * chance.choice([10, 5000]),
            lambda: f"t={now_s}" + f",v1={'a' * 64}" * chance.choice([1, 8, 9, 5000]),
            lambda: signature(body, right, at_s=now_s, age_s=chance.choice([301, -301, 10**9])),
            lambda: signature(body, "", at_s=now_s),
            lambda: signature(body, other, at_s=now_s),
            lambda: signature(body, right, at_s=now_s, scheme="v0"),
            lambda: signature(body + b" ", right, at_s=now_s),
            lambda: signature(body, right, at_s=now_s).replace("t=", f"t={'9' * 400}"),
        ]
        header = chance.choice(headers)()
        if chance.random() < 0.2:
            # Signed right, for a place that is none.
            header = signature(body, right, at_s=now_s)
            place = chance.choice(
                ["nobody", "../" + place, place.upper(), place + "\n", "x" * 5000]
            )
        if chance.random() < 0.1:
            body = b"[" * chance.choice([10, 900_000])
        return Delivery(place, body, header, False)

    def _unreadable(self) -> Delivery:
        """Signed right, and no event."""
        chance = self._chance
        place, event = self.event()
        whole = json.dumps(event).encode()
        deep = chance.choice([65, 1000, 100_000])
        bodies: list[Callable[[], bytes]] = [
            lambda: whole[: chance.randrange(len(whole))],
            lambda: chance.randbytes(chance.choice([1, 30, 3000])),
            lambda: whole.replace(b'"', b"\xff", chance.randint(1, 9)),
            lambda: whole.replace(b"{", b'{"id": "evt_1", "id": "evt_2", ', 1),
            lambda: whole.replace(b"null", b"NaN"),
            lambda: whole.replace(b"null", b"1e999"),
            lambda: whole.replace(b"null", b"-Infinity"),
            lambda: whole.replace(b"null", b"9" * 5000),
            lambda: whole.replace(b"null", b"[" * deep + b"]" * deep, 1),
            lambda: b"[" * deep,
            lambda: b'{"a":' * deep,
            lambda: whole.decode().encode("utf-16"),
            lambda: b"\xef\xbb\xbf" + whole,
            lambda: json.dumps(chance.choice(SENSELESS)).encode(),
            lambda: json.dumps({**event, "data": chance.choice(SENSELESS)}).encode(),
            lambda: json.dumps({**event, "livemode": True}).encode(),
        ]
        body = chance.choice(bodies)()
        return self._signed(place, body)

    def _large(self) -> Delivery:
        place, event = self.event()
        event["data"]["object"]["padding"] = "é" * self._chance.choice([20_000, 50_000, 170_000])
        body = json.dumps(event).encode()
        if self._chance.random() < 0.2:
            body += b" " * (MAX_EVENT_BYTES + 1 - len(body))
        return self._signed(place, body)


def _booking_of(about: Told) -> str:
    metadata = about.get("metadata")
    found = metadata.get("booking_id") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) else ""
