"""SQS: when a message that failed is handed over again.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
"""

import json

from shared.adapters.signed_http import SignedHttp
from shared.config import Config

_HEADERS = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "AmazonSQS.ChangeMessageVisibility",
}


class MessageQueue:
    """Puts messages off, each for as long as it has to wait."""

    def __init__(self, config: Config) -> None:
        self._aws = config.aws
        self._http = SignedHttp(config.aws, "sqs")

    def put_off(self, queue_arn: str, receipt_handle: str, delay_s: int) -> None:
        """Have a message that is being processed delivered again in `delay_s` seconds, not before.

        Raises `AwsRefused` or `AwsUnreachable`: it then comes when the queue's own time is up.
        """
        *_, account, name = queue_arn.split(":")
        base = self._aws.endpoint_url or f"https://sqs.{self._aws.region}.amazonaws.com"
        payload = {
            "QueueUrl": f"{base}/{account}/{name}",
            "ReceiptHandle": receipt_handle,
            "VisibilityTimeout": delay_s,
        }
        self._http.send("POST", "/", _HEADERS, json.dumps(payload).encode())
