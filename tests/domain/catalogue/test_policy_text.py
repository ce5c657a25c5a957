"""The policy in a sentence, and its hash."""

from copy import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.catalogue.cancellation_policy import (
    Cancellation,
    CancellationStep,
    FeeRule,
    step_at,
)
from shared.domain.catalogue.policy_text import (
    accepted_terms,
    policy_text,
    terms_hash,
    visit_moment,
)
from shared.domain.catalogue.terms import Prepayment, Reschedule, Terms
from shared.domain.dates.instants import HOUR_S
from shared.domain.locales import LANGUAGES
from tests.surroundings.demo_location import DEMO

HALF, FULL, TEN = (
    FeeRule("percent", percent=50),
    FeeRule("full"),
    FeeRule("fixed", amount_minor=1000),
)
STEPPED = Cancellation((CancellationStep(48, HALF), CancellationStep(24, FULL)), FULL)
BERLIN = "Europe/Berlin"
SALON = replace(DEMO, locale="en")


def at(text: str, zone: str = BERLIN, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp())


def test_the_sentence_of_the_issue() -> None:
    text = policy_text(Terms(cancellation=STEPPED), SALON, at("2026-11-26T14:00"))
    assert text == (
        "Free until Tue 14:00, then 50% of the price, from Wed 14:00 the full price; "
        "no-show: the full price."
    )


@pytest.mark.parametrize(
    ("reschedule", "locale", "expected"),
    [
        (Reschedule(), "en", ""),
        (Reschedule(24), "en", " You can move the visit until Wed 14:00."),
        (Reschedule(0), "en", " You can move the visit until Thu 14:00."),
        (
            Reschedule(24, "as_cancelling"),
            "en",
            " You can move the visit until Wed 14:00, for the same fee as cancelling.",
        ),
        (Reschedule(24), "de", " Verlegen ist bis Mi 14:00 möglich."),
        (
            Reschedule(24, "as_cancelling"),
            "de-AT",
            " Verlegen ist bis Mi 14:00 möglich und kostet so viel wie eine Absage.",
        ),
    ],
)
def test_it_says_until_when_a_client_may_move_the_visit(
    reschedule: Reschedule, locale: str, expected: str
) -> None:
    salon, start_s = replace(SALON, locale=locale), at("2026-11-26T14:00")
    without = policy_text(Terms(), salon, start_s)

    assert policy_text(Terms(reschedule=reschedule), salon, start_s) == without + expected


def test_a_moment_is_on_the_clock_of_its_zone() -> None:
    start_s = at("2026-11-30T11:20")
    assert visit_moment(start_s, BERLIN, "en") == "Mon 30 Nov 2026 11:20"
    assert visit_moment(start_s, BERLIN, "de") == "Mo 30. Nov 2026 11:20"
    assert visit_moment(start_s, "Asia/Kathmandu", "en") == "Mon 30 Nov 2026 16:05"
    twice = at("2026-10-25T02:30", fold=1)
    assert visit_moment(twice, BERLIN, "en") == "Sun 25 Oct 2026 02:30 (UTC+01:00)"


def test_without_a_start_moving_counts_hours() -> None:
    assert policy_text(Terms(reschedule=Reschedule(24)), SALON).endswith(
        " You can move the visit until 24 hours before the visit."
    )


def test_without_a_start_it_counts_hours() -> None:
    assert policy_text(Terms(cancellation=STEPPED), SALON) == (
        "Free until 48 hours before the visit, then 50% of the price, "
        "from 24 hours before the visit the full price; no-show: the full price."
    )


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Cancellation(), "Free to cancel at any time; no-show: free."),
        (
            Cancellation(no_show_fee=TEN),
            "Free to cancel at any time; no-show: €10.00 (at most the price).",
        ),
        (
            Cancellation((CancellationStep(1, TEN),)),
            ("Free until 1 hour before the visit, then €10.00 (at most the price); no-show: free."),
        ),
        (
            Cancellation((CancellationStep(0, FULL),), HALF),
            "Free until the start of the visit, then the full price; no-show: 50% of the price.",
        ),
        # Steps that change nothing are not told.
        (
            Cancellation(
                (
                    CancellationStep(72, FeeRule("none")),
                    CancellationStep(48, FeeRule("percent", percent=100)),
                    CancellationStep(24, FULL),
                )
            ),
            "Free until 48 hours before the visit, then the full price; no-show: free.",
        ),
        (
            Cancellation((CancellationStep(48, FULL), CancellationStep(24, FeeRule("none")))),
            (
                "Free until 48 hours before the visit, then the full price, "
                "from 24 hours before the visit free; no-show: free."
            ),
        ),
    ],
)
def test_each_kind_of_policy(policy: Cancellation, expected: str) -> None:
    assert policy_text(Terms(cancellation=policy), SALON) == expected


@pytest.mark.parametrize(
    ("start", "zone", "free_until"),
    [
        # The clock goes forward in Berlin on 2026-03-29: 24 hours before 12:00 it was 11:00.
        (at("2026-03-29T12:00"), BERLIN, "Sat 11:00"),
        # And back on 2026-10-25: 24 hours before 12:00 it was 13:00.
        (at("2026-10-25T12:00"), BERLIN, "Sat 13:00"),
        # 02:30 on that day is twice: which one is meant is said.
        (at("2026-10-26T02:30"), BERLIN, "Sun 02:30 (UTC+01:00)"),
        (at("2026-10-26T01:30"), BERLIN, "Sun 02:30 (UTC+02:00)") ,
        # New York falls back on 2026-11-01, at another hour.
        (at("2026-11-02T01:15", "America/New_York"), "America/New_York", "Sun 01:15 (UTC-05:00)"),
        # Kathmandu: five hours and three quarters, no clock change.
        (at("2026-10-25T00:10", "Asia/Kathmandu"), "Asia/Kathmandu", "Sat 00:10"),
        (at("2026-11-26T14:00"), "UTC", "Wed 13:00"),
    ],
)  # fmt: skip
def test_clock_changes_are_on_the_wall(start: int, zone: str, free_until: str) -> None:
    policy = Cancellation((CancellationStep(24, FULL),))
    text = policy_text(Terms(cancellation=policy), replace(SALON, timezone=zone), start)
    assert text == f"Free until {free_until}, then the full price; no-show: free."


def test_a_week_and_more_before_the_visit_a_weekday_has_its_date() -> None:
    policy = Cancellation((CancellationStep(720, HALF), CancellationStep(6 * 24, FULL)))
    assert policy_text(Terms(cancellation=policy), SALON, at("2026-11-30T09:30")) == (
        "Free until Sat 31 Oct 09:30, then 50% of the price, from Tue 09:30 the full price; "
        "no-show: free."
    )


@pytest.mark.parametrize(
    ("policy", "start", "expected"),
    [
        (
            STEPPED,
            at("2026-11-26T14:00"),
            (
                "Kostenlos absagbar bis Di 14:00, danach 50 % des Preises, "
                "ab Mi 14:00 der volle Preis; bei Nichterscheinen: der volle Preis."
            ),
        ),
        (
            STEPPED,
            None,
            (
                "Kostenlos absagbar bis 48 Stunden vor dem Termin, danach 50 % des Preises, "
                "ab 24 Stunden vor dem Termin der volle Preis; "
                "bei Nichterscheinen: der volle Preis."
            ),
        ),
        (
            Cancellation((CancellationStep(1, TEN), CancellationStep(0, FULL)), TEN),
            None,
            (
                "Kostenlos absagbar bis 1 Stunde vor dem Termin, "
                "danach 10,00\u00a0€ (höchstens der Preis), ab Beginn des Termins der volle Preis; "
                "bei Nichterscheinen: 10,00\u00a0€ (höchstens der Preis)."
            ),
        ),
        (
            Cancellation((CancellationStep(720, FULL),)),
            at("2026-11-30T09:30"),
            (
                "Kostenlos absagbar bis Sa 31. Okt 09:30, danach der volle Preis; "
                "bei Nichterscheinen: kostenlos."
            ),
        ),
        (Cancellation(), None, "Jederzeit kostenlos absagbar; bei Nichterscheinen: kostenlos."),
    ],
)
def test_german_clients_read_it_in_german(
    policy: Cancellation, start: int | None, expected: str
) -> None:
    # Austria puts the sign before the figures.
    austrian = expected.replace("10,00\u00a0€", "€\u00a010,00")
    for locale, text in (("de", expected), ("de-AT", austrian)):
        place = replace(SALON, locale=locale)
        assert policy_text(Terms(cancellation=policy), place, start) == text


def test_clients_whose_language_is_not_known_here_read_it_in_english() -> None:
    assert policy_text(Terms(cancellation=Cancellation()), replace(SALON, locale="fr")) == (
        "Free to cancel at any time; no-show: free."
    )


@given(
    st.integers(at("2026-01-01T00:00"), at("2027-12-31T00:00")),
    st.integers(1, 720),
    st.sampled_from(LANGUAGES),
)
def test_the_time_that_is_named_is_the_last_that_is_free(
    start_s: int, hours: int, locale: str
) -> None:
    start_s -= start_s % 60
    policy = Cancellation((CancellationStep(hours, FULL),))
    text = policy_text(Terms(cancellation=policy), replace(SALON, locale=locale), start_s)
    boundary_s = start_s - hours * HOUR_S
    wall = datetime.fromtimestamp(boundary_s, ZoneInfo(BERLIN))
    assert f"{wall:%H:%M}" in text
    assert step_at(policy, start_s - boundary_s) is None
    assert step_at(policy, start_s - boundary_s - 1) is not None


# ------------------------------------------------------------------ the hash


TERMS = Terms(Prepayment("full"), cancellation=STEPPED)


def _hash(terms: Terms = TERMS, **of_the_location: Any) -> str:
    return terms_hash(accepted_terms(terms, replace(SALON, **of_the_location)))


def test_the_hash_is_the_same_today_and_in_a_dispute_of_next_year() -> None:
    assert _hash() == "924fb6567974a6c6f4d52f1a7b213560429e47750431147756d68750d3aac01d"


def test_the_hash_tells_all_that_a_client_accepts_apart() -> None:
    others = [
        _hash(replace(TERMS, prepayment=Prepayment("full", required=False))),
        _hash(replace(TERMS, services=())),
        _hash(replace(TERMS, cancellation=Cancellation())),
        _hash(replace(TERMS, cancellation=replace(STEPPED, charge="propose"))),
        _hash(currency="gbp"),
        _hash(timezone="UTC"),
        _hash(locale="de"),
        _hash(),
    ]
    assert len(set(others)) == len(others)
    assert all(len(each) == 64 for each in others)


def test_how_long_a_slot_waits_is_not_part_of_it() -> None:
    assert _hash(replace(TERMS, hold_minutes=60)) == _hash()
