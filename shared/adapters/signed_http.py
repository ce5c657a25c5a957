"""Calls to AWS without an SDK: HTTP requests signed with Signature Version 4.

The webhook function makes one call a request and little else, and botocore would be nine
tenths of its cold start and of its work (docs/decisions/0001-webhook-signs-its-aws-calls.md). What
is here is the signature and one kept connection; a property test holds the signature against
botocore's own.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import http.client
import json
import random
import re
import ssl
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from shared.adapters.aws_errors import AwsFailure, aws_error
from shared.config import AwsAccess
from shared.domain.errors import AwsUnreachable

ATTEMPTS = 3
TIMEOUT_S = 3.0
MAX_ANSWER_BYTES = 1024 * 1024
_BACK_OFF_S = 0.1
# Of the JSON protocol, as the services' own models say; the others speak 1.1.
_JSON_VERSIONS = {"dynamodb": "1.0", "sqs": "1.0"}
# S3 answers in XML.
_XML_CODE = re.compile(rb"<Error>\s*<Code>(\w+)</Code>")
_TRANSPORT_ERRORS = (OSError, http.client.HTTPException)


def sign(
    access: AwsAccess,
    service: str,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    now_s: float,
) -> dict[str, str]:
    """Return `headers` with those that Signature Version 4 adds, for a URL without a query.

    The path is signed as it stands, encoded once, which is what every service but S3 wants of a
    path without special characters, and S3 of any.
    """
    parts = urlsplit(url)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_s))
    digest = hashlib.sha256(body).hexdigest()
    signed = {name.lower(): value for name, value in headers.items()}
    signed |= {"host": parts.netloc, "x-amz-date": stamp}
    if service == "s3":
        signed["x-amz-content-sha256"] = digest
    if access.session_token:
        signed["x-amz-security-token"] = access.session_token
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        [
            method,
            quote(parts.path or "/", safe="/-_.~"),
            "",
            *(f"{name}:{' '.join(signed[name].split())}" for name in sorted(signed)),
            "",
            names,
            digest,
        ]
    )
    scope = f"{stamp[:8]}/{access.region}/{service}/aws4_request"
    to_sign = (
        f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    )
    key = f"AWS4{access.secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={access.access_key_id}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return signed


class SignedHttp:
    """A kept connection to one AWS service, such as `events`.

    Every call may be made twice when an answer is lost: only what is safe to repeat goes through.
    """

    def __init__(
        self,
        access: AwsAccess,
        service: str,
        host: str = "",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.access = access
        self.service = service
        self.host = host
        self.clock = clock
        self.sleep = sleep
        self._connection: http.client.HTTPConnection | None = None

    def call(self, target: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Call an operation of a JSON service, such as `AWSEvents.PutEvents`; return its answer.

        Raises as `aws_error` says, `AwsUnreachable` only after three attempts of 3 s at the most.
        """
        version = _JSON_VERSIONS.get(self.service, "1.1")
        headers = {"content-type": f"application/x-amz-json-{version}", "x-amz-target": target}
        answer = self.send("POST", "/", headers, json.dumps(payload).encode())
        try:
            found = json.loads(answer or b"{}")
        except ValueError:
            raise AwsUnreachable(f"{self.service}: an answer that is no JSON") from None
        return found if isinstance(found, dict) else {}

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        """Send one signed request; errors as in `call`."""
        failure: AwsFailure = AwsUnreachable(f"{self.service}: no attempt")
        for attempt in range(ATTEMPTS):
            if attempt:
                self.sleep(_BACK_OFF_S * 2**attempt * random.random())  # noqa: S311 (jitter)
            try:
                status, answer = self._exchange(method, path, headers, body)
            except _TRANSPORT_ERRORS as error:
                self._close()
                failure = AwsUnreachable(
                    f"{self.service}: no answer, {type(error).__name__}", code=type(error).__name__
                )
                continue
            if status < 300:  # noqa: PLR2004
                return answer
            failure = aws_error(self.service, _error_code(answer), status)
            if not isinstance(failure, AwsUnreachable):
                raise failure
        raise failure

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        url = self._base_url()
        signed = sign(self.access, self.service, method, url + path, headers, body, self.clock())
        if self._connection is None:
            self._connection = _connect(url)
        self._connection.request(method, quote(path, safe="/-_.~"), body, signed)
        answer = self._connection.getresponse()
        found = answer.read(MAX_ANSWER_BYTES)
        if answer.length:
            # The line broke, or the answer is over the limit: half of one is none.
            raise http.client.IncompleteRead(found, answer.length)
        return answer.status, found

    def _base_url(self) -> str:
        if self.access.endpoint_url:
            return self.access.endpoint_url
        return f"https://{self.host or self.service}.{self.access.region}.amazonaws.com"

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_S)
    return http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_S, context=_trust())


@cache
def _trust() -> ssl.SSLContext:
    """Return whom to trust: the authorities take longer to read than a call, so once."""
    return ssl.create_default_context()


def _error_code(answer: bytes) -> str:
    if named := _XML_CODE.search(answer):
        return named[1].decode()
    try:
        found = json.loads(answer)
    except ValueError:
        return ""
    code = found.get("__type", "") if isinstance(found, dict) else ""
    return str(code).rpartition("#")[2]
