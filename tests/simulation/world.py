"""The whole product in one process and one thread, in simulated time, out of one seed.

Every function of the template is here with its own handler; AWS and Stripe are in memory (`cloud`,
`stripe_place`). Who acts is in `acts`, what must hold in `judge`.
"""

import io
import itertools
import json
import os
import random
import time
from collections.abc import Callable, Mapping
from copy import replace
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import stripe

from shared import environment
from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Key, Put
from shared.adapters.link_key import LinkKey
from shared.adapters.location_store import LocationStore, location_put
from shared.adapters.signing_secrets import SigningSecretStore
from shared.adapters.user_pool import PoolUser, UserPool
from shared.config import load_config
from shared.domain.bookings.booking import Booking
from shared.domain.catalogue.services import (
    Employee,
    OpeningHours,
    Service,
    employee_to_dict,
    service_to_dict,
)
from shared.domain.catalogue.terms_document import terms_from_dict, terms_to_dict
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.domain.reports.report import Report
from shared.observability import logger
from shared.reports.files import ReportFile, Spool, write_file
from shared.workflows.connection import check_connection
from shared.workflows.ledger.sync_ledger import LedgerSync
from shared.workflows.reports import build_report
from tests.builders import signature
from tests.simulation.cloud import ACCOUNT, REGION, Cloud, SeededTable
from tests.simulation.stripe_place import Routed, StripePlace
from tests.simulation.trouble import Killed, Trouble
from tests.surroundings.fixtures import LambdaContext

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/"
VARIABLES = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "POWERTOOLS_METRICS_NAMESPACE": "Bookpay",
    "POWERTOOLS_SERVICE_NAME": "bookpay",
    "TABLE_NAME": "bookings",
    "SECRETS_TABLE": "secrets",
    "SECRETS_KEY": "key-of-secrets",
    "EVENT_BUS_NAME": "bookpay",
    "LINK_KEY_ID": "bookpay/link-key",
    "LARGE_EVENTS_BUCKET": "large-events",
    "PUBLIC_URL": "https://pay.example.com",
    "STRIPE_API_BASE": "http://stripe.test",
    "MAIL_FROM": "bookings@pay.example.com",
    "SYNC_QUEUE_URL": f"{QUEUE_URL}LedgerSyncs",
    "REPORT_QUEUE_URL": f"{QUEUE_URL}ReportOrders",
    "REPORTS_BUCKET": "reports",
    "USER_POOL_ID": "pool",
    "USER_POOL_CLIENT_ID": "client",
}
STAFF = ("owner", "manager")
# The secret of a place's first endpoint.
WEBHOOK_SECRET = "whsec_simulation_of_{}"
# A place: its zone and currency, its country, a price of its main service in the minor unit.
PLACES = {
    "north": ("Europe/Berlin", "eur", "DE", 6000),
    "south": ("Europe/London", "gbp", "GB", 4500),
}
FUNCTIONS = {
    "BuildMoneyFlowReport": "build_money_flow_report",
    "ChargeFee": "charge_fee",
    "ConnectStripe": "connect_stripe",
    "CreateCheckout": "create_checkout",
    "OrderReminders": "order_reminders",
    "PublishOutbox": "publish_outbox",
    "ReceiveStripeWebhook": "receive_stripe_webhook",
    "RecordStripeEvent": "record_stripe_event",
    "RefundPayment": "refund_payment",
    "ReleaseUnpaidSlots": "release_unpaid_slots",
    "RequestMorningReports": "request_morning_reports",
    "SendMail": "send_mail",
    "ServeStaffApi": "serve_staff_api",
    "ServeVisit": "serve_visit",
    "ServeWidget": "serve_widget",
    "SettleLatePayments": "settle_late_payments",
    "StartSyncs": "start_syncs",
    "SweepOutbox": "sweep_outbox",
    "SyncLedger": "sync_ledger",
}
SESSION = "checkout.session"
SWEEP = "ReleaseUnpaidSlots"
# How often the clock calls each.
TICKS = {
    SWEEP: MINUTE_S,
    "SweepOutbox": 5 * MINUTE_S,
    "StartSyncs": HOUR_S,
    "OrderReminders": HOUR_S,
    "RequestMorningReports": HOUR_S,
}
# How the last days pass, ten steps each: retries are minutes apart, what follows is hours apart,
# and what is put off is due within months.
PACES_S = (10 * MINUTE_S, HOUR_S, 3 * HOUR_S, 24 * HOUR_S)
# What the clock calls each hour has then seen what Stripe did in the last of those days.
QUIET_HOURS = 3
# How often an account in test mode tells an event that is refused: the product has left it.
# https://docs.stripe.com/webhooks#retries
TEST_TRIES = 3
# Behind the seeds of the accounts in test mode.
LIVE_SEEDS = 1_000_000
# How far the clocks of AWS and Stripe are apart at the most: signatures are good for five minutes.
FURTHEST_S = 250
ALWAYS = tuple(OpeningHours(day, 0, 24 * 60) for day in range(7))


@dataclass(eq=False)
class Delivery:
    """One of Stripe's events on its way to a place's webhook, from an endpoint at Stripe."""

    place: str
    stripe: StripePlace
    endpoint: str
    event: dict[str, Any]
    at_s: float
    tries: int = 0


class World:
    """Two places, their clients, staff and Stripe accounts, and all that Bookpay runs on."""

    def __init__(
        self,
        patched: pytest.MonkeyPatch,
        seed: int,
        *,
        trouble: float = 0.1,
        table: Callable[[Trouble], SeededTable] = SeededTable,
    ) -> None:
        self.chance = random.Random(seed)
        begins_s = int(self.chance.uniform(1_767_225_600, 1_798_761_600))
        self.trouble = Trouble(self.chance, 0)
        # Which booking a payment was opened for, where somebody has edited its metadata since.
        self.opened_for: dict[str, str] = {}
        # Of which places the webhook's secret was rolled, perhaps not to the end.
        self.rolled: set[str] = set()
        # How far the clock of AWS is ahead of Stripe's.
        self.skew_s = 0.0
        self.stripes = {
            name: StripePlace(
                self.trouble, seed=2 * seed + number, begins_s=begins_s, currency=currency
            )
            for number, (name, (_, currency, _, _)) in enumerate(PLACES.items())
        }
        # The accounts in test mode that places had before they went live.
        self.left: dict[str, StripePlace] = {}
        # Pages of test mode that clients were led to although the place was live.
        self.play_pages: list[str] = []
        self._seed = seed
        # All run together, also those of accounts that come later.
        self._clock = self.stripes["north"].clock
        self.begins_s = begins_s
        for name, value in VARIABLES.items():
            patched.setenv(name, value)
        load_config.cache_clear()
        self.cloud = Cloud(patched, self.chance, self.trouble, self.exact, table)
        self.log = io.StringIO()
        self.deliveries: list[Delivery] = []
        self._ticked: dict[str, float] = dict.fromkeys(TICKS, float(begins_s))
        self._requests = itertools.count(1)
        self.answers: list[tuple[str, int]] = []
        # When unpaid slots were looked for, since the last time that anything went wrong with it.
        self.swept: dict[str, list[float]] = {name: [] for name in PLACES}
        self._patch(patched, seed)
        self._handlers = {
            name: import_module(f"functions.{module}.handler").handler
            for name, module in FUNCTIONS.items()
        }
        self.store = BookingStore(load_config())
        self._open()
        self.trouble.share = trouble

    def _patch(self, patched: pytest.MonkeyPatch, seed: int) -> None:
        environment.forget()
        bytes_of = random.Random(seed ^ 0xB00C).randbytes
        patched.setattr(os, "urandom", bytes_of)
        patched.setattr(random, "_urandom", bytes_of)
        random.seed(seed)
        patched.setattr(time, "time", self.exact)
        patched.setattr(time, "monotonic", self.at_stripe)
        patched.setattr(time, "sleep", lambda _s: None)
        # Files for people take a second each, and their figures are judged in `tests/truth`.
        patched.setattr(build_report, "write_files", _write_lines)
        # Kept as the modules were read, before the world's time was there.
        patched.setattr(LedgerSync.__init__, "__defaults__", (self.exact, time.sleep))
        for kept in (UserPool, LinkKey, ApiKeyStore):
            patched.setattr(kept.__init__, "__defaults__", (self.at_stripe,))
        patched.setattr(SigningSecretStore.__init__, "__defaults__", (self.at_stripe, self.exact))
        self._routed = {each.secret_key: each for each in self.stripes.values()}
        patched.setattr(stripe, "RequestsClient", type("Here", (Routed,), {"places": self._routed}))
        # It looks in a thread of its own, and changes nothing.
        patched.setattr(check_connection, "check_until", lambda *_: check_connection.Checked())
        # What it would write to a log that nobody reads takes a tenth of the time.
        patched.setattr(stripe._util, "logfmt", lambda _told: "")
        patched.setattr(UserPool, "find", _user)
        for handler in logger._logger.handlers:
            patched.setattr(handler, "stream", self.log)

    def _open(self) -> None:
        places = LocationStore(load_config())
        for name, (zone, currency, country, price) in PLACES.items():
            made = Location(
                name,
                f"Salon {name}",
                zone,
                currency,
                country,
                "test",
                self.begins_s,
                report_recipients=("finance@example.com",),
                holds_per_client=50,
                holds_per_address=50,
            )
            self.cloud.table.put([location_put(made, 0)])
            services = {
                "cut": Service("cut", "Haircut", Money(price, currency), 60),
                "perm": Service("perm", "Perm", Money(2 * price, currency), 90),
            }
            puts = [
                Put(Key(f"{name}#catalogue", f"service#{key}"), service_to_dict(each))
                for key, each in services.items()
            ]
            puts += [
                Put(
                    Key(f"{name}#catalogue", f"employee#{key}"),
                    employee_to_dict(Employee(key, key.capitalize(), ALWAYS)),
                )
                for key in ("anna", "ben", "cleo")
            ]
            self.cloud.table.put(puts)
            terms = terms_from_dict(terms_of({"type": "full"}), currency)
            self.cloud.table.put([Put(Key(f"{name}#terms", "terms"), terms_to_dict(terms))])
            for role in STAFF:
                places.put_member(f"{name}-{role}", name, [role], f"{role}@{name}.test")
            self._connect_first(name)

    def _connect_first(self, place: str) -> None:
        """Connect a place to its endpoint at Stripe, whose secret is known."""
        ids, secret = self.stripes[place].account.ids, WEBHOOK_SECRET.format(place)
        new = ids.new
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(ids, "new", lambda kind: secret if kind == "whsec" else new(kind))
            assert self.connect(place)[0] == 200

    def connect(self, place: str) -> tuple[int, Any]:
        """Save the keys that Stripe accepts, as an owner does."""
        stripe = self.stripes[place]
        keys = {
            "publishable_key": f"pk_{stripe.mode}_000000000000",
            "secret_key": stripe.secret_key,
        }
        return self.staff(place, "PUT", "/payment-settings", keys, function="ConnectStripe")

    def roll_key(self, place: str) -> None:
        """Let a place's key be revoked at Stripe, and a new one be made."""
        self._routed[self.stripes[place].roll_key()] = self.stripes[place]

    def go_live(self, place: str, *, is_sandbox: bool) -> tuple[int, Any]:
        """Let a place take real money from now on: its owner saves the keys of live mode.

        What it had in test mode is of the same account, or of a sandbox: that is one of its own.
        """
        test = self.stripes[place]
        live = StripePlace(
            self.trouble,
            seed=LIVE_SEEDS + 2 * self._seed + list(PLACES).index(place),
            begins_s=self.at_stripe(),
            currency=PLACES[place][1],
            mode="live",
            account_id="" if is_sandbox else test.account.id,
        )
        self._routed[live.secret_key] = live
        self.left[place], self.stripes[place] = test, live
        return self.connect(place)

    def accounts(self, place: str) -> list[StripePlace]:
        """Return what a place has at Stripe, with what it had in test mode before."""
        left = self.left.get(place)
        return [*([left] if left else []), self.stripes[place]]

    def account_of_page(self, place: str, session_id: str) -> StripePlace:
        """Return at which of a place's accounts a page of Checkout was opened."""
        [found] = [e for e in self.accounts(place) if e.account.find(SESSION, session_id)]
        return found

    def shown(self, place: str, session_id: str) -> None:
        """Note a page that a client was led to, where it takes play money of a place gone live."""
        left = self.left.get(place)
        if left and left.account.find(SESSION, session_id) and self.location(place).mode == "live":
            self.play_pages.append(session_id)

    def pay_page(self, place: str, session_id: str, card: str) -> str:
        """Let a client pay on a page of Checkout; return the outcome."""
        return self.account_of_page(place, session_id).pay_session(session_id, card)

    def roll_secret(self, place: str, *, keep_former: bool) -> tuple[int, Any]:
        """Let the webhook's secret be replaced, as an owner does."""
        path = "/payment-settings/roll-webhook-secret"
        body = {"keep_former": keep_former}
        return self.staff(place, "POST", path, body, function="ConnectStripe")

    # ------------------------------------------------------------------ time

    def at_stripe(self) -> float:
        """Return the time at Stripe, which never jumps."""
        return self._clock.exact()

    def exact(self) -> float:
        """Return the time at AWS."""
        return self.at_stripe() + self.skew_s

    def stripe_time_of(self, at_s: float) -> float:
        """Return the latest time at Stripe that an instant of AWS's may be."""
        return at_s + FURTHEST_S

    def now_s(self) -> int:
        """Return the time at AWS in whole seconds."""
        return int(self.exact())

    def advance(self, seconds: float) -> None:
        """Let time go by, at each Stripe as here."""
        for place in PLACES:
            for each in self.accounts(place):
                each.clock.advance(seconds)

    # ------------------------------------------------------------------ functions

    def call(self, function: str, event: dict[str, Any]) -> Any:
        """Call a function as Lambda does; None where it was ended in the middle."""
        self.trouble.begin(function)
        try:
            return self._handlers[function](event, LambdaContext(function_name=function))
        except Killed:
            # What it kept in memory is gone with it.
            environment.forget()
            return None
        finally:
            self.trouble.end()

    def http(
        self,
        function: str,
        route: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        user: str = "",
        address: str = "203.0.113.9",
    ) -> tuple[int, Any]:
        """Send a request; (0, None) where no answer came."""
        method = route.partition(" ")[0] if user == "" else ""
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route,
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"content-type": "application/json", **(headers or {})},
            "queryStringParameters": dict(query or {}),
            "pathParameters": dict(params or {}),
            "requestContext": {
                "stage": "$default",
                "requestId": f"request-{next(self._requests)}",
                "http": {"method": method, "path": path, "sourceIp": address},
            },
            "isBase64Encoded": False,
        }
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        if user:
            event["requestContext"]["http"]["method"] = route.partition(" ")[0]
            event["routeKey"] = "ANY /v1/{proxy+}"
            claims = {"sub": user, "token_use": "id"}
            event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        answer = self.call(function, event)
        if answer is None:
            return 0, None
        status = int(answer["statusCode"])
        self.answers.append((route, status))
        kind = {name.lower(): value for name, value in answer["headers"].items()}.get(
            "content-type", ""
        )
        text = answer.get("body") or ""
        return status, json.loads(text) if "json" in kind and text else answer

    def staff(
        self,
        place: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: str = "owner",
        function: str = "ServeStaffApi",
        **more: Any,
    ) -> tuple[int, Any]:
        """Send a request of the console's."""
        whole = f"/v1/locations/{place}{path}"
        return self.http(
            function, f"{method} {whole}", whole, body=body, user=f"{place}-{by}", **more
        )

    # ------------------------------------------------------------------ what runs by itself

    def run(self, rounds: int = 3) -> None:
        """Let what is due be done, in any order, as far as a few rounds go."""
        for _ in range(rounds):
            works = [self.tick, self.deliver, self.stream, *self._consumers()]
            self.chance.shuffle(works)
            for work in works:
                work()

    def _consumers(self) -> list[Callable[[], None]]:
        return [lambda queue=queue: self.consume(queue) for queue in self.cloud.queues.values()]  # type: ignore[misc]

    def tick(self) -> None:
        """Call what the clock calls, where its time has come."""
        for name, every_s in TICKS.items():
            if self.exact() - self._ticked[name] >= every_s:
                self._ticked[name] = self.exact()
                before = self._hindered(name)
                try:
                    self.call(name, {})
                except Exception:  # noqa: BLE001
                    # A tick that fails is not run again; the next one does its work.
                    self.trouble.seen[f"{name} failed"] += 1
                if name == SWEEP:
                    self._note_sweep(before)

    def _hindered(self, function: str) -> dict[str, tuple[int, int]]:
        """Return how often a function was hindered so far, by AWS and by each place's Stripe."""
        met = self.trouble.met[function]
        return {
            name: (met, sum(each.unanswered for each in self.accounts(name))) for name in PLACES
        }

    def _note_sweep(self, before: Mapping[str, tuple[int, int]]) -> None:
        for name, hindered in self._hindered(SWEEP).items():
            if hindered != before[name]:
                self.swept[name].clear()
            else:
                self.swept[name].append(self.exact())

    def stream(self) -> None:
        """Hand the table's new records to the outbox's publisher, until it has taken them."""
        waiting = self.cloud.table.stream
        if not waiting:
            return
        batch = waiting[: self.chance.randint(1, 10)]
        try:
            answer = self.call("PublishOutbox", {"Records": batch})
        except Exception:  # noqa: BLE001
            answer = None
        if answer is None:
            return
        failed = [each["itemIdentifier"] for each in answer["batchItemFailures"]]
        numbers = [each["dynamodb"]["SequenceNumber"] for each in batch]
        done = numbers.index(failed[0]) if failed else len(batch)
        del waiting[:done]

    def consume(self, queue: Any) -> None:
        """Let a queue's function have what waits, once over."""
        for _ in range(1 + len(queue.waiting) // queue.batch):
            batch = self.cloud.take(queue)
            if not batch:
                return
            before = self._hindered(queue.function)
            try:
                answer = self.call(queue.function, self.cloud.as_event(queue, batch))
            except Exception:  # noqa: BLE001
                # An error that leaves the handler: the whole batch comes again.
                self.trouble.seen[f"{queue.function} failed"] += 1
                answer = None
            if self._hindered(queue.function) == before:
                for each in batch:
                    each.had_a_chance = True
            if answer is None:
                continue
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            self.cloud.delete(queue, batch, failed)

    def deliver(self) -> None:
        """Let Stripe tell what it has to tell: late, twice, in any order, and again if refused."""
        chance = self.chance
        for place, account in [(at, each) for at in PLACES for each in self.accounts(at)]:
            account.clock.run_due()
            endpoints = [each["id"] for each in account.objects("webhook_endpoint")]
            for event, endpoint in itertools.product(account.new_events(), endpoints):
                late_s = chance.choice([0, 0, 0, 1, 60, 600, 4000]) if self.trouble.share else 0
                sent = Delivery(place, account, endpoint, event, self.at_stripe() + late_s)
                self.deliveries.append(sent)
                if self.trouble.share and chance.random() < 0.1:
                    self.deliveries.append(replace(sent))
        due = [each for each in self.deliveries if each.at_s <= self.at_stripe()]
        chance.shuffle(due)
        for each in due:
            self.deliveries.remove(each)
            if not self._post(each):
                each.tries += 1
                each.at_s = self.at_stripe() + min(HOUR_S, 60 * 2**each.tries)
                self.deliveries.append(each)

    def _post(self, delivery: Delivery) -> bool:
        account = delivery.stripe.account
        if account.find("webhook_endpoint", delivery.endpoint) is None:
            # Whoever deletes an endpoint is told nothing more by it.
            self.trouble.seen["endpoint gone"] += 1
            return True
        if delivery.stripe is self.left.get(delivery.place) and delivery.tries >= TEST_TRIES:
            self.trouble.seen["test mode gave up"] += 1
            return True
        body, at_s = delivery.stripe.in_mode(json.dumps(delivery.event)), self.at_stripe()
        secrets = [
            each["value"]
            for each in account.hidden[delivery.endpoint]["secrets"]
            if each["until"] is None or each["until"] > at_s
        ]
        status, _ = self.http(
            "ReceiveStripeWebhook",
            "POST /webhooks/stripe/{location_id}",
            f"/webhooks/stripe/{delivery.place}",
            body=body,
            params={"location_id": delivery.place},
            headers={"stripe-signature": signature(body.encode(), *secrets, at_s=at_s)},
        )
        return status == 200

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is under way."""
        return self.cloud.is_quiet and not self.deliveries

    def calm(self, looks: Callable[[], None] = lambda: None) -> None:
        """Let all trouble end, and time go by until nothing is left to be done.

        `looks` is called after each step.
        """
        self.trouble.share, self.skew_s = 0, 0
        for left in self.left.values():
            left.is_away = False
        for name, each in self.stripes.items():
            each.is_away = False
            # A connection that broke off in the middle is kept from others for a while, and longer
            # where the clock has been put back.
            self.advance(2 * MINUTE_S + FURTHEST_S)
            assert self.connect(name)[0] == 200
            if name in self.rolled:
                assert self.roll_secret(name, keep_former=True)[0] == 200
        quiet_hours = 0
        for step in itertools.count():
            self.advance(HOUR_S if quiet_hours else PACES_S[min(step // 10, len(PACES_S) - 1)])
            self.cloud.redrive()
            self.run()
            looks()
            is_over = step >= 25 and self.is_quiet
            quiet_hours = quiet_hours + 1 if is_over else 0
            if quiet_hours > QUIET_HOURS:
                return
            assert step < 1000, "the world never comes to rest"

    # ------------------------------------------------------------------ looked at

    def booking_of(self, intent: Mapping[str, Any]) -> str:
        """Return the id of the booking that a payment was opened for, whatever it says now."""
        own = str(intent["metadata"].get("booking_id", ""))
        return self.opened_for.get(intent["id"], own)

    def payments_of(self, place: str, booking_id: str) -> set[str]:
        """Return the ids of the payment intents that were opened for a booking."""
        return {
            each["id"]
            for stripe in self.accounts(place)
            for each in stripe.objects("payment_intent")
            if self.booking_of(each) == booking_id
        }

    def bookings(self, place: str) -> list[Booking]:
        """Return all bookings of a place, each whole."""
        found = []
        for key in self.cloud.table.of_kind("booking"):
            owner, _, booking_id = key.pk.partition("#booking#")
            if owner == place:
                stored = self.store.get_whole(place, booking_id)
                assert stored
                found.append(stored.booking)
        return found

    def location(self, place: str) -> Location:
        """Return a place as it is stored."""
        stored = LocationStore(load_config()).get_location(place)
        assert stored
        return stored.location

    def change_location(self, place: str, **changed: Any) -> None:
        """Change a place's settings."""
        stored = LocationStore(load_config()).get_location(place)
        assert stored
        self.cloud.table.put([location_put(replace(stored.location, **changed), stored.version)])


def terms_of(prepayment: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return terms of payment as an owner saves them."""
    return {
        "prepayment": dict(prepayment),
        "services": ["cut", "perm"],
        "hold_minutes": 20,
        "cancellation": {
            "steps": [
                {"hours_before": 48, "fee": {"type": "percent", "percent": 50}},
                {"hours_before": 24, "fee": {"type": "full"}},
            ],
            "no_show_fee": {"type": "percent", "percent": 80},
        },
        "reschedule": {"client_until_hours": 2, "fee": "none"},
        **more,
    }


def _write_lines(report: Report, spool: Spool, folder: Path) -> list[ReportFile]:
    return [write_file(report, spool, folder, ending) for ending in ("csv", "json")]


def _user(_pool: object, name: str) -> PoolUser:
    return PoolUser(name, f"{name}@pool.example", True, True, False, True)
