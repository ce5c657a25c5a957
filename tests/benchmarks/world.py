"""The world that everything is measured in: AWS and Stripe on loopback, and a salon with bookings.

`python -m tests.benchmarks.world FILE` fills it, writes what can be asked of it into the file,
prints a line, and serves until its input ends. Only the time of the process that asks is measured,
so that it does not matter how slow moto's table and the simulator are.
"""

import http.server
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import BotocoreStubber

from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from shared.config import load_config
from tests.builders import from_queue, messages
from tests.fake_aws import FakeAws
from tests.messages import order_envelope
from tests.moto_tables import share_items
from tests.surroundings.demo_location import DEMO
from tests.surroundings.fixtures import (
    ENVIRONMENT,
    REGION,
    ROOT,
    TABLE,
    LambdaContext,
    TableInMoto,
)
from tests.surroundings.fixtures import _Template as Template
from tests.surroundings.salon import CLIENT, SECRET_KEY, Salon, StripeBeside, moment, stripe_beside
from tests.surroundings.staff_calls import StaffCalls
from tests.surroundings.till import Till

SECRET = "whsec_bench0000000000000000000000"
PAYMENTS = 21
KIB = 1024
MADE = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


class Aws(FakeAws):
    """The fake of the tests with moto's tables beside it, which can be put back as they were."""

    def __init__(self, table: TableInMoto) -> None:
        super().__init__()
        self._table = table
        self._kept: Any = None

    def keep(self) -> None:
        """Remember the table as it is."""
        self._kept = self._table.save()

    def _serve(self, request: http.server.BaseHTTPRequestHandler) -> None:
        if request.path != "/_bench/restore":
            super()._serve(request)
            return
        self._table.restore(self._kept)
        request.send_response(200)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def _answer(self, call: str, sent: dict[str, Any]) -> tuple[int, bytes]:
        tables = {TABLE, "tutorial"}
        named = {sent.get("TableName"), *sent.get("RequestItems", {})}
        if call != "TransactWriteItems" and not tables & named:
            return super()._answer(call, sent)
        credential = f"Credential=AKIDEXAMPLE/20270101/{REGION}/dynamodb/aws4_request"
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{call}",
            "Authorization": f"AWS4-HMAC-SHA256 {credential}",
        }
        url = f"https://dynamodb.{REGION}.amazonaws.com/"
        given, body = HTTPHeaders(), json.dumps(sent).encode()
        for name, value in headers.items():
            given[name] = value
        request = AWSPreparedRequest("POST", url, given, body, stream_output=False)
        answer = BotocoreStubber().process_request(request)
        assert answer, call
        status, _, told = answer
        return status, told.encode() if isinstance(told, str) else told


def main() -> None:
    """Serve."""
    patched = pytest.MonkeyPatch()
    share_items(patched)
    aws = Aws(TableInMoto(TABLE))
    with stripe_beside(seed=1) as beside:
        environment = {**ENVIRONMENT, "AWS_ENDPOINT_URL": aws.url, "STRIPE_API_BASE": beside.url}
        environment |= {"POWERTOOLS_METRICS_NAMESPACE": "bench", "POWERTOOLS_SERVICE_NAME": "bench"}
        os.environ.update(environment)
        _make_tables()
        aws.sealed["api#demo"] = json.dumps({"secret_key": SECRET_KEY})
        aws.sealed["signing#demo"] = json.dumps({"mode": "test", "secrets": [SECRET]})
        aws.secrets["bookpay/link-key"] = "the key of the links"
        told = {"environment": environment, "secret": SECRET, "key": SECRET_KEY}
        told |= {"stripe": beside.url, "aws": aws.url, **_fill(beside, patched)}
        aws.keep()
        Path(sys.argv[1]).write_text(json.dumps(told))
        print("ready", flush=True)
        sys.stdin.read()
    aws.close()


def _make_tables() -> None:
    described = yaml.load((ROOT / "infra/tables.yaml").read_text(), Template)
    made = described["Resources"]["Bookings"]["Properties"]
    client = boto3.client("dynamodb")
    wanted = {name: made[name] for name in MADE}
    client.create_table(TableName=TABLE, **wanted)
    keys = {name: wanted[name] for name in ("BillingMode", "KeySchema")}
    defined = [each for each in wanted["AttributeDefinitions"] if each["AttributeName"] in "pksk"]
    client.create_table(TableName="tutorial", AttributeDefinitions=defined, **keys)


def _fill(beside: StripeBeside, patched: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what may be asked, by the case that asks it."""
    config, context = load_config(), LambdaContext()
    places, store = LocationStore(config), BookingStore(config)
    places.save_location(DEMO)
    places.put_member("owner", "demo", ["owner"], "owner@demo.test")
    salon, till = Salon(store, config, context, patched), Till(beside, store)
    made = salon.booked()
    beside.pay(made)
    till.advance(10)
    till.deliver()
    staff = StaffCalls(context, store)
    path = f"/v1/locations/demo/bookings/{made['booking_id']}/refunds"
    status, told = staff("POST", path, {"amount": 1000})
    assert status in (200, 201, 202), told
    [order] = salon.stored(made).refund_orders
    ids = {"location_id": "demo", "booking_id": made["booking_id"]}
    refund = order_envelope("refund_payment", message_id="m1", refund_id=order.refund_id, **ids)
    check = order_envelope("check_hold", message_id="m2", **ids)
    # Paid, and not told to us.
    for number in range(PAYMENTS):
        till.book(f"bk_{number}")
        till.pay(f"bk_{number}")
    events = [each for each in till.events() if each["id"] not in till.delivered]
    charges = [each for each in events if each["type"] == "charge.succeeded"]
    assert len(charges) == PAYMENTS
    # As large as a charge is at the real Stripe.
    sized = [_sized(each, 4 * KIB) for each in charges]
    till.close()
    shown = {"service_id": "cut", "employee_id": "anna", "starts_at": moment(12), "client": CLIENT}
    day = (datetime.now(UTC).date() + timedelta(days=5)).isoformat()
    visit = {"booking_id": made["booking_id"], "token": made["token"]}
    slots = {"service_id": "cut", "date": day, "days": "7"}
    return {
        "bodies": [json.dumps(each, separators=(",", ":")) for each in sized],
        "large": json.dumps(_sized(charges[0], 20 * KIB), separators=(",", ":")),
        "requests": {
            "record_stripe_event": [from_queue(each) for each in sized],
            "create_checkout": [
                {
                    **_asked("POST /public/locations/{location_id}/bookings", location_id="demo"),
                    "body": json.dumps({**shown, **salon.shown("cut")}),
                }
            ],
            "refund_payment": [messages(json.dumps(refund))],
            "charge_fee": [messages(json.dumps(check))],
            "serve_staff_api": [_staff("/v1/locations/demo/agenda", **{"from": day, "to": day})],
            "serve_widget": [
                _asked("GET /public/locations/{location_id}/slots", query=slots, location_id="demo")
            ],
            "serve_visit": [_asked("GET /visit/{booking_id}/{token}", **visit)],
            "serve_pages": [_asked("GET /book/{location_id}", location_id="demo")],
        },
    }


def _sized(event: dict[str, Any], size_bytes: int) -> dict[str, Any]:
    """Return an event of this size: its charge has as much metadata of others as that takes."""
    about = event["data"]["object"]
    missing = size_bytes - len(json.dumps(event, separators=(",", ":")))
    # A value has at most 500 characters. https://docs.stripe.com/api/metadata
    more = {f"note_{number:02}": "x" * 400 for number in range(missing // 414)}
    made = {**about, "metadata": {**about["metadata"], **more}}
    return {**event, "data": {"object": made}}


def _asked(route: str, query: Any = None, **path: str) -> dict[str, Any]:
    """Return a request as API Gateway hands it over."""
    method, _, raw = route.partition(" ")
    about = {"method": method, "path": raw, "sourceIp": "203.0.113.9"}
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "accept-encoding": "gzip"},
        "pathParameters": path,
        "queryStringParameters": query or {},
        "requestContext": {"stage": "$default", "requestId": "bench", "http": about},
        "isBase64Encoded": False,
    }


def _staff(path: str, **query: str) -> dict[str, Any]:
    request = _asked("ANY /v1/{proxy+}", query)
    claims = {"sub": "owner", "token_use": "id"}
    request["rawPath"] = request["requestContext"]["http"]["path"] = path
    request["requestContext"]["http"]["method"] = "GET"
    request["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    return request


if __name__ == "__main__":
    main()
