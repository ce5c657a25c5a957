"""The ledger's lines as CSV, one per balance transaction, written as a stream."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from shared.domain.dates.instants import rfc3339
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.money.money import Money
from shared.domain.reports.report import Report
from shared.reports.figures import major_units
from shared.reports.neutral import for_spreadsheet, one_line

COLUMNS = (
    *("local_datetime", "utc_datetime", "available_on", "arrival_date", "tenant", "location"),
    *("booking_id", "service", "employee", "purpose", "category", "stripe_id"),
    *("balance_transaction", "charge", "payment_intent", "refund", "dispute", "payout"),
    *("customer_amount", "customer_currency", "exchange_rate", "gross", "fee", "net"),
    *("currency", "gross_minor", "fee_minor", "net_minor", "actor", "note", "balance"),
)
NUMBERS = frozenset(
    {"customer_amount", "exchange_rate", "gross", "fee", "net"}
    | {"gross_minor", "fee_minor", "net_minor"}
)


class LineWriter:
    """Turns entries into rows of `COLUMNS`; `arrivals` are payouts' days in seconds, by payout.

    `tenant` is the mode, test or live, so that no line of test money can be taken for real.
    """

    def __init__(self, report: Report) -> None:
        self._location = report.location
        self._zone = ZoneInfo(report.day.timezone)
        self._names = report.names
        self._mode = "test" if report.is_test else "live"
        self._arrivals = {each.payout: each.arrival_date_s for each in report.payouts}
        self._actors = {each.refund: each.requested_by for each in report.refunds}

    def row(self, entry: LedgerEntry) -> dict[str, str]:
        """Return one line, every cell as text and not yet escaped."""
        payout = entry.payout or entry.paid_out_by or ""
        amounts = (entry.amount_minor, entry.fee_minor, entry.net_minor)
        gross, fee, net = (str(_major(amount, entry.currency)) for amount in amounts)
        customer = ""
        if entry.customer_amount_minor is not None and entry.customer_currency:
            customer = str(_major(entry.customer_amount_minor, entry.customer_currency))
        return {
            "local_datetime": self._local(entry.created_s),
            "utc_datetime": rfc3339(entry.created_s),
            "available_on": self._day(entry.available_on_s),
            "arrival_date": self._day(self._arrivals.get(payout, 0)),
            "tenant": self._mode,
            "location": self._location.location_id,
            "booking_id": entry.booking_id or "",
            "service": self._name(entry.service_id),
            "employee": self._name(entry.employee_id),
            "purpose": entry.purpose,
            "category": entry.reporting_category,
            "stripe_id": entry.source or "",
            "balance_transaction": entry.balance_transaction,
            "charge": entry.charge or "",
            "payment_intent": entry.payment_intent or "",
            "refund": entry.refund or "",
            "dispute": entry.dispute or "",
            "payout": payout,
            "customer_amount": customer,
            "customer_currency": entry.customer_currency or "",
            "exchange_rate": entry.exchange_rate or "",
            "gross": gross,
            "fee": fee,
            "net": net,
            "currency": entry.currency,
            "gross_minor": str(entry.amount_minor),
            "fee_minor": str(entry.fee_minor),
            "net_minor": str(entry.net_minor),
            "actor": self._actors.get(entry.refund or "", ""),
            "note": entry.reason,
            "balance": entry.balance_type,
        }

    def _local(self, at_s: int) -> str:
        return datetime.fromtimestamp(at_s, UTC).astimezone(self._zone).isoformat()

    def _day(self, at_s: int) -> str:
        # Stripe's days of availability and arrival are midnights in UTC.
        return rfc3339(at_s)[:10] if at_s else ""

    def _name(self, key: str | None) -> str:
        return self._names.get(key, key) if key else ""


def csv_lines(report: Report, entries: Iterable[LedgerEntry]) -> Iterator[str]:
    """Yield the file's lines, the header first: UTF-8 text with CRLF, as in RFC 4180."""
    writer = LineWriter(report)
    yield _line(COLUMNS)
    for entry in entries:
        yield _line(harmless(writer.row(entry)).values())


def harmless(row: Mapping[str, str]) -> dict[str, str]:
    """Return a row whose texts no spreadsheet evaluates; numbers stay numbers."""
    return {
        name: text if name in NUMBERS else for_spreadsheet(one_line(text))
        for name, text in row.items()
    }


def _line(cells: Iterable[str]) -> str:
    made = io.StringIO()
    csv.writer(made).writerow(cells)
    return made.getvalue()


def _major(amount_minor: int, currency: str) -> object:
    return major_units(Money(amount_minor, currency))
