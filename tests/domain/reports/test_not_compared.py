"""Why a report could not be compared, in words for finance: each reason has its case."""

from copy import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.activity.needed_action import KEY_REFUSED, PERMISSION_MISSING
from shared.domain.ledger.balance_check import BalanceCheck, BalanceLine
from shared.domain.ledger.reconciliation import PENDING, RECONCILED, Reconciliation
from shared.domain.reports.balances import Balance, balances_of
from shared.domain.reports.headline import headline
from shared.domain.reports.not_compared import reasons_not_compared
from shared.domain.reports.report import ActionLine, Report, as_compared, compared_since_s
from tests.contract.contract import Contract
from tests.reports.mornings import DAY, GENERATED_S, morning

NEVER = Reconciliation(PENDING)
COMPARED = Reconciliation(RECONCILED, checked_at_s=GENERATED_S)


def action(kind: str) -> dict[str, Any]:
    return {"actions": (ActionLine("stripe", kind, "", DAY.start_s),), "reconciliation": NEVER}


def unsynced(why: str) -> dict[str, Any]:
    return {"unsynced": why, "reconciliation": NEVER}


def balance_of(check: BalanceCheck | None) -> dict[str, Any]:
    return {"balances": balances_of(morning().flow, {"eur": 100_000}, check)}


MOVED = BalanceCheck(GENERATED_S, False, (BalanceLine("eur", 121_000, 120_972),))
CASES: dict[str, tuple[dict[str, Any], str]] = {
    KEY_REFUSED: (action(KEY_REFUSED), "no longer accepts this location's key"),
    PERMISSION_MISSING: (action(PERMISSION_MISSING), "names the permission"),
    "not_connected": (unsynced("not_connected"), "is not connected to Stripe"),
    "mode_differs": (unsynced("mode_differs"), "of the other mode"),
    "stripe_unavailable": (unsynced("stripe_unavailable"), "Stripe did not answer"),
    "stripe_refused": (unsynced("stripe_refused"), "Stripe refused what it was asked"),
    "answer_unreadable": (unsynced("answer_unreadable"), "could not be read"),
    "written_elsewhere": (unsynced("written_elsewhere"), "Another sync was writing"),
    "sync_unfinished": (unsynced("sync_unfinished"), "more entries than could be read"),
    "day_open": (
        {"final": False, "generated_at_s": DAY.end_s - 60, "reconciliation": NEVER},
        "The day is not over",
    ),
    "zone_moved": ({"is_zone_moved": True, "reconciliation": NEVER}, "time zone was changed"),
    "former_account": (
        {"is_of_former_account": True, **balance_of(None)},
        "another Stripe account since this day",
    ),
    "never_compared": ({"reconciliation": NEVER}, "No sync has compared this day"),
    "compared_too_early": (
        {"reconciliation": Reconciliation(PENDING, checked_at_s=DAY.end_s + 60)},
        "before the day was complete at Stripe",
    ),
    "events_awaited": (
        {"reconciliation": Reconciliation(PENDING, checked_at_s=GENERATED_S)},
        "may still be on its way",
    ),
    "balance_moved": (balance_of(MOVED), "Money moved while Stripe was asked"),
    "balance_not_asked": (balance_of(None), "Stripe's balance is not known yet"),
}


@pytest.mark.parametrize("why", CASES)
def test_a_report_that_is_not_compared_says_why(why: str) -> None:
    changed, said = CASES[why]
    report = morning(**changed)
    first = reasons_not_compared(report)[0]
    assert first.why == why
    assert said in first.says
    assert headline(report).endswith(first.says)


def test_the_contract_has_each_reason_and_no_other() -> None:
    schemas = Contract.load().document["components"]["schemas"]
    reason = schemas["Reconciliation"]["properties"]["not_compared"]["items"]
    assert reason["properties"]["why"]["enum"] == list(CASES)


def test_a_report_that_is_compared_has_no_reason() -> None:
    assert reasons_not_compared(morning()) == ()


@given(
    st.builds(
        replace,
        st.just(morning()),
        final=st.booleans(),
        generated_at_s=st.integers(DAY.start_s, GENERATED_S),
        unsynced=st.sampled_from(["", "stripe_unavailable", "not_connected"]),
        is_zone_moved=st.booleans(),
        is_of_former_account=st.booleans(),
    ),
    st.none()
    | st.builds(
        Reconciliation,
        st.sampled_from([PENDING, RECONCILED]),
        checked_at_s=st.integers(1, GENERATED_S),
    ),
    st.sampled_from([None, 0]),
    st.sampled_from([0, GENERATED_S]),
)
def test_whatever_is_pending_has_a_reason(
    report: Report, found: Reconciliation | None, difference: int | None, checked_at_s: int
) -> None:
    compared = as_compared(found, compared_since_s(report.day, report.generated_at_s))
    balance = Balance("eur", 0, 0, difference, checked_at_s)
    made = replace(report, reconciliation=compared, balances=(balance,))
    assert bool(reasons_not_compared(made)) == (made.status == PENDING)
