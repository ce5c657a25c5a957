"""The workbook as finance opens it: what to look at, columns wide enough, pages that print."""

import zipfile
from collections.abc import Sequence
from copy import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from shared.domain.ledger.balance_check import BalanceCheck, BalanceLine
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.findings import missing_at_stripe
from shared.domain.ledger.movements import Movement
from shared.domain.ledger.reconciliation import DIFFERENCES, Reconciliation
from shared.domain.money.money import Money
from shared.domain.reports.balances import balances_of
from shared.domain.reports.report import Report
from shared.domain.reports.section import Visit, plain
from shared.domain.reports.sections import sections
from shared.reports import line_sheet, workbook
from shared.reports.csv_lines import COLUMNS
from shared.reports.files import Spool, write_file
from shared.reports.neutral import MAX_CELL_CHARS, for_cell
from shared.reports.pages import report_html
from tests.domain.ledger_entries import entry
from tests.reports.mornings import DAY, GENERATED_S, SALON, lines, morning

PINK, RED, ALARM_TAB, TEST_TAB = "FFFEF3F2", "FFB42318", "FFB42318", "FFD97706"
TOO_LONG_FOR_A_NAME = 31


def path_of(tmp_path: Path, report: Report, entries: Sequence[LedgerEntry] = ()) -> Path:
    with Spool(tmp_path / "entries") as spool:
        for each in entries:
            spool.keep(each)
    return write_file(report, spool, tmp_path, "xlsx").path


def book_of(tmp_path: Path, report: Report, entries: Sequence[LedgerEntry] = ()) -> Any:
    return openpyxl.load_workbook(path_of(tmp_path, report, entries))


def differing() -> Report:
    """A morning on which Stripe has a euro more, and a charge of ours is not there."""
    report = morning()
    check = BalanceCheck(GENERATED_S, True, (BalanceLine("eur", 121_072, 120_972),))
    lost = Movement("charge#ch_99", "ch_99", "txn_99", 4900, "eur")
    found = missing_at_stripe(lost, "bk_99", DAY.start_s).details
    return replace(
        report,
        balances=balances_of(report.flow, {"eur": 100_000}, check),
        reconciliation=Reconciliation(DIFFERENCES, missing_at_stripe=(found,)),
    )


def columns_of(sheet: Any, row: int = 1) -> dict[str, str]:
    return {cell.value: cell.column_letter for cell in sheet[row]}


def test_each_sheet_prints_across_and_says_what_it_is(tmp_path: Path) -> None:
    book = book_of(tmp_path, morning(), lines())
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        # One page is what is meant where nothing is said.
        assert sheet.page_setup.fitToWidth == (4 if sheet.title == "Lines" else None)
        assert "Salon Demo, 2026-11-21" in sheet.oddFooter.left.text
        assert len(sheet.title) <= TOO_LONG_FOR_A_NAME
    assert (book["Lines"].freeze_panes, book["Lines"].auto_filter.ref) == ("B2", "A1:AE19")


def test_it_opens_on_one_page_of_figures_and_small_tables_share_a_sheet(tmp_path: Path) -> None:
    book = book_of(tmp_path, morning(), lines())
    assert book.sheetnames == [
        *("Figures", "Needs action", "Refunds and disputes", "Payouts and holds", "Breakdown"),
        *("Earlier days", "Lines"),
    ]
    figures = book["Figures"]
    # One page is what is meant where nothing is said of either.
    assert (figures.page_setup.fitToWidth, figures.page_setup.fitToHeight) == (None, None)
    last = max(row[0].row for row in figures.iter_rows() if row[0].value)
    assert figures.print_area == f"'Figures'!$A$1:$F${last}"
    assert figures["A3"].value == "Reconciled: all figures match Stripe exactly."
    assert figures["A4"].hyperlink.location == "/demo/money-flow/2026-11-21"
    for sheet in book.worksheets[:-1]:
        assert "2026-11-21 (Europe/Berlin)" in sheet["A2"].value
        assert sheet.freeze_panes == "A3"
    listed = [cell.value for sheet in book.worksheets[:-1] for cell in sheet["A"]]
    for section in sections(morning()):
        first = section.columns[0] if section.columns else None
        after = [after for title, after in pairwise(listed) if title == section.title]
        assert first is None or first in {each or "" for each in after}


def test_a_table_alone_on_its_sheet_keeps_its_heading_in_sight(tmp_path: Path) -> None:
    book = book_of(tmp_path, morning(holds=()), lines())
    sheet = book["Payouts and holds"]
    assert (sheet["A4"].value, sheet["A5"].value) == ("Payouts to the bank", "Payout")
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("A6", "$1:$5")


def test_no_figure_is_wider_than_its_column(tmp_path: Path) -> None:
    """Excel shows ##### for a number that has no room."""
    large = [entry("charge", 98_765_432_109, 1_234_567_890, created_s=DAY.start_s)]
    for sheet in book_of(tmp_path, morning(entries=large), large).worksheets[1:]:
        widths = {
            column: each.width
            for each in sheet.column_dimensions.values()
            for column in range(each.min, each.max + 1)
        }
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            if isinstance(cell.value, float):
                sign = " \u20ac" if "\u20ac" in cell.number_format else ""
                assert len(f"{cell.value:,.2f}{sign}") < widths[cell.column]


def test_what_differs_is_seen_at_once(tmp_path: Path) -> None:
    book = book_of(tmp_path, differing(), lines())
    figures = book["Figures"]
    [balance] = [row for row in figures.iter_rows() if row[0].value == "EUR"][:1]
    assert balance[5].fill.start_color.rgb == PINK
    [paid] = [row for row in figures.iter_rows() if row[0].value == "Payments from clients"]
    assert paid[2].fill.start_color.rgb != PINK
    tabs = {sheet.title: sheet.sheet_properties.tabColor.rgb for sheet in book.worksheets}
    assert {name for name, color in tabs.items() if color == ALARM_TAB} == {
        *("Figures", "Needs action")
    }
    assert tabs["Refunds and disputes"] == TEST_TAB
    assert figures["A3"].value.startswith("The ledger differs from Stripe's balance.")
    assert figures["A3"].font.color.rgb == RED
    contents = {row[2].value: row for row in figures.iter_rows() if row[0].hyperlink}
    assert contents["Differences from Stripe"][0].hyperlink.location == "'Needs action'!A1"
    assert contents["Differences from Stripe"][2].font.color.rgb == RED
    rows = {title: row[1].value for title, row in contents.items()}
    assert (rows["Refunds"], rows["Disputes and inquiries"]) == (1, 2)
    assert book["Lines"].max_row == 19


def test_what_no_report_has_is_said_under_the_answer(tmp_path: Path) -> None:
    report = replace(morning(), previous_end_s=DAY.start_s - 86_400)
    figures = book_of(tmp_path, report, lines())["Figures"]
    said = " ".join(str(figures[f"A{row}"].value) for row in (4, 5))
    assert "is in no morning's report" in said
    assert figures["A4"].font.color.rgb == RED


def test_a_difference_says_both_sides_as_amounts() -> None:
    [section] = [each for each in sections(differing()) if each.key == "differences"]
    [row] = section.rows
    assert [plain(cell) for cell in row] == [
        *("Here, not at Stripe", "ch_99", Visit("bk_99"), ("nothing",), (Money(4900, "eur"),)),
        "webhooks told of it, and Stripe has no balance transaction",
    ]
    sides = {
        "stripe": {"amount": 4900, "fee": 99, "currency": "eur"},
        "here": {"amount": 5000, "fee": None, "currency": "eur"},
    }
    told = {"object": "ch_1", "category": "partial_capture_reversal", "why": "both", **sides}
    found = replace(differing().reconciliation, missing_at_stripe=(), differing=(told,))
    page = report_html(morning(reconciliation=found)).replace("\xa0", " ")
    for text in ("partial capture reversal ch_1", "49,00 \u20ac, fee -0,99 \u20ac", "50,00 \u20ac"):
        assert text in page


def test_lines_have_dates_and_their_currencys_decimals(tmp_path: Path) -> None:
    entries = [
        entry("charge", 1234, 5, currency=code, created_s=DAY.start_s) for code in ("jpy", "kwd")
    ]
    sheet = book_of(tmp_path, morning(entries=entries), entries)["Lines"]
    at = columns_of(sheet)
    assert list(at) == list(COLUMNS)
    assert sheet[f"{at['local_datetime']}2"].value == datetime(2026, 11, 21)  # noqa: DTZ001
    assert sheet[f"{at['utc_datetime']}2"].value == datetime(2026, 11, 20, 23)  # noqa: DTZ001
    gross = [sheet[f"{at['gross']}{row}"] for row in (2, 3)]
    assert [(cell.value, cell.number_format) for cell in gross] == [
        (1234, "#,##0"),
        (1.234, "#,##0.000"),
    ]
    assert sheet[f"{at['refund']}2"].value is None


def test_a_day_too_large_for_a_workbook_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (line_sheet, workbook):
        monkeypatch.setattr(module, "MAX_LINES", 5)
    book = book_of(tmp_path, morning(), lines())
    rows = list(book["Lines"].iter_rows(values_only=True))
    assert len([row for row in rows if row[1]]) == 1 + 5
    assert rows[-1][0] == "Here are the first 5 lines; the CSV file has all."
    told = [row[2] for row in book["Figures"].iter_rows(values_only=True) if row[0] == "Lines"]
    assert told == ["The first 5 of 18 lines; the CSV file has all"]


def test_a_long_text_has_a_row_as_high_as_itself(tmp_path: Path) -> None:
    action = replace(morning().actions[0], advice="Refund the difference. " * 20)
    sheet = book_of(tmp_path, morning(actions=(action,)))["Needs action"]
    [cell] = [each for each in sheet["C"] if str(each.value).startswith("Refund the diff")]
    assert sheet.row_dimensions[cell.row].height >= 7 * 15
    assert cell.alignment.wrap_text
    assert sheet.column_dimensions["C"].width <= 49


@pytest.mark.parametrize("text", ["<r>oops</r>", "<r><t>a</t></r>", "x" * 40_000])
def test_no_text_is_taken_for_the_workbooks_own_xml(tmp_path: Path, text: str) -> None:
    """xlsxwriter leaves what stands between `<r>` and `</r>` unescaped."""
    path = path_of(tmp_path, morning(names={"cut": text}), lines())
    sheet = openpyxl.load_workbook(path)["Breakdown"]
    names = [cell.value for cell in sheet["A"]]
    shown = names[names.index("By service, EUR") + 2]
    assert shown == for_cell(text)
    assert shown.strip() == text[:MAX_CELL_CHARS]
    with zipfile.ZipFile(path) as parts:
        assert not [name for name in parts.namelist() if b"<r>" in parts.read(name)]


def test_a_name_gives_no_orders_to_a_footer(tmp_path: Path) -> None:
    location = replace(SALON, name="Cut & Colour &D")
    sheet = book_of(tmp_path, morning(location=location))["Figures"]
    assert sheet.oddFooter.left.text.startswith("Cut && Colour &&D")
