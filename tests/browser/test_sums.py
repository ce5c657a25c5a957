"""A sum is written by two programs, and reads the same: `format.js` in the browser, ours elsewhere.

Chromium has the marks and signs; what it writes is asked of the module itself, unbundled.
"""

import re
from copy import replace
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from infra.bundle import ASSETS
from shared.domain.locales import spoken_language
from shared.domain.locations.sum_form import sum_form
from shared.domain.money.money import Money, exponent
from shared.domain.money.written import written
from tests.surroundings.demo_location import DEMO

# What Stripe charges in, as the console offers it.
_LISTED = (ASSETS / "console_lists.js").read_text().partition("const CURRENCIES =")[2]
CODES = re.findall(r"\b[a-z]{3}\b", _LISTED.partition(").split")[0])
MINORS = (0, 5, 100, 123_400, 123_456, 99_999_999, -5, -123_456)
PLACES = [("en", "GB"), ("en", "US"), ("en", "DE"), ("en", "CH"), ("en-GB", "GB"), ("en", "IN")]
PLACES += [("en", "AT"), ("de", "DE"), ("de", "AT"), ("de", "CH"), ("de", "LI"), ("de", "LU")]
PLACES += [("de-AT", "AT"), ("de-CH", "CH"), ("de-AT", "DE"), ("fr", "FR"), ("ja", "JP")]
ASKED = """([source, sums, locale, country]) =>
  import(`data:text/javascript,${source}`).then(({ Formatter }) => {
    const format = new Formatter(locale, country, "UTC");
    return sums.map(([minor, code]) => format.money(minor, code));
  })"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Page:
    return browser.new_page()


@pytest.mark.parametrize(("locale", "country"), PLACES)
def test_the_browser_writes_each_sum_as_mails_and_pages_do(
    page: Page, locale: str, country: str
) -> None:
    assert len(CODES) > 130
    sums = [(minor, code) for code in CODES for minor in MINORS]
    place = replace(DEMO, locale=locale, country=country)
    # Where none of our languages is spoken, sentences and sums are English (`widget.js`).
    spoken = locale if spoken_language(locale) == locale.partition("-")[0] else "en"
    source = quote((ASSETS / "format.js").read_text())
    in_browser = page.evaluate(ASKED, [source, sums, spoken, country])
    ours = [written(Money(minor, code), sum_form(place)) for minor, code in sums]
    assert dict(zip(sums, in_browser, strict=True)) == dict(zip(sums, ours, strict=True))


def test_the_browser_has_stripes_decimals_of_every_currency(page: Page) -> None:
    source = quote((ASSETS / "format.js").read_text())
    shown = page.evaluate(
        """([source, codes]) => import(`data:text/javascript,${source}`).then(
          ({ exponentOf }) => codes.map(exponentOf))""",
        [source, CODES],
    )
    assert dict(zip(CODES, shown, strict=True)) == {code: exponent(code) for code in CODES}
