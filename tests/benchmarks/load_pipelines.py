"""Webhooks sent through a pipeline: when all were accepted, and when the last was committed.

A pipeline is committed when the queue behind its bus is empty: a message is deleted once what it
brought is written.
"""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.benchmarks.load_visits import Event, Step
from tests.stack.broken import QUEUE, queues_of
from tests.stack.running_stack import Stack
from tests.stack.stripe_sender import StripeSender

SENDERS = 8
POLL_S = 0.1
# So many looks in a row find the queue empty: what the bus has is put there at once.
LOOKS = 5
# What the table's stream hands on is in a queue within a second.
LOOKS_AT_REST = 20
LONGEST_S = 600
# Of a sender's; each is sent again.
MOST_REFUSED = 50


@dataclass(frozen=True)
class Sent:
    """Some webhooks, and the seconds until all were accepted, and until all were committed.

    `processor_s` is what the stack's processes took meanwhile.
    """

    number: int
    accepted_s: float
    committed_s: float
    refused: int
    processor_s: float = 0.0

    @property
    def accepted_a_second(self) -> float:
        """How many were accepted a second."""
        return self.number / self.accepted_s


@dataclass(frozen=True)
class Pipeline:
    """Where webhooks go, and the queue that they are in until they are committed."""

    stack: Stack
    path: str
    queue_url: str

    def send(self, events: Sequence[Event], step: Step) -> Sent:
        """Send events as Stripe does, signed and each until it is accepted, `SENDERS` at once."""

        def send_share(sender: int) -> int:
            refused = 0
            with httpx.Client(base_url=self.stack.api_url, timeout=60) as http:
                stripe = StripeSender(http, "", str(self.stack.described["webhook_secret"]))
                stripe._path = self.path
                for body in bodies[sender::SENDERS]:
                    while (answer := stripe.send_body(body)).status_code != 200:
                        assert answer.status_code >= 500, answer.text
                        refused += 1
                        assert refused < MOST_REFUSED, answer.text
                        time.sleep(POLL_S)
                    step()
            return refused

        # As Stripe writes them.
        bodies = [json.dumps(each, indent=2).encode() for each in events]
        begun_s = time.monotonic()
        with ThreadPoolExecutor(SENDERS) as senders:
            refused = sum(senders.map(send_share, range(SENDERS)))
        accepted_s = time.monotonic() - begun_s
        return Sent(len(bodies), accepted_s, self._committed_s() - begun_s, refused)

    def _committed_s(self) -> float:
        """Wait until the queue is empty, and return since when it is."""
        return _empty_since_s(self.stack, [self.queue_url], LOOKS)


@contextmanager
def without_followers(stack: Stack) -> Iterator[None]:
    """Let the table's stream wait: what follows a payment, such as its mail, comes afterwards.

    On AWS it runs beside it; here it would take the same processors.
    """
    functions = stack.aws("lambda")
    sources = functions.get_paginator("list_event_source_mappings").paginate()
    [stream] = [
        each["UUID"]
        for page in sources
        for each in page["EventSourceMappings"]
        if ":dynamodb:" in each["EventSourceArn"]
    ]
    functions.update_event_source_mapping(UUID=stream, Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=stream, Enabled=True)


def rest(stack: Stack) -> None:
    """Wait until all queues of the stack's are empty."""
    outputs = stack.described["outputs"]
    urls = [outputs[f"{name}{QUEUE}"] for name in queues_of(stack)]
    _empty_since_s(stack, urls, LOOKS_AT_REST)


def _empty_since_s(stack: Stack, queue_urls: Sequence[str], wanted_looks: int) -> float:
    ends_s, since_s, looks = time.monotonic() + LONGEST_S, 0.0, 0
    while looks < wanted_looks:
        if any(map(stack.messages_in, queue_urls)):
            looks = 0
        else:
            looks += 1
            since_s = time.monotonic() if looks == 1 else since_s
        assert time.monotonic() < ends_s, f"not empty within {LONGEST_S} s"
        time.sleep(POLL_S)
    return since_s
