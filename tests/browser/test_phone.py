"""A phone number is taken as people write it, and as browsers fill it in, in any country."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.booking import choose_time, open_widget
from tests.browser.canned import CannedApi
from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite
from tests.browser.visitor import Visitor

# Mobile numbers as each country writes them, as libphonenumber formats its examples.
NATIONAL = """(201) 555-0123|07400 123456|06 12 34 56 78|01512 3456789|078 123 45 67|0664 123456
312 345 6789|612 34 56 78|06 12345678|0470 12 34 56|070-123 45 67|406 12 345|34 41 23 45
041 2345678|512 345 678|601 123 456|691 234 5678|912 345 678|085 012 3456|0712 034 567
06 20 123 4567|043 012 345|092 123 4567|(8-612) 34567|21 234 567|0501 234 56 78
8 (912) 345-67-89|050-234-5678|0100 123 4567|071 123 4567|0802 123 4567|081234 56789
01812-345678|081 234 5678|0912 345 678|0812-345-678|012-345 6789|8123 4567|131 2345 6789
090-1234-5678|010-2000-0000|0412 345 678|(11) 96123-4567|011 15-2345-6789|(2) 2123 4567"""
INTERNATIONAL = """+1 201-555-0123|+44 7400 123456|+49 1512 3456789|+7 912 345-67-89
+81 90-1234-5678|+55 11 96123-4567|+390612345678|0049 30 123456|+49 (0)30 1234567
tel:+1-201-555-0123"""
OTHERWISE = """030 123456 \u2013 12|+49 30 1234 ext. 5|030/1234-56|030.12.34.56
\uff0b81\u300090\uff0d1234
\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667|\u0967\u0968\u0969\u096a\u096b\u096c|1234"""
TAKEN = [each for text in (NATIONAL, INTERNATIONAL, OTHERWISE) for each in re.split(r"[|\n]", text)]
REFUSED = ["n/a", "-", "no phone", "+49", "12 3"]


@pytest.fixture
def client(visit: Visit, site: PagesSite) -> Visitor:
    """A client who is asked for a phone number."""
    client = visit()
    CannedApi(client.page)
    open_widget(client, site.name("demo", "Salon Aurora"))
    client.press("Colour")
    client.press("Ben")
    choose_time(client)
    return client


def test_a_phone_number_needs_digits_and_nothing_else(client: Visitor) -> None:
    """Bug: a bracket at its beginning, a dash of another kind or an extension was refused."""
    phone, wrong = client.page.get_by_label("Phone"), client.page.locator("#phone-wrong")
    refused = []
    for number in (*TAKEN, *REFUSED):
        phone.fill(number)
        # The name is missing: the fields are looked at, and the page stays.
        client.press("Continue")
        if wrong.is_visible():
            refused.append(number)
    assert refused == REFUSED
    expect(wrong).to_contain_text("at least four digits")


def test_what_was_written_is_what_is_sent(client: Visitor) -> None:
    client.page.get_by_label("Name").fill("Mira Lindqvist")
    client.page.get_by_label("Email").fill("mira@example.com")
    client.page.get_by_label("Phone").fill("(030) 1234 \u2013 56")
    client.press("Continue")
    expect(client.heading("Check and book")).to_be_visible()
    kept = client.page.evaluate("sessionStorage.getItem('bookpay:demo:client')")
    assert '"(030) 1234 \u2013 56"' in kept


def test_nothing_that_is_written_or_pasted_is_cut(client: Visitor) -> None:
    """Bug: a number of more than 32 characters lost its end, and nobody was told."""
    client.page.get_by_label("Name").fill("Mira Lindqvist")
    client.page.get_by_label("Email").fill("mira@example.com")
    phone, wrong = client.page.get_by_label("Phone"), client.page.locator("#phone-wrong")
    long = "+49 30 12345678 or +49 171 1234567"
    phone.fill("")
    phone.press_sequentially(long)
    client.press("Continue")
    expect(wrong).to_have_text("This is too long: please use at most 32 characters.")
    expect(phone).to_have_value(long)
    phone.fill(long[:32])
    client.press("Continue")
    expect(client.heading("Check and book")).to_be_visible()
