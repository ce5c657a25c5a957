"""Our pages as browsers get them: what they are made of, how long it is kept, what it may do."""

import base64
import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from copy import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.serve_pages import handler as pages_function
from functions.serve_pages import pages
from functions.serve_pages.asset_files import asset
from infra.bundle import ASSETS, ENTRIES
from shared import environment
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.location_store import LocationStore
from shared.domain.errors import AwsUnreachable
from tests.surroundings.fixtures import DEMO
from tests.surroundings.salon import limit_keys

pytestmark = pytest.mark.usefixtures("made_pages")
MAX_PAGE_BYTES = 150_000
MAX_CONSOLE_BYTES = 225_000
ROOT = Path(__file__).resolve().parents[2]
# What a worker of the function starts with, beside libraries and `shared`.
OF_THE_FUNCTION = (
    *("serve_pages", "serve_pages.asset_files"),
    *("serve_pages.files", "serve_pages.handler", "serve_pages.pages"),
)
START = {**os.environ, "PYTHONPATH": str(ROOT)}


def addresses(*entries: str) -> set[str]:
    return {asset(entry).address for entry in entries}


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
def browser(places: LocationStore, context: Any) -> Iterator[Browser]:
    places.save_location(DEMO)
    environment.forget()
    yield Browser(context)
    environment.forget()


# ------------------------------------------------------------------ the hosted page


def test_the_page_of_a_location_names_it_and_loads_our_own_files_alone(browser: Browser) -> None:
    answer = browser.page()
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    html = answer["body"]
    assert "<title>Salon Demo</title>" in html
    assert '<html lang="de">' in html
    assert '<bookpay-widget location="demo" mode="test">' in html
    loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert set(loaded) == {"data:,", *addresses("page.css", "widget.js")}


def test_where_the_widget_does_not_run_the_page_says_whom_to_call(
    browser: Browser, places: LocationStore
) -> None:
    """Bug: with its script blocked the page had a name, and nothing else."""
    places.save_location(replace(DEMO, phone="+49 30 1234567", email="hello@salon.example"))
    inside = (
        browser.page()["body"].partition("<bookpay-widget")[2].partition("</bookpay-widget>")[0]
    )
    said, _, fallback = inside.partition("</noscript>")
    assert "needs JavaScript" in said
    assert "contact Salon Demo. +49 30 1234567 · hello@salon.example" in fallback


def test_a_name_is_text_whatever_it_is(browser: Browser, places: LocationStore) -> None:
    places.save_location(replace(DEMO, name="<script>alert(1)</script>&\"'", locale='"><b>'))
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


# ------------------------------------------------------------------ the console


def test_the_console_loads_our_own_files_and_knows_where_to_sign_in(browser: Browser) -> None:
    answer = browser.get("/console")
    assert answer["statusCode"] == 200
    html = answer["body"]
    assert 'data-user-pool-id="eu-central-1_pool"' in html
    assert 'data-client-id="console-client"' in html
    assert 'data-cognito="https://cognito-idp.eu-central-1.amazonaws.com"' in html
    loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert set(loaded) == {"data:,", *addresses("console.css", "console.js")}


def test_the_console_speaks_to_us_and_to_the_login_alone(browser: Browser) -> None:
    headers = browser.get("/console")["headers"]
    policy = headers["content-security-policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["connect-src"] == "'self' https://cognito-idp.eu-central-1.amazonaws.com"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["default-src"] == rules["frame-ancestors"] == "'none'"
    assert headers["cache-control"] == "no-cache"


# ------------------------------------------------------------------ the files


def test_a_file_is_kept_for_a_year_under_the_name_of_its_content(browser: Browser) -> None:
    for made in map(asset, ENTRIES):
        answer = browser.asset(made.address.removeprefix("/assets/"))
        assert (answer["statusCode"], answer["body"].encode()) == (200, made.content)
        assert answer["headers"]["cache-control"] == "public, max-age=31536000, immutable"
        assert answer["headers"]["content-type"] == made.kind
        assert made.digest in made.address


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
    assert answer["body"].encode() == asset("widget.js").content
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
    assert gzip.decompress(packed) == asset("widget.js").content


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.0", "xgzip", "gzipx"])
def test_what_it_cannot_is_not(browser: Browser, accepted: str) -> None:
    answer = browser.get("/widget.js", {"accept-encoding": accepted})
    assert "content-encoding" not in answer["headers"]
    assert answer["headers"]["vary"] == "accept-encoding"


def test_a_page_with_all_its_files_is_small(browser: Browser) -> None:
    for page, entries, most_bytes in (
        (browser.page(), ("page.css", "widget.js"), MAX_PAGE_BYTES),
        (browser.get("/console"), ("console.css", "console.js"), MAX_CONSOLE_BYTES),
    ):
        html = gzip.compress(page["body"].encode())
        packed = [gzip.compress(asset(entry).content) for entry in entries]
        assert len(html) + sum(map(len, packed)) < most_bytes / 3


# ------------------------------------------------------------------ the contract


def test_the_contract_is_served_as_it_is_written_and_confirmed_by_its_tag(browser: Browser) -> None:
    answer = browser.get("/openapi.json")
    written = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, written)
    headers = answer["headers"]
    assert headers["content-type"] == "application/json"
    assert "max-age=300" in headers["cache-control"]
    assert headers["access-control-allow-origin"] == "*"
    again = browser.get("/openapi.json", {"if-none-match": headers["etag"]})
    assert (again["statusCode"], again["body"]) == (304, "")


def test_the_contracts_page_shows_every_operation_schema_and_code_and_loads_one_file_of_ours(
    browser: Browser,
) -> None:
    answer = browser.get("/docs")
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (
        200,
        "text/html; charset=utf-8",
    )
    assert answer["headers"]["content-security-policy"] == pages.CONTENT_SECURITY_POLICY
    html = answer["body"]
    assert re.findall(r'<link[^>]*href="([^"]+)"', html) == ["data:,", *addresses("docs.css")]
    assert not re.search(r"<script|<form|<img|\son\w+=|\sstyle=|<style", html)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    shown = re.findall(r'<span class="method">(\w+)</span> <code>([^<]+)</code>', html)
    assert sorted(shown) == sorted(
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    )
    named = [f"schema-{name}" for name in document["components"]["schemas"]]
    named += [f"code-{name}" for name in document["x-problem-codes"]]
    assert {*named, *re.findall(r'href="#([^"]+)"', html)} <= set(ids)


def test_what_shows_the_contract_makes_no_start_slower() -> None:
    """A new worker loads no library for it, and reads neither file before it is asked for."""
    told = subprocess.run(
        [sys.executable, "-c", "import sys, functions.serve_pages.handler; print(*sys.modules)"],
        capture_output=True, check=True, text=True, cwd=ROOT, env=START,
    )  # fmt: skip
    loaded = set(told.stdout.split())
    assert {each for each in loaded if each.startswith(("functions.", "infra"))} == {
        f"functions.{name}" for name in OF_THE_FUNCTION
    }
    assert not {"yaml", "jinja2", "markdown_it", "markupsafe"} & loaded


def test_a_template_without_its_value_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        pages.render("book.html", {"name": "x"})


def test_every_source_is_part_of_something() -> None:
    """A module that nothing imports would lie there for ever."""
    used = set(ENTRIES)
    for path in ASSETS.iterdir():
        used |= set(re.findall(r'(?:from|@import) "\./([\w.-]+)"', path.read_text()))
    assert {path.name for path in ASSETS.iterdir()} == used


def sentences() -> dict[str, dict[str, set[str]]]:
    """Return each language's sentences by name, with the values that they leave open."""
    source = (ASSETS / "messages.js").read_text()
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
        path.read_text() for path in ASSETS.glob("*.js") if path.name != "messages.js"
    )
    known = set(sentences()["ENGLISH"])
    assert set(re.findall(r"\bt\(\"(\w+)\"", scripts)) <= known
    put_together = {"nameMissing", "emailMissing", "notPaidMore", "declinedMore"}
    put_together |= {name for name in known if name.startswith("cancel_")}
    named = set(re.findall(r'"(\w+)"', scripts)) | set(re.findall(r"\b(\w+):", scripts))
    assert known - named <= put_together
