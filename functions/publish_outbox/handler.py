"""New messages of the outbox, from the table's stream, go to the bus."""

import json
from typing import Any

from shared import environment
from shared.adapters.outbox import MAX_ENTRIES, Outbox, Waiting, read_waiting
from shared.domain.errors import AwsRefused, AwsUnreachable, WriteConflict
from shared.observability import count, fault, logger, metrics


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Publish the batch; from the first message that was not accepted, all are retried.

    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """
    records = event["Records"]
    for start in range(0, len(records), MAX_ENTRIES):
        part = records[start : start + MAX_ENTRIES]
        messages = [_message(record) for record in part]
        try:
            refused = environment.get(Outbox).publish(messages)
        except (AwsRefused, AwsUnreachable, WriteConflict) as error:
            logger.error("messages not published", **fault(error))
            refused = messages
        count("MessagePublished", len(messages) - len(refused))
        if refused:
            of = [each.correlation_id for each in refused]
            logger.warning("messages not taken by the bus", number=len(refused), of=of)
            first = part[messages.index(refused[0])]["dynamodb"]["SequenceNumber"]
            return {"batchItemFailures": [{"itemIdentifier": first}]}
    return {"batchItemFailures": []}


def _message(record: dict[str, Any]) -> Waiting:
    return read_waiting(json.loads(record["dynamodb"]["NewImage"]["body"]["S"]))
