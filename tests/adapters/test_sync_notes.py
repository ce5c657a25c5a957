"""What a sync follows: nothing of it keeps something else from being asked for."""

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.sync_notes import Followed, SyncNotes
from shared.config import Config
from shared.domain.ledger.turns import next_turn
from tests.surroundings.fixtures import TableInMoto

LIMIT = 100


def followed(kind: str, number: int) -> Followed:
    return Followed(kind, f"{kind}_{number:03d}", "", number)


def test_all_that_is_followed_is_listed_however_much_it_is(
    table: TableInMoto, config: Config
) -> None:
    del table
    notes = SyncNotes(config)
    disputes = [followed("dispute", number) for number in range(2 * LIMIT + 20)]
    notes.follow("demo", False, [*disputes, followed("payout", 1), followed("refund", 1)])
    everything = notes.list_followed("demo", False)
    assert (len(everything), len(set(everything))) == (2 * LIMIT + 22, 2 * LIMIT + 22)


def test_turns_come_to_everybody_the_oldest_first(table: TableInMoto, config: Config) -> None:
    del table
    notes = SyncNotes(config)
    waiting = {f"{at:03d}": at for at in range(7)}
    turns = [notes.take_turn("demo", False, "payouts", waiting, 3) for _ in range(3)]
    assert turns == [[0, 1, 2], [3, 4, 5], [6, 0, 1]]
    # Each round is one of its own, as are test and live.
    assert notes.take_turn("demo", False, "others", waiting, 3) == [0, 1, 2]
    assert notes.take_turn("demo", True, "payouts", waiting, 3) == [0, 1, 2]
    assert notes.take_turn("demo", False, "payouts", waiting, 7) == list(range(7))


@given(st.sets(st.text("abc", min_size=1, max_size=4), min_size=1), st.integers(1, 5))
def test_nobody_waits_longer_than_a_round(places: set[str], limit: int) -> None:
    seen: set[str] = set()
    after = ""
    for _ in range(-(-len(places) // limit)):
        turn = next_turn(places, after, limit)
        seen.update(turn)
        after = turn[-1]
    assert seen == places
