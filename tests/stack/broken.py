"""What tests break of the running system, and put right again."""

import json
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.stack.running_stack import Stack
from tests.stack.started import FOLDER
from tests.stack.waiting import wait_until

PROC = Path("/proc")
FUNCTION = b"AWS_LAMBDA_FUNCTION_NAME="
DEAD, QUEUE = "DeadQueueUrl", "QueueUrl"
# A worker that is to be killed may be over already, or just be starting.
GONE = (FileNotFoundError, ProcessLookupError)


def process_of(name: str) -> int:
    """Return the id of one of the stack's processes: `emulator`, `simulator`."""
    return int((FOLDER / "run" / f"{name}.pid").read_text().split()[0])


def workers_of(*functions: str) -> list[tuple[int, str]]:
    """Return the processes in which the emulator runs these functions, and whose each is.

    A function is called as in its template. It is Linux that tells what a process is for.
    """
    emulator, found = process_of("emulator"), []
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            is_worker = int(parent) == emulator
            variables = (folder / "environ").read_bytes().split(b"\0") if is_worker else []
        except GONE:
            continue
        [name] = [each.decode() for each in variables if each.startswith(FUNCTION)] or [""]
        found += [(int(folder.name), each) for each in functions if each in name]
    return found


class WorkersKilled:
    """Kills a worker of each of some functions whenever so much was done; `killed` counts them."""

    def __init__(self, *functions: str, after_each: int, seed: int) -> None:
        self.killed: Counter[str] = Counter()
        self._functions, self._after_each = functions, after_each
        self._done, self._lock = 0, threading.Lock()
        self._chance = random.Random(seed)

    def one_more_is_done(self) -> None:
        """Count what was done, by whichever thread; the workers may be in the midst of anything."""
        with self._lock:
            self._done += 1
            if self._done % self._after_each:
                return
            there = workers_of(*self._functions)
            for function in self._functions:
                if mine := [process for process, name in there if name == function]:
                    os.kill(self._chance.choice(mine), signal.SIGKILL)
                    self.killed[function] += 1


@contextmanager
def stopped(name: str) -> Iterator[None]:
    """Let one of the stack's processes stand still: what asks it waits, and is not answered."""
    process = process_of(name)
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


@contextmanager
def queue_with(stack: Stack, name: str, **changed: Any) -> Iterator[None]:
    """Change a queue's attributes: `VisibilityTimeout`, or `maxReceiveCount` of its policy."""
    sqs, url = stack.aws("sqs"), stack.described["outputs"][f"{name}{QUEUE}"]
    names = ["VisibilityTimeout", "RedrivePolicy"]
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    wanted = dict(before)
    if "maxReceiveCount" in changed:
        policy = json.loads(before["RedrivePolicy"])
        wanted["RedrivePolicy"] = json.dumps({**policy, **changed})
    else:
        wanted |= {each: str(value) for each, value in changed.items()}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=wanted)
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


@contextmanager
def impatient(stack: Stack, *names: str) -> Iterator[None]:
    """Let queues give up what failed once."""
    with ExitStack() as all_of_them:
        for name in names:
            all_of_them.enter_context(queue_with(stack, name, maxReceiveCount=1))
        yield


@contextmanager
def bucket_refuses(stack: Stack, bucket: str) -> Iterator[None]:
    """Let nobody write into a bucket."""
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    stack.aws("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    try:
        yield
    finally:
        stack.aws("s3").delete_bucket_policy(Bucket=bucket)


def queues_of(stack: Stack) -> list[str]:
    """Return the names of all queues: those that have dead letters."""
    outputs = stack.described["outputs"]
    return sorted(each.removesuffix(DEAD) for each in outputs if each.endswith(DEAD))


def dead_letters(stack: Stack, name: str) -> list[str]:
    """Take the bodies of a queue's dead letters out of it."""
    sqs, url = stack.aws("sqs"), stack.described["outputs"][f"{name}{DEAD}"]
    taken: list[str] = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            taken.append(message["Body"])
    return taken


def wait_until_given_up(stack: Stack, wanted: dict[str, int]) -> None:
    """Wait until queues have given up so many messages."""
    outputs = stack.described["outputs"]

    def look() -> bool | None:
        found = {name: stack.messages_in(outputs[f"{name}{DEAD}"]) for name in wanted}
        return True if found == wanted else None

    wait_until(look, f"dead letters: {wanted}")


def wait_until_quiet(stack: Stack) -> None:
    """Wait until no queue has a message any more and no message waits for the bus."""
    sqs, outputs = stack.aws("sqs"), stack.described["outputs"]
    attributes = [f"ApproximateNumberOfMessages{each}" for each in ("", "Delayed", "NotVisible")]
    urls = [outputs[f"{name}{QUEUE}"] for name in queues_of(stack)]

    def is_quiet() -> bool:
        found = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=attributes) for url in urls]
        waiting = any(int(value) for each in found for value in each["Attributes"].values())
        return not waiting and not any(key[1] == "outbox" for key in items_of(stack))

    quiet = 0

    def look() -> bool | None:
        # What one has done may be on its way to another.
        nonlocal quiet
        quiet = quiet + 1 if is_quiet() else 0
        return True if quiet == 5 else None

    wait_until(look, "nothing is on its way any more")


def items_of(stack: Stack) -> dict[tuple[str, str], dict[str, Any]]:
    """Return every item of the bookings table by its key."""
    pages = stack.aws("dynamodb").get_paginator("scan")
    table = stack.described["outputs"]["BookingsTable"]
    return {
        (item["pk"]["S"], item["sk"]["S"]): item
        for page in pages.paginate(TableName=table, ConsistentRead=True)
        for item in page["Items"]
    }
