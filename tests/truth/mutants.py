"""Mistakes that the product could make with figures and lists, by name."""

from collections.abc import Callable, Iterator
from copy import replace
from typing import Any

import pytest

from shared.adapters.ledger_store import LedgerStore
from shared.domain.dates import report_day
from shared.domain.dates.local_day import day_bounds
from shared.domain.ledger import client_money, flows, money_flow, reconciliation
from shared.domain.ledger.client_money import ClientMoneyRoll
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.flows import Share
from shared.domain.ledger.read_balance_transactions import read_balance_transaction
from shared.domain.ledger.reconciliation import RECONCILED
from shared.domain.reports.late_entries import LateEntries
from shared.domain.reports.report import ActionLine, PayoutLine, Report
from shared.workflows.ledger import take_page
from shared.workflows.ledger.check_ledger import SyncChecks
from shared.workflows.ledger.follow_payouts import PayoutSync
from shared.workflows.ledger.taken import Taken
from shared.workflows.reports import carried_money, open_bookings
from shared.workflows.reports.read_report import ReportReader

type Mutant = Callable[[pytest.MonkeyPatch], None]
MUTANTS: dict[str, Mutant] = {}


def mutant(named: Mutant) -> Mutant:
    """Enter a mistake into the table."""
    MUTANTS[named.__name__] = named
    return named


class _Any(str):
    """Equal to every text."""

    __slots__ = ()

    def __eq__(self, _other: object) -> bool:
        return True

    def __ne__(self, _other: object) -> bool:
        return False

    __hash__ = str.__hash__


@mutant
def a_fee_is_added(patched: pytest.MonkeyPatch) -> None:
    add = Share.add

    def wrong(share: Share, entry: LedgerEntry, flow: str) -> None:
        add(share, entry, flow)
        share.fees_minor += 2 * entry.fee_minor

    patched.setattr(Share, "add", wrong)


@mutant
def a_failed_refund_is_a_refund(patched: pytest.MonkeyPatch) -> None:
    patched.setitem(flows.FLOW_OF_CATEGORY, "refund_failure", flows.REFUNDS)


@mutant
def a_failed_refund_has_the_wrong_sign(patched: pytest.MonkeyPatch) -> None:
    read = read_balance_transaction

    def wrong(*told: Any, **more: Any) -> LedgerEntry:
        entry = read(*told, **more)
        if entry.reporting_category != "refund_failure":
            return entry
        return replace(
            entry, amount_minor=-entry.amount_minor, net_minor=-entry.amount_minor - entry.fee_minor
        )

    patched.setattr(take_page, "read_balance_transaction", wrong)


@mutant
def a_day_ends_a_second_early(patched: pytest.MonkeyPatch) -> None:
    right = day_bounds

    def wrong(day: str, timezone: str) -> tuple[int, int]:
        start_s, end_s = right(day, timezone)
        return start_s, end_s - 1

    patched.setattr(report_day, "day_bounds", wrong)


@mutant
def a_day_is_one_of_utc(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(report_day, "day_bounds", lambda day, _timezone: day_bounds(day, "UTC"))


@mutant
def an_opening_forgets_what_came_late(patched: pytest.MonkeyPatch) -> None:
    right = LedgerStore.sum_before
    told: dict[int, dict[str, int]] = {}

    def wrong(store: LedgerStore, location_id: str, at_s: int) -> dict[str, int]:
        # What it will be a day later is what there is of it by now.
        told.setdefault(at_s + 86_400, right(store, location_id, at_s + 86_400))
        return told.setdefault(at_s, right(store, location_id, at_s))

    patched.setattr(LedgerStore, "sum_before", wrong)


@mutant
def a_correction_is_dropped(patched: pytest.MonkeyPatch) -> None:
    add = LateEntries.add

    def wrong(late: LateEntries, day: Any, entry: LedgerEntry) -> None:
        if entry.reporting_category != "charge":
            add(late, day, entry)

    patched.setattr(LateEntries, "add", wrong)


@mutant
def what_is_learned_later_is_not_told(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(LateEntries, "reattribute", lambda *_told: None)


@mutant
def a_list_is_cut(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(money_flow, "MAX_LISTED", 1)


@mutant
def a_refund_has_no_booking(patched: pytest.MonkeyPatch) -> None:
    right = take_page.LedgerPages._with_bookings

    def wrong(taken: Any, *arguments: Any) -> list[LedgerEntry]:
        return [
            replace(each, booking_id=None, purpose="", service_id=None, employee_id=None)
            if each.refund
            else each
            for each in right(taken, *arguments)
        ]

    patched.setattr(take_page.LedgerPages, "_with_bookings", wrong)


@mutant
def every_report_equals_stripe(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(Report, "status", property(lambda _report: RECONCILED))


@mutant
def clients_money_forgets_what_came_late(patched: pytest.MonkeyPatch) -> None:
    def wrong(money: Any, _location: Any, records: Any, folder: Any) -> Any:
        return next((kept for each in records if (kept := money._read(each, folder))), None)

    patched.setattr(carried_money.CarriedMoney, "_newest_complete", wrong)


@mutant
def clients_money_is_never_used(patched: pytest.MonkeyPatch) -> None:
    def wrong(roll: ClientMoneyRoll) -> list[Any]:
        return sorted(roll.held.values(), key=lambda each: each.booking_id)

    patched.setattr(ClientMoneyRoll, "finish", wrong)
    patched.setattr(client_money.ClientMoneyRoll, "begin", classmethod(_begin_with_anything))


def _begin_with_anything(roll: Any, start_s: int, end_s: int, opening: Any) -> ClientMoneyRoll:
    made: ClientMoneyRoll = roll(start_s, end_s)
    for each in opening:
        made.held[each.booking_id, each.currency] = each
        made._of(each.currency).opening_minor += each.amount_minor
    return made


@mutant
def a_payout_is_activity(patched: pytest.MonkeyPatch) -> None:
    def wrong(entry: LedgerEntry) -> str:
        flow = flows.flow_of(entry)
        return flows.ADJUSTMENTS if flow == flows.PAYOUTS else flow

    patched.setattr(money_flow, "flow_of", wrong)


@mutant
def a_reserve_is_money_of_the_balance(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(money_flow, "PAYMENTS_BALANCE", _Any())


@mutant
def the_first_line_bears_every_fee(patched: pytest.MonkeyPatch) -> None:
    def wrong(fee_minor: int, weights: list[int]) -> list[int]:
        return [fee_minor if at == 0 else 0 for at in range(len(weights))]

    patched.setattr(money_flow, "split_fee", wrong)


@mutant
def what_is_broken_down_anew_is_said_to_be_as_before(patched: pytest.MonkeyPatch) -> None:
    reattribute = LateEntries.reattribute

    def wrong(late: LateEntries, day: Any, entry: LedgerEntry, before: Any) -> None:
        reattribute(late, day, replace(entry, booking_id=before.booking_id or None), before)

    patched.setattr(LateEntries, "reattribute", wrong)


@mutant
def a_list_is_said_to_leave_something_out(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(LateEntries, "left_out", property(lambda _late: 1))


@mutant
def a_hold_is_left_out(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(open_bookings, "_holds", lambda _bookings, **_: iter(()))


@mutant
def staff_are_not_asked_about_disputes(patched: pytest.MonkeyPatch) -> None:
    right = ReportReader.iterate_actions

    def wrong(reader: ReportReader, location_id: str) -> Iterator[ActionLine]:
        return (each for each in right(reader, location_id) if "response" not in each.kind)

    patched.setattr(ReportReader, "iterate_actions", wrong)


@mutant
def a_lost_webhook_is_not_told(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(reconciliation, "MAX_LISTED", 0)


@mutant
def what_was_missing_stays_missing(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(SyncChecks, "recheck", lambda *_asked, **_more: set())


@mutant
def what_moves_no_money_is_not_looked_for(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(PayoutSync, "take_new", lambda *_asked, **_more: Taken())


@mutant
def a_second_currency_has_no_payouts(patched: pytest.MonkeyPatch) -> None:
    right = ReportReader._payouts

    def wrong(reader: ReportReader, location_id: str, *more: Any) -> Iterator[PayoutLine]:
        found = list(right(reader, location_id, *more))
        return (each for each in found if each.money.currency == found[0].money.currency)

    patched.setattr(ReportReader, "_payouts", wrong)
