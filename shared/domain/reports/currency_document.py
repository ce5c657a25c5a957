"""One currency's money flow as plain JSON types, for reports and summaries. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.domain.ledger.flows import Flow, Share
from shared.domain.ledger.money_flow import UNASSIGNED, CurrencyFlow

OTHER = "other"


def currency_document(flow: CurrencyFlow, names: Mapping[str, str]) -> dict[str, Any]:
    """Return one currency's flows and sections."""
    return {
        "currency": flow.currency,
        **flows_document(flow),
        "net": flow.net_minor,
        "payouts": _flow(flow.payouts),
        "by_category": categories_document(flow),
        "by_kind": {key or OTHER: _share(share) for key, share in flow.shares("by_purpose")},
        "by_service": [_named("service_id", *line, names) for line in flow.shares("by_service")],
        "by_employee": [_named("employee_id", *line, names) for line in flow.shares("by_employee")],
        "unknown_categories": list(flow.unknown_categories),
        "folded": {
            "by_kind": flow.folded.get("by_purpose", 0),
            "by_service": flow.folded.get("by_service", 0),
            "by_employee": flow.folded.get("by_employee", 0),
        },
    }


def flows_document(flow: CurrencyFlow) -> dict[str, dict[str, int]]:
    """Return what makes the net: each flow's count and signed amount."""
    return {name: _flow(each) for name, each in flow.flows.items()}


def categories_document(flow: CurrencyFlow) -> list[dict[str, Any]]:
    """Return the sums by Stripe's reporting category, payouts among them."""
    return [
        {
            "category": category,
            "count": sums.count,
            "gross": sums.gross_minor,
            "fee": sums.fee_minor,
            "net": sums.net_minor,
            "known": category not in flow.unknown_categories,
        }
        for category, sums in sorted(flow.by_category.items())
    ]


def _flow(flow: Flow) -> dict[str, int]:
    return {"count": flow.count, "amount": flow.amount_minor}


def _share(share: Share) -> dict[str, int]:
    return {
        "count": share.count,
        "amount": share.payments_minor,
        "refunds": share.refunds_minor,
        "disputes": share.disputes_minor,
        "adjustments": share.adjustments_minor,
        "fees": share.fees_minor,
        "net": share.net_minor,
    }


def _named(field: str, key: str, share: Share, names: Mapping[str, str]) -> dict[str, Any]:
    name = None if key == UNASSIGNED else names.get(key)
    return {field: key or None, "name": name, **_share(share)}
