"""The three laws of merge, and the way to JSON and back, on facts of every shape."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import InvalidFacts
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.event_facts import EventFact
from shared.domain.stripe_facts.merge_rules import (
    EITHER,
    IDS,
    LARGEST,
    LIVEMODE,
    SIGNED,
    Ladder,
    MergedText,
)
from shared.domain.stripe_facts.mergeable_facts import Record, UnionById, rules_of
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts, fold, merge
from shared.domain.stripe_facts.payout_facts import PayoutFacts

# Few values and few ids, so that generated facts do meet and contradict each other.
ids = st.sampled_from(["a_1", "b_2", "c_3"])
texts = st.sampled_from(["", "alpha", "beta"])


def values(rule: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - a row for each rule
    if rule in (LARGEST, SIGNED):
        return st.integers(0 if rule is LARGEST else -5, 5)
    if rule is EITHER:
        return st.booleans()
    if rule is LIVEMODE:
        return st.sampled_from([None, True, False])
    if rule is IDS:
        return st.frozensets(ids, max_size=2)
    if isinstance(rule, Ladder):
        return st.sampled_from(["", "not_known_yet", "nor_this", *rule.statuses])
    if isinstance(rule, UnionById):
        return st.dictionaries(ids, records(rule.record), max_size=2)
    assert isinstance(rule, MergedText)
    return texts


def records(record: type[Record]) -> st.SearchStrategy[Any]:
    # A few fields at a time: the rest stays unknown, as in one event.
    fields = {name: values(rule) for name, rule in rules_of(record)}
    return st.fixed_dictionaries({}, optional=fields).map(lambda drawn: record(**drawn))


facts = records(Facts)


@given(facts, facts)
@settings(max_examples=150)
def test_merge_does_not_care_which_came_first(one: Facts, other: Facts) -> None:
    assert merge(one, other) == merge(other, one)


@given(facts, facts, facts)
@settings(max_examples=150)
def test_merge_does_not_care_how_they_are_grouped(one: Facts, other: Facts, third: Facts) -> None:
    assert merge(merge(one, other), third) == merge(one, merge(other, third))


@given(facts, facts)
@settings(max_examples=150)
def test_merging_again_changes_nothing(one: Facts, other: Facts) -> None:
    both = merge(one, other)
    assert merge(one, one) == one
    assert merge(both, one) == both
    assert merge(both, other) == both
    assert merge(one, EMPTY) == one == merge(EMPTY, one)


@given(st.lists(facts, max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_a_fold_does_not_care_for_order_or_repetition(many: list[Facts], random: Random) -> None:
    again = [*many, *random.choices(many, k=3)] if many else []
    random.shuffle(again)
    assert fold(again) == fold(many)


@given(facts)
@settings(max_examples=200)
def test_facts_survive_json(one: Facts) -> None:
    stored = json.loads(json.dumps(one.to_dict()))
    assert Facts.from_dict(stored) == one
    assert Facts.from_dict(stored).to_dict() == stored


def test_every_field_of_every_record_has_a_rule() -> None:
    # A field without a rule would raise here, and could not be merged.
    seen = set()
    waiting = [Facts]
    while waiting:
        record = waiting.pop()
        seen.add(record.__name__)
        waiting += [rule.record for _, rule in rules_of(record) if isinstance(rule, UnionById)]
    assert len(seen) == 13


def test_what_is_not_known_is_not_stored() -> None:
    assert EMPTY.to_dict() == {}
    assert Facts(charges={"ch_1": ChargeFacts(livemode=False)}).to_dict() == {
        "charges": {"ch_1": {"livemode": False}}
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": -1}, {"amount_minor": 1.0}, {"amount_minor": True}, {"amount_minor": "1"},
        {"amount_minor": 10**15 + 1}, {"currency": 1}, {"currency": "\ud800"}, {"currency": "€"},
        {"captured": 1}, {"livemode": "no"}, {"released_refund_ids": ["a"]}, {"refunds": []},
        {"refunds": {"re_1": {}}}, {"refunds": {1: None}}, {"status": "x" * 3000},
    ],
)  # fmt: skip
def test_facts_are_validated_when_built(wrong: dict[str, Any]) -> None:
    wrong = {"failure_code" if name == "status" else name: value for name, value in wrong.items()}
    with pytest.raises(InvalidFacts):
        ChargeFacts(**wrong)


@pytest.mark.parametrize(
    ("stored", "pointer"),
    [
        ([], "/"),
        ({"charges": []}, "/charges"),
        ({"charges": {"ch_1": 5}}, "/charges/ch_1"),
        ({"charges": {"ch_1": {"amount_minor": 1.5}}}, "/charges/ch_1/amount_minor"),
        ({"charges": {"ch_1": {"amount_minor": -1}}}, "/charges/ch_1/amount_minor"),
        ({"charges": {"ch_1": {"refunds": {"re_1": {"status": 3}}}}}, "/charges/ch_1/refunds/re_1"),
        ({"charges": {"ch_1": {"released_refund_ids": "ab"}}}, "/charges/ch_1/released_refund_ids"),
    ],
)
def test_facts_are_validated_when_read_back(stored: object, pointer: str) -> None:
    with pytest.raises(InvalidFacts) as raised:
        Facts.from_dict(stored)
    assert str(raised.value).startswith(pointer)


def test_a_status_that_is_not_known_yet_never_beats_one_that_decides() -> None:
    ladder = Ladder("open", "closed")
    assert ladder.join("brand_new", "open") == "open"
    assert ladder.join("", "brand_new") == "brand_new"
    above = Ladder("open", "closed", unknown_above="open")
    assert above.join("brand_new", "open") == "brand_new"
    assert above.join("brand_new", "closed") == "closed"


def test_a_negative_payout_survives_being_merged_with_nothing_known() -> None:
    assert PayoutFacts(amount_minor=-500).merge(PayoutFacts(status="paid")).amount_minor == -500


def test_test_mode_wins_over_live_mode() -> None:
    mixed = ChargeFacts(livemode=True).merge(ChargeFacts(livemode=False))
    assert mixed.livemode is False


def test_an_event_keeps_its_type_and_time() -> None:
    assert EventFact("charge.updated", 5).to_dict() == {"type": "charge.updated", "at_s": 5}
