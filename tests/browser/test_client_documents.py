"""Pages without scripts, mails and the report: on every screen, in both schemes, under axe."""

import pytest

from tests.browser.client_documents import DOCUMENTS, shown
from tests.browser.conftest import Visit
from tests.browser.states import look_over


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_fits_every_screen_and_axe_finds_nothing(visit: Visit, name: str) -> None:
    reader = visit(width=320, height=800)
    reader.page.set_content(shown(name))
    look_over(reader, f"document-{name}")


BROKEN = """() => [...document.querySelectorAll("dd")].flatMap((each) => {
  const text = each.firstChild;
  return [...text.data.matchAll(/[^\\s-]+/g)].filter((word) => {
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map((word) => word[0]);
})"""


@pytest.mark.parametrize("name", ["own page", "own page unpaid", "own page in German"])
def test_no_word_of_a_date_is_broken_on_a_phone(visit: Visit, name: str) -> None:
    """Bug: the longest label took its whole line, and left "Wednesda-y" to two."""
    reader = visit(width=390, height=800)
    reader.page.set_content(shown(name))
    for width in (360, 390, 430):
        reader.page.set_viewport_size({"width": width, "height": 800})
        assert reader.page.evaluate(BROKEN) == [], width
