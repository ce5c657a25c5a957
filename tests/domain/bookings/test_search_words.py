"""By what bookings are found, and that a beginning from the index never misses one that matches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.bookings.booking import Client
from shared.domain.bookings.search_words import MAX_WORDS, Search, client_words, search_words
from tests.builders import booking

MUELLER = Client("Jörg-Peter Müller", "jp.mueller@example.com", "+49 30 123456 78")


def finds(text: str, client: Client | None, **fields: str) -> bool:
    return Search.of(text).matches(booking("bk_1", client=client, **fields))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Müller",
            "muller",
            "MÜLL",
            "m",
            "jorg",
            "Peter",
            "peter mull",
            "müller, jörg",
            "Jörg-Peter",
        ),
        *("jp.mueller@example.com", "JP.Mueller@", "jp.m", "jp", "mueller", "peter mueller"),
        *(
            "030 12345678",
            "+49 30 12345678",
            "0049 (0)30 / 123 456 78",
            "345678",
            "٣٤٥٦٧٨",
        ),
        *("+49 (0)30-12345678", "(030) 12345678", "bk_1", "crm-7"),
    ],
)
def test_it_is_found_by(text: str) -> None:
    assert finds(text, MUELLER, external_id="crm-7")


@pytest.mark.parametrize(
    "text", ["Müller", "peter mueller", "jp.m", "030 12345678", "+49 30 12345678", "345678"]
)
def test_the_index_has_a_word_with_a_beginning_of_what_is_found(text: str) -> None:
    beginnings = tuple(Search.of(text).beginnings())
    assert any(word.startswith(beginnings) for word in search_words(MUELLER))


@pytest.mark.parametrize(
    "text",
    [
        *("uller", "Petra", "peter schmidt", "mueller@example.com", "example.com"),
        *("45678", "030 12345679", "+43 30 12345678", "123456", "bk_2", "crm-70", "crm"),
    ],
)
def test_it_is_not_found_by(text: str) -> None:
    assert not finds(text, MUELLER, external_id="crm-7")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Franziska Weiß", "weiss"),
        ("Franziska Weiss", "weiß"),
        ("山田 太郎", "太郎"),
        ("ガブリエラ", "ガブ"),
        ("O'Brien", "obrien"),
        ("O\u2019Brien", "o'br"),
        ("Renée Dvořák", "dvorak renee"),
        ("\uff2d\uff49\uff52\uff41", "mira"),
        ("Αλεξάνδρα", "αλεξανδρα"),
        ("नीता शर्मा", "शर्मा"),
        ("Café Łódź", "lodz"),
        ("Cafe Lodz", "ŁÓDŹ"),
        ("Søren Kierkegård", "soren"),
        ("Đorđe Đoković", "dorde dokovic"),
        ("Þóra Æsudóttir", "thora aesu"),
        ("I\u015f\u0131l \u00d6z", "ISIL"),
        ("Lœtitia", "loetitia"),
        ("STRASSE", "straße"),
    ],
)
def test_marks_case_and_spelling_of_a_name_do_not_count(name: str, text: str) -> None:
    assert finds(text, Client(name, "x@example.com"))


def test_marks_that_are_letters_of_their_script_count() -> None:
    assert not finds("カ", Client("ガブリエラ", "x@example.com"))


def test_a_word_that_begins_another_is_not_indexed() -> None:
    assert search_words(Client("Mira Lindqvist", "mira@example.com", "030 123456")) == {
        "lindqvist",
        "mira@example.com",
        "tel:65432103",
    }
    assert search_words(None) == frozenset()


def test_words_of_an_index_from_before_are_found_and_are_deleted_with_their_client() -> None:
    """Release 1.0 folded `Ł` to `ł` alone, and its items stay until their client changes."""
    assert search_words(Client("Łódź", "x@example.com")) == {"lodz", "łodz", "x@example.com"}
    assert {"lodz", "łodz"} <= Search.of("łódź").beginnings()


@pytest.mark.parametrize("phone", [None, "", "12345", "+49 0", "ask the desk"])
def test_too_few_digits_are_not_indexed(phone: str | None) -> None:
    assert search_words(Client("Mira", "mira@example.com", phone)) == {"mira@example.com"}


names = st.text(min_size=1, max_size=120)
phones = st.none() | st.text("0123456789 +-()/", max_size=32)
people = st.builds(
    Client, names, st.from_regex(r"[a-z0-9._%+-]{1,40}@[a-z]{2,9}\.example", fullmatch=True), phones
)


@given(people)
def test_a_client_has_few_words_of_bounded_length(client: Client) -> None:
    words = search_words(client)
    assert 1 <= len(words) <= 2 * MAX_WORDS
    assert all(len(word.encode()) <= 400 and " " not in word for word in words)


@given(people, st.data())
def test_whoever_matches_has_a_word_with_one_of_the_beginnings(
    client: Client, data: st.DataObject
) -> None:
    """Where a name has more words than are indexed, the client is found by the first ones."""
    parts = [client.name, client.email, client.phone or "", *client.name.split()[:6]]
    part = data.draw(st.sampled_from([each for each in parts if each.strip()]))
    start = data.draw(st.integers(0, len(part) - 1))
    text = data.draw(st.sampled_from([part, part[: start + 1], part[start:], part.upper()]))
    search = Search.of(text)
    words = search_words(client)
    is_short = len(client_words(client)) <= MAX_WORDS - 2
    in_index = any(
        word.startswith(beginning) for word in words for beginning in search.beginnings()
    )
    if search.matches(booking(client=client)) and is_short:
        assert in_index
