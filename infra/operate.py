"""What an operator does on any day: `make status`, `redrive`, `replay` and `restore`.

    python -m infra.operate status
    QUEUE=Mails python -m infra.operate redrive
    FROM=2026-11-28T00:00:00Z TO=2026-11-29T00:00:00Z python -m infra.operate replay
    TO=2026-11-28T09:00:00Z python -m infra.operate restore

They need an operator's AWS credentials, and are safe to repeat. Which deployment is meant is said
in `infra.deployment`.
"""

import os
import re
import secrets
import sys
import time
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import CommandError, Deployment, find_deployment

DEAD, QUEUE = "DeadQueueUrl", "QueueUrl"
# A message that is being moved is nobody else's for this long.
MOVING_S = 60
BATCH = 10
# What a replay of Stripe's events is for, and of what happened to bookings.
ARCHIVES = ("EventArchive", "BookingEventArchive")
ENDED = {"COMPLETED", "CANCELLED", "FAILED"}
# What a restored table's name has at its end.
RESTORED = re.compile(r"-\d{8}T\d{6}$")
RESTORE_POLL_S = 10


def main(arguments: list[str]) -> int:
    """Do what is asked; 1 where something needs somebody, 2 where nothing could be done."""
    commands = {"status": status, "redrive": redrive, "replay": replay, "restore": restore}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"Say one of: {', '.join(commands)}", file=sys.stderr)
        return 2
    try:
        return commands[arguments[0]](find_deployment())
    except (CommandError, BotoCoreError, ClientError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2


def status(deployment: Deployment) -> int:
    """Show what waits in each queue and what was given up, and the alarms that ring."""
    given_up = 0
    print(f"  {'queue':16} {'waiting':>8} {'under way':>10} {'given up':>9}")
    for name in queues(deployment):
        waiting, under_way = depth(deployment, deployment.outputs[f"{name}{QUEUE}"])
        dead = sum(depth(deployment, deployment.outputs[f"{name}{DEAD}"]))
        given_up += dead
        print(f"  {name:16} {waiting:8} {under_way:10} {dead:9}")
    ringing = _ringing(deployment)
    for alarm in ringing:
        print(f"  ✗ {alarm['AlarmName']}: {alarm.get('AlarmDescription', '')}")
    print("  Nothing was given up, and no alarm rings." if not given_up and not ringing else "")
    return 1 if given_up or ringing else 0


def redrive(deployment: Deployment) -> int:
    """Move a queue's dead letters back to it, and say how many; the cause is mended by then.

    Not by SQS's own task: that knows no source for what EventBridge could not deliver. A message is
    sent before it is deleted, so that one may come twice, and none is lost.
    """
    name = os.environ.get("QUEUE", "")
    if name not in queues(deployment):
        raise CommandError(f"QUEUE is one of {', '.join(queues(deployment))}")
    sqs = deployment.client("sqs")
    dead, there = deployment.outputs[f"{name}{DEAD}"], deployment.outputs[f"{name}{QUEUE}"]
    moved = 0
    while True:
        found = sqs.receive_message(
            QueueUrl=dead, MaxNumberOfMessages=BATCH, VisibilityTimeout=MOVING_S, WaitTimeSeconds=1
        ).get("Messages", [])
        if not found:
            break
        for message in found:
            sqs.send_message(QueueUrl=there, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
        print(f"  {moved} moved")
    print(f"{name}: {moved} messages are on their way again")
    return 0


def replay(deployment: Deployment) -> int:
    """Give an archive's events of a stretch of time to the bus again, and wait until it is done."""
    start, end = (_instant(name) for name in ("FROM", "TO"))
    if end <= start:
        raise CommandError("TO is after FROM")
    kind = os.environ.get("ARCHIVE") or ARCHIVES[0]
    if kind not in ARCHIVES:
        raise CommandError(f"ARCHIVE is one of {', '.join(ARCHIVES)}")
    if f"{kind}Arn" not in deployment.outputs:
        raise CommandError("this stack keeps no archive")
    events = deployment.client("events")
    name = f"by-hand-{int(time.time())}-{secrets.token_hex(2)}"
    events.start_replay(
        ReplayName=name,
        EventSourceArn=deployment.outputs[f"{kind}Arn"],
        EventStartTime=start,
        EventEndTime=end,
        Destination={"Arn": deployment.outputs["EventBusArn"]},
    )
    while (state := events.describe_replay(ReplayName=name))["State"] not in ENDED:
        print(f"  {state['State'].lower()}, at {state.get('EventLastReplayedTime', 'the start')}")
        time.sleep(5)
    print(f"{name}: {state['State'].lower()} {state.get('StateReason', '')}")
    return 0 if state["State"] == "COMPLETED" else 1


def restore(deployment: Deployment) -> int:
    """Make a table as the stack's was at an instant, ready to take its place, and say what is next.

    Nothing changes for the stack before it is deployed with that table. A restored table has
    neither a stream nor what the stack's has been set to: it gets all of that here.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery.Tutorial.html
    """
    moment = _instant("TO")
    dynamodb, source = deployment.client("dynamodb"), deployment.outputs["BookingsTable"]
    table = f"{RESTORED.sub('', source)}-{moment.astimezone(UTC):%Y%m%dT%H%M%S}"
    try:
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=source, TargetTableName=table, RestoreDateTime=moment
        )
    except dynamodb.exceptions.TableAlreadyExistsException:
        print(f"  {table} is there already")
    _wait_until_active(dynamodb, table)
    made = dynamodb.describe_table(TableName=table)["Table"]
    if "LatestStreamArn" not in made:
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        dynamodb.update_table(TableName=table, StreamSpecification=stream)
        _wait_until_active(dynamodb, table)
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    _wait_until_active(dynamodb, table)
    recovery = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)
    expiry = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if expiry["TimeToLiveStatus"] not in ("ENABLED", "ENABLING"):
        wanted = {"Enabled": True, "AttributeName": "expires_at_s"}
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=wanted)
    stream_arn = dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    print(f"{table} is as {source} was at {moment.isoformat()}. Now: make deploy, with")
    print(f"  ExistingTable        {table}")
    print(f"  ExistingTableStream  {stream_arn}")
    print(f"and then: make replay FROM={moment.isoformat()} TO=<now>")
    return 0


def queues(deployment: Deployment) -> list[str]:
    """Return the names of all queues: those that have dead letters."""
    return sorted(each.removesuffix(DEAD) for each in deployment.outputs if each.endswith(DEAD))


def depth(deployment: Deployment, url: str) -> tuple[int, int]:
    """Return how many messages wait in a queue, put off or not, and how many are under way."""
    names = ["", "Delayed", "NotVisible"]
    found = deployment.client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=[f"ApproximateNumberOfMessages{each}" for each in names]
    )["Attributes"]
    here, delayed, hidden = (
        int(found.get(f"ApproximateNumberOfMessages{each}", 0)) for each in names
    )
    return here + delayed, hidden


def _wait_until_active(dynamodb: Any, table: str) -> None:  # noqa: ANN401 (boto3 has no types)
    """Wait for a table; one of a hundred gigabytes takes its hour."""
    while (found := dynamodb.describe_table(TableName=table)["Table"])["TableStatus"] != "ACTIVE":
        print(f"  {table} is {found['TableStatus'].lower()}", flush=True)
        time.sleep(RESTORE_POLL_S)


def _ringing(deployment: Deployment) -> list[dict[str, Any]]:
    stack = os.environ.get("BOOKPAY_STACK", "")
    if not stack:
        return []
    pages = deployment.client("cloudwatch").get_paginator("describe_alarms")
    found = pages.paginate(AlarmNamePrefix=f"{stack}-")
    alarms = [alarm for page in found for alarm in page["MetricAlarms"]]
    return [alarm for alarm in alarms if alarm["StateValue"] == "ALARM"]


def _instant(name: str) -> datetime:
    """Return an instant of the environment's; raises `CommandError`."""
    try:
        found = datetime.fromisoformat(os.environ.get(name, ""))
    except ValueError as error:
        raise CommandError(f"{name} is an instant, such as 2026-11-28T00:00:00Z") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
