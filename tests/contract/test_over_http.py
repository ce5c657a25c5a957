"""Answers over HTTP are checked where they are received, by any client, of the held origin only."""

import httpx
import pytest

from tests.contract.contract import ContractBroken
from tests.contract.over_http import held_to_the_contract

API = "http://127.0.0.1:9000"
ANSWERS = {
    "/health": httpx.Response(200, json={"status": "ok", "version": "1"}),
    "/pay/x": httpx.Response(303, headers={"location": f"{API}/public/locations/demo"}),
    "/public/locations/demo": httpx.Response(200, json={"name": "Demo Salon"}),
}


def client(base_url: str = API) -> httpx.Client:
    answers = httpx.MockTransport(lambda request: ANSWERS[request.url.path])
    return httpx.Client(transport=answers, base_url=base_url)


def test_an_answer_that_is_not_promised_fails_where_it_is_received() -> None:
    with held_to_the_contract(f"{API}/"), client() as api:
        assert api.get("/health").status_code == 200
        with pytest.raises(ContractBroken):
            api.get("/public/locations/demo")


def test_an_answer_that_a_redirect_leads_to_is_checked_too() -> None:
    with held_to_the_contract(API), client() as api:
        assert api.get("/pay/x").status_code == 303
        with pytest.raises(ContractBroken):
            api.get("/pay/x", follow_redirects=True)


def test_other_origins_and_later_requests_are_left_alone() -> None:
    with held_to_the_contract(API), client("http://127.0.0.1:9001") as other:
        assert other.get("/public/locations/demo").status_code == 200
    with client() as api:
        assert api.get("/public/locations/demo").status_code == 200
