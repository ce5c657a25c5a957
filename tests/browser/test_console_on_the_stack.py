"""Staff work in the console in a real browser, on the running system."""

import re
import secrets
from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import httpx
import openpyxl
import pytest
from playwright.sync_api import expect

from shared.adapters.report_files import ReportFiles
from tests.browser.conftest import Visit
from tests.browser.pages_site import CONFIG
from tests.browser.visitor import Visitor
from tests.stack.people import Person, code_of
from tests.stack.running_stack import Stack
from tests.stack.salon_clients import agreed
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack
CARD = "4242424242424242"
# The code for a new password; on AWS it is mailed.
CODE_OF_THE_EMULATOR = "654321"
CLIENT = {"name": "Mira Lindqvist", "email": "mira@example.com"}


def person(stack: Stack, role: str) -> Any:
    return next(each for each in stack.described["staff"] if each["roles"] == [f"demo:{role}"])


def fill_login(visitor: Visitor, email: str, password: str) -> None:
    visitor.page.get_by_label("Email").fill(email)
    visitor.page.get_by_label("Password").fill(password)
    visitor.press("Sign in")


def sign_in(stack: Stack, visit: Visit, role: str, width: int = 1280) -> Visitor:
    visitor = visit(width=width, height=900)
    visitor.page.goto(f"{stack.api_url}/console")
    one = person(stack, role)
    fill_login(visitor, one["email"], one["password"])
    expect(visitor.heading("Agenda")).to_be_visible()
    return visitor


def go_to(visitor: Visitor, path: str) -> None:
    visitor.page.evaluate("path => { location.hash = path }", f"#/demo/{path}")


def booked_and_paid(stack: Stack, days_ahead: int, employee: str) -> Any:
    """Return what a client got for a haircut that they booked and paid."""
    public = stack.client()
    day = (datetime.now(UTC) + timedelta(days=days_ahead)).date().isoformat()
    query = {"service_id": "haircut", "employee_id": employee, "date": day}
    slots = public.get("/public/locations/demo/slots", params=query).json()["slots"]
    body = {"service_id": "haircut", "employee_id": employee, "client": CLIENT}
    body |= agreed(public, "haircut")
    path = "/public/locations/demo/bookings"
    made = public.post(path, json={**body, "starts_at": slots[-1]["starts_at"]}).json()
    session_id = made["checkout_url"].rpartition("/")[2]
    pay = f"{stack.described['stripe']['api_base']}/_sim/checkout/{session_id}/pay"
    assert httpx.post(pay, json={"card": CARD}, timeout=40).status_code == 200

    def is_paid() -> bool | None:
        return staff_view(stack, made["booking_id"])["payment_status"] == "paid" or None

    wait_until(is_paid, "the booking is paid")
    return made


def staff_view(stack: Stack, booking_id: str) -> Any:
    answer = stack.client("demo:manager").get(f"/v1/locations/demo/bookings/{booking_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_wrong_password_is_refused_and_the_right_one_survives_a_reload(
    stack: Stack, visit: Visit
) -> None:
    visitor = visit(width=390)
    visitor.expected.append("400")  # Cognito's answer to the wrong one
    visitor.page.goto(f"{stack.api_url}/console")
    one = person(stack, "owner")
    fill_login(visitor, one["email"], "Wrong-Password-1")
    expect(visitor.page.get_by_role("alert")).to_contain_text("not right")
    assert visitor.found_by_axe() == []
    fill_login(visitor, one["email"], one["password"])
    expect(visitor.heading("Agenda")).to_be_visible()
    expect(visitor.page.get_by_text("TEST MODE")).to_be_visible()
    visitor.page.reload()
    expect(visitor.heading("Agenda")).to_be_visible()
    assert one["password"] not in visitor.page.evaluate("JSON.stringify(sessionStorage)")
    visitor.press("Menu")
    visitor.press("Sign out")
    expect(visitor.heading("Sign in")).to_be_visible()
    visitor.page.reload()
    expect(visitor.heading("Sign in")).to_be_visible()


def test_somebody_joins_by_their_mail_sets_up_a_second_factor_and_a_new_password(
    stack: Stack, visit: Visit
) -> None:
    eva = Person(stack, f"eva-{secrets.token_hex(3)}@salon.example")
    owner = sign_in(stack, visit, "owner")
    go_to(owner, "members")
    owner.press("Invite somebody")
    invitation = owner.page.get_by_role("dialog")
    invitation.get_by_label("Email").fill(eva.email)
    invitation.get_by_role("button", name="Invite").click()
    invited = owner.page.get_by_role("row").filter(has_text=eva.email)
    expect(invited).to_contain_text("Invited")

    visitor = visit(width=390)
    visitor.expected.append("400")  # Cognito's answer to the wrong code
    visitor.page.goto(f"{stack.api_url}/console#invitation=demo.{eva.token('demo')}")
    expect(visitor.heading("Join Salon Aurora")).to_be_visible()
    assert visitor.found_by_axe() == []
    visitor.page.get_by_label("Choose a password").fill(eva.password)
    visitor.press("Accept and sign in")
    expect(visitor.heading("Agenda")).to_be_visible()
    owner.page.reload()
    expect(invited).to_contain_text("Since")

    visitor.press("Menu")
    visitor.press("Second factor")
    visitor.press("Begin")
    secret = (visitor.page.locator(".key").text_content() or "").replace(" ", "")
    visitor.page.get_by_label("Code").fill("000000")
    visitor.press("Confirm")
    expect(visitor.page.get_by_role("alert")).to_contain_text("not right")
    visitor.page.get_by_label("Code").fill(code_of(secret))
    visitor.press("Confirm")
    expect(visitor.page.get_by_text("Sign in again with a code")).to_be_visible()
    fill_login(visitor, eva.email.upper(), eva.password)
    expect(visitor.heading("One more step")).to_be_visible()
    visitor.page.get_by_label("Code").fill(code_of(secret))
    visitor.press("Sign in")
    expect(visitor.heading("Agenda")).to_be_visible()

    visitor.press("Menu")
    visitor.press("Sign out")
    visitor.press("Forgot your password?")
    visitor.page.get_by_label("Email").fill(eva.email)
    visitor.press("Send a code")
    visitor.page.get_by_label("Code").fill(CODE_OF_THE_EMULATOR)
    visitor.page.get_by_label("New password").fill("Another-Horse-2")
    visitor.press("Save and sign in")
    expect(visitor.heading("One more step")).to_be_visible()
    visitor.page.get_by_label("Code").fill(code_of(secret))
    visitor.press("Sign in")
    expect(visitor.heading("Agenda")).to_be_visible()


def test_a_refund_of_two_clicks_is_seen_by_the_client(stack: Stack, visit: Visit) -> None:
    made = booked_and_paid(stack, 20, "anna")
    staff = sign_in(stack, visit, "manager")
    go_to(staff, f"bookings/{made['booking_id']}")
    staff.press("Refund")
    expect(staff.page.get_by_role("dialog")).to_contain_text("€45.00 is refunded to Mira Lindqvist")
    assert staff.found_by_axe() == []
    staff.press("Refund €45.00")
    expect(staff.page.get_by_text("The refund of €45.00 is on its way.")).to_be_visible()
    wait_until(
        lambda: staff_view(stack, made["booking_id"])["amount_refunded"] == 4500 or None,
        "Stripe has refunded",
    )
    staff.page.reload()
    refunds = staff.page.get_by_role("table", name="Refunds")
    expect(refunds).to_contain_text("Refunded")
    assert staff.found_by_axe() == []

    client = visit()
    token = f"{made['booking_id']}.{made['token']}"
    client.page.goto(f"{stack.api_url}/book/demo#bookpay={token}")
    expect(client.page.locator(".facts")).to_contain_text("Refunded")
    expect(client.page.locator(".facts")).to_contain_text("€45.00")


def test_staff_cancel_with_the_fee_of_the_terms(stack: Stack, visit: Visit) -> None:
    # Less than two days ahead: half of it, or from a day before all of it.
    made = booked_and_paid(stack, 1, "ben")
    fee = staff_view(stack, made["booking_id"])["cancellation_fee_now"]
    assert fee in (2250, 4500)
    staff = sign_in(stack, visit, "manager")
    go_to(staff, f"bookings/{made['booking_id']}")
    staff.press("Cancel")
    staff.page.get_by_label("With the fee of the terms").check()
    staff.press("Cancel the booking")
    expect(staff.page.get_by_text("The booking is cancelled.")).to_be_visible()
    expect(staff.page.get_by_role("table", name="Fees")).to_contain_text("Cancellation")
    after = staff_view(stack, made["booking_id"])
    assert (after["status"], after["fees"][0]["amount"]) == ("cancelled", fee)


def test_an_owner_connects_keys_bad_ones_and_then_good_ones(stack: Stack, visit: Visit) -> None:
    owner = sign_in(stack, visit, "owner")
    owner.expected.append("422")
    go_to(owner, "payments")
    keys = stack.described["stripe"]
    owner.page.get_by_label("Publishable key", exact=True).fill(keys["publishable_key"])
    secret = owner.page.get_by_label("Secret key", exact=True)
    secret.fill("sk_test_00000000000000wrong")
    owner.press("Save and connect")
    expect(secret).to_have_attribute("aria-invalid", "true")
    assert owner.found_by_axe() == []
    secret.fill(f"  {keys['secret_key']} ")
    owner.press("Save and connect")
    expect(owner.page.get_by_text("Stripe took the keys.")).to_be_visible()
    expect(owner.page.get_by_text(keys["secret_key"][-4:], exact=True)).to_be_visible()
    assert keys["secret_key"] not in owner.page.content()
    owner.press("Run the check")
    expect(owner.page.locator(".lines li").first).to_be_visible()


def test_a_manager_sees_no_keys(stack: Stack, visit: Visit) -> None:
    manager = sign_in(stack, visit, "manager")
    assert manager.page.get_by_role("link", name="Online payments").count() == 0
    go_to(manager, "payments")
    expect(manager.heading("Not for your role")).to_be_visible()
    refused = stack.client("demo:manager").get("/v1/locations/demo/payment-settings")
    assert refused.status_code == 403


def test_an_owner_tries_terms_before_saving_them(stack: Stack, visit: Visit) -> None:
    owner = sign_in(stack, visit, "owner")
    before = stack.client("demo:owner").get("/v1/locations/demo/terms").json()
    go_to(owner, "terms")
    seen = owner.page.locator(".stays")
    expect(seen).to_contain_text("€45.00 now")
    owner.page.get_by_label("Clients pay").first.select_option("none")
    expect(seen).to_contain_text("Paid at the visit")
    assert stack.client("demo:owner").get("/v1/locations/demo/terms").json() == before
    assert owner.found_by_axe() == []


def test_finance_opens_the_report_and_downloads_the_workbook(
    stack: Stack, visit: Visit, tmp_path: Any
) -> None:
    finance = sign_in(stack, visit, "finance")
    today = datetime.now(ZoneInfo("Europe/Berlin")).date().isoformat()
    go_to(finance, f"money-flow/{today}")
    excel = finance.button("Download as Excel")
    expect(excel).to_be_visible()
    expect(finance.page.locator("[aria-busy], .skeleton")).to_have_count(0)
    assert finance.found_by_axe() == []
    with finance.page.expect_download() as downloaded:
        excel.click()
    path = tmp_path / "report.xlsx"
    downloaded.value.save_as(path)
    workbook = openpyxl.load_workbook(path)
    assert workbook.sheetnames
    workbook.close()


def test_finance_downloads_a_large_report_from_the_bucket(
    stack: Stack, visit: Visit, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's policy lets no script read the bucket; the browser itself follows its address.

    The file is put there by hand: a day that is too large for an answer takes too long to live.
    """
    aws = stack.described["aws"]
    # Credentials that an earlier test has found would be kept.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws["endpoint_url"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws["access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", aws["secret_access_key"])
    files = ReportFiles(replace(CONFIG, reports_bucket=stack.described["outputs"]["ReportsBucket"]))
    large, body = tmp_path / "large.csv", b"gross;fee;net\r\n" * 400_000
    large.write_bytes(body)
    key = "_asked/demo/test/by-hand/large.csv"
    files.put(key, large, "text/csv")
    address = files.address(key)

    finance = sign_in(stack, visit, "finance")
    asked = re.compile("format=csv&redirect=false")
    finance.page.route(asked, lambda route: route.fulfill(json={"url": address}))
    go_to(finance, f"money-flow/{datetime.now(ZoneInfo('Europe/Berlin')).date()}")
    button = finance.button("Download as CSV")
    expect(button).to_be_visible()
    with finance.page.expect_download() as downloaded:
        button.click()
    assert downloaded.value.suggested_filename == "large.csv"
    assert downloaded.value.path().read_bytes() == body
    expect(button).to_be_enabled()
