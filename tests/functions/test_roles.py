"""Every staff route of the contract, for every role and for strangers: may, may not, does not know.

The rows are read out of the contract's paths; what each role may do there is the table here, and a
path of the contract without a row fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from functions.connect_stripe import handler as connect_function
from functions.serve_evidence import handler as evidence_function
from functions.serve_report import handler as report_function
from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_store import BookingStore
from tests.contract.contract import Contract
from tests.fake_aws import FakeAws
from tests.surroundings.staff_calls import StaffCalls, forget_stores

pytestmark = pytest.mark.enable_socket
OWNER, MANAGER, FINANCE = "owner", "manager", "finance"
ALL = {OWNER, MANAGER, FINANCE}
DESK, BOOKS, BOSS = {OWNER, MANAGER}, {OWNER, FINANCE}, {OWNER}
HERE = "/v1/locations/{location_id}"
BOOKING = f"{HERE}/bookings/{{booking_id}}"

# By path and method, who may. `admin` acts as owner everywhere.
MAY: dict[tuple[str, str], set[str]] = {
    (HERE, "get"): ALL,
    (HERE, "patch"): BOSS,
    (f"{HERE}/payment-settings", "get"): BOSS,
    (f"{HERE}/payment-settings", "put"): BOSS,
    (f"{HERE}/terms", "get"): ALL,
    (f"{HERE}/terms", "put"): DESK,
    (f"{HERE}/services", "get"): ALL,
    (f"{HERE}/employees", "get"): ALL,
    (f"{HERE}/services/{{service_id}}", "put"): DESK,
    (f"{HERE}/services/{{service_id}}", "delete"): DESK,
    (f"{HERE}/employees/{{employee_id}}", "put"): DESK,
    (f"{HERE}/employees/{{employee_id}}", "delete"): DESK,
    (f"{HERE}/employees/{{employee_id}}/absences", "get"): DESK,
    (f"{HERE}/employees/{{employee_id}}/absences/{{absence_id}}", "get"): DESK,
    (f"{HERE}/employees/{{employee_id}}/absences/{{absence_id}}", "put"): DESK,
    (f"{HERE}/employees/{{employee_id}}/absences/{{absence_id}}", "delete"): DESK,
    (f"{HERE}/employees/{{employee_id}}/busy", "put"): DESK,
    (f"{HERE}/closures", "get"): DESK,
    (f"{HERE}/closures/{{closure_id}}", "get"): DESK,
    (f"{HERE}/closures/{{closure_id}}", "put"): DESK,
    (f"{HERE}/closures/{{closure_id}}", "delete"): DESK,
    (f"{HERE}/agenda", "get"): ALL,
    (f"{HERE}/bookings", "get"): ALL,
    (f"{HERE}/bookings", "post"): DESK,
    (BOOKING, "get"): ALL,
    (BOOKING, "patch"): DESK,
    (f"{BOOKING}/messages", "get"): DESK,
    (f"{BOOKING}/messages/{{kind}}/resend", "post"): DESK,
    (f"{BOOKING}/payment-link", "post"): DESK,
    (f"{BOOKING}/refunds", "post"): DESK,
    (f"{BOOKING}/payments", "post"): DESK,
    (f"{BOOKING}/payments/{{payment_id}}/void", "post"): DESK,
    (f"{BOOKING}/cancel", "post"): DESK,
    (f"{BOOKING}/no-show", "post"): DESK,
    (f"{BOOKING}/complete", "post"): DESK,
    (f"{BOOKING}/reopen", "post"): DESK,
    (f"{BOOKING}/reschedule", "post"): DESK,
    (f"{HERE}/reports", "get"): BOOKS,
    (f"{HERE}/reports/{{date}}", "get"): BOOKS,
    (f"{HERE}/reports/{{date}}/send", "post"): BOOKS,
    (f"{HERE}/money-flow", "get"): BOOKS,
    (f"{HERE}/payouts", "get"): BOOKS,
    (f"{HERE}/payouts/{{payout_id}}", "get"): BOOKS,
    (f"{HERE}/entries", "get"): BOOKS,
    (f"{HERE}/disputes", "get"): ALL,
    (f"{HERE}/payment-settings/check", "get"): BOSS,
    (f"{HERE}/payment-settings/roll-webhook-secret", "post"): BOSS,
    (f"{HERE}/members", "get"): BOSS,
    (f"{HERE}/members", "post"): BOSS,
    (f"{HERE}/members/{{member_id}}", "patch"): BOSS,
    (f"{HERE}/members/{{member_id}}", "delete"): BOSS,
    (f"{HERE}/members/{{member_id}}/resend", "post"): BOSS,
    (f"{HERE}/audit", "get"): BOSS,
    (f"{HERE}/clients/{{client}}", "get"): ALL,
    (f"{HERE}/clients/{{client}}", "delete"): BOSS,
    (f"{HERE}/clients/{{client}}/export", "get"): BOSS,
    (f"{HERE}/terms/explain", "get"): ALL,
    (f"{HERE}/terms/preview", "post"): DESK,
    (f"{HERE}/needs-action", "get"): DESK,
    (f"{HERE}/needs-action/count", "get"): DESK,
    (f"{HERE}/needs-action/settle", "post"): DESK,
    (f"{HERE}/reports/{{date}}/chart.svg", "get"): BOOKS,
    (f"{BOOKING}/qr.svg", "get"): DESK,
    (f"{BOOKING}/refunds/{{refund_id}}/approve", "post"): DESK,
    (f"{BOOKING}/refunds/{{refund_id}}/deny", "post"): DESK,
    (f"{BOOKING}/fees/{{fee_id}}/confirm", "post"): DESK,
    (f"{BOOKING}/fees/{{fee_id}}/waive", "post"): DESK,
    (f"{HERE}/disputes/{{dispute_id}}/evidence", "get"): DESK,
}
IDS = {
    "booking_id": "bk_000000000000000000000000",
    "kind": "confirmed",
    "service_id": "cut",
    "employee_id": "anna",
    "absence_id": "holiday",
    "closure_id": "holiday",
    "date": "2026-11-22",
    "member_id": "sub-nobody",
    "client": "nobody@example.com",
    "refund_id": "rf_000000000000000000000000",
    "payment_id": "pay_000000000000000000000000",
    "payout_id": "po_000000000000000000000000",
    "fee_id": "fee_00000000000000000000",
    "dispute_id": "du_000000000000000000000000",
}
# Whose role does not matter: who may list and make locations is tried in test_staff_locations.py,
# and who is invited, in test_staff_invitations.py.
OTHERS = {
    ("/v1/locations", "get"),
    ("/v1/locations", "post"),
    (f"{HERE}/invitation/accept", "post"),
    ("/public/locations/{location_id}/invitation", "post"),
    ("/public/locations/{location_id}/invitation/accept", "post"),
}
ROWS = list(MAY)
REPORTING = ("/reports", "/money-flow", "/payouts", "/entries")
TOLD_APART = {403: "forbidden", 404: "location_not_found"}


@dataclass
class Doors:
    """The functions with staff routes, as API Gateway chooses between them."""

    staff: StaffCalls
    settings: StaffCalls
    evidence: StaffCalls
    reports: StaffCalls

    def __call__(self, path: str, method: str, location_id: str, by: str) -> tuple[int, Any]:
        where = path.format(location_id=location_id, **IDS)
        calls = self.settings if "/payment-settings" in path else self.staff
        if path.endswith("/evidence"):
            calls = self.evidence
        if method == "get" and any(each in path for each in REPORTING):
            calls = self.reports
        body: dict[str, Any] | None = None if method in ("get", "delete") else {}
        return calls(method.upper(), where, body, by=by)


@pytest.fixture
def doors(store: BookingStore, context: Any, aws: FakeAws) -> Iterator[Doors]:
    del aws
    forget_stores()
    yield Doors(
        StaffCalls(context, store, staff_function.handler),
        StaffCalls(context, store, connect_function.handler),
        StaffCalls(context, store, evidence_function.handler),
        StaffCalls(context, store, report_function.handler),
    )
    forget_stores()


def test_every_staff_path_of_the_contract_has_a_row() -> None:
    staff_paths = {
        (each.path, each.method)
        for each in Contract.load().operations
        if "staff" in each.described["tags"]
    }
    assert len(staff_paths) > 40
    assert staff_paths - OTHERS == set(MAY)


def is_refused(answer: tuple[int, Any]) -> bool:
    status, told = answer
    return status in TOLD_APART and told["code"] == TOLD_APART[status]


@pytest.mark.parametrize(("path", "method"), ROWS, ids=[f"{m} {p}" for p, m in ROWS])
def test_each_role_may_what_the_contract_says(doors: Doors, path: str, method: str) -> None:
    may = MAY[path, method] | {"admin"}
    for role in (OWNER, MANAGER, FINANCE, "admin"):
        answer = doors(path, method, "demo", role)
        if role in may:
            assert not is_refused(answer), (role, answer)
            assert answer[0] < 500, (role, answer)
        else:
            assert (answer[0], answer[1]["code"]) == (403, "forbidden"), (role, answer)


@pytest.mark.parametrize(("path", "method"), ROWS, ids=[f"{m} {p}" for p, m in ROWS])
def test_another_locations_staff_are_strangers(doors: Doors, path: str, method: str) -> None:
    unknown = doors(path, method, "nowhere", OWNER)
    for by, location_id in (
        ("other-owner", "demo"),
        ("owner", "other"),
        ("manager", "other"),
        ("finance", "other"),
        ("former", "demo"),
        ("nobody", "demo"),
        ("owner", "Not a location"),
    ):
        answer = doors(path, method, location_id, by)
        assert answer[0] == 404, (by, answer)
        assert answer == unknown, "whether it exists is not told"
