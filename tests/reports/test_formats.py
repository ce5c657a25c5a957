"""A report in every format: numbers are numbers, written as the place does, and harmless."""

import builtins
import csv
import email
import email.policy
import html
import io
import json
import re
import shutil
import zipfile
from copy import replace
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from babel import localedata
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from infra.trim import trim
from shared.domain.activity.needed_action import KEY_REFUSED, PERMISSION_MISSING
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.money_flow import MAX_LISTED
from shared.domain.ledger.reconciliation import DIFFERENCES, PENDING, Reconciliation
from shared.domain.locales import LOCALES
from shared.domain.money.money import Money
from shared.domain.reports.document import report_document
from shared.domain.reports.late_entries import Reported
from shared.domain.reports.report import ActionLine, LeftOut, Report
from shared.domain.reports.section import Section, Visit
from shared.domain.reports.sections import sections
from shared.reports.charts import day_chart, month_chart
from shared.reports.csv_lines import COLUMNS, NUMBERS, csv_lines
from shared.reports.figures import day_text, locale_of, money_text
from shared.reports.files import FORMATS, ReportFile, Spool, write_file, write_files
from shared.reports.mail import MAX_FILES_BYTES, report_mail
from shared.reports.neutral import for_spreadsheet
from shared.reports.pages import report_html, report_text
from shared.reports.paper import report_pdf
from tests.domain.ledger_entries import entry
from tests.reports.mornings import CONSOLE, DAY, SALON, late, lines, morning

SENDER = "bookings@salon.example"
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1+1", "|cmd", "%0A"]
FORMULAS += ["\ufeff=1", "\u200b=1", "\xad+1", "\u2060 @x", "\u034f-1", "\u3164=1", '"=1"']
UNSEEN = " \xa0\u3000\ufeff\u200b\xad\u2060\u034f\u115f\"'"
SPLIT = st.text(alphabet=f"{UNSEEN}=+-@\uff1d\t\r\n;,|aé1", max_size=12)
# The healed ones are counted in words of their own.
LEFT_OFF = {"missing_here": 5, "differing": 2, "healed": 9}
LABEL = r"(?:<span[^>]*>[^<]*</span>)?<div[^>]*>"
HOSTILE = "<script>alert(1)</script> javascript:x"


# Sections that are no bounded lists: what they are about is in them.
WHOLE = {"balance", "flow-eur", "corrected-days", "categories-eur", "client-money"}
WHOLE |= {f"by-{each}-eur" for each in ("purpose", "service", "employee")}


def said_first(section: Section) -> str:
    """Return how a section's notes say that something is left out, "" where nothing is."""
    said, found, _ = str(section.notes[0] if section.notes else "").partition(" not listed here")
    return said if found else ""


def spool_of(tmp_path: Path, entries: list[LedgerEntry]) -> Spool:
    with Spool(tmp_path / "entries") as spool:
        for each in entries:
            spool.keep(each)
    return spool


def rows_of(report: Report, entries: list[LedgerEntry]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(csv_lines(report, entries)), newline="")))


def sent(report: Report, *files: ReportFile) -> EmailMessage:
    made = report_mail(report, files, SENDER, report.location.report_recipients, "morning")
    parsed = email.message_from_bytes(made.as_bytes(), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def mailed_page(report: Report) -> str:
    """Return the HTML that a mail carries."""
    page = sent(report).get_body(("html",))
    assert page is not None
    return str(page.get_content())


def pdf_text(report: Report) -> str:
    return "\n".join(
        page.extract_text() for page in PdfReader(io.BytesIO(report_pdf(report))).pages
    )


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (123456, "eur", "de", "1.234,56 €"),
        (123456, "eur", "en", "€1,234.56"),
        (-123456, "usd", "en", "-$1,234.56"),
        (1234, "jpy", "en", "¥1,234"),
        (1234567, "kwd", "en", "KWD 1,234.567"),
        (123400, "isk", "en", "ISK 1,234"),
        (123456, "ugx", "en", "UGX 1,234.56"),
        (123456, "huf", "en", "HUF 1,234.56"),
        (123456, "eur", "de-AT", "1.234,56 €"),
        (123456, "eur", "xx", "€1,234.56"),
    ],
)
def test_money_is_written_as_the_place_does_with_stripes_decimals(
    minor: int, currency: str, locale: str, text: str
) -> None:
    """Test (d): JPY without decimals, KWD with three, ISK and UGX whole, AFN's sort with two."""
    shown = money_text(Money(minor, currency), locale_of(locale))
    assert shown.replace("\xa0", " ") == text


def test_a_csv_line_has_the_columns_and_exact_figures() -> None:
    row = rows_of(morning(), lines())[1]
    assert tuple(row) == COLUMNS
    assert (row["gross"], row["fee"], row["net"]) == ("120.00", "2.05", "117.95")
    assert (row["gross_minor"], row["net_minor"]) == ("12000", "11795")
    assert row["local_datetime"] == "2026-11-21T09:01:00+01:00"
    assert (row["tenant"], row["service"], row["employee"]) == ("test", "Färben & Föhnen", "Bob")
    refund = next(each for each in rows_of(morning(), lines()) if each["refund"])
    assert (refund["gross"], refund["actor"]) == ("-40.00", "manager@salon.example")
    payout = next(each for each in rows_of(morning(), lines()) if each["payout"])
    assert payout["arrival_date"] == "2026-11-23"


def test_every_format_says_how_many_lines_a_list_leaves_out(tmp_path: Path) -> None:
    many = late()
    many.is_cut_short = True
    for _ in range(MAX_LISTED + 4):
        many.add(date(2026, 11, 20), many.listed[0].entry)
    for _ in range(MAX_LISTED + 7):
        many.reattribute(date(2026, 11, 20), many.listed[0].entry, Reported("", "", "", ""))
    report = morning(
        left_out=LeftOut(refunds=2, disputes=3, payouts=4, actions=6),
        holds_since_s=DAY.start_s,
        corrections=many,
        reconciliation=Reconciliation(DIFFERENCES, ({"kind": "missing_here"},), left_off=LEFT_OFF),
    )
    told = {each.key: said_first(each) for each in sections(report)}
    # A new list is in this table, or among those that are whole.
    assert {key: said for key, said in told.items() if said} == {
        "refunds": "2 more are",
        "disputes": "3 more are",
        "payouts": "4 more are",
        "corrections": "5 more are",
        "actions": "6 more are",
        "differences": "7 more are",
        "reattributed": "8 more are",
        "holds": "There may be more that are",
    }
    assert {key for key, said in told.items() if not said} == WHOLE
    file = write_file(report, spool_of(tmp_path, lines()), tmp_path, "xlsx")
    cells = [
        str(cell.value)
        for sheet in openpyxl.load_workbook(file.path).worksheets
        for row in sheet.iter_rows()
        for cell in row
    ]
    shown = [report_html(report), report_html(report, for_mail=True), report_text(report)]
    for text in (*shown, pdf_text(report), " ".join(each for each in cells if each != "None")):
        for number in range(2, 9):
            assert f"{number} more are not listed here" in text
        assert "There may be more that are not listed here" in text
        assert "Only the days reported since 14.11.2026 were" in text
    left_out = report_document(report, (), None)["left_out"]
    assert left_out == {
        "refunds": 2,
        "disputes": 3,
        "payouts": 4,
        "needs_action": 6,
        "corrections": 5,
        "reattributions": 8,
        "authorized_open": None,
        "authorized_open_before": "2026-11-20T23:00:00Z",
    }


def test_every_format_says_what_a_reported_entry_turned_out_to_be_for(tmp_path: Path) -> None:
    report = morning()
    file = write_file(report, spool_of(tmp_path, lines()), tmp_path, "xlsx")
    sheet = openpyxl.load_workbook(file.path)["Earlier days"]
    cells = "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
    shown = [report_html(report), report_html(report, for_mail=True), report_text(report)]
    for text in (*shown, pdf_text(report), cells):
        words = " ".join(text.split())
        assert "txn_learned" in words
        assert "no booking" in words
        assert "Deposit, Haarschnitt, Anna Gro\u00df" in words
        assert "totals stay as they were" in words
    document = report_document(report, (), None)
    [told] = document["reattributions"]
    named = (told["booking_id"], told["service"], told["employee"])
    assert named == ("bk_01", "Haarschnitt", "Anna Gro\u00df")
    assert told["reported_as"] == dict.fromkeys(("booking_id", "service", "employee", "purpose"))
    # The figures of the day itself do not have it.
    without = report_document(morning(corrections=None), (), None)
    assert without["currencies"] == document["currencies"]


def test_every_format_says_what_has_no_line_of_its_own(tmp_path: Path) -> None:
    many = [entry("charge", 10, created_s=DAY.start_s, service_id=f"s{at}") for at in range(1003)]
    report = morning(entries=many)
    said = '3 entries beyond the first 1,000 lines are in the line "No service"'
    file = write_file(report, spool_of(tmp_path, many), tmp_path, "xlsx")
    sheet = openpyxl.load_workbook(file.path)["Breakdown"]
    cells = " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
    for text in (html.unescape(report_html(report)), pdf_text(report), cells):
        assert said in " ".join(text.split())
    [flow] = report_document(report, (), None)["currencies"]
    assert flow["folded"] == {"by_kind": 0, "by_service": 3, "by_employee": 0}


def test_the_number_of_lost_messages_is_that_of_all_and_not_of_the_listed() -> None:
    healed = ({"kind": "healed"},) * 200
    found = Reconciliation("reconciled", healed=healed, left_off={"healed": 61})
    assert "events about 261 movements did not arrive" in report_text(morning(reconciliation=found))
    shown = report_document(morning(reconciliation=found), (), None)["reconciliation"]
    assert (len(shown["healed"]), shown["left_out"]["healed"]) == (200, 61)


def test_the_json_file_has_every_line(tmp_path: Path) -> None:
    """Bug: it had the first thousand, and `entries_cursor` said that there are no more."""
    many = [entry("charge", 10, balance_transaction=f"txn_{at}") for at in range(1300)]
    file = write_file(morning(), spool_of(tmp_path, many), tmp_path, "json")
    document = json.loads(file.path.read_text(encoding="utf-8"))
    assert [each["entry_id"] for each in document["entries"]] == [
        each.balance_transaction for each in many
    ]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    """Test (e)."""
    assert for_spreadsheet(text) == f"'{text}"
    row = rows_of(morning(names={"cut": text}), lines())[0]
    assert row["service"].lstrip("'") == text.strip()
    assert row["service"][:1] not in set("=+-@\uff1d|%")


def begins_as_a_formula(field: str) -> bool:
    shown = field.lstrip(UNSEEN.replace("'", ""))
    return shown[:1] in set("=+-@\uff1d\t\r")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(service=SPLIT, employee=SPLIT)
def test_no_column_of_the_csv_is_a_formula_whatever_sign_parts_the_columns(
    delimiter: str, service: str, employee: str
) -> None:
    """Bug: where a comma is the decimal sign, a spreadsheet computed the name `Cut;=1+1`."""
    text = "".join(csv_lines(morning(names={"cut": service, "bob": employee}), lines()))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for row in rows:
        texts = row
        if delimiter == ",":
            texts = [cell for name, cell in zip(COLUMNS, row, strict=True) if name not in NUMBERS]
        assert not [cell for cell in texts if begins_as_a_formula(cell)]


@pytest.mark.parametrize("name", ["Cut;=1+1;x", "Cut;\ufeff=1;x", 'Cut;"=1";x'])
def test_a_name_with_semicolons_is_quoted_at_each(name: str) -> None:
    text = "".join(csv_lines(morning(names={"cut": name}), lines()))
    fields = [cell for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row]
    assert not [cell for cell in fields if begins_as_a_formula(cell)]
    assert for_spreadsheet("Cut; color; 50 %") == "Cut; color; 50 %"


def test_negative_amounts_stay_numbers() -> None:
    assert (
        float(rows_of(morning(), [entry("refund", -4000, created_s=DAY.start_s)])[0]["net"]) == -40
    )


@given(st.text(max_size=40))
def test_no_text_makes_a_second_csv_line(text: str) -> None:
    report = morning(names={"cut": text, "dye": text})
    assert len(rows_of(report, lines())) == len(lines())


def test_numbers_of_a_workbook_are_numbers(tmp_path: Path) -> None:
    file = write_file(morning(), spool_of(tmp_path, lines()), tmp_path, "xlsx")
    book = openpyxl.load_workbook(file.path)
    figures = book["Figures"]
    [balance] = [row for row in figures.iter_rows() if row[0].value == "EUR"][:1]
    assert [cell.value for cell in balance][:6] == ["EUR", 1000, 709.72, -500, 1209.72, 0]
    assert balance[1].number_format == '#,##0.00"\xa0\u20ac";-#,##0.00"\xa0\u20ac"'
    listed = book["Lines"]
    assert [cell.value for cell in listed[1]] == list(COLUMNS)
    net = COLUMNS.index("net")
    found = [row[net].value for row in listed.iter_rows(min_row=2)]
    assert sum(found) == pytest.approx(209.72)


def test_nothing_in_a_workbook_is_computed_or_leads_anywhere_but_to_the_console(
    tmp_path: Path,
) -> None:
    names = {"cut": "=HYPERLINK(1)", "dye": "https://evil.example"}
    file = write_file(morning(names=names), spool_of(tmp_path, lines()), tmp_path, "xlsx")
    with zipfile.ZipFile(file.path) as parts:
        whole = b"".join(parts.read(name) for name in parts.namelist() if "sheet" in name)
    assert b"<f>" not in whole
    assert b"=HYPERLINK(1)" in whole
    led = re.findall(rb'Target="([^"]*)"', whole)
    assert [each for each in led if each.startswith(f"{CONSOLE}/console".encode())]
    assert not [each for each in led if b"//" in each and not each.startswith(CONSOLE.encode())]


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    """Test (f)."""
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        files = write_files(morning(), spool_of(folder, lines()), folder)
        made.append({file.name: file.path.read_bytes() for file in files})
    assert made[0] == made[1]
    assert len(made[0]) == len(FORMATS)
    assert day_chart(morning(), "eur") == day_chart(morning(), "eur")


@pytest.mark.parametrize(
    "text",
    [HOSTILE, "سارة \u202eمحمد", "👩‍👩‍👧 Łódź 東京", "x" * 10_000, "a\r\nBcc: evil@example.com"],
)
def test_no_text_breaks_a_format(tmp_path: Path, text: str) -> None:
    """Markup, right to left, emoji, ten thousand letters."""
    actions = (ActionLine(text, "overpaid", text, DAY.start_s),)
    location = replace(SALON, name=text)
    report = morning(names={"cut": text, "ann": text}, actions=actions, location=location)
    page = report_html(report)
    assert "<script" not in page
    assert "\u202e" not in page
    assert report_text(report)
    assert pdf_text(report)
    write_files(report, spool_of(tmp_path, lines()), tmp_path)
    drawn = day_chart(report, "eur")
    assert b"<script" not in drawn
    mail = sent(report)
    assert mail["Bcc"] is None
    assert mail["To"] == "finance@salon.example"
    assert len(mail["Subject"]) <= 150


@pytest.mark.parametrize("number", range(1, 9))
def test_no_title_stands_alone_at_the_end_of_a_page(number: int) -> None:
    report = morning(refunds=morning().refunds * number)
    titles = {section.title for section in sections(report)}
    for page in PdfReader(io.BytesIO(report_pdf(report))).pages:
        last = [line for line in page.extract_text().splitlines() if "Page" not in line][-1]
        assert last not in titles


def test_test_mode_is_marked_on_everything(tmp_path: Path) -> None:
    report = morning()
    assert "TEST MODE" in report_html(report)
    assert "TEST MODE" in pdf_text(report)
    assert sent(report)["Subject"].startswith("[TEST]")
    assert report_document(report, [], None)["mode"] == "test"
    assert b"TEST" in day_chart(report, "eur")
    assert b"TEST" in month_chart(report, "eur", [(DAY.day, report.flow)])
    for file in write_files(report, spool_of(tmp_path, lines()), tmp_path):
        assert "TEST" in file.name
    assert {row["tenant"] for row in rows_of(report, lines())} == {"test"}
    live = morning(
        location=replace(SALON, mode="live"),
        entries=[replace(each, livemode=True) for each in lines()],
    )
    assert "TEST" not in report_html(live) + sent(live)["Subject"] + pdf_text(live)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (PERMISSION_MISSING, "may not read all that the comparison needs"),
        (KEY_REFUSED, "no longer accepts this location's key"),
        ("overpaid", "The comparison with Stripe is not finished"),
    ],
)
def test_a_report_that_could_not_be_compared_says_why(kind: str, why: str) -> None:
    """It had said that the comparison is not finished, each morning, and nobody knew why."""
    action = ActionLine("stripe", kind, "", DAY.start_s)
    report = morning(actions=(action,), reconciliation=Reconciliation(PENDING))
    assert why in mailed_page(report)
    assert why in " ".join(report_text(report, ()).split())


def test_the_mail_is_small_enough_for_gmail_and_names_what_is_left_out() -> None:
    """Gmail clips what is over 102 kB. https://support.google.com/mail/answer/6590"""
    many = tuple(
        ActionLine(f"booking bk_{at}", "overpaid", "Refund the difference.", DAY.start_s)
        for at in range(300)
    )
    report = morning(actions=many, refunds=morning().refunds * 100, holds=morning().holds * 100)
    page = mailed_page(report)
    assert len(page.encode()) < 102_000
    assert "and 290 more" in page


def test_a_mail_has_no_images_and_its_styles_in_its_tags_and_leads_to_the_console_alone() -> None:
    page = mailed_page(morning())
    assert not re.search(r"<img|url\(", page)
    assert re.search(r"<td[^>]*style=", page)
    addresses = set(re.findall(r'href="([^"]*)"', page))
    assert addresses
    assert all(each.startswith(f"{CONSOLE}/console#/demo/") for each in addresses)
    assert page.count("//") == len(re.findall(r'href="', page))
    assert "<a " not in mailed_page(morning(public_url=""))


def test_every_booking_payout_and_figure_leads_to_its_page(tmp_path: Path) -> None:
    """Bug: a mail, a workbook and a PDF of the report led nowhere."""
    report = morning()
    file = write_file(report, spool_of(tmp_path, lines()), tmp_path, "xlsx")
    cells = [
        cell.hyperlink
        for sheet in openpyxl.load_workbook(file.path).worksheets
        if sheet.title != "Lines"
        for row in sheet.iter_rows()
        for cell in row
        if cell.hyperlink
    ]
    in_book = {f"{each.target}#{each.location}" for each in cells if each.target}
    pages = PdfReader(io.BytesIO(report_pdf(report))).pages
    in_pdf = {
        annotation.get_object()["/A"]["/URI"]
        for page in pages
        for annotation in page.get("/Annots", [])
    }
    in_mail = set(re.findall(r'href="([^"]*)"', html.unescape(mailed_page(report))))
    day = "2026-11-21"
    wanted = {
        *(f"bookings/bk_{at}" for at in ("01", "07", "09", "20")),
        *("payouts/po_1", f"payouts?from={day}&to={day}", f"money-flow/{day}"),
        *("money-flow/2026-11-20", "disputes", "needs-action", f"entries?from={day}&to={day}"),
        *(
            f"entries?from={day}&to={day}&flow={flow}"
            for flow in ("payments", "refunds", "disputes", "stripe_fees", "payouts")
        ),
    }
    for found in (in_book, in_pdf, in_mail):
        assert {f"{CONSOLE}/console#/demo/{each}" for each in wanted} <= found
    text = report_text(report)
    assert f"The day in the console: {CONSOLE}/console#/demo/money-flow/{day}" in text
    assert f"F\u00e4rben & F\u00f6hnen <{CONSOLE}/console#/demo/bookings/bk_01>" in text


def test_a_booking_is_called_by_its_visit_and_not_by_its_id() -> None:
    """Bug: its id stood there, 27 letters broken in three lines."""
    booking = "bk_0123456789abcdef01234567"
    known = {booking: Visit(booking, DAY.start_s + 10 * 3600, "Haarschnitt")}
    hold = replace(morning().holds[0], booking_id=booking)
    told = report_text(morning(holds=(hold,), visits=known)).replace(f"bookings/{booking}", "")
    assert "21.11.26, 10:00, Haarschnitt" in told
    assert booking not in told
    told = report_text(morning(holds=(hold,), visits={})).replace(f"bookings/{booking}", "")
    assert "Booking \u2026234567" in told
    assert booking not in told


def test_no_word_of_a_mail_is_broken_but_ids_and_addresses() -> None:
    refund = replace(morning().refunds[0], refund="re_3sjK9pbbrI699L7NUC5dY9mF")
    page = mailed_page(morning(refunds=(refund,)))
    cells = re.findall(rf'<td class="([^"]*)"[^>]*>{LABEL}([^<]*)', page)
    by_text = {text: names for names, text in cells}
    for whole in ("succeeded", "requested by customer", "needs response"):
        assert "long" not in by_text[whole]
    for broken in ("re_3sjK9pbbrI699L7NUC5dY9mF", "manager@salon.example"):
        assert "long" in by_text[broken]
    styles = re.findall(rf'<td[^>]*style="([^"]*)"[^>]*>{LABEL}succeeded<', page)
    assert styles
    assert "anywhere" not in styles[0]


def test_files_too_large_for_a_mail_are_left_out_and_named(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"1")
    large.write_bytes(b"1" * (MAX_FILES_BYTES + 1))
    mail = sent(
        morning(),
        ReportFile("large.xlsx", FORMATS["xlsx"], large),
        ReportFile("small.csv", FORMATS["csv"], small),
    )
    assert [part.get_filename() for part in mail.iter_attachments()] == ["small.csv"]
    text = mail.get_body(("plain",))
    assert text is not None
    assert "Too large for an email; in the console: large.xlsx." in text.get_content()


def test_an_empty_day_has_one_line_and_its_balance(tmp_path: Path) -> None:
    """G9."""
    report = morning(entries=[], refunds=(), disputes=(), payouts=(), actions=(), corrections=None)
    assert "No money moved on this day." in report_html(report)
    assert rows_of(report, []) == []
    write_files(report, spool_of(tmp_path, []), tmp_path)
    assert b"No money moved" in day_chart(report, "eur")


def test_a_charts_labels_are_whole() -> None:
    """Bug: its hours and the name of a series ended in dots."""
    drawn = day_chart(morning(), "eur").decode()
    assert ">12:00<" in drawn
    assert ">Refunds and disputes<" in drawn
    assert "\u2026" not in drawn


def test_currencies_are_never_added() -> None:
    """G10."""
    entries = [
        entry("charge", 1000, created_s=DAY.start_s),
        entry("charge", 1000, currency="jpy", created_s=DAY.start_s),
    ]
    document = report_document(morning(entries=entries), entries, None)
    assert [(each["currency"], each["net"]) for each in document["currencies"]] == [
        ("eur", 1000),
        ("jpy", 1000),
    ]


def test_only_the_packed_locales_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """infra/trim.py leaves out the data of all other locales."""
    data = tmp_path / "babel" / "locale-data"
    shutil.copytree(localedata._dirname, data)
    trim(tmp_path)
    opened: set[str] = set()
    really_open = builtins.open

    def watching(name: Any, *args: Any, **more: Any) -> Any:
        if "locale-data" in str(name):
            opened.add(Path(str(name)).stem)
        return really_open(name, *args, **more)

    monkeypatch.setattr(builtins, "open", watching)
    monkeypatch.setattr(localedata, "_cache", {})
    for name in LOCALES:
        locale_of.cache_clear()
        money_text(Money(-1, "eur"), locale_of(name))
        day_text(date(2026, 11, 22), locale_of(name), style="full")
    assert opened <= {path.stem for path in data.glob("*.dat")}


@pytest.mark.parametrize(
    "name", ["Salon Aurora", "Café Zürich", "Evil\r\nBcc: x@y.example", '"a" <b@c.de>']
)
def test_the_mail_is_from_the_place_by_its_name_and_answers_go_to_the_sender(name: str) -> None:
    made = morning()
    mail = sent(replace(made, location=replace(made.location, name=name)))
    [sender] = mail["From"].addresses
    assert sender.addr_spec == SENDER
    assert sender.display_name == " ".join(name.split())
    assert mail["Reply-To"] is None
    assert mail["Bcc"] is None
