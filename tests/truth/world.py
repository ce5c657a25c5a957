"""The product in one process: its own code, over a table in memory and a Stripe without sockets.

Of AWS only the outermost calls are replaced: the table's, the bucket's, the mailer's and the key's.
Whatever happens, happens at `now_s`, which only `advance_to` moves.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import replace
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import stripe

from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.adapters.event_store import EventStore
from shared.adapters.ledger_store import LedgerStore
from shared.adapters.location_store import LocationStore, location_put
from shared.adapters.mailer import Delivery, Mailer
from shared.adapters.report_files import ReportFiles
from shared.config import AwsAccess, Config
from shared.domain.catalogue.services import Employee, Service, employee_to_dict, service_to_dict
from shared.domain.dates.report_day import report_day
from shared.domain.errors import AwsRefused, BookpayError, StripeKeyRefused
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.domain.reports.document import report_document
from shared.domain.reports.headline import headline
from shared.domain.reports.report import Report
from shared.domain.reports.schedule import morning_report
from shared.domain.reports.summary import group_days, summary_document
from shared.domain.stripe_facts.event_types import is_consumed
from shared.reports.files import FORMATS, ReportFile, Spool, write_file
from shared.reports.mail import report_mail
from shared.workflows.ledger.sync_ledger import CONTINUES, DONE, LedgerSync, SyncOutcome
from shared.workflows.reports import build_report
from shared.workflows.reports.read_report import ReportReader
from shared.workflows.stripe_events.record_event import record
from tests.builders import booking
from tests.interleaving.memory_table import Killed
from tests.surroundings.kept import keep
from tests.truth.oracle import Register, Visit
from tests.truth.stripe_inside import SECRET_KEY, StripeInside, Transport
from tests.truth.table import Table

LOCATION = "demo"
FAR_S = 4_000_000_000
CONFIG = Config(
    table_name="bookings",
    event_bus_name="bookpay",
    signing_secrets_path="/bookpay/signing-secrets",
    api_keys_path="/bookpay/api-keys",
    link_key_id="bookpay/link-key",
    large_events_bucket="large-events",
    public_url="https://pay.example.com",
    stripe_api_base="http://stripe.test",
    mail_from="bookings@salon.example",
    user_pool_id="",
    aws=AwsAccess("eu-central-1", "AKIDEXAMPLE", "secret", "", ""),
    reports_bucket="reports",
)
TABLE_CALLS = (
    *("get", "list_page", "query_partition", "query_between"),
    *("_put_once", "put_each"),
)
SERVICES = {"cut": "Haircut", "dye": "Colour", "perm": "Perm"}
EMPLOYEES = {"anna": "Anna", "ben": "Ben", "cleo": "Cleo"}


class World:
    """The location `demo`: its clients, its Stripe account, its syncs and its morning reports."""

    def __init__(
        self, patched: pytest.MonkeyPatch, *, seed: int, begins_s: int, zone: str, currency: str
    ) -> None:
        self.stripe = StripeInside(seed=seed, begins_s=begins_s, currency=currency)
        self.table = Table()
        self.register = Register()
        self.files: dict[str, bytes] = {}
        self.mails: list[EmailMessage] = []
        # Whether the next reports are written in every format, or only as lines and for machines.
        self.in_every_format = True
        # When the last sync that went through did.
        self.compared_s = 0
        # Whether a sync was refused, and none went through since.
        self.is_key_known_refused = False
        # Which of Stripe's objects webhooks have named, and of which they were, by type of event.
        self.heard: set[str] = set()
        # Which balance transactions lost webhooks named.
        self.lost: set[str] = set()
        self._told = 0
        self._patch(patched)
        self.config = CONFIG
        self.store = BookingStore(CONFIG)
        self.ledger = LedgerStore(CONFIG)
        self.reader = ReportReader(CONFIG)
        self.builder = build_report.ReportBuilder(CONFIG)
        self._syncs = self._watched_sync(CONFIG)
        made = Location(LOCATION, "Salon Demo", zone, currency, "DE", "test", begins_s, locale="de")
        made = replace(made, report_recipients=("finance@salon.example",))
        puts = [location_put(made, 0)]
        puts += [
            Put(Key(f"{LOCATION}#catalogue", f"service#{name}"), service_to_dict(each))
            for name, title in SERVICES.items()
            for each in [Service(name, title, Money(5000, "eur"), 60)]
        ]
        puts += [
            Put(
                Key(f"{LOCATION}#catalogue", f"employee#{name}"),
                employee_to_dict(Employee(name, title)),
            )
            for name, title in EMPLOYEES.items()
        ]
        self.table.put(puts)

    def _patch(self, patched: pytest.MonkeyPatch) -> None:
        table, inside = self.table, self.stripe
        asked = ("get", "list_page", "query_partition", "query_between", "_put_once", "put_each")
        for name in asked:
            made = _handing_to(getattr(table, name))
            patched.setattr(BookingsTable, name, made)
        patched.setattr(stripe, "RequestsClient", type("Here", (Transport,), {"inside": inside}))
        patched.setattr(ApiKeyStore, "secret_key", lambda *_a, **_k: SECRET_KEY)
        patched.setattr("time.time", inside.clock.exact)
        patched.setattr(ReportFiles, "put", self._put_file)
        patched.setattr(ReportFiles, "fetch", self._fetch_file)
        patched.setattr(Mailer, "send_to_each", self._send)

        patched.setattr(build_report, "LedgerSync", self._watched_sync)
        patched.setattr(build_report, "write_files", self._write_files)
        patched.setattr(build_report, "report_mail", self._write_mail)

    def _watched_sync(self, config: Config) -> LedgerSync:
        """Return a sync in the world's time, that remembers when one went through."""
        syncs = LedgerSync(config, clock=self.now_s, sleep=lambda _s: None)
        sync = syncs.sync

        def remember(*arguments: Any, **more: Any) -> SyncOutcome:
            try:
                outcome = sync(*arguments, **more)
            except StripeKeyRefused:
                self.is_key_known_refused = True
                raise
            if outcome.status == DONE:
                self.compared_s, self.is_key_known_refused = self.now_s(), False
            return outcome

        syncs.sync = remember  # type: ignore[method-assign]
        return syncs

    def _write_files(self, report: Report, spool: Spool, folder: Path) -> list[ReportFile]:
        endings = FORMATS if self.in_every_format else ("csv", "json")
        return [write_file(report, spool, folder, ending) for ending in endings]

    def _write_mail(self, report: Report, *more: Any) -> EmailMessage:
        if self.in_every_format:
            return report_mail(report, *more)
        mail = EmailMessage()
        mail.set_content(headline(report))
        return mail

    def _put_file(self, key: str, path: Path, _media_type: str) -> None:
        self.files[key] = path.read_bytes()

    def _fetch_file(self, key: str, path: Path) -> None:
        if key not in self.files:
            raise AwsRefused("there is no such file", code="NoSuchKey")
        path.write_bytes(self.files[key])

    def _send(self, mail: EmailMessage, *_: Any) -> Delivery:
        self.mails.append(mail)
        return Delivery({}, ())

    # ------------------------------------------------------------------ time and place

    def now_s(self) -> int:
        return self.stripe.clock.now()

    def advance_to(self, at_s: float) -> None:
        self.stripe.clock.advance(max(0, at_s - self.stripe.clock.exact()))

    @property
    def location(self) -> Location:
        stored = LocationStore(CONFIG).get_location(LOCATION)
        assert stored
        return stored.location

    def change(self, **changed: Any) -> None:
        stored = LocationStore(CONFIG).get_location(LOCATION)
        assert stored
        self.table.put([location_put(replace(stored.location, **changed), stored.version)])

    # ------------------------------------------------------------------ bookings and webhooks

    def book(self, name: str, visit: Visit) -> None:
        self.register.visits[name] = visit
        made = booking(
            name,
            price=Money(visit.price, visit.currency),
            service_id=visit.service,
            employee_id=visit.employee,
            starts_at_s=visit.begins_s,
            created_at_s=self.now_s(),
        )
        keep(self.store, made)

    def deliver(self, wanted: Callable[[Mapping[str, Any]], bool]) -> None:
        """Let those webhooks come that are wanted and did not come yet; the others are lost."""
        self.stripe.clock.run_due()
        new = [each for each in self.stripe.events[self._told :] if is_consumed(each["type"])]
        self._told = len(self.stripe.events)
        for event in new:
            about = event["data"]["object"]
            if not wanted(event):
                self.lost |= set(_names_in(about))
            else:
                self.heard |= {str(about["id"]), f"{about['id']} {event['type']}"}
                self.heard |= set(_names_in(about))
                if (about.get("metadata") or {}).get("booking_id"):
                    self.heard.add(f"{about['id']} is ours")
                record(LOCATION, event, EventStore(CONFIG))

    # ------------------------------------------------------------------ syncs and reports

    def sync(self) -> bool:
        """Run a sync as the hourly one does; say whether it went through."""
        going_on = None
        try:
            while True:
                outcome = self._syncs.sync(LOCATION, self.now_s(), going_on)
                going_on = outcome.continuation
                if outcome.status != CONTINUES:
                    return True
        except (BookpayError, Killed):
            return False

    def order(self, day: date, zone: str) -> str:
        """Build a morning's report whose order was made in a zone; return its folder."""
        place = replace(self.location, timezone=zone)
        order = morning_report(place, day, self.now_s())
        self.builder.build(order, self.now_s())
        return f"{LOCATION}/test/{day}/morning/"

    def document(self, day: date, limit: int = 1000) -> dict[str, Any]:
        """Return what the API answers for a day, all pages of its entries together."""
        report = self.reader.read(self.location, day, self.now_s())
        bounds, cursor, entries = report_day(day, self.location.timezone), None, []
        while True:
            page, cursor = self.reader.list_page(LOCATION, bounds, limit, cursor)
            entries += page
            if cursor is None:
                break
        return report_document(report, entries, None)

    def summary(self, first: date, last: date, by: str) -> dict[str, Any]:
        """Return what the API answers for several days."""
        days = self.reader.read_days(self.location, first, last)
        periods = group_days(days, by, self.now_s())
        return summary_document(periods, self.reader.read_names(LOCATION))

    def attributed(self) -> frozenset[str]:
        """Return the names of those in the ledger that have a booking."""
        entries = self.ledger.iterate_entries(LOCATION, 0, FAR_S)
        return frozenset(each.balance_transaction for each in entries if each.booking_id)

    def bound_late(self) -> int:
        """Return of how many payments it is noted that their entries may lack their booking."""
        kept = self.table.partitions.values()
        return sum(sk.startswith("bound#") for rows in kept for sk in rows)

    def known(self) -> frozenset[str]:
        """Return the names of the balance transactions that the ledger has."""
        return frozenset(
            sk.partition("#")[2]
            for pk, rows in self.table.partitions.items()
            if pk.startswith(f"{LOCATION}#ledger#")
            for sk in rows
            if sk.count("#") == 1
        )


def _names_in(told: Any) -> Iterator[str]:
    """Yield the balance transactions that an object of Stripe's names."""
    if isinstance(told, Mapping):
        for each in told.values():
            yield from _names_in(each)
    elif isinstance(told, list):
        for each in told:
            yield from _names_in(each)
    elif isinstance(told, str) and told.startswith("txn_"):
        yield told


def _handing_to(method: Any) -> Any:
    def hand(_self: BookingsTable, *arguments: Any, **named: Any) -> Any:
        return method(*arguments, **named)

    return hand
