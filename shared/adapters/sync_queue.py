"""SQS: orders to sync a location's ledger, or to build its report, one message a location.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

import json
from collections.abc import Sequence

from shared.adapters.aws_errors import CLIENT_ERROR, SERVER_ERROR, aws_error
from shared.adapters.correlation import correlated
from shared.adapters.signed_http import SignedHttp
from shared.config import Config
from shared.domain.errors import AwsUnreachable
from shared.domain.messages.envelopes import envelope_of
from shared.domain.messages.message import Order

MAX_ENTRIES = 10
_HEADERS = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "AmazonSQS.SendMessageBatch",
}


class SyncQueue:
    """Puts orders on a queue of ours; the same one twice does no harm."""

    def __init__(self, config: Config, queue_url: str) -> None:
        self._url = queue_url
        self._http = SignedHttp(config.aws, "sqs")

    def send(self, orders: Sequence[Order]) -> None:
        """Put up to ten orders on the queue.

        Raises `AwsUnreachable` or `AwsRefused` where the queue did not take each.
        """
        entries = [
            {"Id": str(place), "MessageBody": json.dumps(envelope_of(correlated(order)))}
            for place, order in enumerate(orders[:MAX_ENTRIES])
        ]
        body = json.dumps({"QueueUrl": self._url, "Entries": entries}).encode()
        answer = json.loads(self._http.send("POST", "/", _HEADERS, body))
        for failed in answer.get("Failed") or []:
            status = CLIENT_ERROR if failed.get("SenderFault") else SERVER_ERROR
            raise aws_error("sqs", str(failed.get("Code", "")), status)
        if len(answer.get("Successful") or []) != len(entries):
            raise AwsUnreachable("sqs: an answer that does not say what was taken")


def ledger_syncs(config: Config) -> SyncQueue:
    """Return the queue that `sync_ledger` reads."""
    return SyncQueue(config, config.sync_queue_url)


def report_orders(config: Config) -> SyncQueue:
    """Return the queue that `build_money_flow_report` reads."""
    return SyncQueue(config, config.report_queue_url)
