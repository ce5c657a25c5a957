"""One Stripe account in memory: its objects, what only Stripe knows of them, and its clock."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import cast

from infra.local.stripe_simulator.clock import Clock
from infra.local.stripe_simulator.errors import StripeObject, no_such
from infra.local.stripe_simulator.ids import Ids
from infra.local.stripe_simulator.keys import Keys
from infra.local.stripe_simulator.params import merged_metadata
from infra.local.stripe_simulator.settings import API_VERSION, Settings


@dataclass(frozen=True)
class Cause:
    """The API call that made an event; both are None for what Stripe does by itself."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass
class Account:
    """All state of one run.

    `objects` maps Stripe's object names (`charge`, `checkout.session`) to objects by id, oldest
    first. `hidden` keeps by id what never leaves: a session's payment intent data, an endpoint's
    secrets, which test card a payment method is. `settles_in` are the currencies it has a bank
    account for, each with a balance and payouts of its own. Who changes anything holds `lock`.
    """

    settings: Settings
    clock: Clock
    ids: Ids
    id: str = ""
    created: int = 0
    objects: dict[str, dict[str, StripeObject]] = field(default_factory=dict)
    hidden: dict[str, StripeObject] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    cause: Cause = field(default_factory=Cause)
    on_event: list[Callable[[StripeObject], None]] = field(default_factory=list)
    settles_in: tuple[str, ...] = ()
    keys: Keys = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.id or self.ids.new("acct")
        self.created = self.created or self.clock.now()
        self.settles_in = self.settles_in or (self.settings.currency,)
        self.keys = Keys(self.settings.secret_key, self.settings.publishable_key)

    def add(self, new: StripeObject, **hidden: object) -> StripeObject:
        """Keep a new object under its own name and id."""
        self.objects.setdefault(new["object"], {})[new["id"]] = new
        if hidden:
            self.hidden[new["id"]] = dict(hidden)
        return new

    def remove(self, old: StripeObject) -> None:
        """Forget an object."""
        del self.objects[old["object"]][old["id"]]
        self.hidden.pop(old["id"], None)

    def all(self, kind: str) -> Iterable[StripeObject]:
        """Give all objects of a kind, newest first."""
        return reversed(self.objects.get(kind, {}).values())

    def find(self, kind: str, object_id: str) -> StripeObject | None:
        """Find an object, or None."""
        return self.objects.get(kind, {}).get(object_id)

    def get(
        self, kind: str, object_id: str, *, param: str = "id", status: int = 404
    ) -> StripeObject:
        """Find an object or refuse the call."""
        found = self.find(kind, object_id)
        if found is None:
            raise no_such(kind.replace(".", " "), object_id, param=param, status=status)
        return found

    def record_event(
        self,
        event_type: str,
        subject: StripeObject,
        previous_attributes: StripeObject | None = None,
    ) -> StripeObject:
        """Record that something happened: a snapshot of the object as it is now.

        Whoever listens (`on_event`) is told afterwards; deliveries begin there.
        """
        data: StripeObject = {"object": snapshot(subject)}
        if previous_attributes is not None:
            data["previous_attributes"] = snapshot(previous_attributes)
        event = self.add(
            {
                "id": self.ids.new("evt"),
                "object": "event",
                "api_version": API_VERSION,
                "created": self.clock.now(),
                "data": data,
                "livemode": False,
                "pending_webhooks": 0,
                "request": {
                    "id": self.cause.request_id,
                    "idempotency_key": self.cause.idempotency_key,
                },
                "type": event_type,
            }
        )
        for listener in self.on_event:
            listener(event)
        return event


def snapshot[Json](value: Json) -> Json:
    """Copy JSON to its last leaf; `copy.deepcopy` takes five times as long, for what JSON lacks."""
    if isinstance(value, dict):
        return cast("Json", {name: snapshot(one) for name, one in value.items()})
    if isinstance(value, list):
        return cast("Json", [snapshot(one) for one in value])
    return value


def change(subject: StripeObject, **new: object) -> StripeObject:
    """Change attributes and give back what they were, as `previous_attributes` of an event."""
    previous = {
        name: subject.get(name) for name, value in new.items() if subject.get(name) != value
    }
    subject.update(new)
    return previous


def change_metadata(subject: StripeObject, sent: dict[str, str]) -> StripeObject:
    """Merge metadata and give `previous_attributes`: only the keys that changed, null if new."""
    old: dict[str, str] = subject["metadata"]
    new = merged_metadata(old, sent)
    previous = {key: old.get(key) for key in {**old, **new} if old.get(key) != new.get(key)}
    subject["metadata"] = new
    return {"metadata": previous} if previous else {}
