"""Invitations, forgotten passwords and second factors in the console, with canned answers."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.canned import problem
from tests.browser.canned_console import INVITATION, INVITED, CannedStaffApi, id_token, listed
from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite
from tests.browser.test_console import Cognito, prime_of_the_console
from tests.browser.visitor import Visitor

PASSWORD = "Correct-Horse-1"
TOKEN = "t" * 32
LINK = f"/console#invitation=demo.{TOKEN}"
SECRET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ANSWERS: dict[str, Any] = {
    "ForgotPassword": {},
    "ConfirmForgotPassword": {},
    "SetUserMFAPreference": {},
    "GlobalSignOut": {},
    "AssociateSoftwareToken": {"SecretCode": SECRET},
    "VerifySoftwareToken": {"Status": "SUCCESS"},
}


class Pool(Cognito):
    """A pool that asks for a password alone, or for a code once somebody has enrolled."""

    def __init__(self) -> None:
        super().__init__(prime_of_the_console(), PASSWORD)
        self.bodies: dict[str, Any] = {}
        self.has_factor = False

    def __call__(self, action: str, body: Any) -> tuple[int, Any]:
        self.bodies[action] = body
        self.has_factor |= action == "GlobalSignOut"
        if action == "VerifySoftwareToken" and body["UserCode"] != "123456":
            return 400, {"__type": "EnableSoftwareTokenMFAException", "message": "Wrong."}
        if action == "InitiateAuth" and body["AuthFlow"] == "REFRESH_TOKEN_AUTH":
            return 200, {"AuthenticationResult": self._tokens()}
        if action in ANSWERS:
            return 200, ANSWERS[action]
        return super().__call__(action, body)

    def _answer(self, body: Any) -> tuple[int, Any]:
        status, found = super()._answer(body)
        if status != 200 or "AuthenticationResult" in found:
            return status, found
        if self.has_factor:
            return 200, {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "s-2"}
        return 200, {"AuthenticationResult": self._tokens()}

    def _tokens(self) -> dict[str, str]:
        return {"IdToken": id_token(), "AccessToken": "access-1", "RefreshToken": "refresh"}


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    return visit(width=1280)


def arrive(visitor: Visitor, site: PagesSite, path: str, **options: Any) -> CannedStaffApi:
    api = CannedStaffApi(visitor.page, **options)
    api.cognito = Pool()
    visitor.page.goto(f"{site.url}{path}")
    return api


def test_somebody_new_chooses_a_password_and_is_in(visitor: Visitor, site: PagesSite) -> None:
    visitor.expected.append("422")
    api = CannedStaffApi(visitor.page, is_signed_in=False)
    api.cognito = Pool()
    told = [{"pointer": "/password", "detail": "needs a digit"}]
    refused = [problem(422, "invalid_input", errors=told)]
    real = api._document
    api._document = lambda method, path, under: (  # type: ignore[method-assign]
        refused.pop() if under == "invitation/accept" and refused else real(method, path, under)
    )
    visitor.page.goto(f"{site.url}{LINK}")
    expect(visitor.heading("Join Salon Aurora")).to_be_visible()
    expect(visitor.page.get_by_text("boss@demo.test invites you as manager.")).to_be_visible()
    assert TOKEN not in visitor.page.url
    visitor.page.get_by_label("Choose a password").fill("Correct-Horse-")
    visitor.press("Accept and sign in")
    expect(visitor.page.get_by_role("alert")).to_contain_text("The password needs a digit.")
    visitor.page.get_by_label("Choose a password").fill(PASSWORD)
    visitor.press("Accept and sign in")
    expect(visitor.heading("Agenda")).to_be_visible()
    accepted = {"token": TOKEN, "password": PASSWORD}
    assert ("POST", "invitation/accept", accepted) in api.asked
    assert TOKEN not in visitor.page.evaluate("JSON.stringify(sessionStorage)")


def test_who_has_an_account_signs_in_and_then_accepts(visitor: Visitor, site: PagesSite) -> None:
    api = CannedStaffApi(visitor.page, is_signed_in=False)
    api.cognito = pool = Pool()
    api.answers["POST invitation"] = {**INVITATION, "has_account": True}
    visitor.page.goto(f"{site.url}{LINK}")
    expect(visitor.page.get_by_text("owner@demo.test has an account.")).to_be_visible()
    visitor.page.get_by_label("Email").fill(" Owner@Demo.test ")
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in")
    visitor.press("Accept")
    expect(visitor.heading("Agenda")).to_be_visible()
    assert ("POST", "invitation/accept", {"token": TOKEN}) in api.asked
    proved = pool.bodies["InitiateAuth"]["AuthParameters"]["USERNAME"]
    assert proved == "owner@demo.test", "addresses are the same in capitals"


def test_who_is_signed_in_as_somebody_else_is_asked_to_sign_in_as_the_invited(
    visitor: Visitor, site: PagesSite
) -> None:
    api = CannedStaffApi(visitor.page)
    api.cognito = Pool()
    api.answers["POST invitation"] = {
        **INVITATION, "has_account": True, "email": "eva@demo.test",
    }  # fmt: skip
    visitor.page.goto(f"{site.url}{LINK}")
    expect(visitor.page.get_by_text("eva@demo.test has an account.")).to_be_visible()
    assert [each for each in api.asked if each[1] == "invitation/accept"] == []


def test_a_link_that_does_nothing_any_more_says_so(visitor: Visitor, site: PagesSite) -> None:
    visitor.expected.append("409")
    api = CannedStaffApi(visitor.page, is_signed_in=False)
    detail = "The invitation has expired: ask for another one."
    api.answers["POST invitation"] = problem(409, "invitation_expired", detail=detail)
    visitor.page.goto(f"{site.url}{LINK}")
    expect(visitor.page.get_by_role("alert")).to_contain_text(detail)
    visitor.press("Sign in")
    expect(visitor.page.get_by_label("Password")).to_be_visible()


def test_a_forgotten_password_is_replaced_by_its_owner(visitor: Visitor, site: PagesSite) -> None:
    api = arrive(visitor, site, "/console", is_signed_in=False)
    visitor.press("Forgot your password?")
    visitor.page.get_by_label("Email").fill("Owner@Demo.test")
    visitor.press("Send a code")
    visitor.page.get_by_label("Code").fill("654321")
    visitor.page.get_by_label("New password").fill(PASSWORD)
    visitor.press("Save and sign in")
    expect(visitor.heading("Agenda")).to_be_visible()
    assert api.cognito.bodies["ForgotPassword"]["Username"] == "owner@demo.test"
    assert api.cognito.bodies["ConfirmForgotPassword"] == {
        "ClientId": "client",
        "Username": "owner@demo.test",
        "ConfirmationCode": "654321",
        "Password": PASSWORD,
    }


def test_a_location_that_asks_for_a_second_factor_leads_to_enrolling_one(
    visitor: Visitor, site: PagesSite
) -> None:
    visitor.expected += ["403", "400"]
    api = CannedStaffApi(visitor.page)
    api.cognito = pool = Pool()
    needed = problem(403, "second_factor_required", detail="Enrol one.")
    bookings, api.answers["bookings"] = api.answers["bookings"], needed
    visitor.page.goto(f"{site.url}/console#/demo/bookings")
    expect(visitor.page.get_by_text("This location asks for a second factor.")).to_be_visible()
    visitor.press("Begin")
    expect(visitor.page.get_by_text("ABCD EFGH IJKL MNOP QRST UVWX YZ23 4567")).to_be_visible()
    link = visitor.page.get_by_role("link", name="open the app")
    uri = f"otpauth://totp/Bookpay:owner%40demo.test?secret={SECRET}&issuer=Bookpay"
    expect(link).to_have_attribute("href", uri)
    visitor.page.get_by_label("Code").fill("000000")
    visitor.press("Confirm")
    expect(visitor.page.get_by_role("alert")).to_contain_text("not right")
    visitor.page.get_by_label("Code").fill("123456")
    visitor.press("Confirm")
    expect(visitor.page.get_by_text("Sign in again with a code")).to_be_visible()
    wanted = {"Enabled": True, "PreferredMfa": True}
    assert pool.bodies["SetUserMFAPreference"]["SoftwareTokenMfaSettings"] == wanted
    assert pool.bodies["GlobalSignOut"] == {"AccessToken": "access-1"}
    api.answers["bookings"] = bookings
    visitor.page.get_by_label("Email").fill("owner@demo.test")
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in")
    visitor.page.get_by_label("Code").fill("123456")
    visitor.press("Sign in")
    expect(visitor.heading("Bookings")).to_be_visible()


def test_an_invitation_is_seen_among_the_members_and_sent_again(
    visitor: Visitor, site: PagesSite
) -> None:
    api = CannedStaffApi(visitor.page)
    expired = {**INVITED, "member_id": "inv_2", "email": "ben@demo.test", "status": "expired"}
    api.answers["members"] = listed([INVITED, expired])
    visitor.page.goto(f"{site.url}/console#/demo/members")
    rows = visitor.page.get_by_role("row")
    expect(rows.filter(has_text="eva@demo.test")).to_contain_text("Invited")
    expect(rows.filter(has_text="ben@demo.test")).to_contain_text("Invitation expired")
    visitor.press("Send the invitation to eva@demo.test again")
    visitor.page.get_by_role("dialog").get_by_role("button", name="Send again").click()
    expect(visitor.page.get_by_text("The invitation is on its way.")).to_be_visible()
    assert ("POST", "members/inv_1/resend", {}) in api.asked


def test_an_owner_asks_everybody_for_a_second_factor(visitor: Visitor, site: PagesSite) -> None:
    api = CannedStaffApi(visitor.page)
    visitor.page.goto(f"{site.url}/console#/demo/location")
    visitor.page.get_by_label(re.compile("needs a second factor")).check()
    visitor.press("Save")
    expect(visitor.page.get_by_text("The location is saved.")).to_be_visible()
    [(_, _, saved)] = [each for each in api.asked if each[0] == "PATCH"]
    assert saved["require_second_factor"] is True
