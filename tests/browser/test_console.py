"""What the console does by itself: how it signs in, what it sends, who sees what."""

import hashlib
import hmac
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from copy import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from infra.bundle import ASSETS
from shared.domain.activity.staff_view import fee_views
from shared.domain.bookings.charge_order import CHARGE_CARD, ChargeOrder
from shared.domain.bookings.fee import APPLIED
from shared.domain.reports.balances import Balance
from tests.browser.canned import problem
from tests.browser.canned_console import (
    ABOUT_A_BOOKING,
    BEGUN,
    DAY,
    FAILS,
    MISSED,
    NEEDED,
    OVER,
    PAYMENT,
    REFUND,
    CannedStaffApi,
    ago,
    id_token,
    listed,
    report,
    settings,
    staff_booking,
    staff_location,
)
from tests.browser.clock import NOW_S
from tests.browser.conftest import Visit
from tests.browser.console_states import BUSY
from tests.browser.pages_site import PagesSite
from tests.browser.visitor import Visitor

BOOKING = "bookings/bk_1a2b3c4d5e6f708192a3b4c5"
PASSWORD = "Correct-Horse-1"
# https://www.rfc-editor.org/rfc/rfc5054#appendix-A, the group of 3072 bits
PRIME_OF_RFC_5054 = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD1"


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    return visit(width=1280, height=900)


@pytest.fixture
def api(visitor: Visitor) -> CannedStaffApi:
    return CannedStaffApi(visitor.page)


class _Bucket(BaseHTTPRequestHandler):
    """S3 to a browser: another origin, which lets no script in and is refused a second login."""

    def do_GET(self) -> None:
        is_signed = "X-Amz-Signature" in self.path and "authorization" not in self.headers
        body = b"a large workbook"
        self.send_response(200 if is_signed else 400)
        self.send_header("content-type", "application/octet-stream")
        self.send_header("content-disposition", 'attachment; filename="large.xlsx"')
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def other_origin() -> Iterator[str]:
    """Run a bucket on a port of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Bucket)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def completed(**changed: Any) -> dict[str, Any]:
    return staff_booking(status="completed", **changed)


def with_fee(status: str, kept_minor: int = 0) -> dict[str, Any]:
    """Return a missed visit whose fee was decided; Stripe is asked for what is not kept."""
    fee = replace(MISSED.fees[0], status=status, kept_minor=kept_minor)
    order = ChargeOrder("co_1", CHARGE_CARD, NOW_S, 6000, fee_id=fee.fee_id)
    return staff_booking(
        status="no_show", fees=fee_views(replace(MISSED, fees=(fee,), charge_orders=(order,)))
    )


def open_page(visitor: Visitor, site: PagesSite, path: str) -> None:
    visitor.page.goto(f"{site.url}/console#/demo/{path}")


# ------------------------------------------------------------------ signing in


class Cognito:
    """Proves a password as Cognito does: the server's half of SRP."""

    def __init__(self, prime: int, password: str) -> None:
        self.prime, self.password = prime, password
        self.salt, self.block = secrets.randbits(128) | 1 << 127, b64encode(b"block" * 8).decode()
        self.secret = secrets.randbits(256)
        self.seen: list[str] = []
        inner = hashlib.sha256(f"pooluser-1:{password}".encode()).digest()
        self.verifier = pow(2, _number(_bytes(self.salt), inner), prime)
        multiplier = _number(_bytes(prime), _bytes(2))
        self.public = (multiplier * self.verifier + pow(2, self.secret, prime)) % prime
        self.theirs = 0

    def __call__(self, action: str, body: Any) -> tuple[int, Any]:
        self.seen.append(action)
        if action == "InitiateAuth":
            self.theirs = int(body["AuthParameters"]["SRP_A"], 16)
            challenge = {
                "SALT": f"{self.salt:x}",
                "SRP_B": f"{self.public:x}",
                "SECRET_BLOCK": self.block,
                "USER_ID_FOR_SRP": "user-1",
            }
            return 200, {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": challenge}
        if action == "RevokeToken":
            return 200, {}
        return self._answer(body)

    def _answer(self, body: Any) -> tuple[int, Any]:
        answers = body["ChallengeResponses"]
        if body["ChallengeName"] == "PASSWORD_VERIFIER":
            if answers["PASSWORD_CLAIM_SIGNATURE"] != self._signature(answers["TIMESTAMP"]):
                return 400, {"__type": "NotAuthorizedException", "message": "Incorrect."}
            return 200, {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s-1"}
        if body["ChallengeName"] == "NEW_PASSWORD_REQUIRED":
            assert answers == {"USERNAME": "user-1", "NEW_PASSWORD": "Another-Horse-2"}
            return 200, {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "s-2"}
        if answers["SOFTWARE_TOKEN_MFA_CODE"] != "123456":
            return 400, {"__type": "CodeMismatchException", "message": "Wrong."}
        tokens = {"IdToken": id_token(), "AccessToken": "a", "RefreshToken": "refresh"}
        return 200, {"AuthenticationResult": tokens}

    def _signature(self, timestamp: str) -> str:
        scramble = _number(_bytes(self.theirs), _bytes(self.public))
        shared = pow(
            self.theirs * pow(self.verifier, scramble, self.prime), self.secret, self.prime
        )
        drawn = hmac.digest(_bytes(scramble), _bytes(shared), "sha256")
        key = hmac.digest(drawn, b"Caldera Derived Key\x01", "sha256")[:16]
        signed = b"pooluser-1" + b64decode(self.block) + timestamp.encode()
        return b64encode(hmac.digest(key, signed, "sha256")).decode()


def _bytes(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _number(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


def prime_of_the_console() -> int:
    source = (ASSETS / "console_srp.js").read_text()
    digits = source.partition("`0x${`")[2].partition("`")[0].replace("\n", "")
    assert digits.startswith(PRIME_OF_RFC_5054)
    return int(digits, 16)


def sign_in(visitor: Visitor, password: str) -> None:
    visitor.page.get_by_label("Email").fill("owner@demo.test")
    visitor.page.get_by_label("Password").fill(password)
    visitor.press("Sign in")


def test_somebody_who_was_invited_proves_the_password_chooses_one_and_gives_a_code(
    visitor: Visitor, site: PagesSite
) -> None:
    visitor.expected.append("400")
    api = CannedStaffApi(visitor.page, is_signed_in=False)
    api.cognito = cognito = Cognito(prime_of_the_console(), PASSWORD)
    visitor.page.goto(f"{site.url}/console")
    sign_in(visitor, "Wrong-Horse-1")
    expect(visitor.page.get_by_role("alert")).to_contain_text("not right")
    sign_in(visitor, PASSWORD)
    visitor.page.get_by_label("New password").fill("Another-Horse-2")
    visitor.press("Save and sign in")
    visitor.page.get_by_label("Code").fill("000000")
    visitor.press("Sign in")
    expect(visitor.page.get_by_role("alert")).to_contain_text("newest")
    visitor.page.get_by_label("Code").fill("123456")
    visitor.press("Sign in")
    expect(visitor.heading("Agenda")).to_be_visible()
    assert "token" not in visitor.page.url
    visitor.press("Sign out")
    expect(visitor.heading("Sign in")).to_be_visible()
    assert visitor.page.evaluate("sessionStorage.length") == 0
    assert cognito.seen.count("InitiateAuth") == 2


def test_a_session_that_has_ended_leads_to_the_login(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    visitor.expected.append("400")
    api.cognito = lambda *_: (400, {"__type": "NotAuthorizedException", "message": "Revoked"})
    open_page(visitor, site, "bookings")
    expect(visitor.heading("Sign in")).to_be_visible()


def test_a_token_that_the_api_refuses_is_renewed_once_without_a_login(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    visitor.expected.append("401")
    refused = [(401, {"message": "Unauthorized"})]
    real = api._document
    api._document = lambda *asked: refused.pop() if refused else real(*asked)  # type: ignore[method-assign]
    open_page(visitor, site, "bookings")
    expect(visitor.heading("Bookings")).to_be_visible()


def test_who_signs_in_again_goes_on_with_what_they_had_typed(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    """Bug: the login took the page's place, and the dialog was lost."""
    visitor.expected += ["400", "401"]
    open_page(visitor, site, BOOKING)
    visitor.press("Refund")
    visitor.page.get_by_label("Note for your team").fill("Colour came out too dark")
    api.answers[f"POST {BOOKING}/refunds"] = (401, {"message": "Unauthorized"})
    api.cognito = lambda *_: (400, {"__type": "NotAuthorizedException", "message": "Revoked"})
    visitor.press("Refund €36.00")
    expect(visitor.page.get_by_text("what you have typed stays")).to_be_visible()
    api.answers[f"POST {BOOKING}/refunds"] = (202, {**REFUND, "approval": "requested"})
    api.cognito = Cognito(prime_of_the_console(), PASSWORD)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in")
    visitor.page.get_by_label("New password").fill("Another-Horse-2")
    visitor.press("Save and sign in")
    visitor.page.get_by_label("Code").fill("123456")
    visitor.press("Sign in")
    expect(visitor.page.get_by_text("The refund of €36.00 is on its way.")).to_be_visible()
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)
    expect(visitor.heading("Timeline")).to_be_visible()
    assert api.asked[-1][2] == {"amount": 3600, "note": "Colour came out too dark"}


# ------------------------------------------------------------------ roles


@pytest.mark.parametrize(
    ("role", "seen", "hidden"),
    [
        ("owner", ["Money flow", "Online payments", "Members"], []),
        ("manager", ["Needs action", "Payment terms"], ["Money flow", "Online payments", "Audit"]),
        ("finance", ["Bookings", "Money flow"], ["Needs action", "Services", "Online payments"]),
    ],
)
def test_roles_see_what_they_may_do(
    visitor: Visitor,
    api: CannedStaffApi,
    site: PagesSite,
    role: str,
    seen: list[str],
    hidden: list[str],
) -> None:
    api.locations = [staff_location(roles=[role])]
    open_page(visitor, site, BOOKING)
    expect(visitor.heading("Timeline")).to_be_visible()
    for name in seen:
        expect(visitor.page.get_by_role("link", name=name, exact=True)).to_be_visible()
    for name in hidden:
        expect(visitor.page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    assert visitor.button("Refund").count() == (0 if role == "finance" else 1)


def test_test_mode_is_said_and_live_mode_has_no_strip(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.locations = [staff_location(), staff_location(location_id="live", name="Live", mode="live")]
    open_page(visitor, site, "bookings")
    expect(visitor.page.get_by_text("TEST MODE")).to_be_visible()
    visitor.page.get_by_label("Location").select_option("live")
    expect(visitor.page.get_by_text("TEST MODE")).to_have_count(0)
    # Bug: what was left out stood there as the word.
    expect(visitor.page.get_by_text("false")).to_have_count(0)


# ------------------------------------------------------------------ money


@pytest.mark.parametrize(
    "receipt_url", ["javascript:alert(1)", " JAVASCRIPT:alert(1)", "data:text/html,x", "receipts/1"]
)
def test_what_is_no_web_address_is_never_a_link(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite, receipt_url: str
) -> None:
    """Bug: the console linked a receipt's address as it had come by webhook."""
    good = {**PAYMENT, "receipt_url": "https://pay.stripe.com/receipts/2"}
    payments = [{**PAYMENT, "receipt_url": receipt_url}, good]
    api.answers["bookings/bk_1a2b3c4d5e6f708192a3b4c5"] = staff_booking(payments=payments)
    open_page(visitor, site, BOOKING)
    links = visitor.page.get_by_role("link", name="Receipt")
    expect(links).to_have_count(1)
    expect(links).to_have_attribute("href", "https://pay.stripe.com/receipts/2")


def test_a_refund_is_two_clicks_and_says_what_will_happen(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.answers["POST bookings/bk_1a2b3c4d5e6f708192a3b4c5/refunds"] = (
        202,
        {**REFUND, "approval": "requested"},
    )
    open_page(visitor, site, BOOKING)
    visitor.press("Refund")
    said = visitor.page.get_by_role("dialog")
    expect(said).to_contain_text("€36.00 is refunded to Mira Lindqvist on Visa •••• 4242")
    visitor.press("Refund €36.00")
    expect(visitor.page.get_by_text("The refund of €36.00 is on its way.")).to_be_visible()
    expect(said).to_have_count(0)
    assert api.asked == [("POST", f"{BOOKING}/refunds", {"amount": 3600})]
    assert api.keys[0]


def test_a_repeated_refund_has_the_same_key_and_another_sum_another_one(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    visitor.expected.append("503")
    api.answers["POST bookings/bk_1a2b3c4d5e6f708192a3b4c5/refunds"] = FAILS
    open_page(visitor, site, BOOKING)
    visitor.press("Refund")
    for _ in range(2):
        visitor.press("Refund €36.00")
        expect(visitor.page.get_by_role("alert")).to_contain_text("Try again")
    visitor.page.get_by_label("Amount in EUR").fill("12,50")
    visitor.press("Refund €12.50")
    expect(visitor.page.get_by_role("alert")).to_contain_text("Try again")
    assert api.keys[0] == api.keys[1] != api.keys[2]
    assert api.asked[2][2] == {"amount": 1250}


def test_more_than_can_be_refunded_is_not_even_asked_for(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    open_page(visitor, site, BOOKING)
    visitor.press("Refund")
    visitor.page.get_by_label("Amount in EUR").fill("36.01")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_label("Amount in EUR")).to_have_attribute("aria-invalid", "true")
    expect(visitor.page.get_by_label("Amount in EUR")).to_be_focused()
    assert api.asked == []


def test_what_needs_action_leads_to_its_booking(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.answers["needs-action"] = listed([ABOUT_A_BOOKING])
    open_page(visitor, site, "needs-action")
    visitor.page.get_by_role("link", name="Mira Lindqvist · Colour").click()
    expect(visitor.heading("Timeline")).to_be_visible()
    assert visitor.page.url.endswith(BOOKING)


@pytest.mark.parametrize("place", ["needs-action", "disputes"])
def test_a_list_of_cases_goes_on_where_its_page_ends(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite, place: str
) -> None:
    """Bug: the hundredth case was the last that anybody saw."""
    case = ABOUT_A_BOOKING if place == "needs-action" else api.answers["disputes"]["items"][0]
    shown = "Mira Lindqvist · Colour" if place == "needs-action" else case["stripe_dispute_id"]
    api.answers[place] = {"items": [case], "next_cursor": "next"}
    open_page(visitor, site, place)
    visitor.button("Load more").wait_for()
    api.answers[place] = listed([case, case])
    visitor.press("Load more")
    expect(visitor.page.get_by_role("button", name="Load more")).to_have_count(0)
    expect(visitor.page.get_by_text(shown, exact=True)).to_have_count(3)


@pytest.mark.parametrize(
    ("booking", "has_begun"), [(staff_booking(), False), (BEGUN, True)], ids=["ahead", "begun"]
)
def test_a_visit_that_has_not_begun_can_only_be_cancelled(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite, booking: Any, has_begun: bool
) -> None:
    """Bug: "No-show" was there two weeks before the visit."""
    api.booking = booking
    open_page(visitor, site, BOOKING)
    expect(visitor.page.get_by_role("button", name="Cancel", exact=True)).to_be_visible()
    for name in ("No-show", "Complete"):
        button = visitor.page.get_by_role("button", name=name, exact=True)
        expect(button).to_have_count(int(has_begun))


def test_an_end_is_undone_from_the_console(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.booking = OVER
    open_page(visitor, site, BOOKING)
    visitor.press("Reopen")
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog).to_contain_text("is refunded to the client")
    api.booking = BEGUN
    dialog.get_by_role("button", name="Reopen").click()
    expect(visitor.page.get_by_text("The booking is confirmed again.", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("before", "after", "seen_before", "seen_after"),
    [
        (with_fee(APPLIED), with_fee(APPLIED, kept_minor=6000), "Being charged", "Charged"),
        (completed(amount_authorized=3600), completed(), "Held on the card", "Completed"),
    ],
    ids=["a fee", "a hold"],
)
def test_what_is_under_way_at_stripe_is_followed_without_a_reload(
    visitor: Visitor,
    api: CannedStaffApi,
    site: PagesSite,
    before: Any,
    after: Any,
    seen_before: str,
    seen_after: str,
) -> None:
    api.booking = BEGUN
    open_page(visitor, site, BOOKING)
    visitor.press("Complete")
    api.booking = before
    visitor.page.get_by_role("dialog").get_by_role("button", name="Complete").click()
    expect(visitor.page.get_by_text(seen_before, exact=True)).to_be_visible()
    api.booking = after
    expect(visitor.page.get_by_text(seen_before, exact=True)).to_have_count(0)
    expect(visitor.page.get_by_text(seen_after, exact=True)).to_be_visible()


def test_an_open_booking_shows_what_happens_elsewhere(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    """Bug: a page was a snapshot."""
    open_page(visitor, site, BOOKING)
    visitor.button("Cancel").focus()
    api.booking = staff_booking(refundable=0, amount_refunded=3600, payment_status="refunded")
    expect(visitor.page.get_by_text("Refunded", exact=True).first).to_be_visible()
    expect(visitor.button("Cancel")).to_be_focused()


def test_a_refusal_because_of_somebody_else_says_what_is_left(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    """Bug: the dialog went on to promise what a colleague had refunded meanwhile."""
    visitor.expected.append("409")
    open_page(visitor, site, BOOKING)
    visitor.press("Refund")
    said = visitor.page.get_by_role("dialog")
    expect(said).to_contain_text("€36.00 is refunded to Mira Lindqvist")
    api.booking = staff_booking(refundable=1000, amount_refunded=2600)
    api.answers[f"POST {BOOKING}/refunds"] = problem(
        409, "amount_exceeds_refundable", detail="The refund exceeds what can be refunded."
    )
    visitor.press("Refund €36.00")
    expect(said).to_contain_text("Write an amount up to €10.")
    expect(said).not_to_contain_text("€36.00 is refunded")


def test_a_case_is_decided_where_it_is_listed_and_the_menu_counts(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.booking = BUSY
    api.answers["needs-action"] = listed([ABOUT_A_BOOKING])
    api.answers["needs-action/count"] = {"count": 1, "complete": True}
    open_page(visitor, site, "needs-action")
    link = visitor.page.get_by_role("navigation").get_by_role("link", name="Needs action")
    expect(link).to_have_text("Needs action1 open")
    visitor.press("Charge the fee")
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Charge").click()
    expect(visitor.page.get_by_text("The fee is charged.")).to_be_visible()
    assert api.asked == [("POST", f"{BOOKING}/fees/{NEEDED['fee_id']}/confirm", {})]


@pytest.mark.parametrize("takes_fee", [False, True])
def test_cancelling_takes_a_fee_only_where_that_is_chosen(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite, takes_fee: bool
) -> None:
    api.booking = staff_booking(cancellation_fee_now=1800)
    open_page(visitor, site, BOOKING)
    visitor.press("Cancel")
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog).to_contain_text("€36.00 is refunded to the client.")
    if takes_fee:
        visitor.page.get_by_label("With the fee of the terms").check()
        kept = "€18.00 is refunded to the client. €18.00 of what was paid is kept."
        expect(dialog).to_contain_text(kept)
    visitor.press("Cancel the booking")
    expect(dialog).to_have_count(0)
    assert api.asked == [("POST", f"{BOOKING}/cancel", {"apply_fee": takes_fee})]


def test_a_report_is_downloaded_with_the_login(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    open_page(visitor, site, f"money-flow/{DAY}")
    visitor.button("Download as Excel").wait_for()
    api.answers[f"reports/{DAY}"] = "a workbook"
    with visitor.page.expect_download() as downloaded:
        visitor.press("Download as Excel")
    assert downloaded.value.suggested_filename == f"demo-{DAY}.xlsx"
    assert downloaded.value.path().read_text() == "a workbook"


def test_a_balance_that_differs_is_said_first_with_how_much(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    off = Balance("eur", 120_000, 141_188, -7, NOW_S)
    api.answers[f"reports/{DAY}"] = report(balances=(off,))
    open_page(visitor, site, f"money-flow/{DAY}")
    expect(visitor.page.get_by_text("There is a difference to Stripe")).to_be_visible()
    expect(visitor.page.get_by_text("Stripe's balance minus ours is -€0.07.")).to_be_visible()
    expect(visitor.page.get_by_text("missing here")).to_have_count(0)


def test_a_report_too_large_for_an_answer_is_downloaded_from_where_it_is(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    open_page(visitor, site, f"money-flow/{DAY}")
    visitor.button("Download as Excel").wait_for()
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    with other_origin() as bucket:
        api.answers[f"reports/{DAY}"] = {"url": f"{bucket}/large.xlsx?X-Amz-Signature=1"}
        with visitor.page.expect_download() as downloaded:
            visitor.press("Download as Excel")
        assert downloaded.value.suggested_filename == "large.xlsx"
        assert downloaded.value.path().read_text() == "a large workbook"
    expect(visitor.page.get_by_role("table", name="Entries")).to_be_visible()
    expect(visitor.button("Download as Excel")).to_be_enabled()
    assert any("format=xlsx&redirect=false" in each for each in asked)


# ------------------------------------------------------------------ settings


def test_a_mistake_stands_at_its_field(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    visitor.expected.append("422")
    detail = "is refused by Stripe"
    api.answers["PUT payment-settings"] = problem(
        422,
        "key_refused_by_stripe",
        detail=f"The secret key {detail}.",
        errors=[{"pointer": "/secret_key", "detail": detail}],
    )
    open_page(visitor, site, "payments")
    visitor.page.get_by_label("Secret key").fill("sk_test_wrong")
    visitor.press("Save and connect")
    expect(visitor.page.get_by_text("Is refused by Stripe.")).to_be_visible()
    expect(visitor.page.get_by_label("Secret key")).to_be_focused()
    assert visitor.found_by_axe() == []


@pytest.mark.parametrize("has_leaked", [True, False])
def test_a_secret_that_has_leaked_is_stopped_at_once_where_that_is_ticked(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite, has_leaked: bool
) -> None:
    rolled = {**settings(), "old_secret_valid_until": ago(hours=-24)}
    api.answers["POST payment-settings/roll-webhook-secret"] = (200, rolled)
    open_page(visitor, site, "payments")
    visitor.press("Roll the webhook secret")
    if has_leaked:
        visitor.page.get_by_label("The old secret has leaked").check()
        assert visitor.found_by_axe() == []
    visitor.press("Roll it")
    expect(visitor.page.get_by_text("The old secret works until")).to_be_visible()
    [sent] = [body for method, path, body in api.asked if path.endswith("roll-webhook-secret")]
    assert sent == {"keep_former": not has_leaked}


def test_terms_are_sent_as_they_were_read_and_mistakes_find_rows_that_moved(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    visitor.expected.append("422")
    open_page(visitor, site, "terms")
    visitor.press("Save the terms")
    expect(visitor.page.get_by_text("The terms are saved.")).to_be_visible()
    sent = [body for method, path, body in api.asked if (method, path) == ("PUT", "terms")]
    assert sent == [api.answers["terms"]]
    api.answers["PUT terms"] = problem(
        422,
        "invalid_input",
        detail="Some fields of the terms are not valid.",
        errors=[{"pointer": "/cancellation/steps/0/hours_before", "detail": "is too much"}],
    )
    # The first of two steps stands behind the exceptions.
    visitor.button("Remove").nth(len(api.answers["terms"]["overrides"])).click()
    visitor.press("Save the terms")
    expect(visitor.page.get_by_text("Is too much.")).to_be_visible()
    assert visitor.page.evaluate("document.activeElement.value") == "24"


def test_a_dialog_gives_the_focus_back_and_pages_take_it(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    del api
    open_page(visitor, site, "bookings")
    visitor.press("New booking")
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog.get_by_label("Service", exact=True)).to_be_focused()
    visitor.page.keyboard.press("Escape")
    expect(visitor.button("New booking")).to_be_focused()
    visitor.page.get_by_role("link", name="Disputes").click()
    expect(visitor.heading("Disputes")).to_be_focused()
    assert visitor.page.title() == "Disputes · Salon Aurora"


MAILS = listed(
    [
        {
            "kind": "confirmed",
            "to": "mira@example.com",
            "status": "bounced",
            "reason": "Permanent/General",
            "at": ago(hours=3),
        }
    ]
)


def test_a_mail_that_came_back_is_seen_and_sent_again(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.answers[f"{BOOKING}/messages"] = MAILS
    resend = f"{BOOKING}/messages/confirmed/resend"
    api.answers[f"POST {resend}"] = (202, {"kind": "confirmed", "requested_at": ago(hours=0)})
    open_page(visitor, site, BOOKING)
    visitor.press("Emails")
    expect(visitor.page.get_by_role("dialog")).to_contain_text("Bounced")
    assert visitor.found_by_axe() == []
    visitor.press("Send Confirmed again")
    expect(visitor.page.get_by_text("The email is on its way to")).to_be_visible()
    assert api.asked == [("POST", resend, {})]
    assert api.keys[0]


def test_a_clients_address_is_corrected(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    open_page(visitor, site, BOOKING)
    visitor.press("Correct the client")
    visitor.page.get_by_label("Email").fill("mira@right.example")
    visitor.press("Save")
    expect(visitor.page.get_by_text("The client is corrected.")).to_be_visible()
    [(method, path, body)] = api.asked
    assert (method, path) == ("PATCH", BOOKING)
    assert body["client"]["email"] == "mira@right.example"


def test_a_delete_says_how_many_bookings_it_touches(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    service = api.answers["services"]["items"][0]["service_id"]
    touches = {"bookings_ahead": 3, "complete": False}
    api.answers[f"DELETE services/{service}"] = {"touches": touches}
    open_page(visitor, site, "services")
    visitor.page.get_by_role("button", name="Delete").first.click()
    expect(visitor.page.get_by_role("dialog")).to_contain_text("At least 3 bookings are still")


def test_a_visit_keeps_its_clock_after_the_location_has_moved(
    visitor: Visitor, site: PagesSite
) -> None:
    api = CannedStaffApi(visitor.page, timezone="America/New_York")
    starts_at = datetime.fromisoformat(api.booking["starts_at"])
    there = f"{starts_at.astimezone(ZoneInfo(api.booking['timezone'])):%H:%M}"
    for path in ("bookings", BOOKING):
        open_page(visitor, site, path)
        shown = visitor.page.get_by_text(f"{there} (Europe/Berlin)").first
        expect(shown).to_be_visible()


def test_emptying_hours_is_saved_by_who_has_read_what_it_touches(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    """Bug: it was saved at once, and nobody was told of the visits that were booked."""
    employee = api.answers["employees"]["items"][0]
    saved = f"PUT employees/{employee['employee_id']}"
    api.answers[saved] = {"touches": {"bookings_ahead": 1, "complete": False}}
    open_page(visitor, site, "employees")
    visitor.page.get_by_role("button", name=f"Edit {employee['name']}").click()
    dialog = visitor.page.get_by_role("dialog")
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        dialog.get_by_label(day).fill("")
    visitor.press("Save")
    expect(dialog).to_contain_text("At least 1 booking is still to come.")
    assert api.queries == ["dry_run=true"]
    api.answers[saved] = {**employee, "hours": []}
    visitor.press("Save")
    expect(visitor.page.get_by_text("The employee is saved.")).to_be_visible()
    assert api.queries == ["dry_run=true", ""]
    assert [body["hours"] for _, _, body in api.asked] == [[], []]


def test_another_zone_is_saved_by_who_has_read_what_it_touches(
    visitor: Visitor, api: CannedStaffApi, site: PagesSite
) -> None:
    api.answers["PATCH "] = {"touches": {"bookings_ahead": 2, "complete": True}}
    open_page(visitor, site, "location")
    visitor.page.get_by_label("Time zone").select_option("America/New_York")
    visitor.press("Save")
    expect(visitor.page.get_by_text("2 bookings are still to come")).to_be_visible()
    assert [body for _, _, body in api.asked] == [{"timezone": "America/New_York"}]
    api.answers["PATCH "] = staff_location(timezone="America/New_York")
    visitor.press("Save")
    expect(visitor.page.get_by_text("The location is saved.")).to_be_visible()
