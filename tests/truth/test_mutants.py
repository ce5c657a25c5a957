"""Mistakes that the product could make with money: the oracle notices each of them."""

import pytest

from tests.truth.histories import draw
from tests.truth.judge import judged
from tests.truth.mutants_of_formats import MUTANTS

# Histories that are tried until one shows the mistake.
TRIED = 12
# Where what a mistake needs is rare, the first history that has it.
BEGUN_AT = {
    "clients_money_forgets_what_came_late": 15,
    "the_note_of_what_came_late_is_left_out": 15,
    "what_is_learned_later_is_not_told": 15,
    "what_is_broken_down_anew_is_said_to_be_as_before": 15,
    "every_line_is_of_the_payments_balance": 19,
    "what_was_missing_stays_missing": 34,
}


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_the_oracle_notices(name: str) -> None:
    first = BEGUN_AT.get(name, 0)
    for seed in range(first, first + TRIED):
        with pytest.MonkeyPatch.context() as patched:
            MUTANTS[name](patched)
            if judged(draw(patched, seed, is_small=True)).differences:
                return
    pytest.fail(f"in {TRIED} histories nobody saw it")
