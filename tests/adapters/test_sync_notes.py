"""What a sync follows: nothing of it keeps something else from being asked for."""

from shared.adapters.sync_notes import Followed, SyncNotes
from shared.config import Config
from tests.functions.conftest import TableInMoto

LIMIT = 100


def followed(kind: str, number: int) -> Followed:
    return Followed(kind, f"{kind}_{number:03d}", "", number)


def test_many_open_disputes_keep_no_payout_from_being_asked_for(
    table: TableInMoto, config: Config
) -> None:
    del table
    notes = SyncNotes(config)
    disputes = [followed("dispute", number) for number in range(LIMIT + 20)]
    notes.follow("demo", False, [*disputes, followed("payout", 1), followed("refund", 1)])
    found = notes.list_followed("demo", False, LIMIT)
    assert found[0] == followed("payout", 1)
    assert found[1:] == disputes[: LIMIT - 1]
    everything = notes.list_followed("demo", False, 2 * LIMIT)
    assert (len(everything), len(set(everything))) == (LIMIT + 22, LIMIT + 22)
