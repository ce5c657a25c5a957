"""Services, employees and terms through the staff API."""

from collections.abc import Iterator
from copy import replace
from typing import Any

import pytest

from shared.adapters import retry_write
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.adapters.catalogue_store import MAX_SERVICES, CatalogueStore
from shared.adapters.location_store import LocationStore
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.errors import AwsUnreachable, InvalidFacts, WriteConflict
from shared.domain.money.money import Money
from tests.surroundings.fixtures import DEMO
from tests.surroundings.kept import keep
from tests.surroundings.staff_calls import StaffCalls, forget_stores, pointers

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("aws")]

HERE = "/v1/locations/demo"
CUT = {"name": "Haircut", "price": 4500, "duration_minutes": 60}
PLAIN = {
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 0,
    "category": "",
    "description": "",
    "position": 0,
}
ANNA = {"name": "Anna", "hours": [{"weekday": 0, "from": "09:00", "to": "18:00"}]}
TERMS = {
    "prepayment": {"type": "full"},
    "overrides": [{"service_id": "colour", "prepayment": {"type": "deposit", "percent": 30}}],
}


@pytest.fixture
def staff(store: BookingStore, context: Any) -> Iterator[StaffCalls]:
    forget_stores()
    yield StaffCalls(context, store)
    forget_stores()


# ------------------------------------------------------------------ services and employees


def test_a_service_is_made_listed_replaced_and_taken_away(staff: StaffCalls) -> None:
    status, made = staff("PUT", f"{HERE}/services/cut", CUT)
    assert (status, made) == (
        200,
        {"service_id": "cut", **CUT, **PLAIN, "currency": "eur", "warnings": []},
    )
    changed = {**CUT, "price": 5000, "currency": "EUR", "employee_ids": ["anna"]}
    assert staff("PUT", f"{HERE}/services/cut", {**changed, "service_id": "cut"})[0] == 200
    assert staff("GET", f"{HERE}/services")[1] == {
        "items": [{**changed, **PLAIN, "service_id": "cut", "currency": "eur"}],
        "next_cursor": None,
    }
    assert staff("DELETE", f"{HERE}/services/cut") == (204, None)
    assert staff("DELETE", f"{HERE}/services/cut") == (204, None)
    assert staff("GET", f"{HERE}/services")[1]["items"] == []


def test_a_service_has_buffers_and_its_place_in_a_list(staff: StaffCalls) -> None:
    first = {
        "buffer_before_minutes": 5,
        "buffer_after_minutes": 15,
        "category": "Hair",
        "description": "Wash, cut and dry.",
        "position": 1,
    }
    assert staff("PUT", f"{HERE}/services/wash", {**CUT, **first})[1]["buffer_after_minutes"] == 15
    assert staff("PUT", f"{HERE}/services/cut", {**CUT, "position": 2})[0] == 200
    shown = staff("GET", f"{HERE}/services")[1]["items"]
    assert [each["service_id"] for each in shown] == ["wash", "cut"]
    assert {name: shown[0][name] for name in first} == first
    one = staff("GET", f"{HERE}/services", limit="1")[1]
    assert [each["service_id"] for each in one["items"]] == ["wash"]
    two = staff("GET", f"{HERE}/services", limit="1", cursor=one["next_cursor"])[1]
    assert [each["service_id"] for each in two["items"]] == ["cut"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("buffer_before_minutes", -1),
        ("buffer_after_minutes", 721),
        ("category", "x" * 61),
        ("description", "x" * 501),
        ("position", 10_001),
    ],
)
def test_a_buffer_or_a_text_out_of_bounds_is_a_mistake(
    staff: StaffCalls, name: str, value: object
) -> None:
    status, problem = staff("PUT", f"{HERE}/services/cut", {**CUT, name: value})
    assert (status, pointers(problem)) == (422, [f"/{name}"])


def test_an_employee_is_made_listed_replaced_and_taken_away(staff: StaffCalls) -> None:
    assert staff("PUT", f"{HERE}/employees/anna", ANNA) == (200, {"employee_id": "anna", **ANNA})
    assert staff("PUT", f"{HERE}/employees/anna", {"name": "Anna B."})[0] == 200
    assert staff("GET", f"{HERE}/employees")[1]["items"] == [
        {"employee_id": "anna", "name": "Anna B.", "hours": []}
    ]
    assert staff("DELETE", f"{HERE}/employees/anna") == (204, None)
    assert staff("GET", f"{HERE}/employees")[1]["items"] == []


def test_lists_are_by_name_a_page_at_a_time(staff: StaffCalls) -> None:
    names = {"a": "Wash", "b": "Äpfel", "c": "Cut", "d": "Cut", "e": "Blow-dry"}
    for service_id, name in names.items():
        staff("PUT", f"{HERE}/services/{service_id}", {**CUT, "name": name})
    seen: list[str] = []
    query: dict[str, str] = {"limit": "2"}
    for _ in range(3):
        page = staff("GET", f"{HERE}/services", **query)[1]
        seen += [each["service_id"] for each in page["items"]]
        query["cursor"] = page["next_cursor"]
    assert (seen, page["next_cursor"]) == (["e", "c", "d", "a", "b"], None)


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"cursor": "!"}, {"cursor": "/w=="}]
)
def test_a_wrong_page_is_refused(staff: StaffCalls, query: dict[str, str]) -> None:
    status, problem = staff("GET", f"{HERE}/services", **query)
    assert (status, pointers(problem)) == (422, [f"/query/{next(iter(query))}"])


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("services/cut", {}, ["/name", "/price", "/duration_minutes"]),
        ("services/cut", {**CUT, "colour": "red"}, ["/colour"]),
        ("services/cut", {**CUT, "price": -1}, ["/price"]),
        ("services/cut", {**CUT, "price": 45.0}, ["/price"]),
        ("services/cut", {**CUT, "price": "4500"}, ["/price"]),
        ("services/cut", {**CUT, "price": 10**30}, ["/price"]),
        ("services/cut", {**CUT, "name": " "}, ["/name"]),
        ("services/cut", {**CUT, "name": "a\nb"}, ["/name"]),
        ("services/cut", {**CUT, "duration_minutes": 4}, ["/duration_minutes"]),
        ("services/cut", {**CUT, "currency": "usd"}, ["/currency"]),
        ("services/cut", {**CUT, "service_id": "other"}, ["/service_id"]),
        ("services/cut", {**CUT, "employee_ids": ["#"]}, ["/employee_ids/0"]),
        ("services/cut", {**CUT, "employee_ids": "anna"}, ["/employee_ids"]),
        ("services/-cut", CUT, ["/service_id"]),
        ("employees/anna", {}, ["/name"]),
        ("employees/anna", {**ANNA, "age": 3}, ["/age"]),
        ("employees/anna", {**ANNA, "employee_id": "ben"}, ["/employee_id"]),
        ("employees/anna", {**ANNA, "hours": [{"weekday": 0}]}, ["/hours/0/from", "/hours/0/to"]),
        (
            "employees/anna",
            {**ANNA, "hours": [{"weekday": 7, "from": "18:00", "to": "09:00"}]},
            ["/hours/0/weekday", "/hours/0/to"],
        ),
        ("employees/anna", {**ANNA, "hours": ANNA["hours"] * 2}, ["/hours/1"]),  # type: ignore[operator]
        ("employees/anna", "[]", [""]),
        ("employees/anna", "{", []),
    ],
)
def test_each_mistake_of_an_entry_is_named(
    staff: StaffCalls, path: str, body: object, expected: list[str]
) -> None:
    status, problem = staff("PUT", f"{HERE}/{path}", body)
    assert (status, pointers(problem)) == (422, expected)
    assert staff("GET", f"{HERE}/{path.partition('/')[0]}")[1]["items"] == []


def test_a_catalogue_has_a_bound_and_can_be_changed_when_it_is_full(
    staff: StaffCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.adapters.catalogue_store.MAX_SERVICES", 2)
    for service_id in ("a", "b"):
        assert staff("PUT", f"{HERE}/services/{service_id}", CUT)[0] == 200
    status, problem = staff("PUT", f"{HERE}/services/c", CUT)
    assert (status, problem["code"]) == (409, "catalogue_full")
    assert staff("PUT", f"{HERE}/services/a", {**CUT, "price": 1})[0] == 200
    assert MAX_SERVICES == 200


def test_deleting_a_service_leaves_its_bookings_untouched(
    staff: StaffCalls, store: BookingStore
) -> None:
    staff("PUT", f"{HERE}/services/cut", CUT)
    booking = Booking(
        "bk_1", "demo", "confirmed", Money(4500, "eur"), "Haircut", 1_795_372_392, service_id="cut"
    )
    keep(store, booking)
    before = store.get_booking("demo", "bk_1")
    assert staff("DELETE", f"{HERE}/services/cut")[0] == 204
    assert store.get_booking("demo", "bk_1") == before


def test_two_locations_do_not_see_each_others_catalogue(staff: StaffCalls) -> None:
    staff("PUT", f"{HERE}/services/cut", CUT)
    assert staff("GET", "/v1/locations/other/services", by="other-owner")[1]["items"] == []
    for method, path in (("GET", "services"), ("PUT", "services/cut"), ("DELETE", "services/cut")):
        status, problem = staff(method, f"{HERE}/{path}", CUT, by="other-owner")
        assert (status, problem["code"]) == (404, "location_not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "services", "owner manager finance admin"),
        ("PUT", "services/cut", "owner manager admin"),
        ("DELETE", "services/cut", "owner manager admin"),
        ("GET", "employees", "owner manager finance admin"),
        ("PUT", "employees/anna", "owner manager admin"),
        ("DELETE", "employees/anna", "owner manager admin"),
        ("GET", "terms", "owner manager finance admin"),
        ("PUT", "terms", "owner manager admin"),
        ("GET", "terms/explain", "owner manager finance admin"),
        ("POST", "terms/preview", "owner manager admin"),
    ],
)
def test_who_may_what(staff: StaffCalls, method: str, path: str, allowed: str) -> None:
    for caller in ("owner", "manager", "finance", "admin", "former", "stranger"):
        status, problem = staff(method, f"{HERE}/{path}", {"x": 1}, by=caller)
        if caller in allowed.split():
            assert status not in (403, 404)
        else:
            # The role is looked at before the body.
            code = "forbidden" if caller == "finance" else "location_not_found"
            assert problem["code"] == code


# ------------------------------------------------------------------ terms


def test_before_any_terms_were_saved_nothing_is_asked_for_online(staff: StaffCalls) -> None:
    status, terms = staff("GET", f"{HERE}/terms")
    assert (status, terms["prepayment"]) == (200, {"type": "none", "required": True})


def test_terms_are_saved_and_can_be_sent_back_as_they_were_read(staff: StaffCalls) -> None:
    staff("PUT", f"{HERE}/services/colour", {**CUT, "price": 12000})
    status, saved = staff("PUT", f"{HERE}/terms", TERMS)
    assert (status, saved.pop("warnings")) == (200, [])
    assert staff("GET", f"{HERE}/terms") == (200, saved)
    assert staff("PUT", f"{HERE}/terms", saved)[1] == {**saved, "warnings": []}


def test_terms_that_are_wrong_change_nothing_and_every_mistake_is_named(staff: StaffCalls) -> None:
    staff("PUT", f"{HERE}/services/cut", CUT)
    staff("PUT", f"{HERE}/terms", TERMS)
    kept = staff("GET", f"{HERE}/terms")
    deposit = {"type": "deposit", "amount": 4501}
    wrong = {
        "prepayment": {"type": "half"},
        "overrides": [{"service_id": "cut", "prepayment": deposit}],
        "hold_minutes": 3,
        "tip": 1,
    }
    status, problem = staff("PUT", f"{HERE}/terms", wrong)
    assert (status, problem["code"]) == (422, "invalid_input")
    assert sorted(pointers(problem)) == ["/hold_minutes", "/prepayment/type", "/tip"]
    # What holds between the fields is looked at where each of them is right.
    of_their_shape = {**TERMS, "overrides": wrong["overrides"]}
    status, problem = staff("PUT", f"{HERE}/terms", of_their_shape)
    assert (status, pointers(problem)) == (422, ["/overrides/0/prepayment/amount"])
    assert staff("PUT", f"{HERE}/terms")[0] == 422
    assert staff("PUT", f"{HERE}/terms", "{" + " " * 70_000)[0] == 422
    assert staff("GET", f"{HERE}/terms") == kept


def test_saving_terms_or_a_price_warns_of_what_stripe_would_not_take(staff: StaffCalls) -> None:
    staff("PUT", f"{HERE}/services/fringe", {**CUT, "name": "Fringe", "price": 100})
    thirty = {"prepayment": {"type": "deposit", "percent": 30}}
    (warning,) = staff("PUT", f"{HERE}/terms", thirty)[1]["warnings"]
    assert (warning["code"], warning["amount"], warning["limit"], warning["currency"]) == (
        "below_minimum",
        30,
        50,
        "eur",
    )
    assert "€0.50" in warning["detail"]
    (warning,) = staff("PUT", f"{HERE}/services/fringe", {**CUT, "price": 20})[1]["warnings"]
    assert (warning["code"], warning["amount"]) == ("below_minimum", 6)
    assert staff("PUT", f"{HERE}/services/fringe", CUT)[1]["warnings"] == []
    listed = {**thirty, "services": ["gone"]}
    assert [each["code"] for each in staff("PUT", f"{HERE}/terms", listed)[1]["warnings"]] == [
        "unknown_service"
    ]


def test_it_is_explained_that_a_hold_would_lapse_before_a_visit_far_ahead(
    staff: StaffCalls,
) -> None:
    staff("PUT", f"{HERE}/services/cut", CUT)
    staff("PUT", f"{HERE}/terms", {"prepayment": {"type": "hold"}})
    _, told = staff("GET", f"{HERE}/terms/explain", service_id="cut")
    assert told["due"]["mode"] == "hold"
    assert told["due_later"] == {
        "beyond_days": 6,
        "mode": "save_card",
        "amount_now": 0,
        "amount_remaining": CUT["price"],
        "reason": "hold_would_lapse",
    }


def test_terms_can_be_tried_before_they_are_saved(staff: StaffCalls) -> None:
    staff("PUT", f"{HERE}/services/cut", CUT)
    staff("PUT", f"{HERE}/employees/anna", ANNA)
    wanted = {
        "prepayment": {"type": "deposit", "percent": 30},
        "overrides": [{"employee_id": "anna", "prepayment": {"type": "full"}}],
        "cancellation": {"steps": [{"hours_before": 24, "fee": {"type": "full"}}]},
    }
    status, told = staff("POST", f"{HERE}/terms/preview", wanted)
    (cut,) = told["items"]
    assert (status, cut["name"], cut["due"]["amount_now"]) == (200, CUT["name"], 1350)
    assert "24 Stunden vor dem Termin" in told["terms_text"], "as clients read it"
    _, with_anna = staff("POST", f"{HERE}/terms/preview", wanted, employee_id="anna")
    assert with_anna["items"][0]["due"]["amount_now"] == 4500
    # Nothing was saved.
    _, saved = staff("GET", f"{HERE}/terms")
    assert saved["prepayment"]["type"] == "none"


def test_a_mistake_in_terms_that_are_tried_is_named(staff: StaffCalls) -> None:
    status, problem = staff("POST", f"{HERE}/terms/preview", {"prepayment": {"type": "deposit"}})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/prepayment")


def test_it_is_explained_which_rule_wins(staff: StaffCalls) -> None:
    staff("PUT", f"{HERE}/services/cut", CUT)
    staff("PUT", f"{HERE}/services/colour", {**CUT, "price": 12000})
    staff("PUT", f"{HERE}/employees/anna", ANNA)
    staff("PUT", f"{HERE}/terms", {**TERMS, "prepayment": {"type": "full", "required": False}})
    explain = f"{HERE}/terms/explain"
    assert staff("GET", explain, service_id="colour", employee_id="anna") == (
        200,
        {
            "service_id": "colour",
            "employee_id": "anna",
            "won": "override_service",
            "prepayment": {"type": "deposit", "required": True, "percent": 30},
            "required": True,
            "price": 12000,
            "currency": "eur",
            "due": {
                "mode": "pay",
                "amount_now": 3600,
                "amount_remaining": 8400,
                "reason": "deposit_percent",
            },
        },
    )
    _, optional = staff("GET", explain, service_id="cut")
    assert (optional["won"], optional["required"], optional["employee_id"]) == (
        "default",
        False,
        None,
    )
    assert optional["due"]["amount_now"] == 4500
    assert optional["due_if_not_now"]["reason"] == "client_pays_at_visit"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 422, "invalid_input"),
        ({"employee_id": "anna"}, 422, "invalid_input"),
        ({"service_id": "gone"}, 404, "service_not_found"),
        ({"service_id": "#" * 3000}, 404, "service_not_found"),
        ({"service_id": "cut", "employee_id": "gone"}, 404, "employee_not_found"),
    ],
)
def test_what_is_not_there_is_not_explained(
    staff: StaffCalls, query: dict[str, str], status: int, code: str
) -> None:
    staff("PUT", f"{HERE}/services/cut", CUT)
    told, problem = staff("GET", f"{HERE}/terms/explain", **query)
    assert (told, problem["code"]) == (status, code)


# ------------------------------------------------------------------ the store below


def test_the_currencys_steps_hold_for_prices(staff: StaffCalls, places: LocationStore) -> None:
    places.save_location(replace(DEMO, currency="isk"))
    assert pointers(staff("PUT", f"{HERE}/services/cut", {**CUT, "price": 4550})[1]) == ["/price"]
    assert staff("PUT", f"{HERE}/services/cut", CUT)[0] == 200


def test_who_writes_at_the_same_time_writes_in_some_order(
    staff: StaffCalls, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, refusals = BookingsTable.put, [WriteConflict("first"), WriteConflict("second")]

    def refuse(self: BookingsTable, puts: Any) -> None:
        if refusals:
            raise refusals.pop()
        put(self, puts)

    monkeypatch.setattr(BookingsTable, "put", refuse)
    assert staff("PUT", f"{HERE}/services/cut", CUT)[0] == 200
    assert CatalogueStore(config).get_service("demo", "cut") is not None
    monkeypatch.setattr(retry_write, "MOST_S", 0)
    refusals += [WriteConflict("again")] * retry_write.ATTEMPTS
    assert staff("PUT", f"{HERE}/services/cut", CUT)[0] == 409


def test_a_table_that_gives_no_answer_is_a_503(
    staff: StaffCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AwsUnreachable("the table gave no answer")

    monkeypatch.setattr(BookingsTable, "query_partition", fail)
    assert staff("GET", f"{HERE}/services")[1]["code"] == "unavailable"


def test_what_was_stored_wrongly_is_a_mistake_of_ours_and_not_of_who_asks(
    staff: StaffCalls, config: Config
) -> None:
    broken = {**CUT, "service_id": "cut", "currency": "eur", "name": ""}
    BookingsTable(config).put([Put(Key("demo#catalogue", "service#cut"), broken)])
    with pytest.raises(InvalidFacts, match="/name"):
        CatalogueStore(config).list_services("demo")
    assert staff("GET", f"{HERE}/services")[0] == 500
