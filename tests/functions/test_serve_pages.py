"""Our pages as browsers get them: what they are made of, how long it is kept, what it may do."""

import base64
import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.serve_pages import handler as pages_function
from functions.serve_pages import pages
from functions.serve_pages.asset_files import FOLDER, assets
from functions.serve_pages.bundle import CannotBundle, bundle_script, bundle_sheet
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable
from shared.domain.errors import AwsUnreachable
from tests.functions.conftest import DEMO
from tests.functions.salon import limit_keys

MAX_PAGE_BYTES = 150_000


class Browser:
    """A browser, as API Gateway hands its requests on."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def get(self, route: str, headers: dict[str, str] | None = None, **parameters: str) -> Any:
        event = {"routeKey": f"GET {route}", "headers": headers or {}, "pathParameters": parameters}
        return pages_function.handler(event, self._context)

    def page(self, location_id: str = "demo", **headers: str) -> Any:
        return self.get("/book/{location_id}", headers, location_id=location_id)

    def asset(self, name: str, **headers: str) -> Any:
        return self.get("/assets/{proxy+}", headers, proxy=name)


@pytest.fixture
def browser(store: BookingStore, context: Any) -> Iterator[Browser]:
    store.put_location(DEMO)
    pages_function._locations.cache_clear()
    yield Browser(context)
    pages_function._locations.cache_clear()


# ------------------------------------------------------------------ the hosted page


def test_the_page_of_a_location_names_it_and_loads_our_own_files_alone(browser: Browser) -> None:
    answer = browser.page()
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    html = answer["body"]
    assert "<title>Salon Demo</title>" in html
    assert '<html lang="de">' in html
    assert '<bookpay-widget location="demo">' in html
    loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert set(loaded) == {"data:,", *(asset.address for asset in assets().values())}


def test_a_name_is_text_whatever_it_is(browser: Browser, store: BookingStore) -> None:
    store.put_location(replace(DEMO, name="<script>alert(1)</script>&\"'", locale='"><b>'))
    html = browser.page()["body"]
    assert "<script>alert" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#x27;" in html


def test_a_page_runs_no_inline_script_and_is_framed_by_nobody(browser: Browser) -> None:
    for answer in (browser.page(), browser.page("nobody")):
        policy = answer["headers"]["content-security-policy"]
        rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
        assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == "'self'"
        assert "unsafe" not in policy
        assert answer["headers"]["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer["headers"]
        inline = r"<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|<style"
        assert not re.search(inline, answer["body"])


def test_a_page_is_asked_for_again_each_time(browser: Browser) -> None:
    assert browser.page()["headers"]["cache-control"] == "no-cache"


@pytest.mark.parametrize("location_id", ["nobody", "Demo", "x" * 3000, "demo/..", "\u00e9"])
def test_an_unknown_location_has_a_page_that_says_so(
    browser: Browser, location_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_keys(monkeypatch)
    answer = browser.page(location_id)
    assert answer["statusCode"] == 404
    assert "There is no booking page here" in answer["body"]


def test_without_the_table_a_page_says_that_it_is_our_side(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise AwsUnreachable("secret details")

    monkeypatch.setattr(BookingsTable, "get", unreachable)
    answer = browser.page()
    assert answer["statusCode"] == 503
    assert "try again" in answer["body"]
    assert "secret" not in answer["body"]


# ------------------------------------------------------------------ the files


def test_a_file_is_kept_for_a_year_under_the_name_of_its_content(browser: Browser) -> None:
    for asset in assets().values():
        answer = browser.asset(asset.address.removeprefix("/assets/"))
        assert (answer["statusCode"], answer["body"].encode()) == (200, asset.content)
        assert answer["headers"]["cache-control"] == "public, max-age=31536000, immutable"
        assert answer["headers"]["content-type"] == asset.kind
        assert asset.digest in asset.address


@pytest.mark.parametrize(
    "name", ["widget.js", "widget.000000000000.js", "../handler.py", "book.html", "tokens.css"]
)
def test_nothing_else_of_the_folder_is_given_out(browser: Browser, name: str) -> None:
    answer = browser.asset(name)
    assert answer["statusCode"] == 404
    assert answer["headers"]["cache-control"] == "no-store"


def test_other_sites_may_load_the_widget_and_ask_whether_it_has_changed(browser: Browser) -> None:
    answer = browser.get("/widget.js")
    assert answer["statusCode"] == 200
    assert answer["body"].encode() == assets()["widget.js"].content
    headers = answer["headers"]
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert "max-age=300" in headers["cache-control"]
    for tag in (headers["etag"], f"W/{headers['etag']}", f'"other", {headers["etag"]}'):
        again = browser.get("/widget.js", {"if-none-match": tag})
        assert (again["statusCode"], again["body"]) == (304, "")
    assert browser.get("/widget.js", {"if-none-match": '"other"'})["statusCode"] == 200


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "deflate, GZIP".lower(), "*"])
def test_what_a_browser_can_unpack_is_packed(browser: Browser, accepted: str) -> None:
    answer = browser.get("/widget.js", {"accept-encoding": accepted})
    assert answer["headers"]["content-encoding"] == "gzip"
    assert answer["isBase64Encoded"] is True
    packed = base64.b64decode(answer["body"])
    assert gzip.decompress(packed) == assets()["widget.js"].content


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.0", "xgzip", "gzipx"])
def test_what_it_cannot_is_not(browser: Browser, accepted: str) -> None:
    answer = browser.get("/widget.js", {"accept-encoding": accepted})
    assert "content-encoding" not in answer["headers"]
    assert answer["headers"]["vary"] == "accept-encoding"


def test_a_page_with_all_its_files_is_small(browser: Browser) -> None:
    html = gzip.compress(browser.page()["body"].encode())
    packed = [gzip.compress(asset.content) for asset in assets().values()]
    assert len(html) + sum(map(len, packed)) < MAX_PAGE_BYTES / 3


# ------------------------------------------------------------------ how they are put together


def write(folder: Path, **sources: str) -> Path:
    for name, source in sources.items():
        stem, _, ending = name.rpartition("_")
        (folder / f"{stem}.{ending}").write_text(source)
    return folder


def test_a_bundle_holds_each_module_once_before_those_that_import_it(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        a_js='import { b } from "./b.js";\nimport {\n  c,\n} from "./c.js";\nb(c);\n',
        b_js='import { c } from "./c.js";\nexport function b() { return c; }\n',
        c_js="export const c = 1;\n",
    )
    bundle = bundle_script(folder, "a.js")
    assert bundle == "const c = 1;\nfunction b() { return c; }\nb(c);\n"


def test_a_style_sheet_comes_with_its_parts_in_a_script_too(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        a_js='import sheet from "./a.css" with { type: "css" };\nuse(sheet);\n',
        a_css='@import "./b.css";\n.a { content: "\\201c"; }\n',
        b_css=".b {}\n",
    )
    assert bundle_sheet(folder, "a.css") == '.b {}\n.a { content: "\\201c"; }\n'
    assert 'sheet.replaceSync(".b {}\\n.a { content: \\"\\\\201c\\"; }\\n");' in bundle_script(
        folder, "a.js"
    )


@pytest.mark.parametrize(
    "source",
    [
        'import b from "./b.js";\n',
        'import * as b from "./b.js";\n',
        "export default 1;\n",
        "export { a };\n",
        'import "https://elsewhere.example/x.js";\n',
    ],
)
def test_a_form_that_a_bundle_cannot_hold_is_refused(tmp_path: Path, source: str) -> None:
    folder = write(tmp_path, a_js=source, b_js="const b = 1;\n")
    with pytest.raises(CannotBundle):
        bundle_script(folder, "a.js")


def test_two_modules_with_one_name_are_refused(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        a_js='import { b } from "./b.js";\nfunction own() {}\nb();\n',
        b_js="export function b() {}\nconst own = 1;\n",
    )
    with pytest.raises(CannotBundle, match=r"a\.js and b\.js both declare own"):
        bundle_script(folder, "a.js")


def test_a_template_without_its_value_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        pages.render("book.html", {"name": "x"})


def test_every_source_is_part_of_something() -> None:
    """A module that nothing imports would lie there for ever."""
    used = {"message.html", "book.html", *assets()}
    for path in FOLDER.iterdir():
        used |= set(re.findall(r'(?:from|@import) "\./([\w.-]+)"', path.read_text()))
    assert {path.name for path in FOLDER.iterdir()} == used


def sentences() -> dict[str, dict[str, set[str]]]:
    """Return each language's sentences by name, with the values that they leave open."""
    source = (FOLDER / "messages.js").read_text()
    tables = re.findall(r"^const (\w+) = \{\n(.*?)^\};", source, re.MULTILINE | re.DOTALL)
    return {
        table: {
            name: set(re.findall(r"\{(\w+)\}", text))
            for name, text in re.findall(r"^  (\w+): (.*),$", body, re.MULTILINE)
        }
        for table, body in tables
    }


def test_every_language_says_the_same_with_the_same_values() -> None:
    said = sentences()
    assert set(said) == {"ENGLISH", "GERMAN"}
    assert said["GERMAN"] == said["ENGLISH"]


def test_every_sentence_is_said_somewhere_and_every_one_that_is_said_is_there() -> None:
    scripts = "".join(
        path.read_text() for path in FOLDER.glob("*.js") if path.name != "messages.js"
    )
    known = set(sentences()["ENGLISH"])
    assert set(re.findall(r"\bt\(\"(\w+)\"", scripts)) <= known
    put_together = {"nameMissing", "emailMissing", "notPaidMore", "declinedMore"}
    named = set(re.findall(r'"(\w+)"', scripts)) | set(re.findall(r"\b(\w+):", scripts))
    assert known - named <= put_together
