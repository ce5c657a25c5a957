"""The settings of the console: what is typed is what is sent, and nothing typed is lost unasked.

Each request is held to the contract by the answering half.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Dialog, expect

from shared.domain.locations.settings_rules import is_timezone
from tests.browser.canned import problem
from tests.browser.canned_console import (
    CLOSURES,
    MEMBERS,
    CannedStaffApi,
    listed,
    settings,
    staff_location,
)
from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite
from tests.browser.settings_states import (
    MET,
    SAVED_KEYS,
    as_an_admin,
    categorised,
    from_nothing,
    ready,
)
from tests.browser.visitor import Visitor
from tests.contract.contract import Contract

POINTERS = (
    """[...document.querySelectorAll("[data-pointer]")].map((each) => each.dataset.pointer)"""
)


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    return visit(width=1280, height=900)


@pytest.fixture
def api(visitor: Visitor) -> CannedStaffApi:
    return CannedStaffApi(visitor.page)


def open_page(visitor: Visitor, site: PagesSite, path: str) -> None:
    visitor.page.goto(f"{site.url}/console#/demo/{path}")
    expect(visitor.page.locator("h1")).to_be_visible()
    expect(visitor.page.locator("[aria-busy], .skeleton")).to_have_count(0)


def sent(api: CannedStaffApi, method: str, path: str = "") -> Any:
    """Return the one body that was sent there."""
    [body] = [body for how, where, body in api.asked if (how, where) == (method, path)]
    return body


# ------------------------------------------------------------------ nothing is by API only


def schema(name: str) -> Any:
    return Contract.load().document["components"]["schemas"][name]


def fields(part: Any, at: str = "") -> Iterator[str]:
    """Yield each field that a schema takes, as a pointer without the numbers of lists."""
    part = Contract.load().resolved(part)
    if part.get("type") == "array":
        yield from fields(part["items"], at)
    elif "allOf" in part or "properties" in part:
        for each in part.get("allOf", []):
            yield from fields(each, at)
        for name, field in part.get("properties", {}).items():
            yield from fields(field, f"{at}/{name}")
    else:
        yield at


# What no field is for, and why.
NOT_TYPED = {
    "Service": {"/service_id": "made of the name", "/currency": "always the location's"},
    "Employee": {"/employee_id": "made of the name"},
    "PaymentSettingsInput": {
        "/online_booking_enabled": "on a page of its own",
    },
    # All else that a new location takes is set on its pages.
    "LocationInput": {
        each: "on its page"
        for each in fields(schema("LocationPatch"))
        if each not in ("/name", "/timezone", "/locale")
    },
}
# Fields of entries that are written in one line, a day each.
IN_ONE_LINE = {"/hours/weekday": "/hours", "/hours/from": "/hours", "/hours/to": "/hours"}


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("LocationPatch", [("location", ()), ("online-booking", ()), ("payments", ())]),
        ("PaymentSettingsInput", [("payments", ())]),
        ("Service", [("services", ("Edit Haircut",)), ("services", ("Change the order",))]),
        ("Employee", [("employees", ("Edit Anna",))]),
        ("TimeOff", [("time-off", ("New closure",))]),
        ("Terms", [("terms", ())]),
        ("LocationInput", [("location", ("New location",))]),
    ],
)
def test_what_the_api_takes_has_a_field(
    visitor: Visitor,
    api: CannedStaffApi,
    site: PagesSite,
    name: str,
    places: list[tuple[str, tuple[str, ...]]],
) -> None:
    as_an_admin(api)
    shown: set[str] = set()
    for path, pressed in places:
        open_page(visitor, site, path)
        visitor.page.reload()
        for each in pressed:
            visitor.button(each).first.click()
        expect(visitor.page.locator("[data-pointer]").first).to_be_attached()
        expect(visitor.page.locator("[aria-busy], .skeleton")).to_have_count(0)
        shown |= {re.sub(r"/(day-)?\d+", "", each) for each in visitor.page.evaluate(POINTERS)}
    wanted = {IN_ONE_LINE.get(each, each) for each in fields(schema(name))}
    assert wanted - shown - NOT_TYPED.get(name, {}).keys() == set()


# ------------------------------------------------------------------ what is typed is sent


def test_only_what_was_changed_of_a_location_is_sent(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    open_page(visitor, site, "location")
    zones = visitor.page.get_by_label("Time zone").locator("option")
    known = zones.evaluate_all("options => options.map((each) => each.value)")
    assert len(known) > 300
    assert [each for each in known if not is_timezone(each)] == []
    typed = {
        "Address": ("address", "Torstraße 1, 10119 Berlin"),
        "Phone": ("phone", "+49 30 1234567"),
        "Email": ("email", "hello@aurora.example"),
        "Website": ("website", "https://aurora.example"),
        "Imprint": ("imprint_url", "https://aurora.example/imprint"),
        "Privacy policy": ("privacy_url", "https://aurora.example/privacy"),
    }
    for label, (_, text) in typed.items():
        visitor.page.get_by_label(label, exact=True).fill(text)
    visitor.page.get_by_label("Language").select_option("en")
    visitor.page.get_by_label("Recipients").fill("a@aurora.example\nb@aurora.example")
    visitor.page.get_by_label("Sent at").select_option("07:00")
    visitor.page.get_by_label("Owners: above").fill("250")
    visitor.page.get_by_label("Hours before the visit").fill("24")
    visitor.page.get_by_label("Everybody who works here").focus()
    visitor.page.keyboard.press("Space")
    visitor.page.get_by_label("Phone").press("Enter")
    expect(visitor.page.get_by_text("The location is saved.")).to_be_visible()
    assert sent(api, "PATCH") == {
        **dict(typed.values()),
        "locale": "en",
        "reminder_hours_before": 24,
        "report": {"recipients": ["a@aurora.example", "b@aurora.example"], "hour": 7},
        "refund_approval_above": {"owner": 25_000, "manager": 10_000},
        "require_second_factor": True,
    }
    visitor.press("Save")
    expect(visitor.page.get_by_text("Nothing has changed.")).to_be_visible()
    assert len(api.asked) == 1


def test_the_rules_of_online_booking_are_sent_in_the_apis_units(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    open_page(visitor, site, "online-booking")
    visitor.page.get_by_label("Minimum notice", exact=True).fill("2")
    visitor.page.get_by_label("Minimum notice, in").select_option("days")
    visitor.page.get_by_label("Days ahead").fill("500")
    visitor.press("Save")
    expect(visitor.page.get_by_text("Write a whole number from 0 to 366.")).to_be_visible()
    expect(visitor.page.get_by_label("Days ahead")).to_be_focused()
    visitor.page.get_by_label("Days ahead").fill("90")
    visitor.page.get_by_label("Minutes between start times").fill("20")
    visitor.page.get_by_label("Unpaid bookings from one").fill("6")
    visitor.page.get_by_label("Unpaid bookings with one").fill("2")
    visitor.page.get_by_label("Websites").fill("")
    visitor.page.get_by_label("Online booking", exact=True).uncheck()
    visitor.press("Save")
    expect(visitor.page.get_by_text("Online booking is saved.")).to_be_visible()
    assert sent(api, "PATCH") == {
        "online_booking_enabled": False,
        "min_notice_minutes": 2880,
        "max_days_ahead": 90,
        "slot_step_minutes": 20,
        "holds_per_address": 6,
        "holds_per_client": 2,
        "allowed_origins": [],
    }


def test_methods_are_saved_and_everything_is_checked_after_each_save(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    open_page(visitor, site, "payments")
    visitor.page.get_by_label("Bancontact").check()
    visitor.page.get_by_label("Payment links").uncheck()
    visitor.press("Save")
    expect(visitor.page.get_by_text("SES is in its sandbox")).to_be_visible()
    assert sent(api, "PATCH") == {
        "visit_link_enabled": False,
        "payment_method_types": ["card", "bancontact"],
    }
    api.answers["PUT payment-settings"] = SAVED_KEYS
    visitor.page.get_by_label("Secret key", exact=True).fill("sk_test_1")
    visitor.press("Save and connect")
    expect(visitor.page.get_by_text("There was no time to check everything")).to_be_visible()


def test_a_service_is_sent_as_it_was_typed(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.answers["services"] = listed(categorised())
    service = api.answers["services"]["items"][0]
    path = f"services/{service['service_id']}"
    api.answers[f"PUT {path}"] = {**service, "warnings": []}
    open_page(visitor, site, "services")
    visitor.press("Edit Haircut")
    page = visitor.page
    for label, text in {
        "Name": "Cut", "Price in EUR": "52,50", "Minutes": "45", "Description": "Wash, cut, dry.",
        "Category": "Long hair", "Minutes before": "5", "Minutes after": "15",
    }.items():  # fmt: skip
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("Everybody").uncheck()
    page.get_by_label("Anna").uncheck()
    page.get_by_label("Ben").uncheck()
    visitor.press("Save")
    expect(page.get_by_text("Tick who does it.")).to_be_visible()
    page.get_by_label("Ben").check()
    visitor.press("Save")
    expect(page.get_by_text("The service is saved.")).to_be_visible()
    assert sent(api, "PUT", path) == {
        "name": "Cut", "price": 5250, "duration_minutes": 45, "description": "Wash, cut, dry.",
        "category": "Long hair", "buffer_before_minutes": 5, "buffer_after_minutes": 15,
        "employee_ids": ["ben"], "position": 1,
    }  # fmt: skip


def test_the_order_is_changed_by_keyboard_and_only_what_moved_is_sent(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    made = categorised()
    api.answers["services"] = listed(made)
    for each in made:
        api.answers[f"PUT services/{each['service_id']}"] = {**each, "warnings": []}
    open_page(visitor, site, "services")
    visitor.press("Change the order")
    visitor.button("Perm up").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.button("Perm up")).to_be_focused()
    visitor.page.keyboard.press("Enter")
    # The first goes no further up.
    expect(visitor.button("Perm down")).to_be_focused()
    visitor.press("Save the order")
    expect(visitor.page.get_by_text("The order is saved.")).to_be_visible()
    moved = {path: body["position"] for _, path, body in api.asked}
    assert moved == {"services/perm": 1, "services/haircut": 2, "services/colour": 3}


def test_hours_past_midnight_are_one_stretch_and_two_entries(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    visitor.expected.append("422")
    hours = [
        {"weekday": 0, "from": "00:00", "to": "02:00"},
        {"weekday": 6, "from": "18:00", "to": "24:00"},
    ]
    employee = {"employee_id": "anna", "name": "Anna", "hours": hours}
    api.answers["employees"] = listed([employee])
    api.answers["PUT employees/anna"] = problem(
        422,
        "invalid_input",
        detail="Some fields of the employee are not valid.",
        errors=[{"pointer": "/hours/1", "detail": "overlaps with entry 0"}],
    )
    open_page(visitor, site, "employees")
    expect(visitor.page.get_by_text(re.compile("Sun 18:00.02:00"))).to_be_visible()
    visitor.press("Edit Anna")
    expect(visitor.page.get_by_label("Monday")).to_have_value("")
    visitor.page.get_by_label("Saturday").fill("9-12, 20:30-1:15")
    visitor.press("Save")
    expect(visitor.page.get_by_text("Overlaps with another stretch.")).to_be_visible()
    expect(visitor.page.get_by_label("Saturday")).to_be_focused()
    api.answers["PUT employees/anna"] = employee
    visitor.press("Save")
    expect(visitor.page.get_by_text("The employee is saved.")).to_be_visible()
    assert api.asked[-1][2]["hours"] == [
        {"weekday": 5, "from": "09:00", "to": "12:00"},
        {"weekday": 5, "from": "20:30", "to": "24:00"},
        {"weekday": 6, "from": "00:00", "to": "01:15"},
        {"weekday": 6, "from": "18:00", "to": "24:00"},
        {"weekday": 0, "from": "00:00", "to": "02:00"},
    ]


@pytest.mark.parametrize(
    ("is_whole", "first", "end"),
    [
        # In 2027 New York's clocks go an hour forward on 14 March.
        (True, "2027-03-13T05:00:00Z", "2027-03-15T04:00:00Z"),
        (False, "2027-03-13T14:00:00Z", "2027-03-14T14:30:00Z"),
    ],
)
def test_time_off_is_on_the_locations_clock_and_leads_to_the_visits_that_it_meets(
    visitor: Visitor, site: PagesSite, is_whole: bool, first: str, end: str
) -> None:
    api = CannedStaffApi(visitor.page, timezone="America/New_York")
    api.answers["PUT closures/closure-1"] = MET
    open_page(visitor, site, "time-off")
    visitor.page.get_by_role("button", name="Edit").click()
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_label("From", exact=True).fill("2027-03-13")
    dialog.get_by_label("Until", exact=True).fill("2027-03-14")
    whole = dialog.get_by_label("Whole days")
    whole.set_checked(is_whole)
    if not is_whole:
        dialog.get_by_label("From, the time").fill("09:00")
        dialog.get_by_label("Until, the time").fill("10:30")
    visitor.press("Save")
    met = visitor.page.get_by_role("dialog").filter(has_text="At least 1 visit is booked")
    expect(met.get_by_text("with Anna")).to_be_visible()
    assert sent(api, "PUT", "closures/closure-1") == {
        "from": first, "to": end, "reason": CLOSURES[0]["reason"]
    }  # fmt: skip
    met.get_by_role("link").click()
    expect(visitor.heading("Timeline")).to_be_visible()


def test_terms_are_sent_with_thresholds_moves_and_exceptions(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.answers["terms"] = {**api.answers["terms"], "overrides": []}
    open_page(visitor, site, "terms")
    page = visitor.page
    page.get_by_label("Clients pay").first.select_option("deposit")
    page.get_by_label("Deposit", exact=True).fill("40")
    page.get_by_label("Only where the price is above").fill("25")
    page.get_by_label("Until how many hours before").fill("12")
    page.get_by_label("Moving costs").select_option("none")
    visitor.press("Add an exception")
    page.get_by_label("For", exact=True).select_option("Perm")
    page.locator("[data-pointer='/overrides/0/prepayment/type'] select").select_option("hold")
    summary = page.get_by_text("Perm: The price is held on the card")
    expect(summary).to_be_visible()
    visitor.press("Save the terms")
    expect(page.get_by_text("The terms are saved.")).to_be_visible()
    body = sent(api, "PUT", "terms")
    assert body["prepayment"] == {
        "type": "deposit", "required": True, "percent": 40, "above": 2500
    }  # fmt: skip
    assert body["reschedule"] == {"client_until_hours": 12, "fee": "none"}
    held = {"type": "hold", "required": True}
    assert body["overrides"] == [{"service_id": "perm", "prepayment": held}]


def test_an_exception_for_what_was_deleted_stays_one(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    """Bug: it was saved as an exception for everything."""
    api.answers["services"] = listed([])
    open_page(visitor, site, "terms")
    visitor.press("Save the terms")
    expect(visitor.page.get_by_text("The terms are saved.")).to_be_visible()
    assert sent(api, "PUT", "terms")["overrides"] == api.answers["terms"]["overrides"]


def test_an_owner_says_what_a_member_is_mailed_of(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    member = {**MEMBERS[1], "mails": ["new"]}
    api.answers["members"] = listed([member])
    path = f"members/{member['member_id']}"
    api.answers[f"PATCH {path}"] = member
    open_page(visitor, site, "members")
    visitor.press("Emails to manager@demo.test")
    expect(visitor.page.get_by_label("A booking is confirmed")).to_be_checked()
    visitor.page.get_by_label("A booking is cancelled").check()
    visitor.press("Save")
    expect(visitor.page.get_by_text("The emails are saved.")).to_be_visible()
    assert sent(api, "PATCH", path) == {"mails": ["new", "cancelled"]}


def test_an_admin_makes_a_location(visitor: Visitor, api: CannedStaffApi, site: PagesSite) -> None:
    as_an_admin(api)
    ready(api)
    new = staff_location(location_id="studio-vega", name="Studio Vega", roles=["admin"])
    open_page(visitor, site, "location")
    visitor.press("New location")
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Studio Vega")
    expect(dialog.get_by_label("Short name")).to_have_value("studio-vega")
    dialog.get_by_label("Time zone").select_option("Europe/Vienna")
    dialog.get_by_label("Country").select_option("Austria")
    api.answers["POST locations"] = new
    visitor.press("Make the location")
    expect(visitor.heading("Getting started")).to_be_visible()
    assert sent(api, "POST") == {
        "location_id": "studio-vega", "name": "Studio Vega", "timezone": "Europe/Vienna",
        "country": "AT", "currency": "eur", "locale": "en",
    }  # fmt: skip


# ------------------------------------------------------------------ nothing typed is lost


def test_a_page_with_changes_is_left_by_who_says_so(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    del api
    open_page(visitor, site, "members")
    visitor.page.get_by_role("link", name="Location", exact=True).click()
    phone = visitor.page.get_by_label("Phone")
    phone.fill("030 1")
    expect(visitor.page.get_by_text("Not saved yet")).to_be_visible()
    visitor.page.get_by_role("link", name="Audit").click()
    visitor.press("Stay")
    expect(visitor.page).to_have_url(re.compile("/location$"))
    expect(phone).to_have_value("030 1")
    visitor.press("Sign out")
    visitor.press("Stay")
    visitor.page.go_back()
    visitor.press("Stay")
    expect(visitor.page).to_have_url(re.compile("/location$"))
    expect(phone).to_have_value("030 1")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    visitor.page.on("dialog", stay)
    visitor.page.close(run_before_unload=True)
    expect(phone).to_have_value("030 1")
    assert asked == ["beforeunload"]
    visitor.page.go_back()
    visitor.page.get_by_role("dialog").get_by_role("button", name="Leave").click()
    expect(visitor.heading("Members")).to_be_visible()
    visitor.page.go_forward()
    expect(visitor.page.get_by_label("Phone")).to_have_value("")


def test_what_is_typed_in_a_dialog_is_not_lost_by_escape(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    del api
    open_page(visitor, site, "services")
    visitor.press("New service")
    visitor.page.get_by_label("Name", exact=True).fill("Cut")
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_text("What you have typed is not saved yet.")).to_be_visible()
    expect(visitor.page.get_by_label("Name", exact=True)).to_have_value("Cut")
    visitor.press("Discard it")
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)


# ------------------------------------------------------------------ deletes, erasing, first run


def test_deleting_an_employee_says_what_only_they_do(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    services = categorised()
    api.answers["services"] = listed(services)
    api.answers["DELETE employees/anna"] = {"touches": {"bookings_ahead": 2, "complete": True}}
    open_page(visitor, site, "employees")
    visitor.press("Delete Anna")
    said = visitor.page.get_by_role("dialog")
    expect(said).to_contain_text("2 bookings are still to come.")
    expect(said).to_contain_text("Nobody else does Colour")


def test_a_client_is_exported_and_erased(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    stored: dict[str, Any] = {
        "booking_id": "bk_1", "former_emails": [], "booking": None, "stored": {}, "messages": []
    }  # fmt: skip
    whole = {"client_id": "cl_1", "items": [stored], "elsewhere": "Stripe has the rest."}
    path = "clients/mira%40example.com"
    api.answers[f"{path}/export"] = {**whole, "next_cursor": None}
    api.answers[f"DELETE {path}"] = {
        "client_id": "cl_1", "bookings": 3, "complete": True, "stays": "Amounts stay."
    }  # fmt: skip
    open_page(visitor, site, "client-data")
    visitor.press("Export")
    expect(visitor.page.get_by_text("Write the client's email address.")).to_be_visible()
    visitor.page.get_by_label("Client's email address").fill("mira@example.com")
    with visitor.page.expect_download() as downloaded:
        visitor.press("Export")
    assert downloaded.value.suggested_filename == "cl_1.json"
    visitor.press("Erase")
    assert not [each for each in api.asked if each[0] == "DELETE"]
    visitor.press("Erase for good")
    expect(visitor.page.get_by_text("3 bookings were changed. Amounts stay.")).to_be_visible()


def test_an_owner_begins_with_the_steps_that_are_left(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    from_nothing(api)
    visitor.page.goto(f"{site.url}/console")
    expect(visitor.heading("Getting started")).to_be_visible()
    expect(visitor.page.locator("[aria-current=step]")).to_contain_text("Connect Stripe")
    api.answers["PUT payment-settings"] = SAVED_KEYS
    api.answers["payment-settings"] = settings()
    visitor.page.get_by_label("Publishable key").fill("pk_test_1")
    visitor.page.get_by_label("Secret key", exact=True).fill("sk_test_1")
    visitor.press("Save and connect")
    expect(visitor.page.locator("[aria-current=step]")).to_contain_text("Say who works")
    # What the check after saving has found stays with the step.
    expect(visitor.page.get_by_text("SES is in its sandbox")).to_be_visible()


def test_whose_page_is_open_begins_with_their_work(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    del api
    visitor.page.goto(f"{site.url}/console")
    expect(visitor.page.locator("h1")).to_be_visible()
    expect(visitor.page).to_have_url(re.compile("#/demo/(?!setup)"))
    expect(visitor.page.get_by_role("link", name="Getting started")).to_have_count(0)
