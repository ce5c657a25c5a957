"""What is measured, each in a fresh process: `python cases.py CASE WORLD.json`.

It prints a line of JSON: seconds of a processor to the end of the imports, to the end of the first
request, and for each further one; modules, and the most memory held. Ours are loaded from their
packages, as they are shipped, without the environment that this repository is worked on in.

    floor_stdlib     F0: the signature and PutEvents with the standard library alone
    floor_botocore   F1: the signature with the standard library, PutEvents by a botocore client
    naive            every library at the top, the event built by Stripe's library
    payment          a signed body to a committed transaction: both functions in one process
"""

import time

STARTED_S = time.process_time()

import datetime as dt  # noqa: E402
import hashlib  # noqa: E402
import hmac  # noqa: E402
import http.client  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

type Handle = Callable[[dict[str, Any]], Any]

# What every handler needs anyhow; reading the world and the requests is none of a case's own time.
BEFORE_S = time.process_time() - STARTED_S
CASE, WORLD = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
SECRET = WORLD["secret"]


class Context:
    """What Lambda hands to a handler, as far as the logger reads it."""

    function_name = "bench"
    function_version = "1"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:bench"
    aws_request_id = "1"


def ours(name: str) -> Handle:
    """Return what asks one of our functions."""
    handler = importlib.import_module(f"functions.{name}.handler").handler
    return lambda request: handler(request, Context())


def payment() -> Handle:
    """Return what gives a webhook to the one function, and its event to the other."""
    # Both have a package of this name, each with its own function.
    both = importlib.import_module("functions")
    both.__path__ = [f"{place}/functions" for place in sys.path]
    receive, record = ours("receive_stripe_webhook"), ours("record_stripe_event")

    def handle(request: dict[str, Any]) -> Any:
        answer = receive(request["webhook"])
        if answer["statusCode"] != 200:
            return answer
        return record(request["queued"])

    return handle


def _verified(request: dict[str, Any]) -> dict[str, Any] | None:
    body = request["body"]
    signed_at, _, signature = request["headers"]["stripe-signature"].partition(",v1=")
    expected = hmac.new(SECRET.encode(), f"{signed_at[2:]}.{body}".encode(), hashlib.sha256)
    if not hmac.compare_digest(expected.hexdigest(), signature):
        return None
    event: dict[str, Any] = json.loads(body)
    return {
        "Source": "bookpay.stripe",
        "DetailType": event["type"],
        "Detail": json.dumps({"location_id": "demo", "event": event}),
    }


def floor_botocore() -> Handle:
    """Return the least that a webhook on botocore does."""
    session = importlib.import_module("botocore.session")
    events: Any = session.get_session().create_client("events")

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        entry = _verified(request)
        if entry is None:
            return {"statusCode": 400}
        answer = events.put_events(Entries=[entry])
        return {"statusCode": 200 if answer["FailedEntryCount"] == 0 else 503}

    return handle


def floor_stdlib() -> Handle:
    """Return the least that there is: Signature Version 4 by hand, on a kept connection."""
    address = os.environ["AWS_ENDPOINT_URL"].partition("//")[2]
    connection = http.client.HTTPConnection(address)
    region, secret = os.environ["AWS_REGION"], os.environ["AWS_SECRET_ACCESS_KEY"]
    access, session = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SESSION_TOKEN"]

    def signature_of(headers: dict[str, str], body: bytes, now: str) -> str:
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{now[:8]}/{region}/events/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        key = f"AWS4{secret}".encode()
        for part in (now[:8], region, "events", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        made = hmac.digest(key, f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest}".encode(), "sha256")
        credential = f"AWS4-HMAC-SHA256 Credential={access}/{scope}"
        return f"{credential}, SignedHeaders={names}, Signature={made.hex()}"

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        entry = _verified(request)
        if entry is None:
            return {"statusCode": 400}
        body = json.dumps({"Entries": [entry]}).encode()
        now = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "host": address,
            "x-amz-date": now,
            "x-amz-security-token": session,
            "x-amz-target": "AWSEvents.PutEvents",
        }
        signed = {**headers, "authorization": signature_of(headers, body, now)}
        connection.request("POST", "/", body, signed)
        answer = json.loads(connection.getresponse().read())
        return {"statusCode": 200 if answer["FailedEntryCount"] == 0 else 503}

    return handle


def naive() -> Handle:
    """Return what a tutorial shows: every library at the top, the event built by Stripe's."""
    boto3 = importlib.import_module("boto3")
    importlib.import_module("pydantic")
    importlib.import_module("pynamodb.models")
    stripe = importlib.import_module("stripe")
    powertools = importlib.import_module("aws_lambda_powertools")
    event_handler = importlib.import_module("aws_lambda_powertools.event_handler")
    importlib.import_module("aws_lambda_powertools.utilities.batch").BatchProcessor  # noqa: B018
    event_handler.APIGatewayHttpResolver()
    logger = powertools.Logger(service="naive")
    metrics = powertools.Metrics(namespace="naive", service="naive")
    events: Any = boto3.client("events")
    boto3.resource("dynamodb")

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        event = stripe.Webhook.construct_event(
            request["body"], request["headers"]["stripe-signature"], SECRET
        )
        detail = json.dumps({"location_id": "demo", "event": event.to_dict()}, default=str)
        entry = {"Source": "bookpay.stripe", "DetailType": event.type, "Detail": detail}
        answer = events.put_events(Entries=[entry])
        logger.info("done", extra={"event_id": event.id})
        metrics.add_metric("Done", "Count", 1)
        return {"statusCode": 200 if answer["FailedEntryCount"] == 0 else 503}

    return handle


FLOORS = {each.__name__: each for each in (floor_stdlib, floor_botocore, naive, payment)}
WEBHOOKS = {"floor_stdlib", "floor_botocore", "naive", "receive_stripe_webhook"}


def requests() -> list[dict[str, Any]]:
    """Return what the case is asked, signed by now where Stripe would."""
    signed = importlib.import_module("signing").signed
    webhooks = [signed(each, SECRET) for each in WORLD["bodies"]]
    if CASE in WEBHOOKS:
        # The first twenty times over: an event may come again.
        return webhooks[:1] + webhooks * 5
    queued = WORLD["requests"]["record_stripe_event"]
    if CASE == "payment":
        return [{"webhook": a, "queued": b} for a, b in zip(webhooks, queued, strict=True)]
    found: list[dict[str, Any]] = WORLD["requests"][CASE]
    return found


def main() -> None:
    """Measure one case."""
    asked = requests()
    prepared_s = time.process_time()
    handle = FLOORS[CASE]() if CASE in FLOORS else ours(CASE)
    loaded_s = time.process_time()
    answers = [handle(asked[0])]
    cold_s = time.process_time()
    answers += [handle(each) for each in asked[1:]]
    warm_s = time.process_time() - cold_s
    failed = [each for each in answers if each.get("statusCode", 200) >= 400]
    failed += [each for each in answers if each.get("batchItemFailures")]
    if failed:
        raise SystemExit(f"{CASE} refused what it was asked: {failed[0]}")
    found = {
        "loaded_s": loaded_s - prepared_s + BEFORE_S,
        "cold_s": cold_s - prepared_s + BEFORE_S,
        "warm_s": warm_s / max(1, len(asked) - 1),
        "modules": len(sys.modules),
        "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    PRINTED.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    PRINTED, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: SIM115, PTH123
    main()
