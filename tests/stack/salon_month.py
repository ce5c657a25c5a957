"""A month of a salon's payments on the running system, each on its own day at Stripe.

The location is a new one with an account whose clock begins in the past, so that the first sync
finds a history: charges, refunds, a dispute, and Stripe's daily payouts.
"""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from tests.messages import order_envelope
from tests.stack.people import Person, joined
from tests.stack.running_stack import Stack
from tests.stack.waiting import wait_until

DAYS, A_DAY, BOOKED_A_DAY = 29, 10, 2
PAYMENTS = DAYS * A_DAY + A_DAY
DAY_S, HOUR_S = 86_400, 3600
NEW = {"name": "Studio Ledger", "timezone": "Europe/Berlin", "currency": "eur", "country": "DE"}


@dataclass(frozen=True)
class Month:
    """What was made: the location, who keeps its books, and how much Stripe has of it."""

    location_id: str
    finance: Person
    entries: int


class _Account:
    """The salon's account at the simulator."""

    def __init__(self, stack: Stack, days_ago: int) -> None:
        self.http = httpx.Client(base_url=stack.described["stripe"]["api_base"], timeout=30)
        opened = self.http.post("/_sim/accounts", json={"days_ago": days_ago, "country": "DE"})
        assert opened.status_code == 200, opened.text
        self.keys = {name: opened.json()[name] for name in ("publishable_key", "secret_key")}
        self.id = str(opened.json()["id"])
        self.http.auth = (self.keys["secret_key"], "")

    def control(self, call: str, **sent: Any) -> None:
        answer = self.http.post(f"/_sim/{call}", params={"account": self.id}, json=sent)
        assert answer.status_code == 200, answer.text

    def call(self, path: str, **sent: Any) -> dict[str, Any]:
        answer = self.http.post(f"/v1/{path}", data=sent)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def pay(self, amount: int, booking: dict[str, Any] | None) -> str:
        """Pay in the shop, with a booking of ours or without; return the charge's id."""
        known = {
            f"metadata[{name}]": booking[name] for name in ("location_id", "booking_id") if booking
        }
        paid = self.call(
            "payment_intents",
            amount=amount,
            currency="eur",
            payment_method="pm_card_visa",
            confirm="true",
            **{
                "automatic_payment_methods[enabled]": "true",
                "automatic_payment_methods[allow_redirects]": "never",
            },
            **known,
        )
        return str(paid["latest_charge"])

    def count_entries(self) -> int:
        """Return how many balance transactions there are."""
        found = 0
        after: dict[str, str] = {}
        while True:
            page = self.http.get("/v1/balance_transactions", params={"limit": 100, **after}).json()
            found += len(page["data"])
            if not page["has_more"]:
                return found
            after = {"starting_after": page["data"][-1]["id"]}


def make_month(stack: Stack) -> Month:
    """Let a month go by, and wait until the ledger has all of it."""
    admin = stack.client("admin")
    account = _Account(stack, DAYS)
    location_id = f"month-{secrets.token_hex(3)}"
    path = f"/v1/locations/{location_id}"
    made = admin.post("/v1/locations", json={"location_id": location_id, **NEW})
    assert made.status_code == 201, made.text
    saved = admin.put(f"{path}/payment-settings", json=account.keys)
    assert saved.status_code == 200, saved.text
    # What webhooks would tell, the sync finds out; their signatures would be of a month ago.
    account.control("deliveries", mode="drop")
    bookings = _make_bookings(admin, path)
    _let_days_go_by(account, bookings)
    finance = joined(stack, admin, location_id, "finance", "finance")
    entries = account.count_entries()
    account.http.close()
    _sync(stack, admin, location_id, entries)
    return Month(location_id, finance, entries)


def _make_bookings(admin: httpx.Client, path: str) -> list[dict[str, Any]]:
    def make(number: int) -> dict[str, Any]:
        asked = {
            "amount": 4500,
            "currency": "eur",
            "description": "Haircut",
            "external_id": f"M-{number}",
        }
        answer = admin.post(f"{path}/bookings", json=asked)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(make, range((DAYS + 1) * BOOKED_A_DAY)))


def _let_days_go_by(account: _Account, bookings: list[dict[str, Any]]) -> None:
    waiting = iter(bookings)
    for day in range(DAYS + 1):
        charges = [
            account.pay(4500, next(waiting)) if number < BOOKED_A_DAY else account.pay(1900, None)
            for number in range(A_DAY)
        ]
        if day % 7 == 2:
            account.call("refunds", charge=charges[0], amount=1500)
        if day == 12:
            account.control(f"charges/{charges[5]}/dispute", reason="fraudulent")
        if day < DAYS:
            account.control("clock/advance", seconds=DAY_S)
    # A moment, so that today's are captured too.
    account.control("clock/advance", seconds=2)
    # Payouts are followed from the day on which the account was connected, which is today.
    account.control("payouts", instant=True)
    account.control("clock/advance", seconds=5)


def _sync(stack: Stack, admin: httpx.Client, location_id: str, entries: int) -> None:
    """Let the ledger be synced as each hour does, until it has all, and what payouts carried."""
    queue = stack.described["outputs"]["LedgerSyncsQueueUrl"]
    order = order_envelope("sync_ledger", location_id=location_id, continuation=None, grace_s=0)
    today = datetime.now(ZoneInfo(NEW["timezone"])).date()
    days = {"from": str(today - timedelta(days=DAYS)), "to": str(today)}

    def look() -> bool | None:
        if stack.messages_in(queue):
            return None
        answer = admin.get(f"/v1/locations/{location_id}/money-flow", params=days)
        assert answer.status_code == 200, answer.text
        flow = answer.json()
        counted = sum(each["count"] for each in flow["totals"])
        if counted == entries and any(each["sum_matches"] for each in flow["payouts"]):
            return True
        stack.aws("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(order))
        return None

    wait_until(look, f"all {entries} entries and their payouts are in the ledger")
