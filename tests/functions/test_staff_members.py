"""Members, the audit, and clients' personal data through the staff API."""

import json
import time
from collections.abc import Iterator
from copy import replace
from typing import Any

import pytest

from shared import environment
from shared.adapters import audit_log
from shared.adapters.audit_log import AuditLog, audit_put
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.connection_store import ConnectionStore, StoredConnection
from shared.adapters.location_store import LocationStore
from shared.adapters.signed_http import ATTEMPTS
from shared.adapters.user_pool import UserPool
from shared.config import Config, load_config
from shared.domain.bookings.erasure import client_id
from shared.domain.errors import Conflict, WriteConflict
from shared.domain.link_tokens import derive_invitation_token
from shared.domain.locations.audit import AuditEntry
from shared.domain.locations.members import (
    Invitation,
    Member,
    Members,
    with_invitation,
    with_member,
    without_member,
)
from shared.domain.locations.stripe_account import AccountFacts
from shared.domain.locations.stripe_connection import Connection
from shared.workflows.bookings import erase_client
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import DEMO, TableInMoto
from tests.surroundings.kept import before_write, keep
from tests.surroundings.staff_calls import StaffCalls, forget_stores, pointers

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
LINK_KEY = "the key of the links"
MEMBERS = f"{HERE}/members"
MIRA = {"name": "Mira Lindqvist", "email": "Mira@Example.com", "phone": "+49 30 1"}
NEW_BOOKING = {"amount": 4500, "currency": "eur", "description": "Haircut", "client": MIRA}


@pytest.fixture
def staff(store: BookingStore, context: Any, aws: FakeAws) -> Iterator[StaffCalls]:
    aws.secrets["bookpay/link-key"] = LINK_KEY
    forget_stores()
    yield StaffCalls(context, store)
    forget_stores()


def invite(
    staff: StaffCalls, email: str = "eva@salon.example", role: str = "manager", by: str = "owner"
) -> tuple[int, Any]:
    return staff("POST", MEMBERS, {"email": email, "role": role}, by=by)


def join(
    staff: StaffCalls, email: str = "eva@salon.example", role: str = "manager", by: str = "owner"
) -> str:
    """Invite somebody new and accept as they would; return their user id."""
    _, invited = invite(staff, email, role, by)
    token = derive_invitation_token(LINK_KEY, "demo", invited["member_id"], 1)
    sent = {"token": token, "password": "Twelve-chars-1"}
    status, joined = staff("POST", "/public/locations/demo/invitation/accept", sent)
    assert (status, joined["status"]) == (201, "joined")
    return str(joined["user_id"])


def listed(staff: StaffCalls) -> dict[str, list[str]]:
    status, page = staff("GET", MEMBERS)
    assert status == 200
    return {each["member_id"]: each["roles"] for each in page["items"]}


# ------------------------------------------------------------------ members


def test_a_role_is_changed_by_another_invitation(staff: StaffCalls) -> None:
    eva = join(staff)
    status, member = invite(staff, "Eva@salon.example", role="finance")
    assert (status, member["status"], member["user_id"]) == (200, "joined", eva)
    assert listed(staff) == {eva: ["finance"]}
    assert staff("GET", f"{HERE}/needs-action", by=eva)[0] == 403
    assert staff("GET", HERE, by=eva)[0] == 200


def test_who_is_removed_is_out_with_the_next_request(staff: StaffCalls) -> None:
    eva = join(staff)
    assert staff("GET", HERE, by=eva)[0] == 200
    path = f"{MEMBERS}/{eva}"
    assert staff("DELETE", path)[0] == 204
    assert listed(staff) == {}
    environment.forget()
    assert staff("GET", HERE, by=eva)[0] == 403
    status, problem = staff("DELETE", path)
    assert (status, problem["code"]) == (404, "member_not_found")


def test_the_last_owner_stays(staff: StaffCalls) -> None:
    a = join(staff, "a@salon.example", "owner", by="admin")
    status, problem = staff("DELETE", f"{MEMBERS}/{a}", by="admin")
    assert (status, problem["code"]) == (409, "last_owner")
    status, problem = invite(staff, "a@salon.example", "manager")
    assert (status, problem["code"]) == (409, "last_owner")
    # An owner who is only invited is none yet.
    invite(staff, "b@salon.example", "owner")
    assert staff("DELETE", f"{MEMBERS}/{a}")[0] == 409
    c = join(staff, "c@salon.example", "owner")
    assert staff("DELETE", f"{MEMBERS}/{a}")[0] == 204
    assert staff("DELETE", f"{MEMBERS}/{c}")[0] == 409


def test_two_owners_who_remove_each_other_at_once_leave_one(
    staff: StaffCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = join(staff, "a@salon.example", "owner", by="admin")
    b = join(staff, "b@salon.example", "owner", by="admin")
    put = BookingsTable.put

    def meanwhile(table: BookingsTable, puts: Any) -> None:
        monkeypatch.setattr(BookingsTable, "put", put)
        assert staff("DELETE", f"{MEMBERS}/{a}", by="admin")[0] == 204
        put(table, puts)

    monkeypatch.setattr(BookingsTable, "put", meanwhile)
    status, problem = staff("DELETE", f"{MEMBERS}/{b}", by="admin")
    assert (status, problem["code"]) == (409, "last_owner")
    assert list(listed(staff)) == [b]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "eva", "role": "manager"}, "/email"),
        ({"email": "eva@salon.example", "role": "admin"}, "/role"),
        ({"email": "eva@salon.example"}, "/role"),
        ({"email": "eva@salon.example", "role": "owner", "x": 1}, "/x"),
        ({"email": f"{'e' * 130}@salon.example", "role": "owner"}, "/email"),
    ],
)
def test_a_bad_invitation_is_told(staff: StaffCalls, body: dict[str, Any], pointer: str) -> None:
    status, problem = staff("POST", MEMBERS, body)
    assert (status, pointers(problem)) == (422, [pointer])


def test_while_the_user_pool_is_silent_nobody_is_invited_and_nobody_let_in(
    staff: StaffCalls, aws: FakeAws
) -> None:
    aws.down.add("cognito-idp")
    assert invite(staff)[0] == 503
    aws.down.clear()
    assert listed(staff) == {}


def test_while_the_user_pool_is_busy_it_is_asked_later(staff: StaffCalls, aws: FakeAws) -> None:
    busy = (400, b'{"__type": "TooManyRequestsException"}')
    aws.fail("AdminGetUser", *[busy] * ATTEMPTS)
    assert staff("GET", HERE)[0] == 503
    assert staff("GET", HERE)[0] == 200


def test_a_location_has_so_many_members() -> None:
    members = Members()
    for number in range(199):
        members = with_member(members, Member(f"u{number}", "e", ("owner",), 1))
    asked = Invitation("inv_1", "f", ("owner",), 1, 2, 1, "", "")
    members = with_invitation(members, asked)
    with pytest.raises(Conflict, match="at most 200 members") as refused:
        with_member(members, Member("one-more", "e", ("owner",), 1))
    assert refused.value.code == "members_full"
    with pytest.raises(Conflict, match="at most 200 members") as refused:
        with_invitation(members, replace(asked, invitation_id="inv_2"))
    assert refused.value.code == "members_full"
    assert len(with_member(members, Member("u1", "e", ("finance",), 1)).joined) == 199
    assert len(with_invitation(members, replace(asked, number=2)).invited) == 1
    assert len(without_member(members, "u1").joined) == 198


# ------------------------------------------------------------------ who is disabled


def test_leaving_the_last_location_disables_the_user(
    staff: StaffCalls, aws: FakeAws, places: LocationStore
) -> None:
    eva = join(staff)
    places.put_member(eva, "other", ["finance"], "eva@salon.example")
    staff("DELETE", f"{MEMBERS}/{eva}")
    assert aws.users[eva].enabled
    assert staff("GET", "/v1/locations/other", by=eva)[0] == 200
    places.put_member("owner", "other", ["owner"], "owner@demo.test")
    location_store = LocationStore(load_config())
    there = Members({eva: Member(eva, "eva@salon.example", ("finance",), 1)})
    location_store.update_members("other", lambda _: (there, []))
    assert staff("DELETE", f"/v1/locations/other/members/{eva}")[0] == 204
    assert not aws.users[eva].enabled


def test_a_platforms_admin_is_never_disabled(
    staff: StaffCalls, aws: FakeAws, places: LocationStore
) -> None:
    eva = join(staff)
    places.put_member(eva, "*", ["admin"], "eva@salon.example")
    assert staff("DELETE", f"{MEMBERS}/{eva}")[0] == 204
    assert aws.users[eva].enabled


def test_who_could_not_be_disabled_when_they_left_is_disabled_by_a_repetition(
    staff: StaffCalls, aws: FakeAws
) -> None:
    eva = join(staff)
    aws.fail("AdminDisableUser", *[(500, b"{}")] * 3)
    assert staff("DELETE", f"{MEMBERS}/{eva}")[0] == 503
    assert aws.users[eva].enabled
    assert staff("DELETE", f"{MEMBERS}/{eva}")[0] == 404
    assert not aws.users[eva].enabled


def test_a_disabled_user_is_refused_within_a_minute_whatever_token_they_hold(
    staff: StaffCalls, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_795_000_000.0
    monkeypatch.setattr(environment.get(UserPool), "_clock", lambda: now)
    assert staff("GET", HERE, by="manager")[0] == 200
    aws.users["manager"].enabled = False
    now += 59
    assert staff("GET", HERE, by="manager")[0] == 200
    now += 1
    for method, path in (("GET", HERE), ("GET", "/v1/locations"), ("GET", f"{HERE}/bookings")):
        status, problem = staff(method, path, by="manager")
        assert (status, problem["code"]) == (403, "user_disabled")
    aws.users["manager"].enabled, aws.users["manager"].is_gone = True, True
    now += 60
    assert staff("GET", HERE, by="manager")[1]["code"] == "user_disabled"


# ------------------------------------------------------------------ the second factor


def test_a_location_lets_in_nobody_without_the_second_factor_that_it_asks_for(
    staff: StaffCalls, aws: FakeAws
) -> None:
    status, shown = staff("PATCH", HERE, {"require_second_factor": True})
    assert (status, shown["require_second_factor"]) == (200, True)
    for by in ("owner", "manager", "admin"):
        status, problem = staff("GET", f"{HERE}/bookings", by=by)
        assert (status, problem["code"]) == (403, "second_factor_required")
    assert staff("GET", "/v1/locations", by="owner")[0] == 200
    assert staff("GET", f"{HERE}/bookings", by="stranger")[0] == 404
    # Whoever enrolled signs in again: their new token asks the pool anew.
    aws.users["owner"].mfa = ["SOFTWARE_TOKEN_MFA"]
    assert staff("GET", f"{HERE}/bookings")[0] == 403
    new = {"iat": str(int(time.time()))}
    assert staff("GET", f"{HERE}/bookings", claims=new)[0] == 200
    status, shown = staff("PATCH", HERE, {"require_second_factor": False}, claims=new)
    assert (status, shown["require_second_factor"]) == (200, False)
    assert staff("GET", f"{HERE}/bookings", by="manager")[0] == 200


def test_a_manager_cannot_drop_the_second_factor(staff: StaffCalls) -> None:
    for asked in (True, False):
        assert staff("PATCH", HERE, {"require_second_factor": asked}, by="manager")[0] == 403


# ------------------------------------------------------------------ names


def test_nobody_is_called_what_their_token_says(staff: StaffCalls) -> None:
    """A user of the pool can write any address into their token."""
    forged = {"email": "ceo@headquarters.example", "email_verified": "true"}
    assert staff("PATCH", HERE, {"name": "Salon"}, claims=forged)[0] == 200
    made = staff("POST", f"{HERE}/bookings", NEW_BOOKING, claims=forged)[1]
    cancelled = f"{HERE}/bookings/{made['booking_id']}/cancel"
    ended = staff("POST", cancelled, {}, by="manager", claims=forged)[1]
    assert {(each["by_user_id"], each["by"]) for each in ended["timeline"]} == {
        ("owner", "owner@demo.test"),
        ("manager", "manager@demo.test"),
    }
    said = {(each["by"]["user_id"], each["by"]["email"]) for each in audit(staff)}
    assert said == {("owner", "owner@demo.test"), ("manager", "manager@demo.test")}


# ------------------------------------------------------------------ switches and payment methods


def test_a_switch_is_turned_without_the_keys(
    staff: StaffCalls, config: Config, store: BookingStore
) -> None:
    sent = {"online_booking_enabled": False, "visit_link_enabled": False}
    status, shown = staff("PATCH", HERE, sent)
    assert status == 200
    assert not shown["online_booking_enabled"]
    status, problem = staff("PATCH", HERE, {"visit_link_enabled": True})
    assert (status, problem["code"]) == (409, "not_connected")
    account = AccountFacts("acct_1", "DE", "eur", charges_enabled=True, payouts_enabled=True)
    connections = ConnectionStore(config)
    connections.put_account_seen("demo", StoredConnection(Connection(account), 0))
    assert staff("PATCH", HERE, {"visit_link_enabled": True})[1]["visit_link_enabled"]
    del store


def test_payment_methods_are_those_that_are_decided_at_once(staff: StaffCalls) -> None:
    assert staff("GET", HERE)[1]["payment_method_types"] == ["card"]
    status, shown = staff("PATCH", HERE, {"payment_method_types": ["card", "ideal", "card"]})
    assert (status, shown["payment_method_types"]) == (200, ["card", "ideal"])
    for bad in ([], ["sepa_debit"], ["card", 1]):
        assert staff("PATCH", HERE, {"payment_method_types": bad})[0] == 422


# ------------------------------------------------------------------ the audit


def audit(staff: StaffCalls, **query: str) -> list[dict[str, Any]]:
    status, page = staff("GET", f"{HERE}/audit", **query)
    assert status == 200
    return list(page["items"])


def test_every_change_says_who_made_it(staff: StaffCalls) -> None:
    service = {"name": "Cut", "price": 4500, "duration_minutes": 60}
    staff("PATCH", HERE, {"name": "Salon", "locale": "en"})
    staff("PUT", f"{HERE}/services/cut", service, by="manager")
    staff("PUT", f"{HERE}/employees/anna", {"name": "Anna"}, by="manager")
    staff("PUT", f"{HERE}/terms", {"prepayment": {"type": "full"}})
    staff("DELETE", f"{HERE}/services/cut")
    staff("DELETE", f"{HERE}/employees/anna")
    eva = join(staff)
    staff("DELETE", f"{MEMBERS}/{eva}")
    found = {each["what"]: (each["by"]["user_id"], each["ids"]) for each in audit(staff)}
    invitation = found["member.invited"][1]["member"]
    assert found == {
        "location.changed": ("owner", {"fields": "locale,name"}),
        "service.saved": ("manager", {"service": "cut"}),
        "employee.saved": ("manager", {"employee": "anna"}),
        "terms.saved": ("owner", {}),
        "service.deleted": ("owner", {"service": "cut"}),
        "employee.deleted": ("owner", {"employee": "anna"}),
        "member.invited": ("owner", {"member": invitation, "role": "manager"}),
        "member.joined": (eva, {"member": eva, "invitation": invitation, "role": "manager"}),
        "member.removed": ("owner", {"member": eva}),
    }


def test_what_was_refused_is_no_change(staff: StaffCalls) -> None:
    staff("PATCH", HERE, {"name": ""})
    staff("PATCH", HERE, {"name": "X"}, by="manager")
    staff("PUT", f"{HERE}/services/cut", {"name": "Cut"})
    assert audit(staff) == []


def test_a_new_location_begins_its_own_audit(staff: StaffCalls) -> None:
    new = {"location_id": "second", "name": "S", "timezone": "UTC", "currency": "usd",
           "country": "US"}  # fmt: skip
    assert staff("POST", "/v1/locations", new, by="admin")[0] == 201
    _, page = staff("GET", "/v1/locations/second/audit", by="admin")
    assert [each["what"] for each in page["items"]] == ["location.created"]


def test_the_audit_is_read_page_by_page_over_months(
    staff: StaffCalls, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AuditLog(config)
    now_s = 1_772_000_000
    for number in range(7):
        monkeypatch.setattr(time, "time", lambda at_s=now_s - number * 10 * 86_400: at_s)
        ids = {"member": str(number)}
        entry = audit_put("demo", user_id="u", email="e@x.example", what="member.saved", ids=ids)
        log.record(entry)
    monkeypatch.setattr(time, "time", lambda: now_s)
    seen: list[str] = []
    query = {"limit": "2"}
    for _ in range(4):
        _, page = staff("GET", f"{HERE}/audit", **query)
        seen += [each["ids"]["member"] for each in page["items"]]
        query["cursor"] = page["next_cursor"]
        if page["next_cursor"] is None:
            break
    # The location was made in January: there is nothing to look for in earlier months.
    assert seen == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("cursor", ["!", "eA==", "MjAyNi0xMy1-"])
def test_a_cursor_of_nobody_is_refused(staff: StaffCalls, cursor: str) -> None:
    assert staff("GET", f"{HERE}/audit", cursor=cursor)[0] == 422


def test_a_long_silence_leads_on_by_a_cursor(
    staff: StaffCalls, places: LocationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.save_location(replace(DEMO, created_at_s=1_000_000_000))
    monkeypatch.setattr(audit_log, "MAX_MONTHS", 2)
    _, page = staff("GET", f"{HERE}/audit")
    assert (page["items"], page["next_cursor"] is None) == ([], False)
    assert staff("GET", f"{HERE}/audit", cursor=page["next_cursor"])[0] == 200


def test_an_entry_holds_ids_and_no_more() -> None:
    with pytest.raises(ValueError, match="kind"):
        AuditEntry("au_1", 1, "u", "e", "something.else")
    with pytest.raises(ValueError, match="ids"):
        AuditEntry("au_1", 1, "u", "e", "member.saved", {"member": "x" * 255})


def test_an_entry_is_never_written_over(config: Config, table: TableInMoto) -> None:
    del table
    entry = audit_put("demo", user_id="u", email="e", what="terms.saved")
    bookings = BookingsTable(config)
    bookings.put([entry])
    with pytest.raises(WriteConflict):
        bookings.put([entry])


# ------------------------------------------------------------------ clients


def book(staff: StaffCalls, **changed: Any) -> str:
    status, made = staff("POST", f"{HERE}/bookings", {**NEW_BOOKING, **changed})
    assert status == 201
    return str(made["booking_id"])


def test_a_clients_data_goes_and_the_money_stays(staff: StaffCalls, table: TableInMoto) -> None:
    mine = [book(staff), book(staff, client={**MIRA, "email": "mira@example.com"})]
    another = book(
        staff, client={**MIRA, "email": "noor@example.com", "name": "Noor", "phone": "+49"}
    )
    status, told = staff("DELETE", f"{HERE}/clients/MIRA%40example.com")
    assert (status, told["bookings"], told["complete"]) == (200, 2, True)
    for booking_id in mine:
        shown = staff("GET", f"{HERE}/bookings/{booking_id}")[1]
        assert shown["client"] is None
        assert shown["price"] == 4500 if "price" in shown else shown["amount_due"] == 4500
        [note] = [each for each in shown["timeline"] if each["what"] == "client.erased"]
        assert note["at"].endswith("Z")
    assert staff("GET", f"{HERE}/bookings/{another}")[1]["client"]["name"] == "Noor"
    kept = json.dumps([item for key, item in table.items().items() if key[1] != "idempotency"])
    for word in ("Mira", "mira", "+49 30 1"):
        assert word not in kept
    [entry] = audit(staff)
    own_id = client_id("demo", "mira@example.com")
    assert (entry["what"], entry["ids"]) == ("client.erased", {"client": own_id})
    assert told["client_id"] == own_id


def test_erasing_again_or_by_id_is_safe(staff: StaffCalls) -> None:
    book(staff)
    own_id = client_id("demo", "mira@example.com")
    assert staff("DELETE", f"{HERE}/clients/{own_id}")[1]["bookings"] == 1
    assert staff("DELETE", f"{HERE}/clients/{own_id}")[1]["bookings"] == 0


def test_a_client_with_many_bookings_takes_more_than_one_look(
    staff: StaffCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        book(staff)
    monkeypatch.setattr(erase_client, "PAGE", 1)
    monkeypatch.setattr("shared.adapters.client_index.PAGE", 1)
    monkeypatch.setattr(erase_client, "MAX_PAGES", 2)
    path = f"{HERE}/clients/mira@example.com"
    assert staff("DELETE", path)[1]["complete"] is False
    told = staff("DELETE", path)[1]
    assert (told["bookings"], told["complete"]) == (1, True)


def test_a_booking_that_changes_meanwhile_is_read_again(
    staff: StaffCalls, store: BookingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking_id = book(staff)

    def link(_: str) -> None:
        stored = store.get_booking("demo", booking_id)
        assert stored
        keep(store, replace(stored.booking, links=7), version=stored.version)

    before_write(monkeypatch, "confirmed", link)
    assert staff("DELETE", f"{HERE}/clients/mira@example.com")[1]["bookings"] == 1
    stored = store.get_booking("demo", booking_id)
    assert stored
    assert (stored.booking.links, stored.booking.client) == (7, None)


def test_a_client_is_named_by_address_or_id(staff: StaffCalls) -> None:
    status, problem = staff("DELETE", f"{HERE}/clients/Mira")
    assert (status, pointers(problem)) == (422, ["/path/client"])


def test_a_client_is_another_at_every_location() -> None:
    assert client_id("demo", "a@b.example") != client_id("other", "a@b.example")
    assert client_id("demo", " A@B.example ") == client_id("demo", "a@b.example")


def test_an_owner_chooses_of_what_a_member_is_mailed(staff: StaffCalls) -> None:
    user_id = join(staff)
    path = f"{MEMBERS}/{user_id}"
    status, shown = staff("PATCH", path, {"mails": ["cancelled", "new", "new"]})
    assert (status, shown["mails"]) == (200, ["new", "cancelled"])
    listed = {each["user_id"]: each["mails"] for each in staff("GET", MEMBERS)[1]["items"]}
    assert listed[user_id] == ["new", "cancelled"]
    assert all(not mails for other, mails in listed.items() if other != user_id)
    # Another role leaves the choice.
    invite(staff, role="finance")
    assert staff("PATCH", path, {"mails": []})[1]["roles"] == ["finance"]


def test_what_nobody_is_mailed_of_and_who_has_not_joined_are_refused(staff: StaffCalls) -> None:
    user_id = join(staff)
    status, problem = staff("PATCH", f"{MEMBERS}/{user_id}", {"mails": ["refunded"]})
    assert (status, pointers(problem)) == (422, ["/mails/0"])
    _, invited = invite(staff, "new@salon.example")
    for nobody in (invited["member_id"], "nobody"):
        status, problem = staff("PATCH", f"{MEMBERS}/{nobody}", {"mails": ["new"]})
        assert (status, problem["code"]) == (404, "member_not_found")
    for other in ("manager", "finance"):
        assert staff("PATCH", f"{MEMBERS}/{user_id}", {"mails": []}, by=other)[0] == 403
