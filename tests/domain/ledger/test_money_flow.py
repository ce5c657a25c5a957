"""The fold of a day: figures by hand, and sections that agree whatever the day was."""

import random
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.dates.report_day import day_of, first_of_period, local_hour_s, report_day
from shared.domain.errors import InvalidFacts
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.flows import ADJUSTMENTS, PAYOUTS, Sums, flow_of, split_fee
from shared.domain.ledger.money_flow import MAX_LISTED, UNASSIGNED, MoneyFlow, entries_of
from tests.domain.ledger_entries import NOON_S, entries, entry

END_S = NOON_S + 86_400


def flow_of_day(*many: LedgerEntry, livemode: bool = False) -> MoneyFlow:
    flow = MoneyFlow(NOON_S, END_S, livemode)
    for each in many:
        flow.add(each)
    return flow


def test_sums_are_of_all_entries_and_signed_as_they_are() -> None:
    sums = Sums()
    for each in (entry("charge", 5000, 145), entry("charge", 3000, 95), entry("refund", -1000)):
        sums.add(each)
    assert sums == Sums(count=3, gross_minor=7000, fee_minor=240, net_minor=6760)


def test_a_day_by_hand() -> None:
    flow = flow_of_day(
        entry("charge", 5000, 145),
        entry("charge", 3000, 95),
        entry("refund", -1000),
        entry("refund_failure", 1000),
        entry("dispute", -3000, 1500),
        entry("dispute_reversal", 3000, -1500),
        entry("fee", -200),
        entry("other_adjustment", 7),
        entry("payout", -4000, 40),
        entry("payout_reversal", 4000),
    ).flow_in("eur")
    amounts = {name: (each.count, each.amount_minor) for name, each in flow.flows.items()}
    assert amounts == {
        "payments": (2, 8000),
        "refunds": (1, -1000),
        "refund_reversals": (1, 1000),
        "disputes": (1, -3000),
        "dispute_reversals": (1, 3000),
        "stripe_fees": (6, -145 - 95 - 1500 + 1500 - 200 - 40),
        "adjustments": (1, 7),
    }
    assert flow.net_minor == 8007 - 480
    assert (flow.payouts.count, flow.payouts.amount_minor) == (2, 0)


def test_every_type_that_begins_with_payout_is_a_payout() -> None:
    for kind in ("payout", "payout_cancel", "payout_failure", "payout_of_another_day"):
        assert flow_of(entry("payout", -1, type=kind, reporting_category="new")) == PAYOUTS


def test_what_a_payout_leaves_on_the_balance_is_not_paid_out() -> None:
    """Stripe withholds it from the payout and gives it back: none of it is banked."""
    for kind, amount in (
        ("payout_minimum_balance_hold", -10_000),
        ("payout_minimum_balance_release", 10_000),
    ):
        moved = entry("payout", amount, type=kind, reporting_category=kind)
        assert flow_of(moved) == ADJUSTMENTS


def test_an_unknown_category_is_counted_and_flagged() -> None:
    flow = flow_of_day(entry("something_new", -300, 5)).flow_in("eur")
    assert flow.unknown_categories == ("something_new",)
    assert flow.by_category["something_new"] == Sums(1, -300, 5, -305)
    assert flow.flows["adjustments"].amount_minor == -300
    assert flow.net_minor == -305


def test_fees_of_the_account_are_split_and_the_last_line_takes_the_rounding() -> None:
    flow = flow_of_day(
        entry("charge", 1000, employee_id="ann"),
        entry("charge", 1000, employee_id="bob"),
        entry("charge", 1000, employee_id="eve"),
        entry("fee", -100),
    ).flow_in("eur")
    fees = {key: share.fees_minor for key, share in flow.shares("by_employee")}
    assert fees == {"ann": -33, "bob": -33, "eve": -34}


def test_fees_of_a_day_without_payments_are_nobodys() -> None:
    """There is nothing to split them by, and no employee bears them for being the last by name."""
    back = [
        entry("refund", -1_000, balance_transaction=f"txn_{who}", employee_id=who)
        for who in ("ann", "bob")
    ]
    fee = entry("fee", -200, balance_transaction="txn_fee")
    shares = flow_of_day(*back, fee).flow_in("eur").shares("by_employee")
    assert [(key, share.fees_minor) for key, share in shares] == [
        ("ann", 0),
        ("bob", 0),
        (UNASSIGNED, -200),
    ]


def test_a_day_with_fees_alone_has_a_line_for_them() -> None:
    flow = flow_of_day(entry("fee", -100)).flow_in("eur")
    assert [(key, share.net_minor) for key, share in flow.shares("by_service")] == [("", -100)]


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(-100, 10**6), min_size=1, max_size=9))
def test_a_split_fee_is_whole(fee: int, weights: list[int]) -> None:
    parts = split_fee(fee, weights)
    assert sum(parts) == fee
    assert all(part == 0 for part, weight in zip(parts[:-1], weights, strict=False) if weight <= 0)


@given(entries())
def test_all_sections_have_the_same_totals(day: list[LedgerEntry]) -> None:
    flow = flow_of_day(*day)
    for each in flow.in_order():
        of_currency = [one for one in day if one.currency == each.currency]
        net = sum(one.net_minor for one in of_currency)
        gross = sum(one.amount_minor for one in of_currency)
        assert net == gross - sum(one.fee_minor for one in of_currency)
        assert each.change_minor == net
        assert sum(sums.net_minor for sums in each.by_category.values()) == net
        assert sum(sums.count for sums in each.by_category.values()) == len(of_currency)
        for section in ("by_purpose", "by_service", "by_employee"):
            assert sum(share.net_minor for _, share in each.shares(section)) == each.net_minor


@given(entries(), st.randoms())
def test_the_order_of_the_entries_does_not_matter(
    day: list[LedgerEntry], chance: random.Random
) -> None:
    other = list(day)
    chance.shuffle(other)
    assert flow_of_day(*other).currencies == flow_of_day(*day).currencies


@given(entries(), st.integers(0, 30))
def test_two_halves_make_the_whole(day: list[LedgerEntry], at: int) -> None:
    whole = flow_of_day(*day[:at])
    whole.merge(flow_of_day(*day[at:]))
    assert whole.currencies == flow_of_day(*day).currencies
    assert whole.entries == len(day)


def test_an_entry_of_another_time_is_refused() -> None:
    for at_s in (NOON_S - 1, END_S):
        with pytest.raises(InvalidFacts):
            flow_of_day(entry("charge", 1, created_s=at_s))


def test_test_data_is_never_in_a_live_report() -> None:
    flow = flow_of_day(entry("charge", 5000), entry("charge", 1, livemode=True), livemode=True)
    assert flow.flow_in("eur").net_minor == 1
    assert (flow.entries, flow.other_mode) == (1, 1)


def test_what_is_listed_is_bounded_and_the_rest_counted() -> None:
    refunds = [entry("refund", -1) for _ in range(MAX_LISTED + 7)]
    flow = flow_of_day(*refunds, entry("charge", 1))
    assert flow.unlisted == {"refunds": 7}
    assert len(entries_of(flow, "refunds")) == MAX_LISTED


def test_lines_beyond_the_bound_go_to_the_one_without_a_name() -> None:
    flow = flow_of_day(*(entry("charge", 1, service_id=f"s{at}") for at in range(1005)))
    lines = flow.flow_in("eur").shares("by_service")
    assert (len(lines), lines[-1][0], lines[-1][1].count) == (1001, "", 5)


def test_what_is_beyond_the_bound_is_counted_however_the_day_is_put_together() -> None:
    """Bug: what had no line of its own any more was said to have no service."""
    many = [entry("charge", 1, service_id=f"s{at}") for at in range(1005)]
    again = [entry("refund", -1, service_id=f"s{at}") for at in range(1003, 1005)]
    whole = flow_of_day(*many, *again).flow_in("eur")
    assert whole.folded == {"by_service": 7}
    put_together = flow_of_day(*many[:600])
    for part in (many[600:], again):
        put_together.merge(flow_of_day(*part))
    assert put_together.flow_in("eur").folded == {"by_service": 7}
    # What never had a service is not counted among them.
    assert flow_of_day(*many[:1000], entry("charge", 1)).flow_in("eur").folded == {}
    full = flow_of_day(*many)
    full.merge(flow_of_day(*many))
    assert full.flow_in("eur").folded == {"by_service": 10}


@pytest.mark.parametrize(
    ("day", "timezone", "hours", "start"),
    [
        ("2026-03-29", "Europe/London", 23, "2026-03-29T00:00Z"),
        ("2026-10-25", "Europe/London", 25, "2026-10-24T23:00Z"),
        ("2026-11-22", "Asia/Kathmandu", 24, "2026-11-21T18:15Z"),
        ("2026-09-27", "Pacific/Auckland", 23, "2026-09-26T12:00Z"),
        ("2026-04-05", "Pacific/Auckland", 25, "2026-04-04T11:00Z"),
        ("2026-04-24", "Africa/Cairo", 23, "2026-04-23T22:00Z"),
        ("2011-12-30", "Pacific/Apia", 0, "2011-12-30T10:00Z"),
    ],
)
def test_a_local_day_is_an_exact_stretch_of_utc(
    day: str, timezone: str, hours: int, start: str
) -> None:
    made = report_day(date.fromisoformat(day), timezone)
    assert made.start_s == int(datetime.fromisoformat(start).timestamp())
    assert made.hours == hours
    assert made.end_s - made.start_s == hours * 3600


@given(
    st.integers(0, 4_000_000_000),
    st.sampled_from(["Europe/London", "Asia/Kathmandu", "Pacific/Auckland", "America/Havana"]),
)
def test_each_instant_is_in_exactly_one_day(instant_s: int, timezone: str) -> None:
    day = day_of(instant_s, timezone)
    assert report_day(day, timezone).holds(instant_s)


def test_an_hour_that_the_clocks_skip_is_the_one_after() -> None:
    skipped = local_hour_s(date(2026, 3, 29), 2, "Europe/Berlin")
    assert day_of(skipped, "Europe/Berlin") == date(2026, 3, 29)
    assert skipped == local_hour_s(date(2026, 3, 29), 3, "Europe/Berlin")


def test_weeks_begin_on_monday() -> None:
    sunday = date(2026, 11, 22)
    assert first_of_period(sunday, "week") == date(2026, 11, 16)
    assert first_of_period(sunday, "month") == date(2026, 11, 1)
    assert first_of_period(sunday, "day") == sunday
