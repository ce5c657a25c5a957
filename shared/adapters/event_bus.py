"""EventBridge: the bus that Stripe's events are put on."""

import json
from collections.abc import Mapping
from typing import Any

from shared.adapters.aws_errors import CLIENT_ERROR, SERVER_ERROR, aws_error
from shared.adapters.large_events import LargeEvents
from shared.adapters.signed_http import SignedHttp
from shared.config import Config

SOURCE = "bookpay.stripe"
# The service takes 1 MiB today, older texts say 256 KiB: what is larger goes by reference.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
MAX_DETAIL_BYTES = 240 * 1024


class EventBus:
    """Puts events on the bus of this deployment."""

    def __init__(self, config: Config) -> None:
        self._bus = config.event_bus_name
        self._http = SignedHttp(config.aws, "events")
        self._large = LargeEvents(config)

    def put_stripe_event(
        self, location_id: str, event: Mapping[str, Any], text: str, body: bytes
    ) -> None:
        """Put one verified Stripe event on the bus, and return only after the bus has taken it.

        `text` is the event as JSON, `body` what Stripe sent: of over 240 KiB it goes to S3 first
        (`StripeEventReceived`). Raises `AwsRefused` or `AwsUnreachable`: the bus has not taken it.
        """
        # Written as it is, since the class would bring a library that the webhook does without.
        received = json.dumps({"schema": 1, "location_id": location_id})[:-1]
        detail = f'{received}, "event": {text}}}'
        if len(detail) > MAX_DETAIL_BYTES:
            reference = self._large.put(location_id, str(event["id"]), body)
            detail = f'{received}, "event_ref": {json.dumps(reference)}}}'
        entry = {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": event["type"],
            "Detail": detail,
        }
        answer = self._http.call("AWSEvents.PutEvents", {"Entries": [entry]})
        if answer.get("FailedEntryCount") != 0:
            entries = answer.get("Entries") or [{}]
            code = str(entries[0].get("ErrorCode", ""))
            raise aws_error("events", code, CLIENT_ERROR if code else SERVER_ERROR)
