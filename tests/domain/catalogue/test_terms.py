"""Payment terms: the golden table of every combination, and sums that always add up."""

import itertools
from copy import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.catalogue.terms import (
    Override,
    Prepayment,
    Rule,
    Terms,
    Won,
    amount_asked_for,
    amounts_due,
    rule_for,
)
from shared.domain.money.charge_limits import check_chargeable
from shared.domain.money.money import Money, granularity_minor

PRICE = Money(8500, "gbp")
# The golden table of amounts, for 85.00 GBP: of each type, what is due when it is required, when
# the client may choose and pays now, and when they choose to pay at the visit.
AT_VISIT = ("at_visit", 0, 8500)
CHOSEN = (*AT_VISIT, "client_pays_at_visit")
GOLDEN_AMOUNTS = {
    "none": (Prepayment("none"), (*AT_VISIT, "no_prepayment"), (*AT_VISIT, "no_prepayment")),
    "full": (Prepayment("full"), ("pay", 8500, 0, "full"), CHOSEN),
    "deposit 30 %": (
        Prepayment("deposit", percent=30),
        ("pay", 2550, 5950, "deposit_percent"),
        CHOSEN,
    ),
    "deposit 100 %": (
        Prepayment("deposit", percent=100),
        ("pay", 8500, 0, "deposit_percent"),
        CHOSEN,
    ),
    "deposit 20.00": (
        Prepayment("deposit", amount_minor=2000),
        ("pay", 2000, 6500, "deposit_fixed"),
        CHOSEN,
    ),
    "deposit above the price": (
        Prepayment("deposit", amount_minor=9000),
        ("pay", 8500, 0, "deposit_capped_at_price"),
        CHOSEN,
    ),
    "hold": (Prepayment("hold"), ("hold", 8500, 0, "hold"), CHOSEN),
    "card_on_file": (
        Prepayment("card_on_file"),
        ("save_card", 0, 8500, "card_on_file"),
        CHOSEN,
    ),
    "deposit 30 % above 84.99": (
        Prepayment("deposit", percent=30, above_minor=8499),
        ("pay", 2550, 5950, "deposit_percent"),
        CHOSEN,
    ),
    "deposit 30 % above 85.00": (
        Prepayment("deposit", percent=30, above_minor=8500),
        (*AT_VISIT, "not_above_threshold"),
        (*AT_VISIT, "not_above_threshold"),
    ),
    "card_on_file above 100.00": (
        Prepayment("card_on_file", above_minor=10_000),
        (*AT_VISIT, "not_above_threshold"),
        (*AT_VISIT, "not_above_threshold"),
    ),
}
# The golden table of scopes: which overrides there are (service and employee, service, employee),
# and which rule wins when both are on the lists.
GOLDEN_SCOPES: dict[tuple[bool, bool, bool], Won] = {
    (True, True, True): "override_service_and_employee",
    (True, True, False): "override_service_and_employee",
    (True, False, True): "override_service_and_employee",
    (True, False, False): "override_service_and_employee",
    (False, True, True): "override_service",
    (False, True, False): "override_service",
    (False, False, True): "override_employee",
    (False, False, False): "default",
}
# Each list: absent, names it, names another, is empty.
LISTS: dict[str, tuple[str, ...] | None] = {
    "all": None,
    "it": ("x", "it"),
    "another": ("x",),
    "nothing": (),
}
OTHERS = (
    Override(Prepayment("hold"), "other", "it"),
    Override(Prepayment("hold"), "it", "other"),
    Override(Prepayment("hold"), "other"),
    Override(Prepayment("hold"), employee_id="other"),
)


def _with_required(prepayment: Prepayment, *, required: bool) -> Prepayment:
    return replace(prepayment, required=required)


def _terms(
    wanted: Prepayment, scopes: tuple[bool, bool, bool], services: str, employees: str
) -> Terms:
    """Return terms in which `wanted` is the rule that has to win, and `losing` all the others."""
    losing = Prepayment("deposit", percent=1)
    keys = (("it", "it"), ("it", None), (None, "it"))
    overrides = [Override(losing, *key) for key, there in zip(keys, scopes, strict=True) if there]
    default = losing
    if overrides:
        overrides[0] = Override(wanted, overrides[0].service_id, overrides[0].employee_id)
    else:
        default = wanted
    # The order of the overrides must not matter, nor those of others.
    return Terms(default, LISTS[services], LISTS[employees], (*OTHERS, *reversed(overrides)))


def test_the_golden_table_of_every_combination() -> None:
    combinations = itertools.product(
        GOLDEN_AMOUNTS.values(), (True, False), (True, False), GOLDEN_SCOPES.items(), LISTS, LISTS
    )
    seen = 0
    for (wanted, pays, waits), required, pay_now, (
        scopes,
        won,
    ), services, employees in combinations:
        prepayment = _with_required(wanted, required=required)
        terms = _terms(prepayment, scopes, services, employees)
        rule = rule_for(terms, "it", "it")
        due = amounts_due(rule, PRICE, "gbp", pay_now=pay_now)
        told = (due.mode, due.now.amount_minor, due.remaining.amount_minor, due.reason)
        if {services, employees} & {"another", "nothing"}:
            assert rule == Rule(Prepayment("none"), "not_listed")
            assert told == (*AT_VISIT, "not_listed")
            assert not rule.required
        else:
            assert rule == Rule(prepayment, won)
            assert told == (pays if required or pay_now else waits)
            assert rule.required == (required and prepayment.type != "none")
        seen += 1
    assert seen == len(GOLDEN_AMOUNTS) * 2 * 2 * 8 * 4 * 4


@pytest.mark.parametrize(
    ("service_id", "employee_id", "won"),
    [
        ("it", None, "override_service"),
        (None, "it", "override_employee"),
        (None, None, "default"),
        ("x", None, "default"),
        ("x", "it", "override_employee"),
        ("it", "x", "override_service"),
        ("unlisted", None, "not_listed"),
        (None, "unlisted", "not_listed"),
        ("it", "unlisted", "not_listed"),
    ],
)
def test_who_is_not_chosen_yet_is_in_no_rules_way(
    service_id: str | None, employee_id: str | None, won: str
) -> None:
    terms = _terms(Prepayment("full"), (True, True, True), "it", "it")
    assert rule_for(terms, service_id, employee_id).won == won


def test_terms_that_were_never_saved_ask_for_nothing() -> None:
    assert rule_for(Terms(), "it", "it") == Rule(Prepayment("none"), "default")


# ------------------------------------------------------------------ limits and rounding


def _due(prepayment: Prepayment, amount_minor: int, currency: str) -> tuple[str, int, int, str]:
    due = amounts_due(Rule(prepayment, "default"), Money(amount_minor, currency), currency)
    return due.mode, due.now.amount_minor, due.remaining.amount_minor, due.reason


@pytest.mark.parametrize(
    ("prepayment", "price", "currency", "expected"),
    [
        (Prepayment("full"), 50, "eur", ("pay", 50, 0, "full")),
        (Prepayment("full"), 49, "eur", ("at_visit", 0, 49, "below_minimum")),
        (Prepayment("hold"), 49, "eur", ("at_visit", 0, 49, "below_minimum")),
        (Prepayment("full"), 0, "eur", ("at_visit", 0, 0, "free")),
        (Prepayment("card_on_file"), 0, "eur", ("at_visit", 0, 0, "free")),
        (Prepayment("card_on_file"), 49, "eur", ("save_card", 0, 49, "card_on_file")),
        # A percentage below the minimum is not rounded up to it: nobody pays more than was said.
        (Prepayment("deposit", percent=10), 499, "eur", ("pay", 50, 449, "deposit_percent")),
        (Prepayment("deposit", percent=10), 494, "eur", ("at_visit", 0, 494, "below_minimum")),
        (Prepayment("deposit", amount_minor=49), 500, "eur", ("at_visit", 0, 500, "below_minimum")),
        (
            Prepayment("deposit", amount_minor=600), 500, "eur",
            ("pay", 500, 0, "deposit_capped_at_price"),
        ),
        (Prepayment("full"), 10**8, "eur", ("at_visit", 0, 10**8, "above_maximum")),
        # Half a minor unit goes up.
        (Prepayment("deposit", percent=50), 1001, "eur", ("pay", 501, 500, "deposit_percent")),
        (Prepayment("deposit", percent=33), 10050, "eur", ("pay", 3317, 6733, "deposit_percent")),
        (Prepayment("deposit", percent=50), 161, "jpy", ("pay", 81, 80, "deposit_percent")),
        (Prepayment("deposit", percent=50), 159, "jpy", ("pay", 80, 79, "deposit_percent")),
        (Prepayment("deposit", percent=50), 157, "jpy", ("at_visit", 0, 157, "below_minimum")),
        # The step: tens for three decimals, hundreds for ISK and UGX.
        (Prepayment("deposit", percent=50), 5130, "kwd", ("pay", 2570, 2560, "deposit_percent")),
        (Prepayment("deposit", percent=25), 5130, "kwd", ("pay", 1280, 3850, "deposit_percent")),
        (Prepayment("deposit", percent=50), 500, "isk", ("pay", 300, 200, "deposit_percent")),
        (Prepayment("deposit", percent=50), 2500, "ugx", ("pay", 1300, 1200, "deposit_percent")),
        (Prepayment("full"), 2550, "ugx", ("at_visit", 0, 2550, "too_fine")),
        (Prepayment("deposit", percent=49), 500, "isk", ("pay", 200, 300, "deposit_percent")),
        # 54.5 is nearer to 50; rounded to minor units first, it would be half a step.
        (Prepayment("deposit", percent=5), 1090, "kwd", ("pay", 50, 1040, "deposit_percent")),
        (Prepayment("deposit", percent=9), 1500, "ugx", ("pay", 100, 1400, "deposit_percent")),
        (Prepayment("deposit", percent=3), 1500, "ugx", ("at_visit", 0, 1500, "below_minimum")),
    ],
)  # fmt: skip
def test_what_is_due_at_the_limits(
    prepayment: Prepayment, price: int, currency: str, expected: tuple[str, int, int, str]
) -> None:
    assert _due(prepayment, price, currency) == expected


def test_a_limit_that_is_in_the_way_is_told() -> None:
    due = amounts_due(Rule(Prepayment("full"), "default"), Money(49, "eur"), "eur")
    assert due.limit == Money(50, "eur")
    assert amounts_due(Rule(Prepayment("full"), "default"), PRICE, "gbp").limit is None


def test_what_is_asked_for_is_known_before_the_limits() -> None:
    assert amount_asked_for(Prepayment("deposit", percent=10), Money(100, "eur")).amount_minor == 10
    assert amount_asked_for(Prepayment("none"), PRICE).amount_minor == 0
    assert amount_asked_for(Prepayment("card_on_file"), PRICE).amount_minor == 0
    assert amount_asked_for(Prepayment("hold"), PRICE) == PRICE


CURRENCIES = ("eur", "gbp", "jpy", "krw", "kwd", "isk", "ugx", "huf", "inr", "xaf")
PREPAYMENTS = st.one_of(
    st.builds(
        Prepayment,
        st.sampled_from(["none", "full", "hold", "card_on_file"]),
        required=st.booleans(),
    ),
    st.builds(Prepayment, st.just("deposit"), required=st.booleans(), percent=st.integers(1, 100)),
    st.builds(
        Prepayment,
        st.just("deposit"),
        required=st.booleans(),
        amount_minor=st.integers(1, 10**6).map(lambda steps: steps * 100),
    ),
)


@given(
    PREPAYMENTS,
    st.integers(0, 10**8),
    st.sampled_from(CURRENCIES),
    st.booleans(),
    st.sampled_from(CURRENCIES),
)
def test_now_and_remaining_always_add_up_and_can_be_charged(
    prepayment: Prepayment, steps: int, currency: str, pay_now: bool, settlement: str
) -> None:
    price = Money(steps * granularity_minor(currency), currency)
    due = amounts_due(Rule(prepayment, "default"), price, settlement, pay_now=pay_now)
    assert due.now + due.remaining == price
    assert due.now.amount_minor >= 0
    assert due.remaining.amount_minor >= 0
    if due.mode in ("pay", "hold"):
        assert check_chargeable(due.now, settlement) is None
    else:
        assert due.now.amount_minor == 0
    assert (due.limit is not None) == (due.reason in ("below_minimum", "above_maximum"))


@given(st.integers(1, 100), st.integers(0, 10**8), st.sampled_from(CURRENCIES))
def test_a_share_is_within_half_a_step_of_the_exact_one(
    percent: int, steps: int, currency: str
) -> None:
    step = granularity_minor(currency)
    price = Money(steps * step, currency)
    share = amount_asked_for(Prepayment("deposit", percent=percent), price).amount_minor
    assert share % step == 0
    # In hundredths: half up means above the exact share by at most half a step, below it by less.
    assert -50 * step < share * 100 - price.amount_minor * percent <= 50 * step
