"""A report is answered in its time, however slow Stripe is."""

import time
from typing import Any

import pytest

from functions.serve_report import answers
from functions.serve_report import handler as report_function
from shared.adapters.booking_store import BookingStore
from shared.workflows.ledger import open_account
from tests.surroundings.salon import TODAY, Salon, StripeBeside
from tests.surroundings.staff_calls import StaffCalls
from tests.template.conftest import Template

pytestmark = pytest.mark.enable_socket
REPORTS = "/v1/locations/demo/reports"
REPORT = f"{REPORTS}/{TODAY}"


@pytest.fixture
def ask(salon: Salon, at_stripe: StripeBeside, store: BookingStore, context: Any) -> StaffCalls:
    at_stripe.pay(salon.booked())
    at_stripe.sent.clear()
    return StaffCalls(context, store, report_function.handler)


def asked_for(at_stripe: StripeBeside) -> list[str]:
    return [path for _, path, _ in at_stripe.sent]


def test_a_report_asks_stripe_first(ask: StaffCalls, at_stripe: StripeBeside) -> None:
    assert ask("GET", REPORT)[0] == 200
    assert asked_for(at_stripe).count("/v1/balance") >= 2


def test_one_call_that_hangs_is_waited_for_once_and_not_repeated(
    ask: StaffCalls, at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: the sync had a time of its own before the reading: 60 s, where the API waits 30."""
    monkeypatch.setattr(open_account, "IMPATIENT_S", 1)
    at_stripe.fault("slow", times=9, path="/v1/balance", seconds=5)
    started = time.monotonic()
    assert ask("GET", REPORT)[0] == 200
    assert time.monotonic() - started < 5
    assert asked_for(at_stripe).count("/v1/balance") == 1


def test_many_slow_calls_end_when_their_time_is_over(
    ask: StaffCalls, at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "SYNC_S", 0.5)
    at_stripe.fault("slow", times=99, path="/v1/*", seconds=0.4)
    assert ask("GET", REPORT)[0] == 200
    assert 1 <= len(asked_for(at_stripe)) <= 2, "a third would begin too late"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (REPORT, {"format": "csv"}),
        (REPORTS, {}),
        ("/v1/locations/demo/money-flow", {"from": str(TODAY), "to": str(TODAY)}),
        ("/v1/locations/demo/payouts", {"from": str(TODAY), "to": str(TODAY)}),
        ("/v1/locations/demo/entries", {"from": str(TODAY), "to": str(TODAY)}),
    ],
)
def test_a_file_and_a_summary_have_the_same_time(
    ask: StaffCalls,
    at_stripe: StripeBeside,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    query: dict[str, str],
) -> None:
    del ask
    monkeypatch.setattr(answers, "SYNC_S", -1)
    claims = {"sub": "owner", "token_use": "id"}
    request = {
        "routeKey": "ANY /v1/locations/{proxy+}",
        "rawPath": path,
        "queryStringParameters": query,
        "headers": {},
        "requestContext": {
            "stage": "$default",
            "http": {"method": "GET", "path": path},
            "authorizer": {"jwt": {"claims": claims}},
        },
    }
    assert report_function.handler(request, context)["statusCode"] == 200
    assert asked_for(at_stripe) == []


def test_what_a_request_waits_for_is_over_before_the_api_gives_up(template: Template) -> None:
    timeout_s = template.functions()["ServeReport"]["Timeout"]
    assert answers.SYNC_S + open_account.IMPATIENT_S < answers.READ_S < timeout_s < 30


@pytest.fixture
def template() -> Template:
    return Template()
