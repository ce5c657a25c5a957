"""Every letter of every name is in a PDF, as it was written."""

import io
import logging
import unicodedata
from copy import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from shared.domain.reports.flow_range import FlowRange, Period, RangeDay
from shared.domain.reports.report import ActionLine
from shared.reports.paper import report_pdf
from shared.reports.range_files import write_range_file
from shared.reports.typefaces import FAMILIES, LATIN, Paper, family_of, spelled
from tests.reports.business_names import NAMES, PAIRS
from tests.reports.mornings import DAY, SALON, lines, morning


def squeezed(text: str) -> str:
    """Return text as it is compared: composed, without spaces, line breaks and controls.

    pypdf reads the two bytes of a letter of a font with an encoding of its own one by one, and puts
    line breaks where a cell has them.
    """
    normal = unicodedata.normalize("NFKC", text)
    return "".join(each for each in normal if unicodedata.category(each)[0] not in "CZ")


def text_of(pdf: bytes) -> str:
    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


@pytest.fixture(autouse=True)
def _no_glyph_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="fpdf")


def test_there_are_forty_names() -> None:
    assert sum(map(len, NAMES.values())) == 40
    assert {name for pair in PAIRS for name in pair} == {
        name for each in NAMES.values() for name in each
    }


def test_a_report_shows_the_names_of_forty_businesses(caplog: pytest.LogCaptureFixture) -> None:
    names = [name for each in NAMES.values() for name in each]
    actions = tuple(ActionLine(name, "overpaid", "Refund it.", DAY.start_s) for name in names)
    text = text_of(report_pdf(morning(actions=actions)))
    assert [name for name in names if squeezed(name) not in text] == []
    assert caplog.records == []


@pytest.mark.parametrize(("business", "service"), PAIRS)
def test_a_report_is_headed_by_its_business_and_names_what_was_sold(
    business: str, service: str, caplog: pytest.LogCaptureFixture
) -> None:
    short = morning(
        location=replace(SALON, name=business),
        entries=lines()[:1],
        names={"cut": service},
        **dict.fromkeys(("refunds", "holds", "disputes", "payouts", "actions"), ()),
    )
    text = text_of(report_pdf(short))
    # The head of the page, and its title.
    assert text.count(squeezed(business)) >= 2
    assert squeezed(service) in text
    assert caplog.records == []


@pytest.mark.parametrize("business", [name for each in NAMES.values() for name in each])
def test_a_range_is_headed_by_its_business(
    business: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nothing = RangeDay(DAY, {}, is_over=True, status="reconciled", why=None)
    shown = FlowRange(
        location=replace(SALON, name=business),
        whole=Period(DAY.day, DAY.day, {}),
        days=(nothing,),
        before=None,
        before_why="no_entries",
        payouts=(),
        payouts_left_out=0,
        other_balance=0,
        livemode=False,
        generated_at_s=DAY.end_s,
    )
    text = text_of(write_range_file(shown, tmp_path, "pdf").path.read_bytes())
    assert text.count(squeezed(business)) >= 2
    assert caplog.records == []


def test_a_text_in_several_scripts_loses_no_letter(caplog: pytest.LogCaptureFixture) -> None:
    mixed = "東京 Ёлка Αθηνά ร้าน"
    paper = Paper()
    paper.add_page()
    paper.set_style("B", 12)
    paper.cell(text=spelled(mixed))
    text = text_of(bytes(paper.output()))
    assert all(squeezed(word) in text for word in mixed.split())
    assert caplog.records == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoe\u0308", "Zoë"),
        ("Łódź\u202f7", "Łódź\xa07"),
        ("a\u202eb\x00c", "abc"),
        ("Ann 👩‍👩‍👧", "Ann 👩‍👩‍👧"),
        ("ᐃᓄᒃᑎᑐᑦ", "??????"),
        ("שלום", "שלום"),
        ("나비 미용실", "나비 미용실"),
        ("नाई की दुकान", "नाई की दुकान"),
    ],
)
def test_what_no_family_has_is_a_question_mark_and_signs_of_it_are_left_out(
    text: str, shown: str
) -> None:
    assert spelled(text) == shown


def test_a_name_in_one_script_is_in_one_family() -> None:
    for names in NAMES.values():
        assert all(family_of(name) for name in names)
    assert family_of("Färben") is LATIN
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
