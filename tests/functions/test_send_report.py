"""A report by mail is asked for by owner and finance, for a day that has begun: an order."""

from copy import replace
from typing import Any

import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.ledger_orders import BuildReport
from tests.surroundings.fixtures import DEMO, LambdaContext, TableInMoto
from tests.surroundings.staff_calls import StaffCalls, forget_stores

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("aws")]

SEND = "/v1/locations/demo/reports/2026-11-21/send"


@pytest.fixture
def call(store: BookingStore, places: LocationStore, context: LambdaContext) -> StaffCalls:
    places.save_location(replace(DEMO, report_recipients=("finance@salon.example",)))
    forget_stores()
    return StaffCalls(context, store)


def waiting(table: TableInMoto) -> list[dict[str, Any]]:
    return [
        {"detail-type": each["detail_type"], "detail": each["detail"]}
        for each in table.bodies("outbox").values()
    ]


@pytest.mark.parametrize("by", ["owner", "finance", "admin"])
def test_a_report_is_asked_for(call: StaffCalls, table: TableInMoto, by: str) -> None:
    assert call("POST", SEND, by=by) == (202, {"status": "requested"})
    order = read_envelope(waiting(table)[0], BuildReport)
    assert (order.location_id, order.day.isoformat(), order.closes) == ("demo", "2026-11-21", False)


def test_who_sent_a_report_stands_in_the_audit_log(call: StaffCalls) -> None:
    call("POST", SEND, by="finance")
    (entry,) = call("GET", "/v1/locations/demo/audit")[1]["items"]
    assert (entry["what"], entry["ids"]) == ("report.sent", {"date": "2026-11-21"})
    assert entry["by"]["user_id"] == "finance"


def test_each_request_is_a_sending_of_its_own(call: StaffCalls, table: TableInMoto) -> None:
    for _ in range(2):
        call("POST", SEND)
    assert len({read_envelope(each, BuildReport).run for each in waiting(table)}) == 2


def test_the_same_request_by_its_key_is_one_sending(call: StaffCalls, table: TableInMoto) -> None:
    key = {"idempotency-key": "a-key-of-the-caller"}
    first = call("POST", SEND, headers=key)
    assert first == (202, {"status": "requested"})
    assert call("POST", SEND, headers=key) == first
    assert call.headers["idempotent-replayed"] == "true"
    assert len(waiting(table)) == 1
    assert call("POST", SEND, headers=key, by="finance")[0] == 202
    assert len(waiting(table)) == 2, "a key is the caller's own"


@pytest.mark.parametrize(("by", "status"), [("manager", 403), ("other-owner", 404), ("x", 404)])
def test_others_send_nothing(call: StaffCalls, table: TableInMoto, by: str, status: int) -> None:
    assert call("POST", SEND, by=by)[0] == status
    assert waiting(table) == []


@pytest.mark.parametrize("day", ["2999-01-01", "2026-02-30", "today"])
def test_a_day_that_has_not_begun_is_422(call: StaffCalls, table: TableInMoto, day: str) -> None:
    assert call("POST", f"/v1/locations/demo/reports/{day}/send")[0] == 422
    assert waiting(table) == []


def test_without_recipients_nobody_would_get_it(
    call: StaffCalls, places: LocationStore, table: TableInMoto
) -> None:
    places.save_location(DEMO)
    status, problem = call("POST", SEND)
    assert (status, problem["code"]) == (409, "no_recipients")
    assert waiting(table) == []
