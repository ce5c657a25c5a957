"""The files of a range: every figure is the same in JSON, CSV, workbook and PDF, and leads on."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from shared.domain.money.money import Money, exponent
from shared.domain.money.written import written
from tests.surroundings.morning import Morning
from tests.workflows.reports.test_money_flow_range import (
    FIGURES,
    Range,
    a_week,
    day,
    moved,
)
from tests.workflows.reports.test_single_entries import carried, pay_out

pytestmark = pytest.mark.enable_socket
FLOWS = ("payments", "refunds", "refund_reversals", "disputes", "dispute_reversals", "adjustments")
CONSOLE = "https://pay.example.com/console#/demo"


@pytest.fixture
def ask(morning: Morning) -> Range:
    return Range(morning)


def a_fortnight(morning: Morning) -> None:
    """Days in four currencies, of no, two and three decimals, and a payout that adds up."""
    a_week(morning)
    carried_by = [moved(at, "charge", 1_234_567, 11_111, -5) for at in range(20, 23)]
    morning.enter(
        *carried_by,
        moved(30, "charge", 123_456, 99, -2, currency="jpy"),
        moved(31, "charge", 1_234_567, 1_001, -1, currency="kwd"),
        moved(32, "refund", -1_000, 0, 0, currency="kwd"),
        moved(33, "something_new", 77, 0, -1, charge=None),
    )
    pay_out(morning, carried(*carried_by), *carried_by)


def minor_of(amount: Any, currency: str) -> int:
    """Return what a file writes in a currency's own unit as minor units, exactly."""
    scaled = Decimal(str(amount)).scaleb(exponent(currency))
    assert scaled == scaled.to_integral_value(), (amount, currency)
    return int(scaled)


def csv_rows(body: bytes) -> list[dict[str, Any]]:
    read = csv.DictReader(io.StringIO(body.decode("utf-8"), newline=""))
    assert body.endswith(b"\r\n")
    found = []
    for row in read:
        amounts = {
            name: minor_of(text, row["currency"])
            for name, text in row.items()
            if name in (*FIGURES, "gross", "fees", "net", *FLOWS)
        }
        found.append({**row, **amounts, "entries": int(row["entries"])})
    return found


def figures_of(told: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: told[name] for name in (*FIGURES, "gross", "fees", "net")},
        **{name: told[name]["amount"] for name in FLOWS},
        "entries": told["count"],
    }


def row_figures(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in (*FIGURES, "gross", "fees", "net", *FLOWS, "entries")}


def test_the_csv_has_every_figure_of_the_json(morning: Morning, ask: Range) -> None:
    a_fortnight(morning)
    told = ask.flow(-5, 0)
    rows = csv_rows(ask.file("csv", -5, 0))
    of_days = {(row["from"], row["currency"]): row for row in rows if row["row"] == "day"}
    assert len(of_days) == len(told["days"]) == 6 * 4
    for each in told["days"]:
        row = of_days[each["date"], each["currency"]]
        assert row_figures(row) == figures_of(each)
        assert (row["to"], row["status"], row["why"]) == (
            *(each["date"], each["status"]),
            each["why"] or "",
        )
    totals = {row["currency"]: row for row in rows if row["row"] == "total"}
    for each in told["totals"]:
        assert row_figures(totals[each["currency"]]) == figures_of(each)
    rows = csv_rows(ask.file("csv", -1, 0))
    before = {row["currency"]: row for row in rows if row["row"] == "before"}
    for each in ask.flow(-1, 0)["totals"]:
        assert row_figures(before[each["currency"]]) == figures_of(each["before"])
        assert before[each["currency"]]["from"] == day(-3)


def tables(sheet: Any) -> dict[str, list[list[Any]]]:
    """Return a sheet's tables by title: a title stands alone above a row of headings."""
    found: dict[str, list[list[Any]]] = {}
    title = ""
    for row in sheet.iter_rows():
        cells = [cell for cell in row if cell.value is not None]
        if len(cells) == 1 and cells[0].column == 1:
            title = str(cells[0].value)
        elif not cells:
            title = ""
        else:
            found.setdefault(title, []).append([cell.value for cell in row])
    return found


def test_the_workbook_opens_on_the_totals_and_has_every_figure_as_a_number(
    morning: Morning, ask: Range
) -> None:
    a_fortnight(morning)
    told = ask.flow(-1, 0)
    book = openpyxl.load_workbook(io.BytesIO(ask.file("xlsx", -1, 0)))
    assert book.sheetnames == ["Totals", "Days", "Payouts"]
    shown = tables(book["Totals"])
    balance = {row[0]: row for row in shown["Stripe balance"][1:]}
    for each in told["totals"]:
        code = each["currency"]
        row = balance[code.upper()]
        amounts = [minor_of(cell, code) for cell in row[1:5]]
        assert amounts == [each[name] for name in FIGURES]
        assert row[5] == each["count"]
        moved_here = {row[0]: row for row in shown[f"What moved in {code.upper()}"][1:]}
        net = moved_here["Net, added to the Stripe balance"]
        before = each["before"]
        assert minor_of(net[2], code) == each["net"]
        assert minor_of(net[3], code) == before["net"]
        assert minor_of(net[4], code) == each["net"] - before["net"]
        payments = moved_here["Payments from clients"]
        assert payments[1] == each["payments"]["count"]
        assert minor_of(payments[2], code) == each["payments"]["amount"]
        if each["count"]:
            title = f"By Stripe's reporting category, {code.upper()}"
            *categories, total = shown[title][1:]
            assert sum(minor_of(row[4], code) for row in categories) == minor_of(total[4], code)
            assert minor_of(total[4], code) == each["activity"] - each["payouts"]
    by_day = tables(book["Days"])
    for each in told["days"]:
        code = each["currency"]
        rows = by_day[f"By day, {code.upper()}"][1:]
        (row,) = [row for row in rows if row[0] == datetime.fromisoformat(each["date"])]
        assert [minor_of(cell, code) for cell in row[1:5]] == [each[name] for name in FIGURES]
    (_, payout) = tables(book["Payouts"])["Payouts to the bank"]
    assert payout[0] == "po_1"
    assert minor_of(payout[2], "eur") == told["payouts"][0]["amount"]
    assert payout[6] == "Yes"


def links_of(sheet: Any) -> Iterator[str]:
    for row in sheet.iter_rows():
        for cell in row:
            if cell.hyperlink and cell.hyperlink.target:
                # A workbook keeps what follows the # by itself.
                yield f"{cell.hyperlink.target}#{cell.hyperlink.location}"


def test_the_workbook_leads_to_days_payouts_and_entries(morning: Morning, ask: Range) -> None:
    a_fortnight(morning)
    book = openpyxl.load_workbook(io.BytesIO(ask.file("xlsx", -1, 0)))
    links = {name: set(links_of(book[name])) for name in book.sheetnames}
    query = f"?from={day(-1)}&to={day(0)}"
    assert {f"{CONSOLE}/money-flow{query}", f"{CONSOLE}/entries{query}&flow=payments"} <= (
        links["Totals"]
    )
    assert {f"{CONSOLE}/money-flow/{day(at)}" for at in (-1, 0)} <= links["Days"]
    assert f"{CONSOLE}/payouts/po_1" in links["Payouts"]


def test_the_pdf_says_every_figure_and_leads_on(morning: Morning, ask: Range) -> None:
    a_fortnight(morning)
    told = ask.flow(-1, 0)
    paper = PdfReader(io.BytesIO(ask.file("pdf", -1, 0)))
    text = " ".join(" ".join(page.extract_text() for page in paper.pages).split())
    locale = "de"

    def amount(minor: int, code: str) -> str:
        return re.escape(" ".join(written(Money(minor, code), locale).split()))

    for each in told["totals"]:
        code = each["currency"]
        row = " ".join(amount(each[name], code) for name in FIGURES)
        assert re.search(rf"{code.upper()} {row} {each['count']}\b", text), (code, text)
        assert re.search(rf"Total {row} {each['count']}\b", text)
    for each in told["days"]:
        row = " ".join(amount(each[name], each["currency"]) for name in FIGURES)
        date = datetime.fromisoformat(each["date"])
        assert re.search(rf"{date:%d.%m.%Y} {row} {each['count']}\b", text), (each, text)
    targets = {
        annotation["/A"]["/URI"]
        for page in paper.pages
        for annotation in page.get("/Annots", ())
        if "/URI" in annotation.get("/A", {})
    }
    assert f"{CONSOLE}/payouts/po_1" in targets
    assert f"{CONSOLE}/money-flow/{day(0)}" in targets


def test_the_pdf_of_a_year_has_months_and_few_pages(morning: Morning, ask: Range) -> None:
    a_week(morning)
    paper = PdfReader(io.BytesIO(ask.file("pdf", -365, 0)))
    text = " ".join(page.extract_text() for page in paper.pages)
    assert len(paper.pages) <= 4
    assert "By month, EUR" in text
    assert "2026-11" in text
    assert "By day" not in text


@pytest.mark.parametrize("wanted", ["csv", "xlsx", "pdf"])
def test_a_range_without_any_money_is_a_file_all_the_same(
    morning: Morning, ask: Range, wanted: str
) -> None:
    del morning
    assert ask.file(wanted, -40, 0)


def test_a_download_is_audited_and_named_after_its_days(morning: Morning, ask: Range) -> None:
    a_week(morning)
    ask.file("csv", -1, 0)
    (entry, *_) = morning.audited()
    assert entry["what"] == "money_flow.downloaded"
    assert entry["ids"] == {"from": day(-1), "to": day(0), "format": "csv"}
    name = f"money-flow-demo-{day(-1)}-to-{day(0)}-TEST.csv"
    assert name in ask.headers["content-disposition"]


def test_a_file_too_large_for_an_answer_is_fetched_once(
    morning: Morning, ask: Range, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_week(morning)
    monkeypatch.setattr("functions.serve_report.answers.MAX_ANSWER_BYTES", 10)
    query = {"from_": day(-1), "to": day(0), "format": "csv"}
    answer = ask.answer("/money-flow", **query)
    assert answer["statusCode"] == 303
    status, told = ask("/money-flow", redirect="false", **query)
    assert (status, list(told)) == (200, ["url"])
    kept = [body for key, body in morning.files().items() if key.startswith("_asked/demo/test/")]
    assert len(kept) == 2
    assert csv_rows(kept[0]) == csv_rows(kept[1])


def test_an_unknown_format_is_refused(ask: Range) -> None:
    status, told = ask("/money-flow", from_=day(0), to=day(0), format="ods")
    assert (status, told["errors"][0]["pointer"]) == (422, "/query/format")
