"""The checker refuses what the contract does not promise, and takes what it does."""

import json
from typing import Any

import pytest

from tests.contract.contract import Contract, ContractBroken
from tests.contract.handlers import checked, request_of

CONTRACT = Contract.load()
SLOTS = "/public/locations/demo/slots?service_id=cut&date=2026-11-22"
JSON = {"Content-Type": "application/json"}
PROBLEM = {"content-type": "application/problem+json"}
SLOT = {"starts_at": "2026-11-22T09:30:00Z", "employee_id": "anna"}


def problem(status: int, code: str, **more: Any) -> str:
    return json.dumps(
        {"type": "about:blank", "title": "No", "status": status, "code": code, **more}
    )


def told_slots(*slots: dict[str, Any], **more: Any) -> str:
    return json.dumps({"slots": slots, **more})


def check(status: int, headers: dict[str, str], body: str | bytes, url: str = SLOTS) -> None:
    CONTRACT.check_answer("GET", url, status, headers, body)


def test_what_is_promised_is_taken() -> None:
    check(200, JSON, told_slots(SLOT))
    check(200, {"content-type": "application/json; charset=utf-8"}, told_slots().encode())
    check(404, PROBLEM, problem(404, "service_not_found", detail="There is no such service."))
    mistake = {"pointer": "/query/date", "detail": "date is a day such as 2026-11-22"}
    check(422, PROBLEM, problem(422, "invalid_input", errors=[mistake]))
    check(200, JSON, told_slots(SLOT), "https://pay.example.com" + SLOTS)
    check(303, {"location": "https://checkout.stripe.com/x"}, "", "/pay/token")
    check(404, {"content-type": "text/html; charset=utf-8"}, "<p>", "/pay/token")


@pytest.mark.parametrize(
    ("status", "headers", "body", "says"),
    [
        (201, JSON, told_slots(), "documents no 201"),
        (500, {}, "", "no type is not among"),
        (200, {"content-type": "text/html"}, "<p>", "text/html is not among"),
        (200, {}, told_slots(), "no type is not among"),
        (404, JSON, problem(404, "service_not_found"), "'message' is a required"),
        (200, JSON, "{", "no JSON"),
        (200, JSON, "", "None is not of type 'object'"),
        (200, JSON, told_slots(next_day=None), "next_day"),
        (200, JSON, told_slots({**SLOT, "room": 1}), "room"),
        (200, JSON, told_slots({"starts_at": SLOT["starts_at"]}), "'employee_id' is a required"),
        (200, JSON, told_slots({**SLOT, "employee_id": None}), "None is not of type 'string'"),
        (200, JSON, told_slots({**SLOT, "starts_at": "2026-11-22 09:30"}), "date-time"),
        (404, PROBLEM, problem(404, "member_not_found"), "documents no code member_not_found"),
        (404, PROBLEM, problem(404, "no_such_code"), "documents no code no_such_code"),
        (404, PROBLEM, problem(422, "service_not_found"), "is documented with [404]"),
        (422, PROBLEM, problem(422, "service_not_found"), "is documented with [404]"),
        (404, PROBLEM, problem(404, "service_not_found", trace="x"), "trace"),
        (404, PROBLEM, problem(404, "service_not_found", errors=[{"pointer": "/x"}]), "detail"),
    ],
)
def test_what_is_not_promised_is_refused(
    status: int, headers: dict[str, str], body: str, says: str
) -> None:
    with pytest.raises(ContractBroken) as broken:
        check(status, headers, body)
    assert says in str(broken.value)


def test_a_body_where_none_is_promised_is_refused() -> None:
    with pytest.raises(ContractBroken, match="no body is documented"):
        CONTRACT.check_answer("DELETE", "/v1/locations/demo/services/cut", 204, {}, "gone")


def test_a_path_or_method_that_is_not_in_the_document_is_refused() -> None:
    for method, url in (("GET", "/v2/locations"), ("PUT", SLOTS), ("GET", "/pay/a/b")):
        with pytest.raises(ContractBroken, match="has no such operation"):
            CONTRACT.check_answer(method, url, 200, JSON, "{}")


def test_what_leads_nowhere_may_be_answered_by_us_or_by_the_gateway() -> None:
    CONTRACT.check_answer("GET", "/v1/nothing", 404, PROBLEM, problem(404, "not_found"))
    CONTRACT.check_answer("GET", "/nothing", 404, JSON, '{"message": "Not Found"}')
    with pytest.raises(ContractBroken):
        CONTRACT.check_answer("GET", "/v1/nothing", 404, PROBLEM, problem(404, "fee_not_found"))


def test_the_gateways_own_answers_are_told_by_their_body() -> None:
    message = '{"message": "Unauthorized"}'
    CONTRACT.check_answer("GET", "/v1/locations", 401, JSON, message)
    with pytest.raises(ContractBroken):
        CONTRACT.check_answer("GET", "/v1/locations", 409, JSON, message)
    with pytest.raises(ContractBroken):
        CONTRACT.check_answer("GET", "/v1/locations", 200, JSON, message)


def test_a_path_without_parameters_wins_over_one_with() -> None:
    here = "/v1/locations/demo/terms/explain"
    found = CONTRACT.find("GET", here)
    assert found
    assert found.path == "/v1/locations/{location_id}/terms/explain"


def test_a_function_that_breaks_the_contract_fails_the_test_that_called_it() -> None:
    def answer(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        return {"statusCode": 200, "headers": dict(JSON), "body": event["body"]}

    held = checked(answer)
    event = {"routeKey": "GET /health", "body": '{"status": "ok", "version": "1"}'}
    assert held(event, None)["statusCode"] == 200
    with pytest.raises(ContractBroken):
        held({**event, "body": '{"status": "well"}'}, None)


def test_a_request_is_told_by_its_route_or_where_that_is_any_by_its_path() -> None:
    http = {"http": {"method": "PUT", "path": "/v1/locations/demo"}}
    greedy = {"routeKey": "ANY /v1/{proxy+}", "requestContext": http}
    assert request_of(greedy) == ("PUT", "/v1/locations/demo")
    named = {"routeKey": "GET /pay/{token}", "rawPath": "/pay/a/b"}
    assert request_of(named) == ("GET", "/pay/{token}")
    assert request_of({}, "GET /health") == ("GET", "/health")
