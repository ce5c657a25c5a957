"""Sixty days at a Stripe that keeps state: every day's report adds up, and equals Stripe's sums."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.report_reader import ReportReader
from shared.config import load_config
from shared.domain.balance_check import BalanceCheck
from shared.domain.money_flow import MoneyFlow
from shared.domain.reconciliation import PENDING, RECONCILED
from shared.domain.report import balances_of
from shared.domain.report_day import ONE_DAY, day_of, days_between, report_day
from tests.fake_aws import FakeAws
from tests.functions.conftest import DEMO
from tests.functions.salon import connected, stripe_beside
from tests.functions.till import AVAILABLE_AT_ONCE, LOCATION, Till

pytestmark = pytest.mark.enable_socket
DAY_S = 86_400


@pytest.fixture
def till(store: BookingStore, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    with stripe_beside(seed=11) as beside, connected(beside, aws, monkeypatch):
        till = Till(beside, store)
        yield till
        till.close()


def live_through(till: Till, days: int, chance: random.Random, *, lost: float) -> None:
    """Many days of payments, refunds and disputes; Stripe pays out by itself each day."""
    charges: list[str] = []
    disputes: list[str] = []
    for day in range(days):
        for number in range(chance.randint(0, 2)):
            booking_id = f"bk_{day}_{number}"
            minor = chance.randint(500, 20_000)
            till.book(booking_id, minor)
            card = chance.choice([AVAILABLE_AT_ONCE, "4242424242424242"])
            purpose = chance.choice(["prepayment", "deposit", "visit_link"])
            charges.append(till.pay(booking_id, minor, card=card, purpose=purpose))
        if charges and chance.random() < 0.3:
            till.refund(charges.pop(chance.randrange(len(charges))), chance.randint(100, 400))
        if charges and chance.random() < 0.1:
            disputes.append(till.dispute(charges.pop()))
        elif disputes and chance.random() < 0.5:
            till.close_dispute(disputes.pop(), chance.choice(["won", "lost"]))
        till.deliver(lambda _event: chance.random() >= lost)
        till.advance(DAY_S - chance.randint(60, 600))
        if day % 15 == 14:
            till.sync()
    till.sync()


@pytest.mark.parametrize(
    ("days", "seed", "lost"), [(20, 3, 0), (60, 11, 1 / 3)], ids=["all webhooks", "a third lost"]
)
def test_every_day_adds_up_and_equals_stripe(till: Till, days: int, seed: int, lost: float) -> None:
    began_s = till.now_s()
    live_through(till, days, random.Random(seed), lost=lost)

    transactions = till.transactions()
    reader, ledger = ReportReader(load_config()), till.ledger
    first, last = (day_of(at_s, DEMO.timezone) for at_s in (began_s, till.now_s()))
    whole: dict[str, int] = {}
    closing: dict[str, int] = {}
    for day in days_between(first - ONE_DAY, last):
        bounds = report_day(day, DEMO.timezone)
        flow = reader.read_flow(DEMO, bounds)
        expected = net_by_currency(each for each in transactions if bounds.holds(each.created))
        assert {c: each.change_minor for c, each in flow.currencies.items()} == expected
        check_sections(flow)
        opening = ledger.sum_before(LOCATION, bounds.start_s)
        for balance in balances_of(flow, opening, ledger.get_balance_check(LOCATION)):
            assert balance.opening_minor == closing.get(balance.currency, 0)
            closing[balance.currency] = balance.closing_minor
            assert balance.difference_minor == 0
        for currency, minor in expected.items():
            whole[currency] = whole.get(currency, 0) + minor
        compared = ledger.get_reconciliation(LOCATION, day.isoformat())
        assert compared is None or compared.status in {RECONCILED, PENDING}
    assert whole == net_by_currency(transactions)
    assert closing == whole == till.balance()
    check = ledger.get_balance_check(LOCATION)
    assert isinstance(check, BalanceCheck)
    assert check.agrees


def net_by_currency(transactions: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in transactions:
        found[each.currency] = found.get(each.currency, 0) + each.net
    return found


def check_sections(flow: MoneyFlow) -> None:
    for each in flow.in_order():
        assert sum(sums.net_minor for sums in each.by_category.values()) == each.change_minor
        for section in ("by_purpose", "by_service", "by_employee"):
            assert sum(share.net_minor for _, share in each.shares(section)) == each.net_minor
