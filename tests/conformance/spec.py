"""Stripe's own description of its objects (OpenAPI), held against everything a Stripe answers.

Whoever speaks to the simulator in a test does so through `CheckingClient` or `check_answer`, so
that no object stays unlooked at. What was counted is told at the end of the run, once, by
`TallyReport`. A running system is looked through with `check_account`.
"""

import copy
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import stripe

SHARED = Path(__file__).resolve().parents[3] / "shared" / "stripe"
SPEC = SHARED / "spec3.json"
NO_SHARED = f"there is no {SHARED}: Stripe's own data is not part of the project"

# What the proofs did, by name; each adds to it, the report quotes it.
TALLY: Counter[str] = Counter()
LISTS = (
    "balance_transactions",
    "charges",
    "checkout/sessions",
    "customers",
    "disputes",
    "events",
    "payment_intents",
    "payouts",
    "refunds",
    "setup_intents",
    "webhook_endpoints",
)
MAX_PAGES = 200


class StripeSchemas:
    """Checks objects against Stripe's schemas; an attribute or a kind they do not know fails."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.checked: Counter[str] = Counter()
        self._schemas = {name: _strict(one) for name, one in described.items()}
        self._validators: dict[str, jsonschema.Draft202012Validator] = {}
        self._known: set[int] = set()

    def check(self, answered: dict[str, Any]) -> None:
        """Check one object, a list's items each, an event's `data.object` by itself."""
        kind = answered.get("object")
        if kind is None:
            pytest.fail(f"an object without a kind: {str(answered)[:200]}")
        if kind == "list":
            assert answered.keys() == {"object", "data", "has_more", "url"}
            for one in answered["data"]:
                self.check(one)
            return
        self._check_one(f"deleted_{kind}" if answered.get("deleted") else kind, answered)
        if kind == "event":
            self._check_event(answered)

    def _check_one(self, kind: str, answered: dict[str, Any]) -> None:
        self.checked[kind] += 1
        # The same object is answered again and again: one look at each of its states is enough.
        state = hash(kind + json.dumps(answered, sort_keys=True))
        if state in self._known:
            return
        worst = jsonschema.exceptions.best_match(self._validator(kind).iter_errors(answered))
        if worst is not None:
            place = ".".join(map(str, worst.absolute_path))
            pytest.fail(f"{kind} {answered.get('id')}: {place}: {worst.message[:400]}")
        self._known.add(state)

    def _check_event(self, event: dict[str, Any]) -> None:
        subject = event["data"]["object"]
        self.check(subject)
        self.checked["event's data.object"] += 1
        attributes = self._schemas[subject["object"]]["properties"].keys()
        unknown = event["data"].get("previous_attributes", {}).keys() - attributes
        if unknown:
            pytest.fail(f"{event['type']}: previous_attributes has {sorted(unknown)}")

    def _validator(self, kind: str) -> jsonschema.Draft202012Validator:
        if kind not in self._validators:
            if kind not in self._schemas:
                pytest.fail(f"{SPEC.name} has no schema of a {kind}")
            self._validators[kind] = jsonschema.Draft202012Validator(
                {"$ref": f"#/components/schemas/{kind}", "components": {"schemas": self._schemas}}
            )
        return self._validators[kind]


class NoSchemas(StripeSchemas):
    """Stands in where Stripe's description is not there: it counts nothing as checked."""

    def __init__(self) -> None:
        super().__init__({})

    def check(self, answered: dict[str, Any]) -> None:
        """Let everything pass; the report tells that nothing was checked."""


@cache
def stripe_schemas() -> StripeSchemas:
    """Read the description once for the whole run."""
    if not SPEC.exists():
        return NoSchemas()
    return StripeSchemas(json.loads(SPEC.read_text())["components"]["schemas"])


def check_body(body: bytes | str) -> None:
    """Check all objects in the body of an answer of the API."""
    read = json.loads(body)
    if "error" not in read:
        stripe_schemas().check(read)
        return
    assert read["error"]["type"], read
    for name in ("payment_intent", "payment_method", "setup_intent"):
        if name in read["error"]:
            stripe_schemas().check(read["error"][name])


def check_answer(answer: httpx.Response) -> None:
    """Check what was fetched without the library; for `event_hooks={"response": [...]}`."""
    answer.read()
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return
    if answer.url.path.startswith("/v1/"):
        check_body(answer.content)
    elif "object" in answer.json():
        # Some control calls answer the object that they changed.
        stripe_schemas().check(answer.json())


def check_account(api: httpx.Client) -> None:
    """Check everything an account has now: all its lists to their ends, and its balance.

    `api` has the address and the account's key (`auth=(key, "")`).
    """
    check_body(_fetched(api, "balance"))
    for path in LISTS:
        cursor = ""
        for _ in range(MAX_PAGES):
            page = _fetched(api, f"{path}?limit=100{cursor}")
            check_body(page)
            read = json.loads(page)
            if not read["has_more"]:
                break
            cursor = f"&starting_after={read['data'][-1]['id']}"
        else:
            pytest.fail(f"{path} has more than {MAX_PAGES} pages")


def _fetched(api: httpx.Client, path: str) -> bytes:
    answer = api.get(f"/v1/{path}")
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.content


class CheckingClient(stripe.RequestsClient):
    """The library's own HTTP client, which also checks each object that is answered."""

    def __init__(self) -> None:
        super().__init__(timeout=10)
        self.last_headers: dict[str, str] = {}

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:  # type: ignore[override]
        """Answer as the library's client does, after a look at the body."""
        body, status, answered = super().request(method, url, headers, post_data)
        self.last_headers = {name.lower(): value for name, value in answered.items()}
        check_body(body)
        return body, status, answered


class TallyReport:
    """Tells at the end of the run what was validated and what the proofs did."""

    @staticmethod
    def register(config: pytest.Config) -> None:
        """Take part in the run; several folders ask for it, it is told once."""
        if not config.pluginmanager.has_plugin("stripe-tally"):
            config.pluginmanager.register(TallyReport(), "stripe-tally")

    def __init__(self) -> None:
        self._told_by_workers: list[str] = []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand a worker's counts over to the run that started it."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["stripe-tally"] = list(_report())

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take a worker's counts; one that broke off has none."""
        self._told_by_workers += getattr(node, "workeroutput", {}).get("stripe-tally", [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the counts."""
        for line in dict.fromkeys([*self._told_by_workers, *_report()]):
            terminalreporter.write_line(line)


def _report() -> Iterator[str]:
    checked = stripe_schemas().checked
    if isinstance(stripe_schemas(), NoSchemas):
        yield f"no object was held against Stripe's schemas: {NO_SHARED}"
    elif checked:
        counts = ", ".join(f"{kind} {number}" for kind, number in sorted(checked.items()))
        inside = checked["event's data.object"]
        yield f"held against {SPEC.name}: {checked.total() - inside} objects ({counts})"
    if TALLY:
        told = ", ".join(f"{number} {what}" for what, number in TALLY.items())
        yield f"conformance: {told}"


def _strict(schema: Any) -> Any:
    """Turn OpenAPI 3.0 into JSON Schema that also refuses unknown attributes."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return copy.copy(schema)
    strict = {
        name: _strict(value)
        for name, value in schema.items()
        if name != "nullable" and not name.startswith("x-")
    }
    if isinstance(schema.get("properties"), dict) and schema["properties"]:
        strict.setdefault("additionalProperties", False)
    if schema.get("nullable") is True:
        return {"anyOf": [strict, {"type": "null"}]}
    return strict
