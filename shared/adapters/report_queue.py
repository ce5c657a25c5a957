"""SQS: the queue of reports that are to be built, one message a location and day."""

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config as CallOptions
from botocore.exceptions import BotoCoreError, ClientError

from shared.config import Config
from shared.domain.errors import AwsUnreachable
from shared.domain.messages import Message

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
MAX_A_BATCH = 10


class ReportQueue:
    """Sends messages to the queue, in the form that the bus gives them."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def send(self, messages: Sequence[Message]) -> None:
        """Send up to ten messages. Raises `AwsUnreachable` when not all were taken: send again."""
        entries = [
            {
                "Id": str(at),
                "MessageBody": json.dumps(
                    {"detail-type": message.detail_type, "detail": message.detail}
                ),
            }
            for at, message in enumerate(messages)
        ]
        try:
            answer = self._sqs.send_message_batch(
                QueueUrl=self._config.report_queue_url, Entries=entries
            )
        except (ClientError, BotoCoreError) as error:
            raise AwsUnreachable("SQS gave no answer") from error
        if answer.get("Failed"):
            raise AwsUnreachable("SQS did not take all messages")

    @cached_property
    def _sqs(self) -> Any:  # noqa: ANN401 (boto3 makes its clients' types as it runs)
        options = CallOptions(connect_timeout=3, read_timeout=10)
        return boto3.client("sqs", region_name=self._config.aws.region, config=options)
