"""The table of the simulated worlds is held against the emulator's, as it is against moto's.

Moto is one opinion of DynamoDB, and the emulator that everything else is tested on is another.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from shared.config import load_config
from tests.simulation.both_tables import OnBoth, described_table, played
from tests.simulation.trouble import Trouble
from tests.simulation.world import World
from tests.stack.running_stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.proof]

SEED, ACTS = 5, 100


@pytest.fixture
def table_name(stack: Stack) -> Iterator[str]:
    """A table at the emulator as infra/tables.yaml describes it, empty and of this test alone."""
    client, name = stack.aws("dynamodb"), f"doubles-{time.time_ns()}"
    client.create_table(TableName=name, **described_table())
    client.get_waiter("table_exists").wait(TableName=name)
    yield name
    client.delete_table(TableName=name)


def on_the_emulator(
    patched: pytest.MonkeyPatch, stack: Stack, name: str
) -> Callable[[Trouble], OnBoth]:
    """Return what makes a world's table, with the emulator's beside it."""
    aws = stack.described["aws"]
    own = {
        "AWS_ENDPOINT_URL": aws["endpoint_url"],
        "AWS_REGION": aws["region"],
        "AWS_DEFAULT_REGION": aws["region"],
        "AWS_ACCESS_KEY_ID": aws["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": aws["secret_access_key"],
        "TABLE_NAME": name,
    }

    def make(trouble: Trouble) -> OnBoth:
        for variable, value in own.items():
            patched.setenv(variable, value)
        load_config.cache_clear()
        return OnBoth(trouble)

    return make


def test_the_table_answers_a_worlds_calls_as_the_adapter_does_over_the_emulator(
    monkeypatch: pytest.MonkeyPatch, stack: Stack, table_name: str
) -> None:
    client = stack.aws("dynamodb")
    with monkeypatch.context() as patched:
        made = on_the_emulator(patched, stack, table_name)
        table = played(World(patched, SEED, trouble=0, table=made), SEED, ACTS)
    load_config.cache_clear()
    assert table.differing == []
    assert table.calls.keys() >= {"get", "_put_once", "list_oldest", "list_page", "query_between"}
    pages = client.get_paginator("scan").paginate(TableName=table_name, Select="COUNT")
    assert sum(page["Count"] for page in pages) == len(table.items)
