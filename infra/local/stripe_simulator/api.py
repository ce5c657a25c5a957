"""What every API call goes through: key, fault, idempotency key, parameters, execution, answer."""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

from starlette.requests import Request
from starlette.responses import Response

from infra.local.stripe_simulator import forms, params
from infra.local.stripe_simulator.connections import LONGEST_HANG_S, BrokenAnswer
from infra.local.stripe_simulator.declarations import Takes
from infra.local.stripe_simulator.errors import (
    StripeError,
    StripeObject,
    invalid_param,
    unknown_url,
)
from infra.local.stripe_simulator.expansion import expanded
from infra.local.stripe_simulator.faults import Fault, Faults
from infra.local.stripe_simulator.idempotency import IdempotencyKeys, Saved
from infra.local.stripe_simulator.params import Declared
from infra.local.stripe_simulator.settings import API_VERSION
from infra.local.stripe_simulator.state import Account, Cause

MAX_BODY_BYTES = 1_000_000
logger = logging.getLogger("stripe_simulator")
EXPAND: Declared = {"expand": params.array(params.text(), max_items=20)}


@dataclass(frozen=True)
class Call:
    """One call as an operation sees it: `params` are read and checked, `path` names the ids."""

    account: Account
    params: StripeObject
    path: dict[str, str]
    url: str


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


@dataclass(frozen=True)
class Operation:
    """One operation: `path` such as `/v1/charges/{charge}`, and the parameters it takes.

    They are of a class of the library's, or declared by hand where Stripe documents none.
    """

    method: str
    path: str
    handle: Callable[[Call], StripeObject]
    takes: Takes | Declared = field(default_factory=dict)

    @cached_property
    def params(self) -> Declared:
        """Give the declarations; the library's class is only read once a call needs it."""
        return self.takes.declared() if isinstance(self.takes, Takes) else self.takes

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Give the ids in a path that is this operation's, or None."""
        found = _pattern(self.path).fullmatch(path) if method == self.method else None
        return found.groupdict() if found else None


@dataclass(frozen=True)
class Answer:
    """A status and a body that is final."""

    status: int
    body: bytes


class Api:
    """Answers the calls of one account."""

    def __init__(self, account: Account, operations: Sequence[Operation], faults: Faults) -> None:
        self._account = account
        self._operations = operations
        self._faults = faults
        self._keys = IdempotencyKeys(account.clock)

    async def __call__(self, request: Request) -> Response:
        """Answer one request with Stripe's headers, or break it where a fault orders that."""
        request_id = self._account.ids.new("req")
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        headers = {
            "Request-Id": request_id,
            "Stripe-Version": request.headers.get("stripe-version", API_VERSION),
        }
        if key is not None:
            headers["Idempotency-Key"] = key[:255].encode("ascii", "replace").decode()
        try:
            operation, ids = self._admit(request)
            fault = self._faults.take(request.method, request.url.path, after_effect=False)
            if fault is not None:
                broken = await self._suffer(fault)
                if broken is not None:
                    return broken
            raw = await self._raw_params(request)
            self._check_expansion(request, raw)
            answer, replayed = await self._once(request, key, raw, (operation, ids), request_id)
        except StripeError as refusal:
            answer, replayed = _failed(refusal, request_id), None
        if isinstance(answer, Response):
            return answer
        if replayed is not None:
            headers |= {"Idempotent-Replayed": "true", "Original-Request": replayed.request_id}
        return Response(answer.body, answer.status, headers, "application/json")

    async def _once(
        self,
        request: Request,
        key: str | None,
        raw: StripeObject,
        matched: tuple[Operation, dict[str, str]],
        request_id: str,
    ) -> tuple[Answer | Response, Saved | None]:
        """Execute, unless the key has an answer already; give that answer's record too."""
        if key is not None:
            endpoint = f"{request.method} {request.url.path}"
            saved = self._keys.begin(key, endpoint, raw, request_id)
            if saved is not None:
                return Answer(saved.status or 500, saved.body or b""), saved
        try:
            await self._wait_if_slow(request)
            cause = Cause(request_id, key)
            answer = await self._execute(matched, raw, request.url.path, cause)
            fault = self._faults.take(request.method, request.url.path, after_effect=True)
            if fault is not None and fault.status == 500:  # noqa: PLR2004
                answer = _failed(fault.error(), request_id)
            if key is not None:
                self._keys.save(key, answer.status, answer.body)
            if fault is not None:
                return await self._suffer(fault) or answer, None
            return answer, None
        finally:
            if key is not None:
                self._keys.release(key)

    async def _execute(
        self,
        matched: tuple[Operation, dict[str, str]],
        raw: StripeObject,
        url: str,
        cause: Cause,
    ) -> Answer:
        operation, ids = matched
        sent = params.fields({**EXPAND, **operation.params}, raw)
        async with self._account.lock:
            self._account.clock.run_due()
            self._account.cause = cause
            try:
                done = operation.handle(Call(self._account, sent, ids, url))
                done = expanded(self._account, done, sent.get("expand", []))
                return Answer(200, rendered(done))
            except StripeError as refusal:
                if refusal.before_execution:
                    raise
                return _failed(refusal, str(cause.request_id))
            except Exception:
                logger.exception("%s %s failed", operation.method, operation.path)
                error = StripeError(500, "api_error", "The simulator has a bug; see its log.")
                return _failed(error, str(cause.request_id))
            finally:
                self._account.cause = Cause()

    def _admit(self, request: Request) -> tuple[Operation, dict[str, str]]:
        path = request.url.path.rstrip("/")
        authorization = request.headers.get("authorization", "")
        self._account.keys.check(authorization, request.method, path)
        for operation in self._operations:
            ids = operation.match(request.method, path)
            if ids is not None:
                return operation, ids
        raise unknown_url(request.method, request.url.path)

    def _check_expansion(self, request: Request, raw: StripeObject) -> None:
        sent = raw.get("expand", [])
        expand = sent.values() if isinstance(sent, dict) else sent
        authorization = request.headers.get("authorization", "")
        names = [each for each in expand if isinstance(each, str)]
        self._account.keys.check_expansion(authorization, request.url.path, names)

    async def _raw_params(self, request: Request) -> StripeObject:
        if request.method in {"GET", "DELETE"}:
            return forms.decode(request.url.query.encode())
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise invalid_param("The request is too large.", param="")
        return forms.decode(body)

    async def _wait_if_slow(self, request: Request) -> None:
        fault = self._faults.take_slow(request.method, request.url.path)
        if fault is not None:
            await asyncio.sleep(fault.seconds)

    async def _suffer(self, fault: Fault) -> Response | None:
        if fault.status == "timeout":
            return BrokenAnswer(hang_s=LONGEST_HANG_S)
        if fault.status == "reset":
            return BrokenAnswer()
        if fault.after_effect:
            return None
        raise fault.error()


def rendered(body: StripeObject) -> bytes:
    """Write a body as Stripe does: indented JSON."""
    return json.dumps(body, indent=2, ensure_ascii=False).encode()


def _failed(refusal: StripeError, request_id: str) -> Answer:
    return Answer(int(refusal.status), rendered(refusal.body(request_id)))
