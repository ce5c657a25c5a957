"""Any history at a Stripe that keeps state: each day's report adds up, and equals Stripe's sums."""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from shared.adapters.booking_store import BookingStore
from shared.config import load_config
from shared.domain.dates.report_day import ONE_DAY, day_of, days_between, report_day
from shared.domain.ledger.balance_check import BalanceCheck
from shared.domain.ledger.flows import (
    ADJUSTMENTS,
    DISPUTE_REVERSALS,
    DISPUTES,
    PAYMENTS,
    REFUND_REVERSALS,
    REFUNDS,
    STRIPE_FEES,
)
from shared.domain.ledger.money_flow import MoneyFlow
from shared.domain.ledger.reconciliation import PENDING, RECONCILED
from shared.domain.reports.balances import balances_of
from shared.workflows.reports.read_report import ReportReader
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import DEMO, TableInMoto
from tests.surroundings.money_history import DAY_S, Day, Life, Step, histories, random_history
from tests.surroundings.salon import connected, stripe_beside
from tests.surroundings.till import LOCATION, Till

pytestmark = pytest.mark.enable_socket
type NewTill = Callable[[], AbstractContextManager[Till]]
# Each column of a section, and the flows that it is the sum of.
COLUMNS = {
    "payments_minor": (PAYMENTS,),
    "refunds_minor": (REFUNDS, REFUND_REVERSALS),
    "disputes_minor": (DISPUTES, DISPUTE_REVERSALS),
    "adjustments_minor": (ADJUSTMENTS,),
    "fees_minor": (STRIPE_FEES,),
}
PAID_OUT = {"payout", "payout_reversal"}
EVERYTHING = {"charge", "refund", "refund_failure", "dispute", "dispute_reversal"} | PAID_OUT
# Each kind of step, with one day of which no webhook comes and one of which every second does.
EVENTFUL = (
    Day((Step("pay", 4900), Step("pay_pending", 9100), Step("pay_in_dollars", 700)), synced=True),
    Day((Step("refund", 250), Step("pay_out"), Step("dispute", 0, 1)), (True,)),
    Day((Step("fail_payout"), Step("fail_refund"), Step("win"), Step("pay_elsewhere", 3000))),
    Day((Step("dispute", 0, 2), Step("lose"), Step("pay", 500, after_s=40_000)), (False, True)),
)


@pytest.fixture
def new_till(table: TableInMoto, store: BookingStore, aws: FakeAws) -> NewTill:
    """What gives a till whose Stripe and whose table have seen nothing yet."""
    untouched = table.save()

    @contextmanager
    def open_till() -> Iterator[Till]:
        table.restore(untouched)
        with (
            pytest.MonkeyPatch.context() as patched,
            stripe_beside(seed=11) as beside,
            connected(beside, aws, patched),
        ):
            till = Till(beside, store)
            yield till
            till.close()

    return open_till


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories())
@example(history=EVENTFUL)
def test_any_days_add_up_and_equal_stripe(new_till: NewTill, history: tuple[Day, ...]) -> None:
    with new_till() as till:
        began_s = till.now_s()
        Life(till).live(history)
        if history == EVENTFUL:
            assert {each.reporting_category for each in till.transactions()} >= EVERYTHING
        check_every_day(till, began_s)


@pytest.mark.proof
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories())
def test_many_histories_add_up_and_equal_stripe(
    new_till: NewTill, history: tuple[Day, ...]
) -> None:
    with new_till() as till:
        began_s = till.now_s()
        Life(till).live(history)
        check_every_day(till, began_s)


@pytest.mark.parametrize("days", [20, pytest.param(60, marks=pytest.mark.proof)])
def test_weeks_add_up_and_equal_stripe_though_a_third_is_lost(new_till: NewTill, days: int) -> None:
    ordinary = random_history(random.Random(11), days=days - len(EVENTFUL))
    with new_till() as till:
        began_s = till.now_s()
        Life(till).live((*EVENTFUL, *ordinary))
        assert till.now_s() - began_s >= days * DAY_S
        assert {each.reporting_category for each in till.transactions()} >= EVERYTHING
        check_every_day(till, began_s)


def check_every_day(till: Till, began_s: int) -> None:
    """Hold the report of each day, and all of them together, against Stripe's own list."""
    transactions = till.transactions()
    reader, ledger = ReportReader(load_config()), till.ledger
    balance_check = till.sync_state.get_balance_check(LOCATION)
    assert isinstance(balance_check, BalanceCheck)
    assert balance_check.agrees
    first, last = (day_of(at_s, DEMO.timezone) for at_s in (began_s, till.now_s()))
    whole: dict[str, int] = {}
    closing: dict[str, int] = {}
    for day in days_between(first - ONE_DAY, last):
        bounds = report_day(day, DEMO.timezone)
        flow = reader.read_flow(DEMO, bounds)
        of_day = [each for each in transactions if bounds.holds(each.created)]
        expected = net_by_currency(of_day)
        assert {c: each.change_minor for c, each in flow.currencies.items()} == expected
        paid_out = net_by_currency(each for each in of_day if each.reporting_category in PAID_OUT)
        found = {c: each.payouts.amount_minor for c, each in flow.currencies.items()}
        assert found == {currency: paid_out.get(currency, 0) for currency in expected}
        check_sections(flow)
        opening = ledger.sum_before(LOCATION, bounds.start_s)
        for balance in balances_of(flow, opening, balance_check):
            assert balance.opening_minor == closing.get(balance.currency, 0)
            moved = flow.currencies.get(balance.currency)
            change = moved.net_minor + moved.payouts.amount_minor if moved else 0
            closing[balance.currency] = balance.opening_minor + change
            assert balance.closing_minor == closing[balance.currency]
            assert balance.difference_minor == 0
        for currency, minor in expected.items():
            whole[currency] = whole.get(currency, 0) + minor
        compared = till.sync_state.get_reconciliation(LOCATION, day.isoformat())
        assert compared is None or compared.status in {RECONCILED, PENDING}
    assert whole == net_by_currency(transactions)
    assert {c: minor for c, minor in closing.items() if minor} == nonzero(till.balance())
    assert nonzero(whole) == nonzero(till.balance())


def net_by_currency(transactions: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in transactions:
        found[each.currency] = found.get(each.currency, 0) + each.net
    return found


def nonzero(sums: dict[str, int]) -> dict[str, int]:
    return {currency: minor for currency, minor in sums.items() if minor}


def check_sections(flow: MoneyFlow) -> None:
    for each in flow.in_order():
        categories = each.by_category.values()
        assert sum(sums.net_minor for sums in categories) == each.change_minor
        assert sum(sums.gross_minor - sums.fee_minor for sums in categories) == each.change_minor
        for section in ("by_purpose", "by_service", "by_employee"):
            shares = [share for _, share in each.shares(section)]
            assert sum(share.net_minor for share in shares) == each.net_minor
            for column, flows in COLUMNS.items():
                moved = sum(each.flows[name].amount_minor for name in flows)
                assert sum(getattr(share, column) for share in shares) == moved, (section, column)
