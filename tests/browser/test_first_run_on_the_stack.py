"""A new location, from nothing to a booked and paid visit, in the console and on its page alone."""

import secrets
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.booking import GOOD, choose_time, enter_contact, pay
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.stack.running_stack import Stack

pytestmark = pytest.mark.stack


def sign_in_as_admin(stack: Stack, visit: Visit) -> Visitor:
    admin = next(each for each in stack.described["staff"] if each["roles"] == ["admin"])
    visitor = visit(width=1280, height=900)
    visitor.page.goto(f"{stack.api_url}/console#/demo/location")
    visitor.page.get_by_label("Email").fill(admin["email"])
    visitor.page.get_by_label("Password").fill(admin["password"])
    visitor.press("Sign in")
    return visitor


def new_account(stack: Stack) -> dict[str, Any]:
    """Return the keys of another account at the simulator, as its owner has them."""
    asked = {"country": "AT", "business_name": "Vega"}
    made = httpx.post(f"{stack.described['stripe']['api_base']}/_sim/accounts", json=asked)
    return dict(made.json())


def make_location(owner: Visitor, location_id: str) -> None:
    owner.press("New location")
    dialog = owner.page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Studio Vega")
    dialog.get_by_label("Short name").fill(location_id)
    dialog.get_by_label("Time zone").select_option("Europe/Vienna")
    dialog.get_by_label("Country").select_option("Austria")
    owner.press("Make the location")


def book_and_pay(client: Visitor, link: str) -> None:
    client.page.goto(link)
    client.press("Cut")
    # Where one person alone can be booked, the page may not ask.
    client.button("Vera").or_(client.page.locator(".slot")).first.wait_for()
    if client.button("Vera").count():
        client.press("Vera")
    choose_time(client)
    enter_contact(client)
    client.heading("Check and book").wait_for()
    consent = client.page.get_by_label("I accept these terms.")
    if consent.count():
        consent.check()
    client.press("Book and pay")
    pay(client, GOOD)
    expect(client.heading("Your booking is confirmed")).to_be_visible()


def test_four_steps_lead_from_nothing_to_a_paid_visit(stack: Stack, visit: Visit) -> None:
    keys = new_account(stack)
    location_id = f"first-{secrets.token_hex(3)}"
    owner = sign_in_as_admin(stack, visit)
    page, dialog = owner.page, owner.page.get_by_role("dialog")
    make_location(owner, location_id)

    step = page.locator("[aria-current=step]")
    expect(step).to_contain_text("Connect Stripe")
    page.get_by_label("Publishable key").fill(keys["publishable_key"])
    page.get_by_label("Secret key", exact=True).fill(keys["secret_key"])
    owner.press("Save and connect")

    expect(step).to_contain_text("Say who works")
    owner.press("Add an employee")
    dialog.get_by_label("Name").fill("Vera")
    for day in ("Saturday", "Sunday"):
        dialog.get_by_label(day).fill("9-18")
    owner.press("Save")

    expect(step).to_contain_text("Say what can be booked")
    owner.press("Add a service")
    dialog.get_by_label("Name").fill("Cut")
    dialog.get_by_label("Price in EUR").fill("40")
    owner.press("Save")

    expect(step).to_contain_text("Say what clients pay")
    expect(page.locator("[aria-busy], .skeleton")).to_have_count(0)
    assert owner.found_by_axe() == []
    owner.press("Save the terms")
    expect(page.get_by_text("Clients can book now. The first free time is")).to_be_visible()
    link = page.get_by_label("Address of your booking page").input_value()
    book_and_pay(visit(), link)

    page.goto(f"{stack.api_url}/console#/{location_id}/bookings")
    expect(page.get_by_text("Mira Lindqvist").first).to_be_visible()
    expect(page.get_by_role("link", name="Getting started")).to_have_count(0)
