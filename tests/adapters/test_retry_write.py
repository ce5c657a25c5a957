"""A write that lost a race: how often it is tried again, after what wait, and what ends it."""

from collections.abc import Callable

import pytest

from shared.adapters.bookings_table import Key, PutRefused, TransactionUnderWay
from shared.adapters.retry_write import ATTEMPTS, FIRST_S, MOST_S, retry_write
from shared.domain.errors import AwsUnreachable, NotFound, WriteConflict

REFUSED = PutRefused(frozenset({Key("demo", "booking")}))
UNDER_WAY = TransactionUnderWay(frozenset())


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts, each as long as it may be at the most."""
    made: list[float] = []
    monkeypatch.setattr("shared.adapters.retry_write.time.sleep", made.append)
    monkeypatch.setattr("shared.adapters.retry_write.random.uniform", lambda _least, most: most)
    return made


def after(*losses: Exception) -> Callable[[], str]:
    left = list(losses)

    def write() -> str:
        if left:
            raise left.pop(0)
        return "written"

    return write


@pytest.mark.parametrize("lost", range(ATTEMPTS))
def test_a_lost_race_is_run_again_after_a_wait_that_doubles(lost: int, waits: list[float]) -> None:
    assert retry_write(after(*[WriteConflict("lost")] * lost)) == "written"
    assert waits == [min(MOST_S, FIRST_S * 2**each) for each in range(1, lost + 1)]


def test_the_last_lost_race_is_what_the_caller_gets(waits: list[float]) -> None:
    losses = [WriteConflict(str(each)) for each in range(ATTEMPTS)]
    with pytest.raises(WriteConflict, match=str(ATTEMPTS - 1)):
        retry_write(after(*losses))
    # A request of API Gateway's ends after 30 s.
    assert sum(waits) < 6


@pytest.mark.parametrize("error", [AwsUnreachable("down"), NotFound()], ids=repr)
def test_no_other_error_is_tried_again(error: Exception, waits: list[float]) -> None:
    with pytest.raises(type(error)):
        retry_write(after(error))
    assert waits == []


def test_only_the_loss_that_was_named_is_tried_again(waits: list[float]) -> None:
    assert retry_write(after(UNDER_WAY), TransactionUnderWay, 2) == "written"
    with pytest.raises(TransactionUnderWay):
        retry_write(after(UNDER_WAY, UNDER_WAY), TransactionUnderWay, 2)
    with pytest.raises(PutRefused):
        retry_write(after(REFUSED), TransactionUnderWay, 2)
    assert len(waits) == 2
