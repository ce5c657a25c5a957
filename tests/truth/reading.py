"""What the product wrote for machines, read back: JSON and CSV as plain dicts of ints and texts."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

# Of a line, what every format has of it.
LINE = ("gross", "fee", "net", "currency", "balance", "category", "booking", "purpose")


def json_figures(body: bytes | Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of a JSON document, from the file or the API."""
    told = json.loads(body) if isinstance(body, bytes) else body
    return {
        "currencies": {each["currency"]: _currency(each) for each in told["currencies"]},
        "client_money": {
            each["currency"]: {name: each[name] for name in _MONEY}
            for each in told["client_money"] or ()
            if any(each[name] for name in _MONEY)
        },
        "lines": {each["balance_transaction"]: _entry(each) for each in told["entries"]},
        "entries_total": told["entries_total"],
        "refunds": [
            (each["stripe_refund_id"], each["amount"], each["currency"], each["booking_id"] or "")
            for each in told["refunds"]
        ],
        "payouts": {
            each["payout"]: {name: each[name] for name in _PAYOUT} for each in told["payouts"]
        },
        "disputes": {
            each["stripe_dispute_id"]: {
                "booking": each["booking_id"] or "",
                **{name: each[name] for name in ("amount", "currency", "status", "inquiry")},
            }
            for each in told["disputes"]
        },
        "corrections": {
            f"{each['reported_date']} {each['balance_transaction']}": _entry(each)
            for each in told["corrections"]
        },
        "corrected_days": _sums_by_day(told["corrected_days"]),
        "reattributions": {
            f"{each['reported_date']} {each['balance_transaction']}": {
                **_entry(each),
                "service": each["service"] or "",
                "employee": each["employee"] or "",
                "before": each["reported_as"]["booking_id"] or "",
            }
            for each in told["reattributions"]
        },
        "left_out": {**told["left_out"], "reconciliation": told["reconciliation"]["left_out"]},
        "reattributed_days": _sums_by_day(told["reattributed_days"]),
        "holds": {
            each["charge"]: {
                "booking": each["booking_id"],
                **{name: each[name] for name in ("amount", "currency", "lapses_at")},
            }
            for each in told["authorized_open"]
        },
        "asked": sorted((each["about"], each["kind"]) for each in told["needs_action"]),
        "compared": {
            name: sorted(each["balance_transaction"] or each["object"] for each in items)
            for name, items in told["reconciliation"].items()
            if name in _COMPARED
        }
        | {"status": told["reconciliation"]["status"]},
    }


def _sums_by_day(told: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], dict[str, int]]:
    return {
        (each["reported_date"], each["currency"]): {
            name: each[name] for name in ("count", "gross", "fee", "net")
        }
        for each in told
    }


_COMPARED = ("missing_here", "missing_at_stripe", "differing", "healed")
_MONEY = ("opening", "came_late", "received", "used", "refunded", "closing")
_FLOWS = (
    *("payments", "refunds", "refund_reversals", "disputes", "dispute_reversals"),
    *("stripe_fees", "adjustments", "payouts"),
)
_PAYOUT = ("amount", "currency", "status", "automatic", "items", "sum_matches", "trace_id")
_SHARE = ("count", "amount", "refunds", "disputes", "adjustments", "fees", "net")


def summary_figures(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of a summary: of each of its periods by its first day, and the totals."""
    periods = {each["date"]: each["currencies"] for each in told["items"]}
    return {
        name: {each["currency"]: _currency({**each, "balance": None}) for each in currencies}
        for name, currencies in {**periods, "totals": told["totals"]}.items()
    }


def _currency(told: Mapping[str, Any]) -> dict[str, Any]:
    balance = told["balance"] or {"opening": 0, "closing": 0}
    return {
        **{name: (told[name]["count"], told[name]["amount"]) for name in _FLOWS},
        "net": told["net"],
        "opening": balance["opening"],
        "closing": balance["closing"],
        "by_category": {
            each["category"]: (each["count"], each["gross"], each["fee"], each["net"])
            for each in told["by_category"]
        },
        "by_purpose": {
            "" if key == "other" else key: _share(share) for key, share in told["by_kind"].items()
        },
        "by_service": {each["service_id"] or "": _share(each) for each in told["by_service"]},
        "by_employee": {each["employee_id"] or "": _share(each) for each in told["by_employee"]},
    }


def _share(told: Mapping[str, Any]) -> dict[str, int]:
    return {name: told[name] for name in _SHARE}


def _entry(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "gross": told["amount"],
        "fee": told["fee"],
        "net": told["net"],
        "currency": told["currency"],
        "balance": told["balance"],
        "category": told["kind"],
        "booking": told["booking_id"] or "",
        "purpose": told["purpose"] or "",
    }


def csv_lines(body: bytes) -> dict[str, dict[str, Any]]:
    """Return the lines of a CSV file, by balance transaction."""
    rows = csv.DictReader(io.StringIO(body.decode(), newline=""))
    return {each["balance_transaction"]: _line(each) for each in rows}


def _line(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "gross": int(row["gross_minor"]),
        "fee": int(row["fee_minor"]),
        "net": int(row["net_minor"]),
        "currency": row["currency"],
        "balance": row["balance"],
        "category": row["category"],
        "booking": row["booking_id"],
        "purpose": row["purpose"],
        "service": row["service"],
        "employee": row["employee"],
        "at": row["utc_datetime"],
        "local": row["local_datetime"],
    }
