"""A client looks at a booking with its token: everything of it, and nothing of anybody else's."""

import json
from copy import replace
from typing import Any

import pytest

from functions.record_stripe_event import handler as record_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put
from shared.config import load_config
from shared.domain.catalogue.services import employee_to_dict
from shared.domain.errors import AwsUnreachable
from shared.domain.link_tokens import derive_token
from tests.builders import booking, charge, event, from_queue, refund
from tests.surroundings.kept import keep
from tests.surroundings.salon import (
    CLIENT,
    ELSEWHERE,
    EMPLOYEES,
    ORIGIN,
    Salon,
    StripeBeside,
    in_hours,
    limit_keys,
    moment,
)

pytestmark = pytest.mark.enable_socket


# ------------------------------------------------------------------ who may look


def test_a_client_sees_the_booking_as_it_was_answered_without_the_token(salon: Salon) -> None:
    made = salon.booked()
    token = made.pop("token")
    assert salon.look(made["booking_id"], token) == (200, made)
    assert made == {
        "booking_id": made["booking_id"],
        "status": "awaiting_payment",
        "payment_status": "unpaid",
        "description": "Haircut",
        "starts_at": moment(),
        "ends_at": made["ends_at"],
        "timezone": "Europe/Berlin",
        "service_id": "cut",
        "employee_id": "anna",
        "employee_name": "Anna",
        "place": {
            "name": "Salon Demo",
            "address": "",
            "phone": "",
            "email": "",
            "website": "",
            "imprint_url": "",
            "privacy_url": "",
            "map_url": "",
        },
        "price": 4500,
        "due_mode": "pay",
        "due_reason": "full",
        "amount_due": 4500,
        "amount_paid": 0,
        "amount_paid_elsewhere": 0,
        "amount_refunded": 0,
        "payment_pending": True,
        "currency": "eur",
        "receipt_url": None,
        "checkout_url": made["checkout_url"],
        "expires_at": made["expires_at"],
        "fees": [],
        "refunds": [],
        "cancellation_fee_now": 0,
        "cancelling_now": None,
        "can_reschedule": False,
        "reschedule_until": None,
        "reschedule_fee_now": 0,
        "reschedules_left": 0,
        "terms_text": made["terms_text"],
    }
    assert made["checkout_url"].startswith("http")


def test_the_view_names_nobody(salon: Salon) -> None:
    made = salon.booked()
    shown = json.dumps(salon.looked(made))
    for private in (*CLIENT.values(), made["token"], "digest", "location"):
        assert private not in shown


def test_without_the_bookings_own_token_it_is_as_if_there_were_none(salon: Salon) -> None:
    made, other = salon.booked(), salon.booked("talk", moment(12))
    booking_id = made["booking_id"]
    link = derive_token("the key of the links", "demo", booking_id, 1)
    own = made["token"]
    tried = [
        salon.look(booking_id),
        *(
            salon.look(booking_id, token)
            for token in (
                "",
                "A" * 32,
                other["token"],
                link,
                own[:-1],
                f"{own}\n",
                f"{own},{own}",
                own.swapcase(),
                "\u00e9" * 32,
                "x" * 9000,
            )
        ),
        salon.look("bk_" + "0" * 24, own),
        salon.look("nobody", own),
    ]
    assert tried[0][0] == 404
    assert tried[0][1]["code"] == "booking_not_found"
    assert [each for each in tried if each != tried[0]] == []
    assert salon.look(booking_id, own)[0] == 200


@pytest.mark.parametrize("booking_id", ["x" * 3000, "demo#terms", "../bk", "\u00e9"])
def test_what_can_be_no_bookings_id_is_not_found(
    salon: Salon, booking_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: an id longer than a key of the table may be was 503."""
    limit_keys(monkeypatch)
    status, problem = salon.look(booking_id, "A" * 32, origin=ORIGIN)
    assert (status, problem["code"]) == (404, "booking_not_found")


def test_a_booking_that_staff_made_has_no_clients_page(salon: Salon, store: BookingStore) -> None:
    keep(store, booking("bk_desk"))
    assert salon.look("bk_desk", "A" * 32)[0] == 404


# ------------------------------------------------------------------ what it shows


def test_what_was_paid_and_given_back_is_shown(salon: Salon, context: Any) -> None:
    made = salon.booked("colour")
    of_ours = {"location_id": "demo", "booking_id": made["booking_id"]}
    paid = charge(901, amount=3600, amount_captured=3600, metadata=of_ours)
    back = refund(901, amount=600)
    events = [event("charge.succeeded", paid), event("refund.created", back)]
    events.append(event("charge.refunded", {**paid, "amount_refunded": 600}))
    assert record_function.handler(from_queue(*events), context) == {"batchItemFailures": []}
    shown = salon.looked(made)
    assert (shown["status"], shown["payment_status"]) == ("confirmed", "partially_refunded")
    assert (shown["amount_paid"], shown["amount_refunded"], shown["amount_due"]) == (3600, 600, 0)
    assert (shown["checkout_url"], shown["expires_at"]) == (None, None)


def test_a_lapsed_booking_shows_no_way_to_pay(salon: Salon) -> None:
    made = salon.booked()
    assert salon.release() == {"freed": 1}
    shown = salon.looked(made)
    assert (shown["status"], shown["amount_due"]) == ("expired", 0)
    assert (shown["checkout_url"], shown["expires_at"]) == (None, None)
    assert shown["cancellation_fee_now"] == 0


@pytest.mark.parametrize(
    ("hours", "fee"), [(60, 0), (49, 0), (47, 1000), (25, 1000), (23, 2000), (1, 2000)]
)
def test_cancelling_costs_what_the_policy_says_for_this_moment(
    salon: Salon, hours: int, fee: int
) -> None:
    made = salon.booked("talk", in_hours(hours), employee_id="nora")
    assert made["cancellation_fee_now"] == fee
    assert salon.looked(made)["cancellation_fee_now"] == fee


@pytest.mark.parametrize(
    "cancellation",
    [
        {},
        {"steps": [{"hours_before": 720, "fee": {"type": "full"}}]},
        {"steps": [{"hours_before": 48, "fee": {"type": "fixed", "amount": 100}}]},
    ],
)
def test_the_fee_is_that_of_the_policy_that_was_accepted(
    salon: Salon, cancellation: dict[str, Any]
) -> None:
    made = salon.booked("talk", in_hours(30), employee_id="nora")
    salon.set_terms(cancellation=cancellation)
    shown = salon.looked(made)
    assert shown["cancellation_fee_now"] == 1000
    assert shown["terms_text"] == made["terms_text"]
    # Who books now is told of the new one.
    new = salon.booked("talk", in_hours(32), employee_id="nora")
    assert new["cancellation_fee_now"] != 1000
    assert new["terms_text"] != made["terms_text"]


def test_who_has_not_paid_yet_pays_no_fee(salon: Salon) -> None:
    made = salon.booked("trim", in_hours(3), employee_id="nora")
    assert (made["status"], made["cancellation_fee_now"]) == ("awaiting_payment", 0)


# ------------------------------------------------------------------ free slots


def test_what_is_booked_is_no_more_among_the_free_slots(salon: Salon) -> None:
    _, before = salon.slots()
    salon.booked(starts_at=moment(10))
    _, after = salon.slots()
    gone = [each["starts_at"] for each in before["slots"] if each not in after["slots"]]
    assert gone == [moment(9, 15), moment(9, 30), moment(9, 45), *quarters_of(10)]
    assert salon.is_free(moment(11))


def test_a_week_of_free_slots_is_each_of_its_days_in_order(salon: Salon) -> None:
    salon.booked(starts_at=moment(10, days=7))
    _, week = salon.slots(days="7")
    single = [salon.slots(starts_at=moment(days=5 + day))[1]["slots"] for day in range(7)]
    assert week["slots"] == [slot for day in single for slot in day]
    assert len(single[2]) < len(single[1])


def test_a_week_of_a_large_house_is_one_answer(salon: Salon) -> None:
    """DynamoDB gives a hundred items at a time; 25 people's week and the days around are more."""
    people = [replace(EMPLOYEES[0], employee_id=f"p{number:02}") for number in range(22)]
    table = salon.catalogue._table
    key = "demo#catalogue"
    table.put([Put(Key(key, f"employee#{p.employee_id}"), employee_to_dict(p)) for p in people])
    salon.booked("talk", moment(10), employee_id="p21")
    _, week = salon.slots("talk", employee_id="", days="7")
    of_last = [each for each in week["slots"] if each["employee_id"] == "p21"]
    of_first = [each for each in week["slots"] if each["employee_id"] == "p00"]
    assert len(of_last) == len(of_first) - 1 == 7 * 48 - 1


def test_with_anyone_every_employee_of_the_service_is_looked_at(salon: Salon) -> None:
    """Bug: the first 25 by name were; where only later ones were free, no time was shown."""
    people = [
        replace(EMPLOYEES[0], employee_id=f"p{at:02}", hours=EMPLOYEES[0].hours if at > 38 else ())
        for at in range(40)
    ]
    table = salon.catalogue._table
    puts = [
        Put(Key("demo#catalogue", f"employee#{p.employee_id}"), employee_to_dict(p)) for p in people
    ]
    table.put(puts)
    _, anyone = salon.slots("talk", employee_id="")
    _, alone = salon.slots("talk", employee_id="p39")
    assert alone["slots"]
    assert [each for each in anyone["slots"] if each["employee_id"] == "p39"] == alone["slots"]
    assert not [each for each in anyone["slots"] if each["employee_id"] == "p38"]


@pytest.mark.parametrize("days", ["0", "8", "-1", "07", "x", ""])
def test_more_than_a_week_is_not_looked_at(salon: Salon, days: str) -> None:
    status, problem = salon.slots(days=days)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/query/days")


@pytest.mark.parametrize("day", ["", "20261122", "2026-W47-7", "2026-11-31", "2026-1-2"])
def test_a_day_has_the_contracts_form_alone(salon: Salon, day: str) -> None:
    """Bug: every form of a date that Python reads was taken."""
    status, problem = salon.slots(day=day)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/query/date")


def quarters_of(hour: int) -> list[str]:
    return [moment(hour, minute) for minute in (0, 15, 30, 45)]


# ------------------------------------------------------------------ pages of other sites


def test_an_allowed_page_may_read_the_view_and_its_refusals(salon: Salon) -> None:
    made = salon.booked()
    assert salon.look(made["booking_id"], made["token"], origin=ORIGIN)[0] == 200
    assert (salon.may_read(), salon.headers["vary"]) == (ORIGIN, "origin")
    assert salon.cancel(made, origin=ORIGIN)[0] == 200
    assert salon.cancel(made, origin=ORIGIN)[0] == 200
    assert salon.may_read() == ORIGIN
    assert salon.slots(origin=ORIGIN)[0] == 200
    assert salon.may_read() == ORIGIN
    assert salon.slots("wig", origin=ORIGIN)[0] == 404
    assert salon.may_read() == ORIGIN


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_no_header_tells_whether_there_is_such_a_booking(salon: Salon, method: str) -> None:
    """Bug: an allowed origin was named for a booking that is there, whatever the token."""
    made = salon.booked()
    told = [
        salon.ask_about(method, booking_id, token, origin=ORIGIN)
        for booking_id in (made["booking_id"], "bk_" + "0" * 24)
        for token in ("A" * 32, "")
    ]
    assert [each for each in told if each != told[0]] == []
    assert "access-control-allow-origin" not in told[0]["headers"]
    own = salon.ask_about(method, made["booking_id"], made["token"], origin=ORIGIN)
    assert own["headers"]["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "", f"{ORIGIN}.evil.example"])
def test_a_page_of_another_site_may_read_nothing(salon: Salon, origin: str) -> None:
    made = salon.booked()
    for asked in (
        lambda: salon.look(made["booking_id"], made["token"], origin=origin),
        lambda: salon.look(made["booking_id"], "A" * 32, origin=origin),
        lambda: salon.look("bk_nobody", made["token"], origin=ORIGIN),
        lambda: salon.slots(origin=origin),
        lambda: salon.slots("wig", origin=origin),
    ):
        asked()
        assert salon.may_read() is None
        assert "origin" in salon.headers["vary"].split(", ")


def test_without_the_table_it_is_unavailable(salon: Salon, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise AwsUnreachable("secret details")

    made = salon.booked("talk")
    monkeypatch.setattr(BookingsTable, "get", unreachable)
    status, problem = salon.look(made["booking_id"], made["token"], origin=ORIGIN)
    assert (status, problem["code"]) == (503, "unavailable")
    assert "secret" not in json.dumps(problem)


def test_a_client_cancels_frees_the_slot_and_may_ask_again(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    made = salon.booked()
    at_stripe.pay(made)
    salon.hear(made, at_stripe)
    assert not salon.is_free()
    status, shown = salon.cancel(made, origin=ORIGIN)
    assert (status, shown["status"], shown["cancellation_fee_now"]) == (200, "cancelled", 0)
    assert [each["status"] for each in shown["refunds"]] == ["requested"]
    assert salon.may_read() == ORIGIN
    assert salon.is_free()
    salon.booked()
    assert salon.cancel(made)[1] == shown
    assert not salon.is_free(), "who comes after keeps the slot"


def test_only_the_bookings_own_client_cancels_it(salon: Salon) -> None:
    made, other = salon.booked(), salon.booked("talk", moment(12))
    for wrong in (other["token"], "", "x" * 32):
        status, problem = salon.cancel({**made, "token": wrong})
        assert (status, problem["code"]) == (404, "booking_not_found")
    assert salon.looked(made)["status"] == "awaiting_payment"


def test_what_is_over_is_not_cancelled(salon: Salon) -> None:
    made = salon.booked()
    salon.release()
    status, problem = salon.cancel(made)
    assert (status, problem["code"]) == (409, "booking_expired")


def test_it_shows_where_to_go_and_whom_to_call_whatever_was_asked_for(salon: Salon) -> None:
    """Finding F7: nothing said where to go, or how to call; F12: nor who it is with."""
    salon.set_location(address="Torstraße 1, 10119 Berlin", phone="+49 30 1", email="a@example.com")
    made = salon.booked("talk", employee_id="nora")
    for shown in (made, salon.looked(made), salon.cancel(made)[1]):
        assert shown["employee_name"] == "Nora"
        assert shown["place"]["phone"] == "+49 30 1"
        assert shown["place"]["map_url"] == (
            "https://www.google.com/maps/search/?api=1&query=Torstra%C3%9Fe+1%2C+10119+Berlin"
        )


def test_an_employee_who_left_is_named_no_more(salon: Salon) -> None:
    made = salon.booked("talk", employee_id="nora")
    BookingsTable(load_config()).put([Delete(Key("demo#catalogue", "employee#nora"))])
    assert salon.looked(made)["employee_name"] is None
