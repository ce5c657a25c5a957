"""The table's connections: opened once for an execution environment, whatever stores there are."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import replace
from typing import Any

import botocore.session
import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.location_store import LocationStore
from shared.adapters.retry_write import ATTEMPTS
from shared.adapters.table_model import model_of
from shared.config import Config
from shared.domain.errors import AwsThrottled
from tests.surroundings.fixtures import TableInMoto


@pytest.mark.usefixtures("table")
def test_a_request_that_goes_to_many_stores_opens_no_connection_that_is_open(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    create_client = botocore.session.Session.create_client

    def noting(session: botocore.session.Session, *args: Any, **more: Any) -> Any:
        opened.append(args[0])
        return create_client(session, *args, **more)

    monkeypatch.setattr(botocore.session.Session, "create_client", noting)
    # Nobody else's, so that nothing of it is open yet.
    config = replace(config, aws=replace(config.aws, session_token="of this test"))

    def request() -> None:
        assert LocationStore(config).get_location("demo") is None
        assert CatalogueStore(config).get_service("demo", "cut") is None
        assert BookingStore(config).get_booking("demo", "bk_1") is None
        nothing = [Delete(Key("demo#nothing", name)) for name in "ab"]
        BookingsTable(config).put(nothing)

    request()
    assert opened == ["dynamodb"], "for transactions too"
    request()
    assert len(opened) == 1


# ------------------------------------------------------------------ what a batch leaves undone

KEYS = [Key("demo#batch", f"{number:03}") for number in range(60)]


class Squeezed:
    """DynamoDB that does a third of a batch's items, and leaves the others, `times` over."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, config: Config, undo: ExitStack, times: int
    ) -> None:
        self.calls: list[int] = []
        self.waits: list[float] = []
        self._times = times
        monkeypatch.setattr("shared.adapters.retry_write.time.sleep", self.waits.append)
        monkeypatch.setattr("shared.adapters.retry_write.random.uniform", lambda _least, most: most)
        connection = model_of(config.table_name, config.aws)._get_connection().connection
        events = connection.client.meta.events
        # The client outlives the test: what is done to it is taken back at its end.
        for name, hook in (("before-parameter-build", self._squeeze), ("after-call", self._leave)):
            for call in ("BatchGetItem", "BatchWriteItem"):
                where = f"{name}.dynamodb.{call}"
                events.register(where, hook)
                undo.callback(events.unregister, where, hook)
        self._left: list[Any] = []

    def _squeeze(self, params: dict[str, Any], **_: Any) -> None:
        [(self._table, asked)] = params["RequestItems"].items()
        self._is_read = isinstance(asked, dict)
        items = asked["Keys"] if self._is_read else asked
        self.calls.append(len(items))
        taken = items if len(self.calls) > self._times else items[: len(items) // 3]
        self._left = items[len(taken) :]
        params["RequestItems"][self._table] = {**asked, "Keys": taken} if self._is_read else taken

    def _leave(self, parsed: dict[str, Any], **_: Any) -> None:
        left = {"Keys": self._left} if self._is_read else self._left
        name = "UnprocessedKeys" if self._is_read else "UnprocessedItems"
        parsed[name] = {self._table: left} if self._left else {}


@pytest.fixture
def squeeze(monkeypatch: pytest.MonkeyPatch, config: Config) -> Iterator[Callable[[int], Squeezed]]:
    with ExitStack() as undo:
        yield lambda times: Squeezed(monkeypatch, config, undo, times)


@pytest.fixture
def kept(table: TableInMoto, config: Config) -> BookingsTable:
    del table
    made = BookingsTable(config)
    made.put([Put(key, {}, version=None) for key in KEYS])
    return made


def test_what_a_read_leaves_is_read_after_waits_that_grow(
    kept: BookingsTable, squeeze: Callable[[int], Squeezed]
) -> None:
    """Bug: the library asked again at once, and for ever, until the function's time was up."""
    squeezed = squeeze(3)
    assert set(kept.get(*KEYS)) == set(KEYS)
    assert squeezed.calls == [60, 40, 27, 18]
    assert squeezed.waits == [0.04, 0.08, 0.16]


def test_a_table_that_leaves_something_each_time_is_given_up(
    kept: BookingsTable, squeeze: Callable[[int], Squeezed]
) -> None:
    squeezed = squeeze(1_000)
    with pytest.raises(AwsThrottled):
        kept.get(*KEYS)
    assert len(squeezed.calls) == ATTEMPTS
    assert sum(squeezed.waits) < 6


def test_items_that_do_not_depend_on_each_other_are_written_25_with_a_call(
    kept: BookingsTable, squeeze: Callable[[int], Squeezed]
) -> None:
    squeezed = squeeze(0)
    kept.put_each([Put(key, {"now": 1}, version=None) for key in KEYS])
    assert squeezed.calls == [25, 25, 10]
    assert {each.body["now"] for each in kept.get(*KEYS).values()} == {1}


def test_what_a_write_leaves_is_written_after_waits_that_grow(
    kept: BookingsTable, squeeze: Callable[[int], Squeezed]
) -> None:
    squeezed = squeeze(2)
    kept.put_each([Put(key, {"now": 1}, version=None) for key in KEYS[:25]])
    assert squeezed.calls == [25, 17, 12]
    assert squeezed.waits == [0.04, 0.08]
    assert all(each.body == {"now": 1} for each in kept.get(*KEYS[:25]).values())
