"""The functions of the stub pipeline, as they are deployed: they call the services, and do nothing.

Each is what anybody would write with botocore; no signature, no fact, no condition, no log.
"""

import json
import os
from functools import cache
from typing import Any

import botocore.session

BUS, TABLE = os.environ.get("STUB_BUS", ""), os.environ.get("STUB_TABLE", "")
# As many as the bus takes with a call.
ENTRIES = 10


@cache
def client(service: str) -> Any:
    """Return a client, made once."""
    return botocore.session.get_session().create_client(service)


def receive(request: dict[str, Any], _context: object) -> dict[str, Any]:
    """Put a webhook on the bus, and answer."""
    _publish([request["body"]], "event")
    return {"statusCode": 200, "body": "{}"}


def record(batch: dict[str, Any], _context: object) -> dict[str, Any]:
    """Write an item for each event; that of a charge is handed on by the table's stream."""
    for message in batch["Records"]:
        told = json.loads(message["body"])["detail"]
        kind = "outbox" if told["type"] == "charge.succeeded" else "event"
        item = {"pk": {"S": told["id"]}, "sk": {"S": kind}, "body": {"S": json.dumps(told)}}
        client("dynamodb").put_item(TableName=TABLE, Item=item)
    return {"batchItemFailures": []}


def publish(batch: dict[str, Any], _context: object) -> dict[str, Any]:
    """Put what the stream hands on onto the bus."""
    bodies = [json.dumps(each["dynamodb"]["Keys"]) for each in batch["Records"]]
    for start in range(0, len(bodies), ENTRIES):
        _publish(bodies[start : start + ENTRIES], "message")
    return {"batchItemFailures": []}


def tell(_batch: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send no mail."""
    return {"batchItemFailures": []}


def _publish(bodies: list[str], detail_type: str) -> None:
    entries = [
        {"EventBusName": BUS, "Source": "stub", "DetailType": detail_type, "Detail": body}
        for body in bodies
    ]
    client("events").put_events(Entries=entries)
