"""A client books a slot: it is taken and its payment opened, or neither, with the reason told."""

import io
import json
from collections.abc import Callable
from copy import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.create_checkout import handler as checkout_function
from functions.record_stripe_event import handler as record_function
from shared.adapters.agenda_store import AgendaStore
from shared.adapters.audit_log import audit_put
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable
from shared.domain.catalogue.public_view import location_terms_hash
from shared.domain.catalogue.services import Service
from shared.domain.errors import AwsUnreachable, WriteConflict
from shared.domain.link_tokens import derive_return_token, derive_token, token_digest
from shared.domain.money.money import Money
from shared.workflows import repeated_requests
from tests.builders import charge, event, from_queue
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import DEMO, TableInMoto
from tests.surroundings.kept import before_write, keep
from tests.surroundings.salon import (
    CLIENT,
    ELSEWHERE,
    ORIGIN,
    SECRET_KEY,
    Salon,
    StripeBeside,
    in_hours,
    limit_keys,
    moment,
    over_utc_midnight,
    session_id,
)

pytestmark = pytest.mark.enable_socket
OWN_KINDS = ("booking", "pointer", "link", "hold", "idempotency")


# ------------------------------------------------------------------ what is due


@pytest.mark.parametrize(
    ("service_id", "amount_due", "mode", "purpose"),
    [
        ("cut", 4500, "pay", "prepayment"),
        ("colour", 3600, "pay", "deposit"),
        ("perm", 9000, "hold", "prepayment"),
        ("blow", 3000, "pay", "prepayment"),
    ],
)
def test_what_is_due_is_asked_for_at_stripe(
    salon: Salon,
    at_stripe: StripeBeside,
    service_id: str,
    amount_due: int,
    mode: str,
    purpose: str,
) -> None:
    made = salon.booked(service_id)
    assert (made["status"], made["payment_status"]) == ("awaiting_payment", "unpaid")
    assert (made["amount_due"], made["amount_paid"], made["currency"]) == (amount_due, 0, "eur")
    session = at_stripe.session(made)
    assert (session["mode"], session["amount_total"]) == ("payment", amount_due)
    assert session["metadata"] == {
        "location_id": "demo",
        "booking_id": made["booking_id"],
        "purpose": purpose,
    }
    [sent] = at_stripe.opened()
    assert ("payment_intent_data[capture_method]" in sent) == (mode == "hold")
    assert not [name for name in sent if "application" in name or "transfer" in name]
    assert "Lindqvist" not in str(sent)
    online = salon.stored(made).terms
    assert online
    assert (online.mode, online.due_minor) == (mode, amount_due)


def test_a_card_on_file_is_saved_and_nothing_is_due(salon: Salon, at_stripe: StripeBeside) -> None:
    made = salon.booked("trim")
    assert (made["status"], made["amount_due"]) == ("awaiting_payment", 0)
    session = at_stripe.session(made)
    assert (session["mode"], session["amount_total"]) == ("setup", None)


@pytest.mark.parametrize(
    ("service_id", "pay_now", "payment_status"),
    [
        pytest.param("blow", False, "unpaid", id="the client chose so"),
        pytest.param("fringe", True, "unpaid", id="below Stripe's minimum"),
        pytest.param("talk", True, "unpaid", id="not listed"),
        pytest.param("gift", True, "not_required", id="free"),
    ],
)
def test_what_is_paid_at_the_visit_is_confirmed_and_stripe_is_not_asked(
    salon: Salon,
    at_stripe: StripeBeside,
    aws: FakeAws,
    table: TableInMoto,
    service_id: str,
    pay_now: bool,
    payment_status: str,
) -> None:
    """Bug: a session over the whole price was opened, so that Stripe's trouble lost the booking."""
    aws.sealed.clear()
    made = salon.booked(service_id, pay_now=pay_now)
    assert (made["status"], made["payment_status"]) == ("confirmed", payment_status)
    assert (made["amount_due"], made["checkout_url"], made["expires_at"]) == (0, None, None)
    assert at_stripe.sent == []
    assert salon.stored(made).checkout is None
    assert table.bodies("hold") == {}
    assert not salon.is_free(service_id=service_id)
    assert salon.release() == {}


def test_who_must_pay_now_cannot_choose_the_visit(salon: Salon) -> None:
    made = salon.booked("cut", pay_now=False)
    assert (made["status"], made["amount_due"]) == ("awaiting_payment", 4500)


def test_while_online_booking_is_off_nothing_is_booked(salon: Salon, table: TableInMoto) -> None:
    salon.set_location(online_booking_enabled=False)
    status, problem = salon.book()
    assert (status, problem["code"]) == (409, "online_booking_disabled")
    assert table.bodies(*OWN_KINDS) == {}


def test_the_slot_waits_as_long_as_the_terms_say_and_the_session_a_little_longer(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    made = salon.booked()
    stored = salon.stored(made)
    assert stored.terms
    assert stored.terms.hold_until_s - stored.created_at_s == 20 * 60
    assert at_stripe.session(made)["expires_at"] - stored.created_at_s == 35 * 60
    salon.set_terms(hold_minutes=1430)
    made = salon.booked(starts_at=moment(12))
    stored = salon.stored(made)
    assert at_stripe.session(made)["expires_at"] - stored.created_at_s == 1435 * 60


def test_what_was_agreed_is_kept_as_evidence(salon: Salon) -> None:
    found = salon.catalogue.get_location_and_terms("demo")
    assert found
    accepted = location_terms_hash(*found)
    made = salon.booked(accepted_terms=accepted)
    online = salon.stored(made).terms
    assert online
    assert online.terms_hash == accepted
    assert online.terms_text == made["terms_text"]
    assert made["terms_text"].startswith("Kostenlos absagbar bis ")
    assert online.cancellation["steps"][0]["hours_before"] == 48
    client = salon.stored(made).client
    assert client
    assert client.name == CLIENT["name"]


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("field", ["price", "amount", "currency", "location_id", "status", "due"])
def test_a_price_or_anything_else_of_the_callers_own_is_refused(
    salon: Salon, table: TableInMoto, field: str
) -> None:
    status, problem = salon.book(**as_fields(field, 1))
    assert (status, problem["code"]) == (422, "invalid_input")
    assert [each["pointer"] for each in problem["errors"]] == [f"/{field}"]
    assert table.bodies(*OWN_KINDS) == {}


def test_the_price_is_the_catalogues_of_this_moment(salon: Salon, at_stripe: StripeBeside) -> None:
    before = salon.booked()
    salon.catalogue.put_service("demo", Service("cut", "Haircut", Money(5000, "eur"), 60))
    after = salon.booked(starts_at=moment(12))
    assert (before["price"], after["price"]) == (4500, 5000)
    assert at_stripe.session(after)["amount_total"] == 5000
    assert salon.looked(before)["price"] == 4500


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("service_id", "", "/service_id"),
        ("service_id", None, "/service_id"),
        ("employee_id", "an#na", "/employee_id"),
        ("starts_at", "2026-11-30T10:00:00", "/starts_at"),
        ("starts_at", 1_795_372_392, "/starts_at"),
        ("client", {"name": "Mira"}, "/client/email"),
        ("client", {"name": "Mira", "email": "no address"}, "/client/email"),
        ("client", {"name": "a\r\nBcc: b", "email": "a@b.example"}, "/client/name"),
        ("client", None, "/client"),
        ("pay_now", "no", "/pay_now"),
        ("accepted_terms", "yes", "/accepted_terms"),
        ("accepted_terms", "0F" * 32, "/accepted_terms"),
        ("return_url", f"{ORIGIN}/a b", "/return_url"),
        ("return_url", f"{ORIGIN}/\x00", "/return_url"),
        ("return_url", f"{ORIGIN}/\u00fc", "/return_url"),
        ("return_url", f"{ORIGIN}/{'x' * 1000}", "/return_url"),
    ],
)
def test_every_wrong_field_is_named(salon: Salon, field: str, value: object, pointer: str) -> None:
    status, problem = salon.book(**as_fields(field, value))
    assert (status, problem["code"]) == (422, "invalid_input")
    assert [each["pointer"] for each in problem["errors"]] == [pointer]


@pytest.mark.parametrize("body", ["", "no JSON", "[]", '{"a": NaN}', "1" * 70_000])
def test_what_is_no_object_is_refused(salon: Salon, body: str) -> None:
    assert salon.send(body)[0] == 422


@pytest.mark.parametrize(
    "starts_at",
    [
        pytest.param(moment(days=-1), id="yesterday"),
        pytest.param(moment(7, 45), id="before opening"),
        pytest.param(moment(19, 15), id="ends after closing"),
        pytest.param(moment(10, 5), id="not on a quarter"),
        pytest.param(moment(days=400), id="more than a year ahead"),
        pytest.param("1971-01-01T00:00:00Z", id="long ago"),
        pytest.param("9998-12-31T23:59:59Z", id="the last year"),
    ],
)
def test_a_time_that_is_not_offered_is_refused(
    salon: Salon, table: TableInMoto, starts_at: str
) -> None:
    status, problem = salon.book(starts_at=starts_at)
    assert (status, problem["code"]) == (422, "slot_not_offered")
    assert [each["pointer"] for each in problem["errors"]] == ["/starts_at"]
    assert table.bodies(*OWN_KINDS) == {}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"service_id": "wig"}, "service_not_found"),
        ({"employee_id": "nobody"}, "employee_not_found"),
        ({"employee_id": "nora"}, "employee_not_found"),
    ],
)
def test_what_is_not_in_the_catalogue_or_not_done_by_this_employee_is_not_found(
    salon: Salon, table: TableInMoto, fields: dict[str, Any], code: str
) -> None:
    status, problem = salon.book(**fields)
    assert (status, problem["code"]) == (404, code)
    assert table.bodies(*OWN_KINDS) == {}


@pytest.mark.parametrize(
    "location_id", ["nobody", "No", "", "demo#catalogue", pytest.param("x" * 3000, id="long")]
)
def test_an_unknown_location_is_not_found(
    salon: Salon, location_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: an id longer than a key of the table may be was 503."""
    limit_keys(monkeypatch)
    body = {
        "service_id": "cut",
        "employee_id": "anna",
        "starts_at": moment(),
        "client": CLIENT,
    }
    status, problem = salon.send(body, location_id=location_id, origin=ORIGIN)
    assert (status, problem["code"]) == (404, "location_not_found")
    assert salon.may_read() is None


# ------------------------------------------------------------------ where a client goes back to


@pytest.mark.parametrize(
    ("url", "paid"),
    [
        (ORIGIN, f"{ORIGIN}?returned=paid"),
        (f"{ORIGIN}/", f"{ORIGIN}/?returned=paid"),
        (f"{ORIGIN}/thanks?lang=de", f"{ORIGIN}/thanks?lang=de&returned=paid"),
        (f"{ORIGIN}?lang=de", f"{ORIGIN}?lang=de&returned=paid"),
        (f"{ORIGIN}/book#done", f"{ORIGIN}/book?returned=paid#done"),
        ("https://pay.example.com/book/demo", "https://pay.example.com/book/demo?returned=paid"),
    ],
)
def test_a_client_goes_back_to_a_page_of_the_locations(
    salon: Salon, at_stripe: StripeBeside, url: str, paid: str
) -> None:
    """Bug: after a fragment, `returned` was no part of the query any more."""
    made = salon.booked(return_url=url)
    session = at_stripe.session(made)
    assert session["success_url"] == paid
    assert session["cancel_url"] == paid.replace("returned=paid", "returned=left")


def test_without_a_page_of_its_own_a_client_goes_back_to_ours(
    salon: Salon, at_stripe: StripeBeside, store: BookingStore
) -> None:
    made = salon.booked()
    page = urlsplit(at_stripe.session(made)["success_url"])
    token = derive_return_token("the key of the links", made["booking_id"])
    assert f"{page.scheme}://{page.netloc}{page.path}" == f"https://pay.example.com/pay/{token}"
    assert parse_qs(page.query) == {"booking": [made["booking_id"]], "returned": ["paid"]}
    link = derive_token("the key of the links", "demo", made["booking_id"], 1)
    assert store.find_link(token_digest(link)) == ("demo", made["booking_id"])


@pytest.mark.parametrize(
    "url",
    [
        f"{ELSEWHERE}/",
        "http://salon.example/",
        "https://salon.example.evil.example/",
        "https://salon.example@evil.example/",
        "https://salon.example:444/",
        "https://salon.example\\@evil.example/",
        "HTTPS://SALON.EXAMPLE/",
        "//salon.example/",
        "javascript:alert(1)",
        "/thanks",
    ],
)
def test_a_client_is_sent_nowhere_else(salon: Salon, table: TableInMoto, url: str) -> None:
    status, problem = salon.book(return_url=url)
    assert (status, problem["code"]) == (422, "return_url_not_allowed")
    assert [each["pointer"] for each in problem["errors"]] == ["/return_url"]
    assert table.bodies(*OWN_KINDS) == {}


# ------------------------------------------------------------------ the same request again


def test_the_same_request_again_is_the_same_booking_and_the_same_session(
    salon: Salon, at_stripe: StripeBeside, table: TableInMoto
) -> None:
    key = {"idempotency_key": "one"}
    first = salon.book(headers=key)
    assert first[0] == 201
    assert salon.book(headers=key) == first
    assert len(at_stripe.opened()) == 1
    assert len(table.bodies("booking")) == 1


def test_the_order_of_a_bodys_fields_is_no_other_body(salon: Salon) -> None:
    body = {
        "service_id": "cut",
        "employee_id": "anna",
        "starts_at": moment(),
        "client": CLIENT,
    }
    first = salon.send(body, idempotency_key="one")
    turned = dict(reversed(body.items()))
    assert salon.send(turned, idempotency_key="one") == first


def test_the_same_key_with_another_body_is_refused_and_another_key_is_another_request(
    salon: Salon, table: TableInMoto
) -> None:
    made = salon.booked(headers={"idempotency_key": "one"})
    status, problem = salon.book(employee_id="ben", headers={"idempotency_key": "one"})
    assert (status, problem["code"]) == (409, "idempotency_key_reused")
    status, problem = salon.book(headers={"idempotency_key": "two"})
    assert (status, problem["code"]) == (409, "slot_taken")
    assert [body["booking_id"] for body in table.bodies("booking").values()] == [made["booking_id"]]


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_has_bounds(salon: Salon, key: str) -> None:
    assert salon.book(headers={"idempotency_key": key})[0] == 422
    assert salon.book(headers={"idempotency_key": "k" * 255})[0] == 201


def test_a_key_is_free_again_after_a_day(salon: Salon, monkeypatch: pytest.MonkeyPatch) -> None:
    lasts_s = repeated_requests.IDEMPOTENCY_S
    monkeypatch.setattr(repeated_requests, "IDEMPOTENCY_S", -1)
    old = salon.booked("talk", moment(12), headers={"idempotency_key": "one"})
    monkeypatch.setattr(repeated_requests, "IDEMPOTENCY_S", lasts_s)
    made = salon.booked("talk", moment(14), headers={"idempotency_key": "one"})
    assert made["booking_id"] != old["booking_id"]
    assert salon.booked("talk", moment(14), headers={"idempotency_key": "one"}) == made


def test_a_repeated_request_of_a_confirmed_booking_opens_no_further_session(
    salon: Salon, at_stripe: StripeBeside, context: Any
) -> None:
    """Bug: after a deposit was paid, the repetition asked Stripe for the rest."""
    made = salon.booked("colour", headers={"idempotency_key": "one"})
    pay_by_webhook(context, made, 3600)
    at_stripe.sent.clear()
    again = salon.booked("colour", headers={"idempotency_key": "one"})
    assert (again["booking_id"], again["status"]) == (made["booking_id"], "confirmed")
    assert (again["amount_due"], again["amount_paid"], again["checkout_url"]) == (0, 3600, None)
    assert at_stripe.sent == []


def test_a_repeated_request_is_answered_after_its_service_has_gone(salon: Salon) -> None:
    """Bug: the catalogue was asked before the first answer was."""
    shown = salon.shown("cut")
    first = salon.booked(headers={"idempotency_key": "one"})
    gone = audit_put("demo", user_id="u_1", email="owner@demo.test", what="service.deleted")
    salon.catalogue.delete_service("demo", "cut", gone)
    left = audit_put("demo", user_id="u_1", email="owner@demo.test", what="employee.deleted")
    salon.catalogue.delete_employee("demo", "anna", left)
    again = salon.booked(headers={"idempotency_key": "one"}, **shown)
    # Nobody is named who is in the catalogue no more.
    assert again == {**first, "employee_name": None}


def test_a_double_click_is_one_booking(
    salon: Salon, at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: the second, begun before the first had written, was told that its slot was taken."""
    second = interleave(
        monkeypatch, AgendaStore, "days_of", lambda: salon.book(headers={"idempotency_key": "one"})
    )
    first = salon.book(headers={"idempotency_key": "one"})
    assert first[0] == 201
    assert second == [first]
    assert len({str(sent["metadata[booking_id]"]) for sent in at_stripe.opened()}) == 1


def test_a_double_click_between_read_and_write_is_one_booking(
    salon: Salon, monkeypatch: pytest.MonkeyPatch, table: TableInMoto
) -> None:
    second = interleave(
        monkeypatch,
        BookingStore,
        "create",
        lambda: salon.book(headers={"idempotency_key": "one"}),
    )
    first = salon.book(headers={"idempotency_key": "one"})
    assert first[0] == 201
    assert second == [first]
    assert len(table.bodies("booking")) == 1


def test_two_requests_under_one_key_at_once_are_one_and_a_refusal(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = interleave(
        monkeypatch,
        BookingStore,
        "create",
        lambda: salon.book(employee_id="ben", headers={"idempotency_key": "one"}),
    )
    status, problem = salon.book(headers={"idempotency_key": "one"})
    assert second[0][0] == 201
    assert (status, problem["code"]) == (409, "idempotency_key_reused")
    assert salon.is_free()


# ------------------------------------------------------------------ when Stripe fails


@pytest.mark.parametrize(
    "fail",
    [
        pytest.param(lambda at: at.fault(500), id="500"),
        pytest.param(lambda at: at.fault("reset"), id="reset"),
        pytest.param(lambda at: at.fault(429, times=1), id="throttled"),
        pytest.param(lambda at: at.fault(500, after_effect=True, times=1), id="a saved 500"),
    ],
)
def test_while_stripe_is_unavailable_nothing_is_booked_and_the_key_may_be_used_again(
    salon: Salon,
    at_stripe: StripeBeside,
    table: TableInMoto,
    fail: Callable[[StripeBeside], None],
) -> None:
    fail(at_stripe)
    status, problem = salon.book(headers={"idempotency_key": "one"})
    assert (status, problem["code"]) == (502, "payment_unavailable")
    assert salon.is_free()
    assert table.bodies("hold") == table.bodies("idempotency") == {}
    [lost] = table.bodies("booking").values()
    assert lost["status"] == "expired"
    made = salon.booked(headers={"idempotency_key": "one"})
    assert made["booking_id"] != lost["booking_id"]
    assert not salon.is_free()


def test_a_500_that_passes_is_not_noticed(salon: Salon, at_stripe: StripeBeside) -> None:
    at_stripe.fault(500, times=1)
    assert salon.booked()["checkout_url"]


def test_without_stripe_connected_nothing_is_booked_that_is_to_be_paid(
    salon: Salon, aws: FakeAws, log: io.StringIO
) -> None:
    aws.sealed.clear()
    status, problem = salon.book()
    assert (status, problem["code"]) == (502, "payment_unavailable")
    assert salon.is_free()
    assert "not_connected" in log.getvalue()


def test_what_stripe_refuses_is_not_booked_and_its_words_are_not_told(
    salon: Salon, aws: FakeAws, log: io.StringIO
) -> None:
    aws.sealed["api#demo"] = '{"secret_key": "sk_test_of_yesterday"}'
    status, problem = salon.book(headers={"idempotency_key": "one"})
    assert (status, problem["code"]) == (502, "payment_unavailable")
    assert salon.is_free()
    assert "AuthenticationError" in log.getvalue()
    assert "yesterday" not in log.getvalue() + json.dumps(problem)


def test_a_sum_that_stripe_finds_too_small_is_paid_at_the_visit(
    salon: Salon, monkeypatch: pytest.MonkeyPatch, table: TableInMoto
) -> None:
    """The tables of limits promise nothing: here ours lets 0.40 EUR pass, and Stripe does not."""
    monkeypatch.setattr("shared.domain.catalogue.terms.check_chargeable", lambda *_: None)
    made = salon.booked("fringe", headers={"idempotency_key": "one"})
    assert (made["status"], made["payment_status"]) == ("confirmed", "unpaid")
    assert (made["amount_due"], made["checkout_url"], made["expires_at"]) == (0, None, None)
    assert table.bodies("hold") == {}
    assert not salon.is_free(service_id="fringe")
    assert salon.booked("fringe", headers={"idempotency_key": "one"}) == made


def test_a_sum_that_is_too_small_is_confirmed_though_somebody_writes_in_between(
    salon: Salon, monkeypatch: pytest.MonkeyPatch, store: BookingStore
) -> None:
    """Bug: one lost race ended as 503, with the slot taken."""
    monkeypatch.setattr("shared.domain.catalogue.terms.check_chargeable", lambda *_: None)

    def touch(booking_id: str) -> None:
        stored = store.get_booking("demo", booking_id)
        assert stored
        keep(store, stored.booking, version=stored.version)

    touched = before_write(monkeypatch, "confirmed", touch)
    made = salon.booked("fringe")
    assert (made["status"], made["checkout_url"]) == ("confirmed", None)
    assert len(touched) == 1


def test_without_the_key_of_stripe_at_hand_the_slot_is_free_again(
    salon: Salon, aws: FakeAws
) -> None:
    """Bug: the slot stayed taken until its hold lapsed, and nobody could pay it."""
    aws.down.add("dynamodb")
    status, problem = salon.book(headers={"idempotency_key": "one"})
    assert (status, problem["code"]) == (502, "payment_unavailable")
    assert salon.is_free()
    aws.down.clear()
    assert salon.book(headers={"idempotency_key": "one"})[0] == 201


def test_without_the_key_of_the_links_nothing_is_written(
    salon: Salon, aws: FakeAws, table: TableInMoto
) -> None:
    aws.down.add("secretsmanager")
    status, problem = salon.book()
    assert (status, problem["code"]) == (503, "unavailable")
    assert table.bodies(*OWN_KINDS) == {}


def test_without_the_table_it_is_unavailable(salon: Salon, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise AwsUnreachable("secret details")

    shown = salon.shown("cut")
    monkeypatch.setattr(salon, "shown", lambda _: shown)
    monkeypatch.setattr(BookingsTable, "get", unreachable)
    status, problem = salon.book()
    assert (status, problem["code"]) == (503, "unavailable")
    assert "secret" not in json.dumps(problem)


def test_a_failure_at_stripe_never_takes_back_what_was_confirmed_meanwhile(
    salon: Salon, context: Any, monkeypatch: pytest.MonkeyPatch, at_stripe: StripeBeside
) -> None:
    """Bug: giving the slot back wrote `expired` over whatever the booking had become."""
    at_stripe.fault(500)

    def confirm(booking_id: str) -> None:
        pay_by_webhook(context, {"booking_id": booking_id}, 4500)

    before_write(monkeypatch, "expired", confirm)
    status, _ = salon.book()
    assert status == 201
    assert not salon.is_free()


def test_a_failure_does_not_take_back_what_the_same_request_was_told_meanwhile(
    salon: Salon, at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: the second click's client was paying while the first gave the slot away."""
    key = {"idempotency_key": "one"}
    at_stripe.fault(500)
    second = before_write(monkeypatch, "expired", lambda _: salon.book(headers=key))
    first = salon.book(headers=key)
    assert first[0] == 201
    assert second == [first]
    assert first[1]["checkout_url"]
    assert not salon.is_free()


def test_who_has_just_paid_and_asks_again_is_not_asked_to_pay_again(
    salon: Salon, at_stripe: StripeBeside, context: Any
) -> None:
    """Of the payment only the session's end has come, and not its charge."""
    key = {"idempotency_key": "one"}
    made = salon.booked(headers=key)
    at_stripe.pay(made)
    completed = event("checkout.session.completed", at_stripe.session(made))
    record_function.handler(from_queue(completed), context)
    at_stripe.sent.clear()
    at_stripe.fault(500)
    status, again = salon.book(headers=key)
    assert (status, again["booking_id"]) == (201, made["booking_id"])
    assert again["status"] == "awaiting_payment"
    assert at_stripe.sent == []
    assert not salon.is_free()


def test_the_slot_is_given_back_however_often_the_day_changes(
    salon: Salon, at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_stripe.fault(500)
    before_write(monkeypatch, "expired", lambda _: salon.booked("talk", moment(15)))
    assert salon.book()[0] == 502
    assert salon.is_free()
    assert not salon.is_free(moment(15), "talk")


# ------------------------------------------------------------------ two want the same


@pytest.mark.parametrize(
    ("service_id", "starts_at"),
    [
        ("cut", moment(10)),
        ("cut", moment(9, 15)),
        ("cut", moment(10, 45)),
        ("talk", moment(10, 15)),
        ("colour", moment(9)),
    ],
)
def test_what_overlaps_is_taken(salon: Salon, service_id: str, starts_at: str) -> None:
    salon.booked()
    status, problem = salon.book(service_id, starts_at)
    assert (status, problem["code"]) == (409, "slot_taken")


def test_what_only_touches_and_what_is_another_employees_is_free(salon: Salon) -> None:
    salon.booked()
    for starts_at in (moment(9), moment(11)):
        assert salon.is_free(starts_at)
        salon.booked(starts_at=starts_at)
    salon.booked(employee_id="ben")


def test_of_two_buyers_between_read_and_write_one_gets_the_slot(
    salon: Salon, at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = interleave(monkeypatch, BookingStore, "create", salon.book)
    status, problem = salon.book()
    assert second[0][0] == 201
    assert (status, problem["code"]) == (409, "slot_taken")
    assert len(at_stripe.opened()) == 1


def test_of_two_buyers_of_one_day_both_get_their_own_slot(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = interleave(
        monkeypatch, BookingStore, "create", lambda: salon.book(starts_at=moment(14))
    )
    assert salon.book()[0] == 201
    assert second[0][0] == 201
    assert not salon.is_free()
    assert not salon.is_free(moment(14))


def test_who_always_loses_the_race_is_told_to_try_again(
    salon: Salon, monkeypatch: pytest.MonkeyPatch, table: TableInMoto
) -> None:
    def lose(*_: object, **__: object) -> None:
        raise WriteConflict("somebody wrote")

    monkeypatch.setattr(BookingStore, "create", lose)
    status, problem = salon.book()
    assert (status, problem["code"]) == (409, "request_in_progress")
    assert table.bodies(*OWN_KINDS) == {}


def test_a_slot_over_midnight_of_utc_is_taken_on_both_days(
    salon: Salon, table: TableInMoto
) -> None:
    starts_at = over_utc_midnight()
    salon.booked("colour", starts_at, employee_id="nora")
    days = {sk: body for (pk, sk), body in table.bodies().items() if pk == "demo#agenda#nora"}
    assert len(days) == 2
    assert len({str(body) for body in days.values()}) == 1
    after = starts_at.replace("T23:30", "T23:45")
    status, problem = salon.book("talk", after, employee_id="nora")
    assert (status, problem["code"]) == (409, "slot_taken")
    next_day = f"{max(days)}T01:00:00Z"
    assert salon.book("talk", next_day, employee_id="nora")[1]["code"] == "slot_taken"
    assert not salon.is_free(next_day, "talk", "nora")
    assert salon.book("talk", f"{max(days)}T01:30:00Z", employee_id="nora")[0] == 201
    # Given back, it is free on both days again.
    assert salon.release() == {"freed": 1}
    assert salon.is_free(starts_at, "colour", "nora")
    assert salon.is_free(next_day, "talk", "nora")


# ------------------------------------------------------------------ pages of other sites


def test_an_allowed_page_may_read_the_booking_and_every_refusal(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    answers: list[tuple[int, dict[str, Any]]] = [
        (201, {}),
        (409, {}),
        (422, {"price": 1}),
        (404, {"service_id": "wig"}),
        (422, {"starts_at": moment(3)}),
    ]
    for expected, fields in answers:
        assert salon.book(headers={"origin": ORIGIN}, **fields)[0] == expected
        assert (salon.may_read(), salon.headers["vary"]) == (ORIGIN, "origin")
    at_stripe.fault(500)
    assert salon.book(employee_id="ben", headers={"origin": ORIGIN})[0] == 502
    assert salon.may_read() == ORIGIN


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "", f"{ORIGIN}.evil.example"])
def test_a_page_of_another_site_may_read_nothing(salon: Salon, origin: str) -> None:
    for expected in (201, 409):
        assert salon.book(headers={"origin": origin})[0] == expected
        assert salon.may_read() is None
        assert salon.headers["vary"] == "origin"
        assert "access-control-allow-credentials" not in salon.headers


def test_nothing_secret_is_logged(
    salon: Salon, log: io.StringIO, capsys: pytest.CaptureFixture[str], at_stripe: StripeBeside
) -> None:
    made = salon.booked(headers={"idempotency_key": "a-secret-key"})
    at_stripe.fault(500)
    salon.book(starts_at=moment(14))
    salon.look(made["booking_id"], made["token"])
    written = log.getvalue() + capsys.readouterr().out
    assert "Mira" not in written
    for private in (SECRET_KEY, made["token"], "mira@", "Haircut", session_id(made)):
        assert private not in written


def test_a_base64_body_is_read(salon: Salon, context: Any) -> None:
    del salon
    event_of_gateway = {
        "routeKey": checkout_function.BOOK_ROUTE,
        "headers": {},
        "pathParameters": {"location_id": "demo"},
        "body": "!",
        "isBase64Encoded": True,
    }
    assert checkout_function.handler(event_of_gateway, context)["statusCode"] == 422


def test_a_visit_that_begins_soon_can_be_booked(salon: Salon) -> None:
    made = salon.booked("talk", in_hours(0.1), employee_id="nora")
    assert made["cancellation_fee_now"] == 2000


def test_the_location_that_has_set_no_terms_takes_bookings_to_be_paid_at_the_visit(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    salon.catalogue.put_terms("demo", replace(salon.catalogue.get_terms("other", DEMO.currency)))
    made = salon.booked()
    assert (made["status"], made["amount_due"], at_stripe.sent) == ("confirmed", 0, [])


def interleave(
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    other: Callable[..., Any],
) -> list[Any]:
    """Let something else happen, once, just before a method's next call; gives what came of it."""
    method, outcomes = getattr(owner, name), []

    def interrupted(*wanted: Any, **named: Any) -> Any:
        monkeypatch.setattr(owner, name, method)
        outcomes.append(other())
        return method(*wanted, **named)

    monkeypatch.setattr(owner, name, interrupted)
    return outcomes


def pay_by_webhook(context: Any, made: dict[str, Any], amount: int) -> None:
    """Let Stripe tell of the payment, as its webhook does."""
    of_ours = {"location_id": "demo", "booking_id": made["booking_id"]}
    number = int(made["booking_id"].removeprefix("bk_"), 16)
    paid = charge(number, amount=amount, amount_captured=amount, metadata=of_ours)
    answer = record_function.handler(from_queue(event("charge.succeeded", paid)), context)
    assert answer == {"batchItemFailures": []}


def as_fields(name: str, value: object) -> dict[str, Any]:
    return {name: value}
