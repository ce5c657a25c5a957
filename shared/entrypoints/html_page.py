"""The look of the pages that we serve to clients: one style, no script, no third-party content."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from msgspec import Struct

from shared.entrypoints.http_api import SAFE_HEADERS, Answer, text_answer
from shared.wording.contact import NO_CONTACT, Contact, Link

STYLE = (
    ":root{color-scheme:light dark;--ink:#1b1f2a;--soft:#5b6472;--paper:#fff;--ground:#f3f4f7;"
    "--line:#e2e5eb;--go:#0b6b4f;--stop:#b3261e}"
    "@media(prefers-color-scheme:dark){:root{--ink:#eef0f4;--soft:#a5adba;--paper:#1d2129;"
    "--ground:#12151b;--line:#323844;--go:#5fd0a9;--stop:#ff9b92}}"
    "*{box-sizing:border-box}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;align-content:center;background:var(--ground);"
    "color:var(--ink);font:1.0625rem/1.5 system-ui,sans-serif;padding:1rem}"
    "main{width:100%;max-width:27rem;background:var(--paper);border:1px solid var(--line);"
    "border-radius:1rem;padding:2rem 1.5rem}"
    "h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0 .75rem}"
    "p{margin:.5rem 0;overflow-wrap:anywhere}"
    ".place{color:var(--soft);font-weight:600}"
    ".sum{font-size:2rem;font-weight:700;margin:1rem 0 0;font-variant-numeric:tabular-nums}"
    ".note{color:var(--soft)}"
    "dl{margin:1rem 0;display:grid;grid-template-columns:fit-content(42%) 1fr}"
    "dt,dd{margin:0;padding:.5rem 0;border-top:1px solid var(--line)}"
    "dt{color:var(--soft);padding-inline-end:1rem}"
    "dd{font-weight:600;text-align:end;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}"
    "a{color:var(--go)}"
    ".button{display:block;width:100%;margin-top:1rem;padding:.875rem 1rem;border-radius:.625rem;"
    "border:1px solid var(--go);background:var(--go);color:var(--paper);text-align:center;"
    "font:inherit;font-weight:600;text-decoration:none;cursor:pointer}"
    ".button.stop{border-color:var(--stop);background:var(--stop)}"
    ".button.quiet{background:none;border-color:var(--line);color:var(--ink)}"
    "footer{width:100%;max-width:27rem;margin-top:1rem;color:var(--soft);font-size:.9375rem}"
    "footer a{color:inherit}"
    "address{font-style:normal}"
    "a:focus-visible,button:focus-visible{outline:3px solid var(--ink);outline-offset:2px}"
    ".test{display:inline-block;background:#b3261e;color:#fff;border-radius:.375rem;"
    "padding:.125rem .5rem;font-size:.875rem;font-weight:700}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


# Where forms may be sent: https://www.w3.org/TR/CSP3/#directive-form-action
NOWHERE, OURSELVES = "'none'", "'self'"


class Frame(Struct, frozen=True):
    """What stands around a page's content, in plain text.

    `language` is for `lang`, `test` says that no real money moves, and with `refresh_s` the page
    looks again by itself. `contact` is how to reach the place.
    """

    title: str
    language: str
    place: str = ""
    test: str = ""
    refresh_s: int = 0
    contact: Contact = NO_CONTACT


def html_page(frame: Frame, content: str) -> str:
    """Return a page; `content` is HTML."""
    title, above, refresh = escape(frame.title), "", ""
    if frame.test:
        above += f'<p class="test">{escape(frame.test)}</p>\n'
    if frame.place:
        above += f'<p class="place" dir="auto">{escape(frame.place)}</p>\n'
    if frame.refresh_s:
        refresh = f'<meta http-equiv="refresh" content="{frame.refresh_s}">\n'
    return (
        f'<!doctype html>\n<html lang="{escape(frame.language)}">\n<head>\n'
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f'<meta name="robots" content="noindex">\n{refresh}'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"{above}<h1>{title}</h1>\n{content}\n</main>\n{_foot(frame.contact)}</body>\n</html>\n"
    )


def _foot(contact: Contact) -> str:
    """Return how to reach the place: each line's link in words of its own, and the legal pages."""
    lines = "".join(f'<p dir="auto">{_link(each)}</p>\n' for each in contact.lines)
    legal = " \u00b7 ".join(map(_link, contact.legal))
    about = f"<address>\n{lines}</address>\n" if lines else ""
    pages = f"<p>{legal}</p>\n" if legal else ""
    return f"<footer>\n{about}{pages}</footer>\n" if about or pages else ""


def _link(link: Link) -> str:
    text = escape(link.text)
    return (
        f'<a href="{escape(link.url)}" rel="noopener noreferrer">{text}</a>' if link.url else text
    )


def page_answer(
    status: int, html: str, headers: Mapping[str, str] | None = None, *, form_to: str = NOWHERE
) -> Answer:
    """Answer with a page; `form_to` says where its forms may be sent."""
    return text_answer(status, html, {**page_headers(form_to=form_to), **(headers or {})})


def page_headers(*, form_to: str = NOWHERE) -> dict[str, str]:
    """Return the headers of a page whose address is a secret: not cached, and no referrer.

    `form_to` says where its forms may be sent, and led on to from there.
    """
    return {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": (
            f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
            f"form-action {form_to}; frame-ancestors 'none'"
        ),
        **SAFE_HEADERS,
    }
