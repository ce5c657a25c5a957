"""The functions of the stub pipeline, as they are deployed: they call the services, and do nothing.

Each is what anybody would write with botocore; no signature, no fact, no condition, no log.
"""

import json
import os
from functools import cache
from typing import Any

import botocore.session

BUS, TABLE = os.environ.get("STUB_BUS", ""), os.environ.get("STUB_TABLE", "")


@cache
def client(service: str) -> Any:
    """Return a client, made once."""
    return botocore.session.get_session().create_client(service)


def receive(request: dict[str, Any], _context: object) -> dict[str, Any]:
    """Put a webhook on the bus, and answer."""
    entry = {
        "EventBusName": BUS,
        "Source": "stub",
        "DetailType": "event",
        "Detail": request["body"],
    }
    client("events").put_events(Entries=[entry])
    return {"statusCode": 200, "body": "{}"}


def record(batch: dict[str, Any], _context: object) -> dict[str, Any]:
    """Write an item for each event."""
    for message in batch["Records"]:
        told = json.loads(message["body"])["detail"]
        item = {"pk": {"S": told["id"]}, "sk": {"S": "event"}, "body": {"S": json.dumps(told)}}
        client("dynamodb").put_item(TableName=TABLE, Item=item)
    return {"batchItemFailures": []}
