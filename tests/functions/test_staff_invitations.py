"""Invitations: membership begins when the invited person accepts, and by nothing else."""

import json
import time
from collections.abc import Iterator
from copy import replace
from dataclasses import dataclass
from typing import Any

import pytest

from functions.send_mail import handler as mail_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore, StaffUser
from shared.adapters.mailer import Mailer
from shared.config import Config, load_config
from shared.domain.link_tokens import derive_invitation_token
from tests.builders import messages
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import DEMO, TableInMoto
from tests.surroundings.staff_calls import StaffCalls, forget_stores, pointers

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
MEMBERS = f"{HERE}/members"
SHOW = "/public/locations/demo/invitation"
ACCEPT_NEW = f"{SHOW}/accept"
ACCEPT = f"{HERE}/invitation/accept"
KEY = "the key of the links"
EVA = "eva@salon.example"
PASSWORD = "Twelve-chars-1"
WEEK_S = 7 * 86_400


@dataclass
class Clock:
    """What `time.time` answers."""

    now_s: float


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(1_795_000_000)
    monkeypatch.setattr(time, "time", lambda: clock.now_s)
    return clock


@pytest.fixture
def staff(store: BookingStore, context: Any, aws: FakeAws, clock: Clock) -> Iterator[StaffCalls]:
    del clock
    aws.secrets["bookpay/link-key"] = KEY
    forget_stores()
    yield StaffCalls(context, store)
    forget_stores()


def invite(staff: StaffCalls, email: str = EVA, role: str = "manager") -> dict[str, Any]:
    status, invited = staff("POST", MEMBERS, {"email": email, "role": role})
    assert status in (200, 201)
    return dict(invited)


def token_of(invited: dict[str, Any], number: int = 1) -> str:
    return derive_invitation_token(KEY, "demo", invited["member_id"], number)


def listed(staff: StaffCalls) -> list[tuple[str, str]]:
    return [(each["email"], each["status"]) for each in staff("GET", MEMBERS)[1]["items"]]


def orders(table: TableInMoto) -> list[dict[str, Any]]:
    return [
        body["detail"]
        for body in table.bodies("outbox").values()
        if body["detail"].get("kind") == "member_invitation"
    ]


# ------------------------------------------------------------------ inviting


def test_an_invitation_makes_nobody_a_member(
    staff: StaffCalls, aws: FakeAws, table: TableInMoto
) -> None:
    status, invited = staff("POST", MEMBERS, {"email": "Eva@Salon.example", "role": "owner"})
    assert status == 201
    assert invited == {
        "member_id": invited["member_id"],
        "user_id": None,
        "email": EVA,
        "roles": ["owner"],
        "mails": [],
        "status": "invited",
        "added_at": "2026-11-18T11:06:40Z",
        "expires_at": "2026-11-25T11:06:40Z",
    }
    assert aws.users.keys() == {"owner"}, "no user was made, and none was found"
    assert listed(staff) == [(EVA, "invited")]
    [order] = orders(table)
    assert order["invitation_id"] == invited["member_id"]
    kept = json.dumps(list(table.items().values()))
    assert token_of(invited) not in kept


def test_whoever_has_the_address_in_the_pool_gains_nothing_by_its_invitation(
    staff: StaffCalls, aws: FakeAws, config: Config
) -> None:
    """A former colleague writes the address of a coming one into their own user."""
    LocationStore(config).put_user(StaffUser("attacker", "former@other.example"))
    attacker = aws.add_user("attacker", EVA)
    for attacker.email_verified in ("false", "true"):
        invited = invite(staff, role="owner")
        assert invited["user_id"] is None
        for path in ("", "/members", "/bookings", "/payment-settings"):
            assert staff("GET", HERE + path, by="attacker")[0] == 404
        for guess in ("", "x" * 32, invited["member_id"], token_of(invited, 9)):
            status, problem = staff("POST", ACCEPT, {"token": guess}, by="attacker")
            assert (status, problem["code"]) == (404, "invitation_not_found")
    # Not even where the victim's mail is opened by the attacker's user.
    sent = {"token": token_of(invited, 2)}
    status, problem = staff("POST", ACCEPT, sent, by="attacker")
    assert (status, problem["code"]) == (403, "email_differs")
    status, problem = staff("POST", ACCEPT_NEW, {**sent, "password": PASSWORD})
    assert (status, problem["code"]) == (409, "account_exists")
    assert not attacker.password
    assert listed(staff) == [(EVA, "invited")]


def test_an_invitation_is_sent_again_and_only_the_newest_mail_counts(
    staff: StaffCalls, clock: Clock, table: TableInMoto
) -> None:
    first = invite(staff)
    clock.now_s += 3600
    status, again = staff("POST", MEMBERS, {"email": EVA, "role": "finance"})
    assert (status, again["member_id"], again["roles"]) == (200, first["member_id"], ["finance"])
    clock.now_s += 3600
    status, resent = staff("POST", f"{MEMBERS}/{first['member_id']}/resend", {})
    assert (status, resent["expires_at"]) == (200, "2026-11-25T13:06:40Z")
    assert sorted(each["number"] for each in orders(table)) == [1, 2, 3]
    assert listed(staff) == [(EVA, "invited")]
    for number, expected in ((1, 404), (2, 404), (3, 200)):
        assert staff("POST", SHOW, {"token": token_of(first, number)})[0] == expected


def test_an_invitation_expires_visibly_and_lives_on_when_it_is_sent_again(
    staff: StaffCalls, clock: Clock
) -> None:
    invited = invite(staff)
    clock.now_s += WEEK_S
    assert listed(staff) == [(EVA, "expired")]
    for path, more in ((SHOW, {}), (ACCEPT_NEW, {"password": PASSWORD})):
        status, problem = staff("POST", path, {"token": token_of(invited), **more})
        assert (status, problem["code"]) == (409, "invitation_expired")
    staff("POST", f"{MEMBERS}/{invited['member_id']}/resend", {})
    assert listed(staff) == [(EVA, "invited")]
    assert staff("POST", SHOW, {"token": token_of(invited, 2)})[0] == 200


def test_an_invitation_is_taken_back(staff: StaffCalls) -> None:
    invited = invite(staff)
    assert staff("DELETE", f"{MEMBERS}/{invited['member_id']}")[0] == 204
    assert listed(staff) == []
    assert staff("POST", SHOW, {"token": token_of(invited)})[0] == 404
    status, problem = staff("POST", f"{MEMBERS}/{invited['member_id']}/resend", {})
    assert (status, problem["code"]) == (404, "member_not_found")


def test_without_a_sender_of_mails_nobody_can_be_invited(
    staff: StaffCalls, monkeypatch: pytest.MonkeyPatch, cold_start: Any
) -> None:
    monkeypatch.setenv("MAIL_FROM", "")
    url = load_config().aws.endpoint_url
    cold_start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    status, problem = staff("POST", MEMBERS, {"email": EVA, "role": "owner"})
    assert (status, problem["code"]) == (409, "mails_off")


# ------------------------------------------------------------------ accepting


def test_who_is_invited_sees_where_to_before_they_accept(staff: StaffCalls, aws: FakeAws) -> None:
    token = token_of(invite(staff))
    status, shown = staff("POST", SHOW, {"token": token})
    assert status == 200
    assert staff.headers["cache-control"] == "no-store"
    assert shown == {
        "location_id": "demo",
        "location": "Salon Demo",
        "email": EVA,
        "roles": ["manager"],
        "invited_by": "owner@demo.test",
        "expires_at": "2026-11-25T11:06:40Z",
        "has_account": False,
    }
    aws.add_user("eva", EVA)
    assert staff("POST", SHOW, {"token": token})[1]["has_account"] is True


def test_somebody_new_chooses_a_password_and_works(staff: StaffCalls, aws: FakeAws) -> None:
    token = token_of(invite(staff))
    status, joined = staff("POST", ACCEPT_NEW, {"token": token, "password": PASSWORD})
    assert status == 201
    eva = joined["user_id"]
    assert (joined["status"], joined["email"], joined["roles"]) == ("joined", EVA, ["manager"])
    assert (aws.users[eva].password, aws.users[eva].status) == (PASSWORD, "CONFIRMED")
    assert staff("GET", f"{HERE}/terms", by=eva)[0] == 200
    assert staff("PATCH", HERE, {"name": "X"}, by=eva)[0] == 403
    service = {"name": "Cut", "price": 4500, "duration_minutes": 60}
    assert staff("PUT", f"{HERE}/services/cut", service, by=eva)[0] == 200
    said = {each["what"]: each["by"] for each in staff("GET", f"{HERE}/audit")[1]["items"]}
    assert said["service.saved"] == said["member.joined"] == {"user_id": eva, "email": EVA}
    assert listed(staff) == [(EVA, "joined")]
    status, problem = staff("POST", ACCEPT_NEW, {"token": token, "password": "Another-pass-1"})
    assert (status, problem["code"]) == (404, "invitation_not_found")
    assert aws.users[eva].password == PASSWORD


def test_a_password_that_the_pool_refuses_can_be_chosen_again(
    staff: StaffCalls, aws: FakeAws
) -> None:
    token = token_of(invite(staff))
    status, problem = staff("POST", ACCEPT_NEW, {"token": token, "password": "short"})
    assert (status, pointers(problem)) == (422, ["/password"])
    assert listed(staff) == [(EVA, "invited")]
    assert staff("POST", SHOW, {"token": token})[1]["has_account"] is False
    assert staff("POST", ACCEPT_NEW, {"token": token, "password": PASSWORD})[0] == 201
    assert aws.calls["AdminCreateUser"] == 2


def test_who_has_an_account_joins_by_signing_in_with_the_invited_address(
    staff: StaffCalls, aws: FakeAws
) -> None:
    eva, mira = aws.add_user("eva", "Eva@Salon.example"), aws.add_user("mira", "mira@x.example")
    token = token_of(invite(staff))
    status, problem = staff("POST", ACCEPT, {"token": token}, by=mira.name)
    assert (status, problem["code"]) == (403, "email_differs")
    eva.email_verified = "false"
    status, problem = staff("POST", ACCEPT, {"token": token}, by=eva.name)
    assert (status, problem["code"]) == (403, "email_not_verified")
    eva.email_verified, eva.enabled = "true", False
    status, problem = staff("POST", ACCEPT, {"token": token}, by=eva.name)
    assert (status, problem["code"]) == (403, "user_disabled")
    eva.enabled = True
    status, joined = staff("POST", ACCEPT, {"token": token}, by=eva.name)
    assert (status, joined["user_id"]) == (201, "eva")
    assert staff("GET", HERE, by="eva")[0] == 200


def test_an_invitation_to_another_location_opens_nothing_here(staff: StaffCalls) -> None:
    token = token_of(invite(staff))
    for location_id in ("other", "nowhere", "Not a location"):
        path = f"/public/locations/{location_id}/invitation"
        status, problem = staff("POST", path, {"token": token})
        assert (status, problem["code"]) == (404, "invitation_not_found")


def test_who_has_joined_is_not_sent_an_invitation(staff: StaffCalls) -> None:
    sent = {"token": token_of(invite(staff)), "password": PASSWORD}
    eva = staff("POST", ACCEPT_NEW, sent)[1]["member_id"]
    status, problem = staff("POST", f"{MEMBERS}/{eva}/resend", {})
    assert (status, problem["code"]) == (409, "already_joined")


def test_who_left_and_is_invited_again_is_enabled_and_has_to_accept_again(
    staff: StaffCalls, aws: FakeAws
) -> None:
    token = token_of(invite(staff))
    eva = staff("POST", ACCEPT_NEW, {"token": token, "password": PASSWORD})[1]["user_id"]
    staff("DELETE", f"{MEMBERS}/{eva}")
    assert not aws.users[eva].enabled
    again = invite(staff)
    assert aws.users[eva].enabled
    forget_stores()
    assert staff("GET", HERE, by=eva)[0] == 404
    # Taken back, it leaves the user as it found them.
    staff("DELETE", f"{MEMBERS}/{again['member_id']}")
    assert not aws.users[eva].enabled
    token = token_of(invite(staff))
    forget_stores()
    assert staff("POST", ACCEPT, {"token": token}, by=eva)[0] == 201
    assert staff("GET", HERE, by=eva)[0] == 200


def test_who_was_disabled_after_they_were_invited_is_enabled_when_it_is_sent_again(
    staff: StaffCalls, aws: FakeAws, config: Config
) -> None:
    invited = invite(staff)
    LocationStore(config).put_user(StaffUser("eva", EVA, is_disabled=True))
    aws.add_user("eva", EVA).enabled = False
    staff("POST", f"{MEMBERS}/{invited['member_id']}/resend", {})
    assert aws.users["eva"].enabled
    staff("DELETE", f"{MEMBERS}/{invited['member_id']}")
    assert not aws.users["eva"].enabled


def test_whom_an_operator_disabled_stays_so_whoever_invites_them(
    staff: StaffCalls, aws: FakeAws
) -> None:
    aws.add_user("eva", EVA).enabled = False
    invite(staff)
    assert not aws.users["eva"].enabled


# ------------------------------------------------------------------ the mail


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    messages: list[Any] = []

    def take(_mailer: Mailer, message: Any, recipients: list[str], _tags: object) -> str:
        messages.append((recipients, message))
        return "ses-1@eu-central-1.amazonses.com"

    monkeypatch.setattr(Mailer, "send_raw", take)
    return messages


def deliver(order: dict[str, Any], context: Any) -> dict[str, Any]:
    body = json.dumps({"detail-type": "send_mail", "detail": order})
    return dict(mail_function.handler(messages(body), context))


def test_the_mail_says_who_invites_where_to_sign_in_and_carries_the_link(
    staff: StaffCalls, table: TableInMoto, context: Any, sent: list[Any]
) -> None:
    invited = invite(staff)
    [order] = orders(table)
    assert deliver(order, context) == {"batchItemFailures": []}
    assert deliver(order, context) == {"batchItemFailures": []}
    [(recipients, message)] = sent
    assert recipients == [EVA]
    assert message["From"] == "Salon Demo <bookings@example.com>"
    assert "Salon Demo" in message["Subject"]
    link = f"https://pay.example.com/console#invitation=demo.{token_of(invited)}"
    for part in message.iter_parts():
        text = part.get_content()
        assert link in text.replace("=\n", "")
        assert "owner@demo.test" in text
        assert "https://pay.example.com/console " in text
    assert token_of(invited) not in json.dumps(order)


def test_who_invites_without_an_address_is_not_named_and_the_language_is_the_locations(
    staff: StaffCalls, places: LocationStore, table: TableInMoto, context: Any, sent: list[Any]
) -> None:
    places.save_location(replace(DEMO, locale="en"))
    places.put_member("boss", "*", ["admin"], "")
    assert staff("POST", MEMBERS, {"email": EVA, "role": "finance"}, by="boss")[0] == 201
    [order] = orders(table)
    deliver(order, context)
    [(_, message)] = sent
    text = message.get_body(("plain",)).get_content()
    assert "You are invited to work for Salon Demo as finance." in text
    assert message["Content-Language"] == "en"


@pytest.mark.parametrize("what", ["sent again", "taken back", "expired"])
def test_an_invitation_that_does_not_hold_any_more_is_not_mailed(
    staff: StaffCalls, table: TableInMoto, context: Any, sent: list[Any], clock: Clock, what: str
) -> None:
    invited = invite(staff)
    [order] = orders(table)
    if what == "sent again":
        invite(staff)
    elif what == "taken back":
        staff("DELETE", f"{MEMBERS}/{invited['member_id']}")
    else:
        clock.now_s += WEEK_S
    assert deliver(order, context) == {"batchItemFailures": []}
    assert sent == []
