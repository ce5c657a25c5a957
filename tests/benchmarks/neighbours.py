"""How long a location's messages take beside one in trouble, of how long they take without it.

In a simulated time, with the queues and functions of the template (`tests/surroundings`): the
emulator's queues know no groups, and would say nothing of AWS's.
"""

from statistics import mean, quantiles

import pytest

from shared import environment
from shared.config import load_config
from tests.benchmarks.rows import Row, exact
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import ENVIRONMENT, LambdaContext
from tests.surroundings.queue_in_time import OTHERS, Queue, Queues, silent, slow

FLOOD, ORDERS = 6_000, 400


def rows() -> list[Row]:
    """Return the ratios, each the mean of all others' messages and the slowest hundredth."""
    fake = FakeAws()
    with pytest.MonkeyPatch.context() as patched:
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": fake.url}.items():
            patched.setenv(name, value)
        load_config.cache_clear()
        environment.forget()
        queues = Queues(fake, LambdaContext(), patched)
        webhooks, refunds = queues.record_webhooks(0), queues.refund(0)
        beside = {
            f"webhooks beside a location that is flooded with {FLOOD:,}": (
                queues.record_webhooks(FLOOD),
                webhooks,
            ),
            f"refunds beside {ORDERS} of a location whose Stripe is slow": (
                queues.refund(ORDERS, slow),
                refunds,
            ),
            f"refunds beside {ORDERS} of a location whose Stripe is dead": (
                queues.refund(ORDERS, silent),
                refunds,
            ),
        }
    fake.close()
    load_config.cache_clear()
    environment.forget()
    return [
        row for what, (troubled, alone) in beside.items() for row in _rows(what, troubled, alone)
    ]


def _rows(what: str, troubled: Queue, alone: Queue) -> tuple[Row, Row]:
    own, base = _waits_s(troubled), _waits_s(alone)
    slowest, slowest_alone = quantiles(own, n=100)[-1], quantiles(base, n=100)[-1]
    return (
        Row(f"{what}: times the {mean(base):.1f} s without it", exact(mean(own) / mean(base))),
        Row(
            f"the slowest hundredth: times the {slowest_alone:.0f} s",
            exact(slowest / slowest_alone),
        ),
    )


def _waits_s(queue: Queue) -> list[float]:
    return [each for name in OTHERS for each in queue.waits_s[name]]
