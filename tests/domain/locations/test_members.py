"""Who belongs to a location: the last owner stays, and nobody else goes with who leaves."""

from collections.abc import Callable

import pytest

from shared.domain.errors import Conflict, NotFound
from shared.domain.locations.members import Member, Members, with_member, without_member

ADA = Member("u1", "ada@x.de", ("owner",), 1)
BEN = Member("u2", "ben@x.de", ("manager",), 2)
CEM = Member("u3", "cem@x.de", ("owner", "manager"), 3)
DEMOTED = Member("u1", "ada@x.de", ("manager",), 1)


def members(*joined: Member) -> Members:
    return Members({each.user_id: each for each in joined})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda kept: without_member(kept, "u1"), id="leaves"),
        pytest.param(lambda kept: with_member(kept, DEMOTED), id="is no owner any more"),
    ],
)
def test_the_last_owner_stays_until_another_is_named(change: Callable[[Members], Members]) -> None:
    with pytest.raises(Conflict) as refused:
        change(members(ADA, BEN))
    assert refused.value.code == "last_owner"
    changed = change(members(ADA, BEN, CEM))
    assert {"u2", "u3"} <= changed.joined.keys()
    assert changed.joined.get("u1") in (None, DEMOTED)


def test_who_is_no_owner_may_leave_and_nobody_else_does() -> None:
    assert without_member(members(ADA, BEN), "u2") == members(ADA)
    with pytest.raises(NotFound):
        without_member(members(ADA), "u2")
