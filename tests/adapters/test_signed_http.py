"""Signature Version 4 against botocore's own, and what becomes of a call on a bad line."""

import hashlib
import http.client
import http.server
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import botocore.auth
import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters import signed_http
from shared.adapters.signed_http import ATTEMPTS, SignedHttp, sign
from shared.config import AwsAccess
from shared.domain.errors import AwsRefused, AwsUnreachable

NOW_S = 1_795_372_392
ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-central-1"

# ------------------------------------------------------------------ the signature

# What a header may hold, with runs of blanks in it.
VALUES = st.text(st.sampled_from("abcXYZ019 =;/+-_.,:*~\t"), max_size=40)
NAMES = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz-"), min_size=1, max_size=12).map(
    lambda name: f"x-{name}"
)
OURS = {"x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}
HEADERS = st.dictionaries(NAMES.filter(lambda name: name not in OURS), VALUES, max_size=5)
TOKENS = st.sampled_from(["", "a-session-token/+="])
KEYS = st.text(st.sampled_from("abcXYZ019/+"), min_size=1, max_size=40)
PLAIN_PATHS = st.lists(st.text(st.sampled_from("abcXYZ019-_.~"), max_size=8), max_size=4).map(
    lambda parts: "/" + "/".join(part for part in parts if part.strip("."))
)
ANY_PATHS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="?#"), max_size=20
).map(lambda path: f"/{path}".replace("//", "/"))


def botocore_signs(
    auth: Callable[..., Any],
    access: AwsAccess,
    service: str,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
) -> str:
    credentials = Credentials(
        access.access_key_id, access.secret_access_key, access.session_token or None
    )
    request = AWSRequest(method=method, url=url, data=body)
    for name, value in headers.items():
        request.headers[name] = value
    if service == "s3":
        request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(body).hexdigest()
    signer = auth(credentials, service, REGION)
    with pytest.MonkeyPatch.context() as patched:
        instant = datetime.fromtimestamp(NOW_S, UTC)
        patched.setattr(botocore.auth, "get_current_datetime", lambda: instant)
        signer.add_auth(request)
    signature: str = request.headers["Authorization"]
    return signature


@given(
    method=st.sampled_from(["POST", "GET", "PUT"]),
    path=PLAIN_PATHS,
    headers=HEADERS,
    body=st.binary(max_size=200),
    token=TOKENS,
    secret=KEYS,
    service=st.sampled_from(["events", "ssm", "secretsmanager"]),
)
def test_every_signature_is_botocores(
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    token: str,
    secret: str,
    service: str,
) -> None:
    access = AwsAccess(REGION, "AKIDEXAMPLE", secret, token, "")
    url = f"https://{service}.{REGION}.amazonaws.com{path}"
    expected = botocore_signs(botocore.auth.SigV4Auth, access, service, method, url, headers, body)
    signed = sign(access, service, method, url, headers, body, NOW_S + 0.9)
    assert signed["authorization"] == expected


@given(
    method=st.sampled_from(["GET", "PUT"]),
    path=ANY_PATHS,
    headers=HEADERS,
    body=st.binary(max_size=200),
    token=TOKENS,
)
def test_every_signature_for_s3_is_botocores(
    method: str, path: str, headers: dict[str, str], body: bytes, token: str
) -> None:
    access = AwsAccess(REGION, "AKIDEXAMPLE", "a-secret-key", token, "")
    host = f"https://s3.{REGION}.amazonaws.com"
    sent = host + quote(path, safe="/-_.~")
    expected = botocore_signs(botocore.auth.S3SigV4Auth, access, "s3", method, sent, headers, body)
    assert (
        sign(access, "s3", method, host + path, headers, body, NOW_S)["authorization"] == expected
    )


def test_a_port_belongs_to_the_host_that_is_signed() -> None:
    access = AwsAccess(REGION, "AKIDEXAMPLE", "a-secret-key", "", "")
    signed = sign(access, "ssm", "POST", "http://127.0.0.1:4566/", {}, b"", NOW_S)
    assert signed["host"] == "127.0.0.1:4566"


# ------------------------------------------------------------------ the line

DROP, HALF, STALL = "drop", "half", "stall"


class Server:
    """Answers what it is told to, one answer a request, and remembers requests and connections."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.connections = 0
        self.closes_after_each = False
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 5
            wbufsize = -1

            def setup(self) -> None:
                server.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.requests.append((self.command, self.path, headers, body))
                self._answer(server.answers.pop(0) if server.answers else (200, b"{}"))

            do_GET = do_PUT = do_POST

            def _answer(self, answer: Any) -> None:
                if answer == DROP:
                    self.close_connection = True
                    return
                if answer == STALL:
                    server.released.wait(5)
                    self.close_connection = True
                    return
                status, body = answer if isinstance(answer, tuple) else (200, b'{"a": 1}')
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[:3] if answer == HALF else body)
                # A connection that the other side ends without a word of it.
                self.close_connection = server.closes_after_each or answer == HALF

            def log_message(self, *_: Any) -> None:
                pass

        self.released = threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def ssm(server: Server, pauses: list[float]) -> Iterator[SignedHttp]:
    access = AwsAccess(REGION, "AKIDEXAMPLE", "a-secret-key", "a-token", server.url)
    client = SignedHttp(access, "ssm", sleep=pauses.append)
    yield client
    client._close()


on_loopback = pytest.mark.enable_socket
THROTTLED = (400, b'{"__type": "com.amazonaws.ssm#ThrottlingException"}')


@on_loopback
def test_a_call_is_json_signed_and_answered(ssm: SignedHttp, server: Server) -> None:
    server.answers = [(200, b'{"Parameter": {"Value": "x"}}')]
    assert ssm.call("AmazonSSM.GetParameter", {"Name": "\u00e9"}) == {"Parameter": {"Value": "x"}}
    [(method, path, headers, body)] = server.requests
    assert (method, path, json.loads(body)) == ("POST", "/", {"Name": "\u00e9"})
    assert headers["x-amz-target"] == "AmazonSSM.GetParameter"
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert headers["host"] == server.url.removeprefix("http://")
    signed = {
        name: value
        for name, value in headers.items()
        if name not in {"authorization", "content-length", "accept-encoding"}
    }
    at_s = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    again = sign(ssm.access, "ssm", "POST", server.url + "/", signed, body, at_s.timestamp())
    assert headers["authorization"] == again["authorization"], "all that was sent was signed"


@on_loopback
def test_a_path_is_sent_as_it_was_signed(server: Server) -> None:
    access = AwsAccess(REGION, "AKIDEXAMPLE", "a-secret-key", "", server.url)
    s3 = SignedHttp(access, "s3")
    s3.send("PUT", "/bucket/a b+\u00e9/c.json", {"content-type": "application/json"}, b"x")
    s3._close()
    [(method, path, _, body)] = server.requests
    assert (method, path, body) == ("PUT", "/bucket/a%20b%2B%C3%A9/c.json", b"x")


@on_loopback
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    "trouble",
    [(500, b""), (503, b"<html>"), (502, b'{"__type": "x"}'), THROTTLED, (429, b"{}"), DROP, HALF,
     (400, b'{"__type": "ThrottledException"}')],
    ids=["500", "503", "502", "throttled", "429", "dropped", "cut short", "throttled otherwise"],
)  # fmt: skip
def test_what_may_pass_is_tried_again(
    ssm: SignedHttp, server: Server, pauses: list[float], trouble: Any, times: int
) -> None:
    server.answers = [trouble] * times
    assert ssm.call("x", {"n": 1}) == {}
    assert len(server.requests) == times + 1
    assert len({body for _, _, _, body in server.requests}) == 1
    assert len(pauses) == times
    assert all(0 <= pause < 1 for pause in pauses)


@on_loopback
@pytest.mark.parametrize("trouble", [(500, b""), THROTTLED, DROP], ids=["500", "throttled", "drop"])
def test_after_three_attempts_it_is_given_up(ssm: SignedHttp, server: Server, trouble: Any) -> None:
    server.answers = [trouble] * 9
    with pytest.raises(AwsUnreachable):
        ssm.call("x", {})
    assert len(server.requests) == ATTEMPTS == 3
    server.answers = []
    assert ssm.call("x", {}) == {}, "and the next call is made anew"


@on_loopback
@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, b'{"__type": "com.amazonaws.ssm#ParameterNotFound"}', "ParameterNotFound"),
        (400, b'{"__type": "AccessDeniedException", "message": "no"}', "AccessDeniedException"),
        (403, b"<Error><Code>AccessDenied</Code></Error>", "AccessDenied"),
        (404, b"", "404"),
        (400, b"[]", "400"),
        (400, b"\xff", "400"),
        (301, b"", "301"),
    ],
)
def test_a_refusal_is_not_tried_again(
    ssm: SignedHttp, server: Server, status: int, body: bytes, code: str
) -> None:
    server.answers = [(status, body)]
    with pytest.raises(AwsRefused) as refused:
        ssm.call("x", {})
    assert refused.value.code == code
    assert len(server.requests) == 1


@on_loopback
@pytest.mark.parametrize("body", [b"", b"[]", b"5"])
def test_an_answer_without_an_object_is_an_empty_one(
    ssm: SignedHttp, server: Server, body: bytes
) -> None:
    server.answers = [(200, body)]
    assert ssm.call("x", {}) == {}


@on_loopback
def test_an_answer_that_is_no_json_is_none(ssm: SignedHttp, server: Server) -> None:
    server.answers = [(200, b"<html>")]
    with pytest.raises(AwsUnreachable):
        ssm.call("x", {})


@on_loopback
def test_an_answer_over_the_limit_is_none(
    ssm: SignedHttp, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed_http, "MAX_ANSWER_BYTES", 10)
    server.answers = [(200, b'"12345678"')]
    assert ssm.send("GET", "/", {}, b"") == b'"12345678"'
    server.answers = [(200, b'"123456789"')] * 3
    with pytest.raises(AwsUnreachable):
        ssm.send("GET", "/", {}, b"")


@on_loopback
def test_one_connection_serves_many_calls(ssm: SignedHttp, server: Server) -> None:
    for _ in range(5):
        ssm.call("x", {})
    assert server.connections == 1
    server.answers = [(400, b"{}")]
    with pytest.raises(AwsRefused):
        ssm.call("x", {})
    ssm.call("x", {})
    assert server.connections == 1, "a refusal does not end it"


@on_loopback
def test_a_connection_that_went_stale_is_made_anew(
    ssm: SignedHttp, server: Server, pauses: list[float]
) -> None:
    """Between two invocations the other side closes what was idle, without a word of it."""
    server.closes_after_each = True
    for number in range(1, 4):
        assert ssm.call("x", {}) == {}
        assert server.connections == number
    assert len(server.requests) == 3, "no request was made twice"
    assert len(pauses) == 2


@on_loopback
def test_a_service_that_hangs_is_given_up_in_time(
    ssm: SignedHttp, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed_http, "TIMEOUT_S", 0.05)
    server.answers = [STALL] * 3
    with pytest.raises(AwsUnreachable, match="TimeoutError"):
        ssm.call("x", {})
    assert server.connections == 3


@on_loopback
def test_a_service_that_is_not_there(pauses: list[float]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        nobody = SignedHttp(AwsAccess(REGION, "k", "s", "", url), "ssm", sleep=pauses.append)
        with pytest.raises(AwsUnreachable, match="ConnectionRefusedError"):
            nobody.call("x", {})
    assert len(pauses) == 2


class Listening(SignedHttp):
    sent: Mapping[str, str]

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        del method, path, body
        self.sent = headers
        return b"{}"


def test_each_service_gets_the_json_that_its_model_asks_for() -> None:
    """Bug: SQS, whose model says 1.0, was sent 1.1."""
    access = AwsAccess("eu-west-3", "k", "s", "", "")
    services = ["cognito-idp", "dynamodb", "events", "kms", "secretsmanager", "sqs", "ssm"]
    for service in services:
        called = Listening(access, service)
        called.call("x", {})
        model = botocore.session.get_session().get_service_model(service)
        version = model.metadata["jsonVersion"]
        assert called.sent["content-type"] == f"application/x-amz-json-{version}", service


def test_the_authorities_are_read_once() -> None:
    first, second = (
        vars(signed_http._connect(f"https://{each}.eu-west-3.amazonaws.com"))["_context"]
        for each in ("dynamodb", "kms")
    )
    assert first is second


def test_on_aws_each_service_has_its_own_host_and_tls() -> None:
    access = AwsAccess("eu-west-3", "k", "s", "", "")
    assert SignedHttp(access, "events")._base_url() == "https://events.eu-west-3.amazonaws.com"
    connection = signed_http._connect("https://events.eu-west-3.amazonaws.com")
    assert isinstance(connection, http.client.HTTPSConnection)
    assert connection.timeout == signed_http.TIMEOUT_S
    context: ssl.SSLContext = vars(connection)["_context"]
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_no_test_reaches_the_network() -> None:
    with pytest.raises((RuntimeError, UserWarning), match="socket"):
        socket.create_connection(("192.0.2.1", 443), timeout=0.1)


USED = set(
    re.findall(
        r'SignedHttp\(\w+\.?\w*, "([a-z0-9-]+)"\)',
        "".join(path.read_text() for path in (ROOT / "shared/adapters").glob("*.py")),
    )
)


@pytest.mark.parametrize("service", sorted(USED))
def test_each_service_is_called_where_botocore_calls_it_and_signed_for_by_its_name(
    service: str,
) -> None:
    client = botocore.session.get_session().create_client(
        service, REGION, aws_access_key_id="x", aws_secret_access_key="x"
    )
    access = AwsAccess(REGION, "x", "x", "", "")
    assert SignedHttp(access, service)._base_url() == client.meta.endpoint_url
    assert service == client.meta.service_model.signing_name


def test_every_service_that_is_called_so_is_looked_at() -> None:
    assert {"cognito-idp", "events", "s3", "secretsmanager", "sqs", "ssm"} <= USED
