"""How a client reaches the business: what it has said, in the clients' language, as links."""

from copy import replace

import pytest

from shared.wording.contact import TEXTS, Contact, Link, contact_of
from tests.surroundings.demo_location import DEMO, REACHABLE


def test_every_language_has_every_label() -> None:
    english = TEXTS["en"]
    assert all(texts.keys() == english.keys() for texts in TEXTS.values())


def test_each_line_leads_to_where_it_is_of_use() -> None:
    contact = contact_of(REACHABLE.location)
    assert [(line.label, line.text) for line in contact.lines] == [
        ("Adresse", "Torstraße 1, 10119 Berlin"),
        ("Karte", "Auf der Karte zeigen"),
        ("Telefon", "+49 30 1234-56"),
        ("E-Mail", "salon@example.com"),
        ("Website", "salon.example"),
    ]
    assert [line.url for line in contact.lines] == [
        "",
        "https://www.google.com/maps/search/?api=1&query=Torstra%C3%9Fe+1%2C+10119+Berlin",
        "tel:+4930123456",
        "mailto:salon@example.com",
        "https://salon.example/",
    ]
    assert contact.legal == (
        Link("Impressum", "Impressum", "https://salon.example/imprint"),
        Link("Datenschutz", "Datenschutz", "https://salon.example/privacy"),
    )


def test_what_a_location_has_not_said_is_left_out() -> None:
    assert contact_of(DEMO) == Contact((), ())


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//salon.example"])
def test_no_link_runs_a_script(url: str) -> None:
    odd = replace(REACHABLE.location, website=url, imprint_url=url, privacy_url=url)
    contact = contact_of(odd)
    assert contact.legal == ()
    assert "Website" not in [line.label for line in contact.lines]


def test_an_odd_address_adds_nothing_to_a_mail() -> None:
    odd = replace(REACHABLE.location, email="a?cc=eve%40x.example&b@example.com")
    [line] = [each for each in contact_of(odd).lines if each.url.startswith("mailto:")]
    assert line.url == "mailto:a%3Fcc%3Deve%2540x.example%26b@example.com"
