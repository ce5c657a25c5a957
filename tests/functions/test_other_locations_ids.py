"""Ids of another location lead nowhere, even for somebody who works at both."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from tests.fake_aws import FakeAws
from tests.surroundings.staff_calls import StaffCalls, forget_stores

pytestmark = pytest.mark.enable_socket
NEW = {
    "amount": 4500,
    "currency": "eur",
    "description": "Cut",
    "client": {"name": "Mira", "email": "mira@example.com"},
}


@pytest.fixture
def staff(
    store: BookingStore, places: LocationStore, context: Any, aws: FakeAws
) -> Iterator[StaffCalls]:
    aws.secrets["bookpay/link-key"] = "the key of the links"
    forget_stores()
    calls = StaffCalls(context, store)
    for location_id in ("demo", "other"):
        places.put_member("both", location_id, ["owner"], "")
    yield calls
    forget_stores()


def test_what_is_demos_is_not_found_at_the_other_location(staff: StaffCalls) -> None:
    service = {"name": "Cut", "price": 4500, "duration_minutes": 60}
    booking_id = staff("POST", "/v1/locations/demo/bookings", NEW, by="both")[1]["booking_id"]
    staff("PUT", "/v1/locations/demo/services/cut", service, by="both")
    invited = {"email": "eva@salon.example", "role": "manager"}
    eva = staff("POST", "/v1/locations/demo/members", invited, by="both")[1]["member_id"]
    for method, path, body in (
        ("GET", f"bookings/{booking_id}", None),
        ("POST", f"bookings/{booking_id}/payment-link", {}),
        ("DELETE", f"members/{eva}", None),
        ("POST", f"members/{eva}/resend", {}),
        ("DELETE", "members/manager", None),
    ):
        status, told = staff(method, f"/v1/locations/other/{path}", body, by="both")
        assert (status, told["code"]) in {(404, "booking_not_found"), (404, "member_not_found")}
    explained = {"service_id": "cut"}
    assert staff("GET", "/v1/locations/other/terms/explain", by="both", **explained)[0] == 404
    staff("DELETE", "/v1/locations/other/services/cut", by="both")
    erased = staff("DELETE", "/v1/locations/other/clients/mira@example.com", by="both")[1]
    assert erased["bookings"] == 0
    assert staff("GET", f"/v1/locations/demo/bookings/{booking_id}", by="both")[1]["client"]
    assert staff("GET", "/v1/locations/demo/services", by="both")[1]["items"]
    listed = staff("GET", "/v1/locations/demo/members", by="both")[1]["items"]
    assert [each["member_id"] for each in listed] == [eva]
    shown = staff("GET", "/v1/locations/other/audit", by="both")[1]["items"]
    assert {each["what"] for each in shown} == {"service.deleted", "client.erased"}
