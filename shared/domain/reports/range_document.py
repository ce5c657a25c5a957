"""A range's money flow, payouts and single entries as the contract has them. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.domain.dates.instants import rfc3339
from shared.domain.ledger.bank_payout import BankPayout
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.flows import flow_of
from shared.domain.reports.currency_document import categories_document, flows_document
from shared.domain.reports.document import entry_document
from shared.domain.reports.flow_range import Figures, FlowRange
from shared.domain.reports.payout_check import why_sum_open


def range_document(shown: FlowRange) -> dict[str, Any]:
    """Return the contract's `MoneyFlowRange`."""
    before = shown.before
    return {
        "location_id": shown.location.location_id,
        "from": shown.whole.first.isoformat(),
        "to": shown.whole.last.isoformat(),
        "time_zone": shown.location.timezone,
        "livemode": shown.livemode,
        "generated_at": rfc3339(shown.generated_at_s),
        "final": shown.is_over,
        "totals": [
            {
                "currency": currency,
                **_figures(figures),
                "before": before
                and {
                    "from": before.first.isoformat(),
                    "to": before.last.isoformat(),
                    **_figures(before.figures[currency]),
                },
                "before_why": shown.before_why,
            }
            for currency, figures in shown.whole.figures.items()
        ],
        "days": [
            {
                "date": each.day.day.isoformat(),
                "currency": currency,
                **_sums(figures),
                **flows_document(figures.flow),
                "final": each.is_over,
                "status": each.status,
                "why": each.why,
            }
            for each in shown.days
            for currency, figures in each.figures.items()
        ],
        "payouts": [payout_document(each) for each in shown.payouts],
        "comparison": {"status": shown.status, **shown.days_by_status},
        "left_out": {"payouts": shown.payouts_left_out, "other_balance": shown.other_balance},
        "notes": shown.notes(),
    }


def payout_document(payout: BankPayout) -> dict[str, Any]:
    """Return the contract's `Payout`."""
    arrives = rfc3339(payout.arrival_date_s)[:10] if payout.arrival_date_s else None
    return {
        "payout": payout.payout,
        "created_at": rfc3339(payout.created_s),
        # Stripe gives the day as midnight UTC.
        "arrival_date": arrives,
        "amount": payout.amount_minor,
        "currency": payout.currency,
        "status": payout.status,
        "automatic": payout.automatic,
        "trace_id": payout.trace_id or None,
        "items": payout.items_count,
        "items_net": payout.items_net_minor,
        "sum_matches": payout.sum_matches,
        "sum_why": why_sum_open(payout),
    }


def listed_entry_document(
    entry: LedgerEntry, external_ids: Mapping[str, str | None], names: Mapping[str, str]
) -> dict[str, Any]:
    """Return the contract's `ListedEntry`.

    `external_ids` are those of bookings by id, and `names` those of services and employees.
    """
    return {
        **entry_document(entry),
        "flow": flow_of(entry),
        "paid_out_by": entry.paid_out_by,
        "external_id": external_ids.get(entry.booking_id or ""),
        "service": _name(entry.service_id, names),
        "employee": _name(entry.employee_id, names),
    }


def _name(key: str | None, names: Mapping[str, str]) -> str | None:
    return names.get(key, key) if key else None


def _sums(figures: Figures) -> dict[str, int]:
    return {
        "opening": figures.opening_minor,
        "activity": figures.activity_minor,
        "payouts": figures.payouts_minor,
        "closing": figures.closing_minor,
        "gross": figures.gross_minor,
        "fees": figures.fees_minor,
        "net": figures.activity_minor,
        "count": figures.count,
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        **_sums(figures),
        **flows_document(figures.flow),
        "by_category": categories_document(figures.flow),
        "unknown_categories": list(figures.flow.unknown_categories),
    }
