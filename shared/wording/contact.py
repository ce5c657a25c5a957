"""How a client reaches the business, for the foot of every page and mail. Needs no library."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from msgspec import Struct

from shared.domain.locales import spoken_language
from shared.domain.locations.location import Location
from shared.domain.stripe_facts.json_reader import web_address

ENGLISH = {
    "address": "Address",
    "map": "Map",
    "map.text": "Show on a map",
    "phone": "Phone",
    "email": "Email",
    "website": "Website",
    "imprint": "Imprint",
    "privacy": "Privacy",
}
GERMAN = {
    "address": "Adresse",
    "map": "Karte",
    "map.text": "Auf der Karte zeigen",
    "phone": "Telefon",
    "email": "E-Mail",
    "website": "Website",
    "imprint": "Impressum",
    "privacy": "Datenschutz",
}
TEXTS: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "de": GERMAN}
_NOT_DIALLED = re.compile(r"[^0-9+]")


class Link(Struct, frozen=True):
    """A labelled text and where it leads."""

    label: str
    text: str
    url: str


class Contact(Struct, frozen=True):
    """How to reach a business, in a language: what it has said of itself, and its legal pages."""

    lines: tuple[Link, ...]
    legal: tuple[Link, ...]


NO_CONTACT = Contact((), ())


def contact_of(location: Location) -> Contact:
    """Return how clients reach a location, in their language; what it has not said is left out.

    A web address that is none is left out too.
    """
    say = TEXTS[spoken_language(location.locale)]
    # https://www.rfc-editor.org/rfc/rfc3966#section-3: no spaces, no brackets.
    dialled = _NOT_DIALLED.sub("", location.phone)
    website = web_address(location.website)
    shown = (
        ("address", location.address, ""),
        ("map", say["map.text"] if location.address else "", location.map_url()),
        ("phone", location.phone, f"tel:{dialled}" if dialled else ""),
        ("email", location.email, f"mailto:{quote(location.email, safe='@+')}"),
        ("website", website.partition("://")[2].rstrip("/"), website),
    )
    legal = (("imprint", location.imprint_url), ("privacy", location.privacy_url))
    return Contact(
        tuple(Link(say[name], text, url) for name, text, url in shown if text),
        tuple(Link(say[name], say[name], url) for name, url in legal if web_address(url)),
    )
