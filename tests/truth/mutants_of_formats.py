"""Mistakes that the product could make in writing its formats, by name."""

from typing import Any

import pytest

from shared.domain.ledger.entry import LedgerEntry
from shared.domain.money.money import Money
from shared.domain.reports import client_money_section
from shared.domain.reports.section import plain
from shared.reports import csv_lines, pages, sheets
from shared.reports.figures import cell_text, major_units
from tests.truth.mutants import MUTANTS, mutant

# Those of figures and lists are in it too.
__all__ = ["MUTANTS"]


@mutant
def pages_lose_the_sign(patched: pytest.MonkeyPatch) -> None:
    def wrong(cell: Any, *more: Any) -> str:
        shown = plain(cell)
        if isinstance(shown, Money):
            shown = Money(abs(shown.amount_minor), shown.currency)
        return cell_text(shown, *more)

    patched.setattr(pages, "cell_text", wrong)


@mutant
def the_workbook_loses_the_cents(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(sheets, "major_units", lambda money: int(major_units(money)))


@mutant
def the_csv_turns_a_fee_round(patched: pytest.MonkeyPatch) -> None:
    right = csv_lines.LineWriter.row

    def wrong(writer: Any, entry: LedgerEntry) -> dict[str, str]:
        row = right(writer, entry)
        return {**row, "fee_minor": str(-entry.fee_minor)}

    patched.setattr(csv_lines.LineWriter, "row", wrong)


@mutant
def every_line_is_of_the_payments_balance(patched: pytest.MonkeyPatch) -> None:
    right = csv_lines.LineWriter.row

    def wrong(writer: Any, entry: LedgerEntry) -> dict[str, str]:
        return {**right(writer, entry), "balance": "payments"}

    patched.setattr(csv_lines.LineWriter, "row", wrong)


@mutant
def the_note_of_what_came_late_is_left_out(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(client_money_section, "_client_money_note", lambda _report: ())
