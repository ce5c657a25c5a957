"""What metadata names now follows from the events' times, in whatever order they came."""

import itertools

from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.metadata_claims import OWN, claim, named_now


def charge_naming(object_id: str, named: str, at_s: int) -> ChargeFacts:
    names = frozenset({named} if named else ())
    return ChargeFacts(claims=claim(object_id, names, at_s))


def named_in_each_order(*seen: ChargeFacts) -> set[frozenset[str]]:
    found = set()
    for order in itertools.permutations(seen):
        facts = ChargeFacts()
        for each in order:
            facts = facts.merge(each)
        again = ChargeFacts.from_dict(facts.to_dict())
        assert again == facts
        found.add(frozenset(named_now(facts.named_bookings, facts.claims)))
    return found


def test_what_was_edited_back_names_its_own_booking_again() -> None:
    own, edited = charge_naming(OWN, "bk_a", 100), charge_naming(OWN, "bk_b", 200)
    back = charge_naming(OWN, "bk_a", 300)
    assert named_in_each_order(own, edited) == {frozenset({"bk_b"})}
    assert named_in_each_order(own, edited, back) == {frozenset({"bk_a"})}


def test_metadata_that_was_taken_away_names_nothing() -> None:
    edited, emptied = charge_naming(OWN, "bk_b", 200), charge_naming(OWN, "", 300)
    assert named_in_each_order(edited, emptied) == {frozenset()}


def test_a_refund_without_metadata_takes_no_claim_back() -> None:
    named, silent = charge_naming("re_1", "bk_b", 200), charge_naming("re_1", "", 300)
    assert named_in_each_order(named, silent) == {frozenset({"bk_b"})}


def test_of_two_edits_within_a_second_both_count() -> None:
    one, other = charge_naming(OWN, "bk_a", 100), charge_naming(OWN, "bk_b", 100)
    assert named_in_each_order(one, other) == {frozenset({"bk_a", "bk_b"})}


def test_a_refunds_own_metadata_is_apart_from_its_charges() -> None:
    refund, charge = charge_naming("re_1", "bk_b", 100), charge_naming(OWN, "bk_a", 300)
    assert named_in_each_order(refund, charge) == {frozenset({"bk_a", "bk_b"})}


def test_what_only_an_answer_of_stripes_showed_counts_on() -> None:
    fetched = ChargeFacts(named_bookings=frozenset({"bk_c"}))
    told = charge_naming(OWN, "bk_a", 300)
    assert named_in_each_order(fetched, told) == {frozenset({"bk_a", "bk_c"})}
