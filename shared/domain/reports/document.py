"""The contract's `MoneyFlow` as plain JSON types. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from shared.domain.dates.instants import rfc3339
from shared.domain.ledger.client_money import ClientMoney
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.findings import KINDS
from shared.domain.ledger.flows import Sums
from shared.domain.ledger.money_flow import CurrencyFlow
from shared.domain.reports.behind import behind
from shared.domain.reports.client_money_section import WHY_NEGATIVE
from shared.domain.reports.currency_document import currency_document
from shared.domain.reports.late_entries import LateEntries
from shared.domain.reports.not_compared import reasons_not_compared
from shared.domain.reports.report import REPORT_VERSION, Report

MAX_ENTRIES = 1000


def report_document(
    report: Report, entries: Sequence[LedgerEntry], entries_cursor: str | None
) -> dict[str, Any]:
    """Return the contract's `MoneyFlow`; `entries` is one page, in answers of `MAX_ENTRIES`."""
    return {
        "location_id": report.location.location_id,
        "date": report.day.day.isoformat(),
        "timezone": report.day.timezone,
        "from": rfc3339(report.day.start_s),
        "to": rfc3339(report.day.end_s),
        "generated_at": rfc3339(report.generated_at_s),
        "final": report.final,
        "mode": "test" if report.is_test else "live",
        "version": REPORT_VERSION,
        "currencies": [
            {**currency_document(flow, report.names), "balance": _balance(report, flow.currency)}
            for flow in _shown_currencies(report)
        ],
        "client_money": _client_money(report.client_money),
        "authorized_open": [
            {
                "booking_id": hold.booking_id,
                "charge": hold.charge,
                "amount": hold.money.amount_minor,
                "currency": hold.money.currency,
                "lapses_at": _instant(hold.lapses_at_s),
            }
            for hold in report.holds
        ],
        "disputes": [
            {
                "stripe_dispute_id": each.dispute,
                "booking_id": each.booking_id or None,
                "charge": each.charge,
                "amount": each.money.amount_minor,
                "currency": each.money.currency,
                "status": each.status,
                "reason": each.reason,
                "inquiry": each.is_inquiry,
                "evidence_due_by": _instant(each.due_by_s),
            }
            for each in report.disputes
        ],
        "refunds": [
            {
                "stripe_refund_id": each.refund,
                "booking_id": each.booking_id or None,
                "at": rfc3339(each.at_s),
                "amount": each.money.amount_minor,
                "currency": each.money.currency,
                "reason": each.reason,
                "requested_by": each.requested_by or None,
                "status": each.status,
            }
            for each in report.refunds
        ],
        "payouts": [
            {
                "payout": each.payout,
                "amount": each.money.amount_minor,
                "currency": each.money.currency,
                "arrival_date": (_instant(each.arrival_date_s) or "")[:10] or None,
                "status": each.status,
                "automatic": each.automatic,
                "trace_id": each.trace_id or None,
                "items": each.items,
                "sum_matches": each.sum_matches,
            }
            for each in report.payouts
        ],
        "needs_action": [
            {"about": each.about, "kind": each.kind, "advice": each.advice}
            for each in report.actions
        ],
        **_corrections(report.corrections or LateEntries(), report.names),
        "entries": [entry_document(entry) for entry in entries],
        "entries_total": report.flow.lines,
        "entries_cursor": entries_cursor,
        "left_out": {
            "refunds": report.left_out.refunds,
            "disputes": report.left_out.disputes,
            "payouts": report.left_out.payouts,
            "needs_action": report.left_out.actions,
            "corrections": report.corrections.left_out if report.corrections else 0,
            "reattributions": (
                report.corrections.reattributed_left_out if report.corrections else 0
            ),
            # Holds are found through bookings: how many the remaining bookings have is not known.
            "authorized_open": None if report.holds_since_s else 0,
            "authorized_open_before": _instant(report.holds_since_s),
        },
        "reconciliation": {
            "status": report.status,
            "not_compared": [
                {"why": each.why, "says": each.says} for each in reasons_not_compared(report)
            ],
            "behind": [{"what": each.what, "says": each.says} for each in behind(report)],
            "missing_here": [dict(each) for each in report.reconciliation.missing_here],
            "missing_at_stripe": [dict(each) for each in report.reconciliation.missing_at_stripe],
            "differing": [dict(each) for each in report.reconciliation.differing],
            "healed": [dict(each) for each in report.reconciliation.healed],
            "left_out": {kind: report.reconciliation.left_off.get(kind, 0) for kind in KINDS},
        },
    }


def entry_document(entry: LedgerEntry) -> dict[str, Any]:
    """Return one entry of the contract's `entries`."""
    return {
        "entry_id": entry.balance_transaction,
        "at": rfc3339(entry.created_s),
        "kind": entry.reporting_category,
        "amount": entry.amount_minor,
        "fee": entry.fee_minor,
        "net": entry.net_minor,
        "currency": entry.currency,
        "booking_id": entry.booking_id,
        "charge": entry.charge,
        "refund": entry.refund,
        "dispute": entry.dispute,
        "payout": entry.payout or entry.paid_out_by,
        "balance_transaction": entry.balance_transaction,
        "purpose": entry.purpose or None,
        "available_on": _instant(entry.available_on_s),
        "balance": entry.balance_type,
    }


def _corrections(late: LateEntries, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "corrections": [
            {"reported_date": each.reported_day.isoformat(), **entry_document(each.entry)}
            for each in late.in_order()
        ],
        "corrected_days": _sums_by_day(late.sums),
        "reattributions": [
            {
                "reported_date": each.reported_day.isoformat(),
                **entry_document(each.entry),
                "service": _name(each.entry.service_id, names),
                "employee": _name(each.entry.employee_id, names),
                "reported_as": {
                    "booking_id": each.before.booking_id or None,
                    "service": each.before.service or None,
                    "employee": each.before.employee or None,
                    "purpose": each.before.purpose or None,
                },
            }
            for each in late.reattributed_in_order()
        ],
        "reattributed_days": _sums_by_day(late.reattributed_sums),
        "corrections_since": late.since.isoformat() if late.since else None,
        "corrections_cut_short": late.is_cut_short,
        "corrections_before": [
            {
                "currency": each.currency,
                "count": each.count,
                "net": each.net_minor,
                "from": each.first.isoformat(),
                "to": each.last.isoformat(),
            }
            for _, each in sorted(late.older.items())
        ]
        if late.is_older_known
        else None,
        "corrections_unread": [day.isoformat() for day in sorted(late.unread)],
    }


def _sums_by_day(sums_of: Mapping[tuple[date, str], Sums]) -> list[dict[str, Any]]:
    return [
        {
            "reported_date": day.isoformat(),
            "currency": currency,
            "count": sums.count,
            "gross": sums.gross_minor,
            "fee": sums.fee_minor,
            "net": sums.net_minor,
        }
        for (day, currency), sums in sorted(sums_of.items())
    ]


def _name(key: str | None, names: Mapping[str, str]) -> str | None:
    return names.get(key, key) if key else None


def _shown_currencies(report: Report) -> list[CurrencyFlow]:
    """Return the currencies with movements, and those whose balance differs without any."""
    moved = report.flow.currencies
    differs = [each.currency for each in report.balances if each.difference_minor]
    return [moved.get(each) or CurrencyFlow(each) for each in sorted(moved.keys() | set(differs))]


def _balance(report: Report, currency: str) -> dict[str, Any] | None:
    for each in report.balances:
        if each.currency == currency:
            return {
                "opening": each.opening_minor,
                "closing": each.closing_minor,
                "difference_to_stripe": each.difference_minor,
                "checked_at": _instant(each.checked_at_s),
            }
    return None


def _client_money(by_currency: Mapping[str, ClientMoney] | None) -> list[dict[str, Any]] | None:
    if by_currency is None:
        return None
    return [
        {
            "currency": money.currency,
            "opening": money.opening_minor,
            "received": money.received_minor,
            "used": money.used_minor,
            "refunded": money.refunded_minor,
            "closing": money.closing_minor,
            "came_late": money.came_late_minor,
            "why_negative": WHY_NEGATIVE if money.is_negative else None,
        }
        for _, money in sorted(by_currency.items())
    ]


def _instant(instant_s: int) -> str | None:
    return rfc3339(instant_s) if instant_s else None
