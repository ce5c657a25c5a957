"""The HTML of our pages: templates with escaped values in `{{braces}}`."""

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from functions.serve_pages.asset_files import address_of, contract_page
from shared.config import Config
from shared.domain.locations.location import Location

TEMPLATES = Path(__file__).parent / "templates"
_VALUE = re.compile(r"\{\{(?P<name>[\w.:-]+)\}\}")
# No page of ours is framed: a site that wants the widget inside its own page embeds the element.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def render(template: str, values: Mapping[str, str]) -> str:
    """Return a template of the folder with its values; `{{asset:page.css}}` is an asset's address.

    Raises `KeyError` for a value that is not given.
    """

    def fill(found: re.Match[str]) -> str:
        kind, _, entry = found["name"].partition(":")
        value = address_of(entry) if kind == "asset" else values[found["name"]]
        return escape(value)

    return _VALUE.sub(fill, (TEMPLATES / template).read_text(encoding="utf-8"))


def booking_page(location: Location) -> str:
    """Return the hosted page of a location; what is in the widget's place is seen until it runs."""
    values = {
        "location_id": location.location_id,
        "name": location.name,
        "locale": location.locale,
        "mode": location.mode,
        "contact": " · ".join(filter(None, (location.phone, location.email))),
    }
    return render("book.html", values)


def console_page(config: Config) -> str:
    """Return the console's page, which names the user pool that its browser signs in at."""
    values = {
        "cognito": cognito_url(config),
        "user_pool_id": config.user_pool_id,
        "client_id": config.user_pool_client_id,
    }
    return render("console.html", values)


def console_policy(config: Config) -> str:
    """Return the console's policy: it may speak to its own origin and to Cognito alone."""
    allowed = f"connect-src 'self' {cognito_url(config)};"
    return CONTENT_SECURITY_POLICY.replace("connect-src 'self';", allowed)


def cognito_url(config: Config) -> str:
    """Return where Cognito answers browsers, without a slash at the end.

    https://docs.aws.amazon.com/general/latest/gr/cognito_identity.html
    """
    return config.aws.endpoint_url or f"https://cognito-idp.{config.aws.region}.amazonaws.com"


def api_docs_page() -> str:
    """Return the page that shows the contract."""
    return contract_page().replace("{{asset:docs.css}}", address_of("docs.css"))


def unknown_location() -> str:
    """Say that nothing can be booked at this address."""
    return message(
        "There is no booking page here",
        "Check the address, or ask the business for a new link.",
    )


def try_again() -> str:
    """Say that it is our side and that a second try may work."""
    return message(
        "Please try again in a minute",
        "This page cannot be shown at the moment. Nothing was booked and nothing was charged.",
    )


def out_of_order() -> str:
    """Say that it is our side, and that a second try does not help."""
    return message("This page is out of order", "Nothing was booked and nothing was charged.")


def message(title: str, text: str) -> str:
    """Return a page that only says something."""
    return render("message.html", {"title": title, "text": text})
