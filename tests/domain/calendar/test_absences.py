"""Who is away cannot be booked; what is over is forgotten; mistakes are named."""

import pytest

from shared.domain.calendar.absences import (
    KEPT_DAYS,
    MAX_ABSENCES,
    MAX_DAYS,
    Absence,
    Absences,
)
from shared.domain.calendar.intervals import Interval
from shared.domain.errors import Conflict, InvalidInput

DAY_S = 86_400
NOW_S = 1_795_000_000


def absence(absence_id: str = "holiday", days: int = 7, reason: str = "") -> Absence:
    return Absence(absence_id, Interval(NOW_S, NOW_S + days * DAY_S), reason)


def test_absences_are_kept_by_id_and_read_back() -> None:
    found = Absences({}).put(absence("b", 2, "Sick"), NOW_S).put(absence("a", 1), NOW_S)

    assert [each.absence_id for each in found.in_order()] == ["a", "b"]
    assert Absences.from_dict(found.to_dict()) == found
    assert found.put(absence("a", 3), NOW_S).by_id["a"] == absence("a", 3)
    assert [each.absence_id for each in found.delete("a").in_order()] == ["b"]
    assert found.delete("unknown") == found


def test_what_ended_long_ago_is_forgotten_at_the_next_write() -> None:
    found = Absences({}).put(absence("old", 1), NOW_S)
    ended_s = NOW_S + DAY_S

    assert "old" in found.put(absence("new", 99), ended_s + KEPT_DAYS * DAY_S - 1).by_id
    assert "old" not in found.put(absence("new", 99), ended_s + KEPT_DAYS * DAY_S).by_id


def test_there_are_only_so_many_at_once() -> None:
    found = Absences({})
    for number in range(MAX_ABSENCES):
        found = found.put(absence(f"a{number}"), NOW_S)

    with pytest.raises(Conflict) as refused:
        found.put(absence("one-more"), NOW_S)
    assert refused.value.code == "too_many_absences"
    assert found.put(absence("a1", 2), NOW_S).by_id["a1"] == absence("a1", 2)


def test_every_mistake_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        Absence("no id", Interval(NOW_S, NOW_S), "x" * 201)

    assert [each["pointer"] for each in refused.value.errors] == ["/absence_id", "/to", "/reason"]
    with pytest.raises(InvalidInput, match="not valid"):
        absence(days=MAX_DAYS + 1)
