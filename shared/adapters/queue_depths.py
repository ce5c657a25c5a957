"""SQS: how many messages lie in a queue."""

from collections.abc import Sequence

import boto3
from botocore.config import Config as CallOptions
from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.aws_errors import sdk_error
from shared.config import Config

CONNECT_S, READ_S = 2, 3


def read_depths(config: Config, queue_urls: Sequence[str]) -> dict[str, int]:
    """Return how many messages each queue holds, by its name; SQS counts approximately.

    Raises `AwsRefused` or `AwsUnreachable`.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """
    options = CallOptions(
        connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 2}
    )
    client = boto3.client("sqs", region_name=config.aws.region, config=options)
    depths = {}
    for url in queue_urls:
        try:
            found = client.get_queue_attributes(
                QueueUrl=url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )
        except (ClientError, BotoCoreError) as error:
            raise sdk_error("sqs", error) from error
        depths[url.rpartition("/")[2]] = sum(map(int, found["Attributes"].values()))
    return depths
