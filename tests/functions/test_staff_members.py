"""Members, the audit, and clients' personal data through the staff API."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from functions.serve_staff_api import audit as audit_routes
from functions.serve_staff_api import clients as client_routes
from shared.adapters.audit_log import AuditLog, audit_put, month_before
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.client_index import ClientIndex
from shared.adapters.connection_store import ConnectionStore, StoredConnection
from shared.config import Config
from shared.domain.account_facts import AccountFacts
from shared.domain.audit import AuditEntry
from shared.domain.connection import Connection
from shared.domain.errors import Conflict, WriteConflict
from shared.domain.members import Member, with_member, without_member
from shared.domain.personal_data import client_id
from tests.fake_aws import FakeAws
from tests.functions.conftest import DEMO, TableInMoto
from tests.functions.staff_calls import StaffCalls, forget_stores, pointers

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
MEMBERS = f"{HERE}/members"
MIRA = {"name": "Mira Lindqvist", "email": "Mira@Example.com", "phone": "+49 30 1"}
NEW_BOOKING = {"amount": 4500, "currency": "eur", "description": "Haircut", "client": MIRA}


@pytest.fixture
def staff(store: BookingStore, context: Any, aws: FakeAws) -> Iterator[StaffCalls]:
    aws.secrets["bookpay/link-key"] = "the key of the links"
    forget_stores()
    yield StaffCalls(context, store)
    forget_stores()


def invite(
    staff: StaffCalls, email: str = "eva@salon.example", role: str = "manager", by: str = "owner"
) -> tuple[int, Any]:
    return staff("POST", MEMBERS, {"email": email, "role": role}, by=by)


def listed(staff: StaffCalls) -> dict[str, list[str]]:
    status, page = staff("GET", MEMBERS)
    assert status == 200
    return {each["user_id"]: each["roles"] for each in page["items"]}


# ------------------------------------------------------------------ members


def test_somebody_who_is_invited_may_work_at_once(staff: StaffCalls, aws: FakeAws) -> None:
    status, member = invite(staff, "Eva@Salon.example")
    assert status == 201
    assert member.pop("added_at").endswith("Z")
    assert member == {
        "user_id": "sub-eva@salon.example",
        "email": "eva@salon.example",
        "roles": ["manager"],
    }
    assert aws.users == ["eva@salon.example"]
    assert listed(staff) == {"sub-eva@salon.example": ["manager"]}
    assert staff("GET", f"{HERE}/terms", by="sub-eva@salon.example")[0] == 200
    assert staff("PATCH", HERE, {"name": "X"}, by="sub-eva@salon.example")[0] == 403


def test_an_invitation_sent_twice_makes_one_member(staff: StaffCalls, aws: FakeAws) -> None:
    invite(staff)
    assert invite(staff)[0] == 201
    assert len(listed(staff)) == len(aws.users) == 1


def test_a_member_of_another_location_is_found_and_not_told_of(
    staff: StaffCalls, aws: FakeAws
) -> None:
    aws.users.append("eva@salon.example")
    assert invite(staff)[0] == 201


def test_a_role_is_changed_by_another_invitation(staff: StaffCalls) -> None:
    invite(staff)
    invite(staff, role="finance")
    assert listed(staff) == {"sub-eva@salon.example": ["finance"]}
    assert staff("GET", f"{HERE}/needs-action", by="sub-eva@salon.example")[0] == 403


def test_who_is_removed_is_out_with_the_next_request(staff: StaffCalls) -> None:
    invite(staff)
    path = f"{MEMBERS}/sub-eva@salon.example"
    assert staff("DELETE", path)[0] == 204
    assert listed(staff) == {}
    assert staff("GET", HERE, by="sub-eva@salon.example")[0] == 404
    status, problem = staff("DELETE", path)
    assert (status, problem["code"]) == (404, "member_not_found")


def test_the_last_owner_stays(staff: StaffCalls) -> None:
    invite(staff, "a@salon.example", "owner", by="admin")
    status, problem = staff("DELETE", f"{MEMBERS}/sub-a@salon.example", by="admin")
    assert (status, problem["code"]) == (409, "last_owner")
    status, problem = invite(staff, "a@salon.example", "manager")
    assert (status, problem["code"]) == (409, "last_owner")
    invite(staff, "b@salon.example", "owner")
    assert staff("DELETE", f"{MEMBERS}/sub-a@salon.example")[0] == 204
    assert staff("DELETE", f"{MEMBERS}/sub-b@salon.example")[0] == 409


def test_two_owners_who_remove_each_other_at_once_leave_one(
    staff: StaffCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(staff, "a@salon.example", "owner", by="admin")
    invite(staff, "b@salon.example", "owner", by="admin")
    put = BookingsTable.put

    def meanwhile(table: BookingsTable, puts: Any) -> None:
        monkeypatch.setattr(BookingsTable, "put", put)
        assert staff("DELETE", f"{MEMBERS}/sub-a@salon.example", by="admin")[0] == 204
        put(table, puts)

    monkeypatch.setattr(BookingsTable, "put", meanwhile)
    status, problem = staff("DELETE", f"{MEMBERS}/sub-b@salon.example", by="admin")
    assert (status, problem["code"]) == (409, "last_owner")
    assert list(listed(staff)) == ["sub-b@salon.example"]


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


def test_while_the_user_pool_is_silent_nobody_is_made_a_member(
    staff: StaffCalls, aws: FakeAws
) -> None:
    aws.down.add("cognito-idp")
    assert invite(staff)[0] == 503
    aws.down.clear()
    assert listed(staff) == {}


def test_a_location_has_so_many_members() -> None:
    members: Any = {}
    for number in range(200):
        members = with_member(members, Member(f"u{number}", "e", ("owner",), 1))
    with pytest.raises(Conflict) as refused:
        with_member(members, Member("one-more", "e", ("owner",), 1))
    assert refused.value.code == "members_full"
    assert len(with_member(members, Member("u1", "e", ("finance",), 1))) == 200
    assert len(without_member(members, "u1")) == 199


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
    invite(staff)
    staff("DELETE", f"{MEMBERS}/sub-eva@salon.example")
    found = {each["what"]: (each["by"]["user_id"], each["ids"]) for each in audit(staff)}
    eva = "sub-eva@salon.example"
    assert found == {
        "location.changed": ("owner", {"fields": "locale,name"}),
        "service.saved": ("manager", {"service": "cut"}),
        "employee.saved": ("manager", {"employee": "anna"}),
        "terms.saved": ("owner", {}),
        "service.deleted": ("owner", {"service": "cut"}),
        "employee.deleted": ("owner", {"employee": "anna"}),
        "member.saved": ("owner", {"member": eva, "role": "manager"}),
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
        log.record("demo", user_id="u", email="e@x.example", what="member.saved", ids=ids)
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
    staff: StaffCalls, store: BookingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put_location(replace(DEMO, created_at_s=1_000_000_000))
    monkeypatch.setattr(audit_routes, "MAX_MONTHS", 2)
    _, page = staff("GET", f"{HERE}/audit")
    assert (page["items"], page["next_cursor"] is None) == ([], False)
    assert staff("GET", f"{HERE}/audit", cursor=page["next_cursor"])[0] == 200


def test_the_month_before_january_is_december() -> None:
    assert month_before("2026-01") == "2025-12"
    assert month_before("2026-11") == "2026-10"


def test_an_entry_holds_ids_and_no_more() -> None:
    with pytest.raises(ValueError, match="kind"):
        AuditEntry("au_1", 1, "u", "e", "something.else")
    with pytest.raises(ValueError, match="ids"):
        AuditEntry("au_1", 1, "u", "e", "member.saved", {"member": "x" * 201})


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
    monkeypatch.setattr(client_routes, "PAGE", 1)
    monkeypatch.setattr("shared.adapters.client_index.PAGE", 1)
    monkeypatch.setattr(client_routes, "MAX_PAGES", 2)
    path = f"{HERE}/clients/mira@example.com"
    assert staff("DELETE", path)[1]["complete"] is False
    told = staff("DELETE", path)[1]
    assert (told["bookings"], told["complete"]) == (1, True)


def test_a_booking_that_changes_meanwhile_is_read_again(
    staff: StaffCalls, store: BookingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking_id = book(staff)
    erase = ClientIndex.erase

    def meanwhile(index: Any, writes: Any) -> None:
        monkeypatch.setattr(ClientIndex, "erase", erase)
        stored = store.get_booking("demo", booking_id)
        assert stored
        store.put_booking(replace(stored.booking, links=7), stored.version)
        erase(index, writes)

    monkeypatch.setattr(ClientIndex, "erase", meanwhile)
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
