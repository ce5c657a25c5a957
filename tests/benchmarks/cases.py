"""What is measured, each in a fresh process: `python cases.py CASE EVENTS`.

It prints a line of JSON: seconds from the start of the imports to the end of the first event,
seconds for each further event, modules, and the most memory held.
"""

import time

STARTED = time.perf_counter()

import hashlib  # noqa: E402
import hmac  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

SECRET = "whsec_bench"
Handler = Callable[[dict[str, Any], Any], Any]


class Context:
    """What Lambda hands to a handler, as far as the logger reads it."""

    function_name = "bench"
    function_version = "1"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:bench"
    aws_request_id = "1"


def webhook() -> Handler:
    """Bookpay's own."""
    from functions.receive_stripe_webhook.handler import handler

    return handler


def floor_botocore() -> Handler:
    """The least that a webhook on botocore does: the standard library's hmac, and PutEvents."""
    import botocore.session

    events: Any = botocore.session.get_session().create_client("events")

    def handler(request: dict[str, Any], _context: object) -> dict[str, Any]:
        body = request["body"]
        signed_at, _, signature = request["headers"]["stripe-signature"].partition(",v1=")
        expected = hmac.new(SECRET.encode(), f"{signed_at[2:]}.{body}".encode(), hashlib.sha256)
        if not hmac.compare_digest(expected.hexdigest(), signature):
            return {"statusCode": 400}
        event = json.loads(body)
        detail = json.dumps({"location_id": "demo", "event": event})
        entry = {"Source": "s", "DetailType": event["type"], "Detail": detail}
        answer = events.put_events(Entries=[entry])
        return {"statusCode": 200 if answer["FailedEntryCount"] == 0 else 503}

    return handler


def naive() -> Handler:
    """What a tutorial shows: every library at the top, the event built by Stripe's library."""
    import boto3
    import pydantic
    import pynamodb.models
    import stripe
    from aws_lambda_powertools import Logger, Metrics
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
    from aws_lambda_powertools.utilities.batch import BatchProcessor

    logger, metrics = Logger(service="naive"), Metrics(namespace="naive", service="naive")
    events: Any = boto3.client("events")
    _table = boto3.resource("dynamodb")
    _loaded = (pydantic, pynamodb.models, APIGatewayHttpResolver(), BatchProcessor)

    def handler(request: dict[str, Any], _context: object) -> dict[str, Any]:
        event = stripe.Webhook.construct_event(
            request["body"], request["headers"]["stripe-signature"], SECRET
        )
        detail = json.dumps({"location_id": "demo", "event": event.to_dict()}, default=str)
        entry = {"Source": "s", "DetailType": event.type, "Detail": detail}
        answer = events.put_events(Entries=[entry])
        logger.info("done", extra={"event_id": event.id})
        metrics.add_metric("Done", "Count", 1)
        return {"statusCode": 200 if answer["FailedEntryCount"] == 0 else 503}

    return handler


def record_consumer() -> Handler:
    """Bookpay's recording function, loaded and with an empty batch: it makes no call."""
    from functions.record_stripe_event.handler import handler

    return lambda _request, context: handler({"Records": []}, context)


def staff_api() -> Handler:
    """Bookpay's staff API, loaded; the request is to no route."""
    from functions.serve_staff_api.handler import handler

    return lambda _request, _context: handler


def checkout() -> Handler:
    """Bookpay's checkout function with Stripe's library, loaded."""
    from functions.create_checkout.handler import handler

    return lambda _request, _context: handler


CASES = {
    case.__name__: case
    for case in (webhook, floor_botocore, naive, record_consumer, staff_api, checkout)
}


def request_for(size_bytes: int) -> dict[str, Any]:
    """Return a signed request with a charge's event of about this size."""
    charge = {"id": "ch_1", "object": "charge", "amount": 4500, "description": "x" * size_bytes}
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "charge.succeeded",
        "livemode": False,
        "created": int(time.time()),
        "data": {"object": charge},
    }
    body, signed_at_s = json.dumps(event), int(time.time())
    digest = hmac.new(SECRET.encode(), f"{signed_at_s}.{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "body": body,
        "isBase64Encoded": False,
        "headers": {"stripe-signature": f"t={signed_at_s},v1={digest}"},
        "pathParameters": {"location_id": "demo"},
    }


def main() -> None:
    """Measure one case."""
    case, events, size_bytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sys.stdout, real_stdout = open(os.devnull, "w"), sys.stdout  # noqa: SIM115, PTH123
    request = request_for(size_bytes)
    handler = CASES[case]() if case in CASES else (lambda _request, _context: None)
    handler(request, Context())
    cold_s = time.perf_counter() - STARTED
    warm_started = time.perf_counter()
    for _ in range(events):
        handler(request, Context())
    warm_s = (time.perf_counter() - warm_started) / max(1, events)
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {"cold_s": cold_s, "warm_s": warm_s, "modules": len(sys.modules), "peak_kib": peak_kib}
    real_stdout.write(json.dumps(found) + "\n")


main()
