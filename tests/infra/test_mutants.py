"""What the mutation run decides by itself: which mutants, where they are, what is said of them."""

from configparser import ConfigParser

import pytest

from infra.mutants import configuration, counted, drawn, file_of, line_of

NAMES = [f"shared.domain.money.money.x_times__mutmut_{n}" for n in range(200)]
SOURCE = '''"""Amounts."""

class MoneyBag:
    def times(self) -> int:
        return 1


class Money:
    """An amount."""

    def times_two(self) -> int:
        return 2

    @classmethod
    def times(cls) -> int:
        return 3


def times() -> int:
    return 4
'''


def test_a_larger_sample_has_all_of_a_smaller_one_and_another_seed_draws_another() -> None:
    few, more = drawn(NAMES, 20, seed=1), drawn(NAMES, 60, seed=1)
    assert more[:20] == few
    assert len(set(more)) == 60
    assert drawn(NAMES, 20, seed=2) != few


def test_what_is_drawn_depends_on_no_order_and_hardly_on_what_else_there_is() -> None:
    few = drawn(NAMES, 20, seed=1)
    assert drawn(NAMES[::-1], 20, seed=1) == few
    more = drawn([*NAMES, "shared.domain.money.money.x_added__mutmut_1"], 20, seed=1)
    assert len(set(more) & set(few)) >= 19


def test_a_sample_larger_than_all_is_all() -> None:
    assert set(drawn(NAMES, 1000, seed=1)) == set(NAMES)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("shared.domain.money.money.xǁMoneyBagǁtimes__mutmut_3", 4),
        ("shared.domain.money.money.xǁMoneyǁtimes__mutmut_12", 15),
        ("shared.domain.money.money.xǁMoneyǁtimes_two__mutmut_1", 11),
        ("shared.domain.money.money.x_times__mutmut_1", 19),
    ],
)
def test_a_mutant_is_at_its_function(name: str, line: int) -> None:
    assert file_of(name) == "shared/domain/money/money.py"
    assert line_of(SOURCE, name) == line


def test_all_that_were_run_are_counted_and_those_that_never_end_as_killed() -> None:
    ran = ["killed", "timeout", "killed", "survived", "no tests", "segfault"]
    said = "6 run: 3 killed, 1 survived, 1 not reached, 1 segfault (50.0 % killed)"
    assert counted(ran) == said


def test_of_none_nothing_was_killed() -> None:
    assert counted([]) == "0 run: 0 killed, 0 survived, 0 not reached (0.0 % killed)"


def test_each_file_is_broken_once_however_many_of_its_mutants_are_run() -> None:
    read = ConfigParser()
    read.read_string(configuration(["b.py", "a.py", "b.py"], ("tests/domain",)))
    assert read["mutmut"]["only_mutate"].split() == ["a.py", "b.py"]
    assert read["mutmut"]["pytest_add_cli_args_test_selection"].split() == ["tests/domain"]
