"""`make connect` and `make doctor`, with the API in their place."""

import io
import json
from collections.abc import Callable
from typing import Any

import boto3
import httpx
import pytest

from infra import console
from infra.deployment import Deployment

KEYS = ("pk_test_51Hxyz0123456789", "sk_test_51Hxyz0123456789")
SAVED = {
    "mode": "test",
    "webhook_url": "https://pay.example.com/webhooks/stripe/demo",
    "warnings": [{"code": "payouts_disabled", "detail": "Stripe does not pay out yet."}],
    "account": {
        "id": "acct_1",
        "name": "Salon",
        "country": "DE",
        "default_currency": "eur",
        "charges_enabled": True,
        "payouts_enabled": False,
    },
}


def api(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(base_url="https://api.example", transport=httpx.MockTransport(answer))


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PUBLISHABLE_KEY", "SECRET_KEY", "SIGNING_SECRETS", "STACK", "LOCATION"):
        monkeypatch.delenv(f"BOOKPAY_{name}", raising=False)


def test_keys_come_from_the_environment_or_from_lines_and_never_are_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("PUT", "/v1/locations/demo/payment-settings")
        seen.append(json.loads(request.content))
        return httpx.Response(200, json=SAVED)

    monkeypatch.setenv("BOOKPAY_PUBLISHABLE_KEY", KEYS[0])
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEYS[1]}\n"))
    with api(answer) as client:
        assert console.connect(client, "demo") == 0
    [sent] = seen
    assert sent == {"publishable_key": KEYS[0], "secret_key": f"{KEYS[1]}\n"}
    said = "".join(capsys.readouterr())
    assert "Salon (acct_1)" in said
    assert "payouts not enabled" in said
    assert "! Stripe does not pay out yet." in said
    assert not [key for key in KEYS if key in said]


def test_own_signing_secrets_are_sent_along(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(200, json=SAVED)

    monkeypatch.setenv("BOOKPAY_SIGNING_SECRETS", "whsec_1,whsec_2")
    monkeypatch.setattr("sys.stdin", io.StringIO("a\nb\n"))
    with api(answer) as client:
        console.connect(client, "demo")
    assert seen[0]["webhook_signing_secrets"] == ["whsec_1", "whsec_2"]


def test_each_mistake_is_told_with_its_field(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = {"detail": "The keys cannot be used.",
               "errors": [{"pointer": "/secret_key", "detail": "is empty"}]}  # fmt: skip
    monkeypatch.setattr("sys.stdin", io.StringIO("\n\n"))
    with api(lambda _: httpx.Response(422, json=problem)) as client:
        assert console.connect(client, "demo") == 1
    assert "/secret_key is empty" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warning", 0), ("failure", 1)])
def test_the_doctors_exit_code_says_whether_something_fails(
    status: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    line = {"name": "clock", "status": status, "detail": "as it is"}
    found = {"status": status, "lines": [line]}
    with api(lambda _: httpx.Response(200, json=found)) as client:
        assert console.doctor(client, "demo") == code
    said = capsys.readouterr().out
    assert f"{console.MARKS[status]} {status:8} clock: as it is" in said
    assert said.endswith(f"demo: {status}\n")


class Cognito:
    """The user pool of a deployment whose staff have a second factor."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def admin_initiate_auth(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked["AuthParameters"])
        challenge = {"USER_ID_FOR_SRP": "user-1"}
        return {
            "ChallengeName": "SOFTWARE_TOKEN_MFA",
            "Session": "s-1",
            "ChallengeParameters": challenge,
        }

    def admin_respond_to_auth_challenge(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked["ChallengeResponses"])
        return {"AuthenticationResult": {"IdToken": "id-token"}}


def test_whoever_has_a_second_factor_is_asked_for_its_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cognito = Cognito()
    monkeypatch.setattr(boto3, "client", lambda *_, **__: cognito)
    monkeypatch.delenv("BOOKPAY_ID_TOKEN", raising=False)
    monkeypatch.setenv("BOOKPAY_EMAIL", " Anna@Salon.example")
    monkeypatch.setenv("BOOKPAY_PASSWORD", "the password")
    monkeypatch.setattr("sys.stdin", io.StringIO("123456\n"))
    deployment = Deployment(
        "https://api.example", {"UserPoolId": "pool", "UserPoolClientId": "client"}, "demo", {}, {}
    )
    with console.sign_in(deployment) as client:
        assert client.headers["authorization"] == "Bearer id-token"
    assert cognito.asked == [
        {"USERNAME": "anna@salon.example", "PASSWORD": "the password"},
        {"USERNAME": "user-1", "SOFTWARE_TOKEN_MFA_CODE": "123456"},
    ]


def test_what_cannot_be_done_is_told_and_is_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert console.main([]) == 2
    assert console.main(["connect", "sk_test_51Hxyz0123456789"]) == 2
    monkeypatch.setenv("BOOKPAY_LOCAL_DIR", str(tmp_path))
    assert console.main(["doctor"]) == 2
    assert "no stack runs here" in capsys.readouterr().err
