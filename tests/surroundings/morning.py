"""A salon at the end of a day: its ledger, the bucket, the mailbox, and the two functions."""

import email
import email.policy
import json
import time
from copy import replace
from dataclasses import dataclass
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from functions.build_money_flow_report import handler as build_function
from functions.serve_report import handler as serve_function
from shared.adapters.audit_log import AuditLog
from shared.adapters.booking_store import BookingStore
from shared.adapters.ledger_store import LedgerStore
from shared.adapters.payout_store import PayoutStore
from shared.adapters.sync_state import SyncState
from shared.config import Config, load_config
from shared.domain.dates.report_day import LocalDay, report_day
from shared.domain.ledger.balance_check import BalanceCheck, BalanceLine
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.reconciliation import RECONCILED, Reconciliation
from shared.domain.locations.location import Location
from shared.domain.messages.envelopes import envelope_of
from shared.domain.reports.schedule import morning_report, report_on_request
from tests.builders import messages
from tests.fake_aws import FakeAws
from tests.surroundings.demo_location import DEMO
from tests.surroundings.places import locations

SALON = replace(DEMO, report_recipients=("finance@salon.example",))
DAY = report_day(date(2026, 11, 21), SALON.timezone)
MORNING_H = 6
NOON_S, MORNING_S = DAY.start_s + 12 * 3600, DAY.end_s + MORNING_H * 3600


@dataclass
class Morning:
    """The location `demo` in the morning after `day`."""

    config: Config
    store: BookingStore
    context: Any
    location: Location
    day: LocalDay

    def __post_init__(self) -> None:
        region = self.config.aws.region
        self.ledger = LedgerStore(self.config)
        self.payouts = PayoutStore(self.config)
        self.sync_state = SyncState(self.config)
        self.s3 = boto3.client("s3", region_name=region)
        get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"].reset()
        where: Any = {"LocationConstraint": region}
        self.s3.create_bucket(Bucket="reports", CreateBucketConfiguration=where)
        self.s3.put_bucket_versioning(
            Bucket="reports", VersioningConfiguration={"Status": "Enabled"}
        )
        ses = boto3.client("ses", region_name=region)
        ses.verify_email_identity(EmailAddress=self.config.mail_from)
        self._ses = get_backend("ses")[DEFAULT_ACCOUNT_ID][region]
        self._ses.sent_messages.clear()
        locations().save_location(self.location)

    def enter(self, *entries: LedgerEntry) -> None:
        """Put entries into the ledger, and let Stripe's balance be what they add up to."""
        self.ledger.put_entries("demo", entries)
        self.agree()

    def agree(self, differing_minor: int = 0) -> None:
        """Keep what a sync would find now: all is reconciled, and the balances are equal."""
        now_s = int(time.time())
        sums: dict[str, int] = self.ledger.sum_before("demo", self.day.end_s + 30 * 86_400)
        lines = tuple(BalanceLine(c, n + differing_minor, n) for c, n in sums.items())
        self.sync_state.put_balance_check("demo", BalanceCheck(now_s, True, lines))
        for day in self.next_days(-3, 3):
            found = Reconciliation(
                RECONCILED, checked_at_s=now_s, start_s=day.start_s, end_s=day.end_s
            )
            self.sync_state.put_reconciliations("demo", {day.day.isoformat(): found})

    def next_days(self, first: int, last: int) -> list[LocalDay]:
        return [
            report_day(self.day.day + timedelta(days=at), self.location.timezone)
            for at in range(first, last + 1)
        ]

    def order(self, day: LocalDay | None = None, run: str = "") -> dict[str, Any]:
        """Let the function have an order: a morning's, or with `run` one that was asked for."""
        wanted = (day or self.day).day
        place = self.location
        order = (
            report_on_request(place, wanted, run, 0) if run else morning_report(place, wanted, 0)
        )
        body = json.dumps(envelope_of(order))
        return dict(build_function.handler(messages(body), self.context))

    def mails(self) -> list[EmailMessage]:
        found = []
        for sent in self._ses.sent_messages:
            parsed = email.message_from_string(sent.raw_data, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            assert parsed["Content-Language"] == "en"
            found.append(parsed)
        return found

    def files(self) -> dict[str, bytes]:
        listed = self.s3.list_objects_v2(Bucket="reports").get("Contents", [])
        return {
            each["Key"]: self.s3.get_object(Bucket="reports", Key=each["Key"])["Body"].read()
            for each in listed
        }

    def audited(self) -> list[dict[str, Any]]:
        """Return the audit log's entries, newest first."""
        return AuditLog(self.config).list_entries("demo", int(time.time()), 10).items

    def get(
        self, path: str, user: str = "finance", accept: str = "", **query: str
    ) -> dict[str, Any]:
        whole = f"/v1/locations/demo/reports{path}"
        answer: dict[str, Any] = serve_function.handler(
            {
                "version": "2.0",
                "routeKey": "GET /v1/locations/{location_id}/reports/{proxy+}",
                "rawPath": whole,
                "rawQueryString": "",
                "headers": {"accept": accept},
                "queryStringParameters": query,
                "requestContext": {
                    "stage": "$default",
                    "http": {"method": "GET", "path": whole},
                    "authorizer": {"jwt": {"claims": {"sub": user, "token_use": "id"}}},
                },
                "isBase64Encoded": False,
            },
            self.context,
        )
        return answer

    def get_json(self, path: str, user: str = "finance", **query: str) -> Any:
        answer = self.get(path, user, **query)
        assert answer["statusCode"] == 200, answer["body"]
        return json.loads(answer["body"])


def text_of(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What time it is, for every part of the functions."""

    class Clock:
        now_s = MORNING_S

    clock = Clock()
    monkeypatch.setattr("time.time", lambda: float(clock.now_s))
    return clock


@pytest.fixture
def morning(aws: FakeAws, table: Any, store: BookingStore, context: Any, now: Any) -> Morning:
    """The location `demo` in the morning after `DAY`, whose table and mailbox are empty."""
    del aws, table, now
    return Morning(load_config(), store, context, SALON, DAY)
