"""A morning's report with everything in it, for the formats to be held against."""

from copy import replace
from datetime import date
from typing import Any

from shared.domain.dates.report_day import report_day
from shared.domain.ledger.balance_check import BalanceCheck, BalanceLine
from shared.domain.ledger.client_money import ClientMoney
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.money_flow import MoneyFlow
from shared.domain.ledger.reconciliation import RECONCILED, Reconciliation
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.domain.reports.balances import balances_of
from shared.domain.reports.late_entries import LateEntries, Reported
from shared.domain.reports.report import (
    ActionLine,
    DisputeLine,
    HoldLine,
    PayoutLine,
    RefundLine,
    Report,
)
from shared.domain.reports.section import Visit
from tests.domain.ledger_entries import entry

SALON = Location(
    location_id="demo",
    name="Salon Demo",
    timezone="Europe/Berlin",
    currency="eur",
    country="DE",
    mode="test",
    created_at_s=1_767_225_600,
    locale="de",
    report_recipients=("finance@salon.example",),
)
DAY = report_day(date(2026, 11, 21), SALON.timezone)
GENERATED_S = DAY.end_s + 6 * 3600
CONSOLE = "https://pay.salon.example"
NAMES = {"cut": "Haarschnitt", "dye": "Färben & Föhnen", "ann": "Anna Groß", "bob": "Bob"}


def lines() -> list[LedgerEntry]:
    """The entries of the day: payments, a refund, a dispute, a payout, a fee of the account."""
    made = [
        entry(
            "charge",
            (4900, 12000, 1470)[at % 3],
            (99, 205, 47)[at % 3],
            balance_transaction=f"txn_{at:02d}",
            created_s=DAY.start_s + (8 + at % 11) * 3600 + 60 * at,
            charge=f"ch_{at:02d}",
            payment_intent=f"pi_{at:02d}",
            source=f"ch_{at:02d}",
            booking_id=f"bk_{at:02d}",
            service_id=("cut", "dye")[at % 2],
            employee_id=("ann", "bob", None)[at % 3],
            purpose=("prepayment", "deposit", "visit_link")[at % 3],
        )
        for at in range(14)
    ]
    common: dict[str, Any] = {"booking_id": "bk_01", "service_id": "dye", "employee_id": "bob"}
    noon_s = DAY.start_s + 12 * 3600
    made += [
        entry(
            "refund",
            -4000,
            **common,
            balance_transaction="txn_r",
            refund="re_1",
            charge="ch_01",
            source="re_1",
            created_s=noon_s,
            purpose="deposit",
            reason="requested_by_customer",
        ),
        entry(
            "dispute",
            -12000,
            1500,
            **common,
            balance_transaction="txn_d",
            dispute="du_1",
            source="du_1",
            created_s=noon_s + 60,
            purpose="deposit",
            reason="fraudulent",
        ),
        entry("fee", -200, balance_transaction="txn_f", created_s=noon_s + 120),
        entry(
            "payout",
            -50000,
            balance_transaction="txn_p",
            payout="po_1",
            source="po_1",
            created_s=noon_s + 180,
        ),
    ]
    return made


def late() -> LateEntries:
    """What came late: one payment of the day before, and whose a refund of it was."""
    found = LateEntries(since=date(2026, 11, 14))
    charge = entry("charge", 4900, 99, balance_transaction="txn_late", created_s=DAY.start_s - 3600)
    found.add(date(2026, 11, 20), charge)
    known: dict[str, Any] = {"booking_id": "bk_01", "service_id": "cut", "employee_id": "ann"}
    learned = entry("refund", -700, balance_transaction="txn_learned", **known, purpose="deposit")
    found.reattribute(date(2026, 11, 20), learned, Reported("", "", "", ""))
    return found


def morning(**changed: Any) -> Report:
    """The report of that day; `entries` replaces what moved."""
    many = changed.pop("entries", lines())
    location = changed.pop("location", SALON)
    day = changed.pop("day", DAY)
    flow = MoneyFlow(day.start_s, day.end_s, location.mode == "live")
    for each in many:
        flow.add(each)
    check = BalanceCheck(GENERATED_S, True, (BalanceLine("eur", 120_972, 120_972),))
    full = Report(
        location=location,
        day=day,
        flow=flow,
        generated_at_s=GENERATED_S,
        final=True,
        names=NAMES,
        balances=balances_of(flow, {"eur": 100_000}, check),
        client_money={"eur": ClientMoney("eur", 25_000, 61_880, 18_200, 4_000)},
        refunds=(
            RefundLine(
                "re_1",
                "bk_01",
                DAY.start_s + 12 * 3600,
                Money(4000, "eur"),
                "requested_by_customer",
                "manager@salon.example",
                "succeeded",
            ),
        ),
        holds=(HoldLine("bk_20", "ch_20", Money(8000, "eur"), DAY.end_s + 5 * 86_400),),
        disputes=(
            DisputeLine(
                *("du_1", "bk_01", "ch_01", Money(12000, "eur")),
                *("fraudulent", "needs_response", False, DAY.end_s + 9 * 86_400),
            ),
            DisputeLine(
                *("du_2", "bk_07", "ch_07", Money(1470, "eur")),
                *("product_not_received", "warning_needs_response", True, DAY.end_s + 4 * 86_400),
            ),
        ),
        payouts=(
            PayoutLine(
                *("po_1", Money(50000, "eur"), DAY.end_s + 2 * 86_400, "in_transit"),
                *(True, "TRACE123", 31, True),
            ),
        ),
        actions=(
            ActionLine(
                "booking bk_09",
                "overpaid",
                "More was paid than the price. Refund the difference.",
                DAY.start_s + 9 * 3600,
            ),
        ),
        corrections=late(),
        reconciliation=Reconciliation(
            RECONCILED, healed=({"kind": "healed", "object": "ch_01"},), checked_at_s=GENERATED_S
        ),
    )
    visits = {"bk_01": Visit("bk_01", DAY.start_s + 10 * 3600, "Färben & Föhnen")}
    return replace(full, **{"visits": visits, "public_url": CONSOLE, **changed})
