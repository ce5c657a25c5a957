"""Keys and secrets as people paste them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidInput
from shared.domain.locations.api_keys import read_api_keys, read_signing_secrets, trim

PK, SK = "pk_test_51Hxyz0123456789", "sk_test_51Hxyz0123456789"
RK_LIVE, PK_LIVE = "rk_live_51Hxyz0123456789", "pk_live_51Hxyz0123456789"
WHSEC = "whsec_0123456789abcdef"
# All that Unicode and people's programs put around a copied text.
AROUND = (
    " \t\n\r\v\f\x00\x1c\x85\xa0\u1680\u180e\u2000\u2003\u2009\u200a\u200b\u200c\u200d\u200e\u2028"
    "\u2029\u202f\u205f\u2060\u2800\u3000\u3164\ufeff\u00ad\"'`“”„\u2018\u2019«»"
)


def mistakes(publishable: object, secret: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        read_api_keys(publishable, secret)
    assert refused.value.code == "invalid_keys"
    return {each["pointer"]: each["detail"] for each in refused.value.errors}


def test_a_pair_of_one_mode_is_taken() -> None:
    keys = read_api_keys(PK, SK)
    assert (keys.publishable_key, keys.secret_key, keys.mode) == (PK, SK, "test")
    assert read_api_keys(PK_LIVE, RK_LIVE).mode == "live"
    assert keys.secret_key_last4 == "6789"


@given(st.text(AROUND, max_size=8), st.text(AROUND, max_size=8))
def test_white_space_and_quotes_around_a_key_do_not_matter(before: str, after: str) -> None:
    assert read_api_keys(f"{before}{PK}{after}", f"{after}{SK}{before}").secret_key == SK
    assert read_signing_secrets([f"{before}{WHSEC}{after}"]) == (WHSEC,)


@given(st.text())
def test_trimming_takes_from_the_ends_alone_and_once_is_enough(text: str) -> None:
    trimmed = trim(text)
    assert trimmed in text
    assert trim(trimmed) == trimmed


def test_keys_are_in_no_traceback() -> None:
    assert SK not in repr(read_api_keys(PK, SK))


# Twenty ways in which it goes wrong, and what each is told.
BAD = [
    (None, SK, "/publishable_key", "is required"),
    (PK, None, "/secret_key", "is required"),
    (PK, 5, "/secret_key", "must be text"),
    (PK, "", "/secret_key", "is empty"),
    (PK, "  ​ ", "/secret_key", "is empty"),  # noqa: PLE2515 (a zero-width space)
    (PK, "sk_test_51Hxyz 0123456789", "/secret_key", "white space inside"),
    (PK, "sk_test_51Hxyz\u200b0123456789", "/secret_key", "white space inside"),
    (PK, "sk_test_51Hxyz\xa00123456789", "/secret_key", "white space inside"),
    (PK, f"{SK}\n{SK}", "/secret_key", "white space inside"),
    (PK, "sk_test_" + "0" * 300, "/secret_key", "more than 255 characters"),
    (PK, "sk_test_************6789", "/secret_key", "is masked"),
    (PK, "sk_test_51H…6789", "/secret_key", "is masked"),
    (PK, "sk_test_51Hхyz0123456789", "/secret_key", "no key has: copy it again instead"),  # noqa: RUF001
    (PK, "sk_test_51H%yz0123456789", "/secret_key", "a character that no key has"),
    (PK, "sk_test_51", "/secret_key", "cut off"),
    (PK, "sk_51Hxyz0123456789", "/secret_key", "of no mode"),
    (PK, "SK_TEST_51Hxyz0123456789", "/secret_key", "capitals"),
    (PK, PK, "/secret_key", "is a publishable key"),
    (SK, SK, "/publishable_key", "is a secret key"),
    (RK_LIVE, SK, "/publishable_key", "is a restricted key"),
    (PK, WHSEC, "/secret_key", "signing secret and no API key"),
    (PK, "acct_1Hxyz0123456789", "/secret_key", "id of something"),
    (PK, "hello", "/secret_key", "does not begin with sk_ or rk_"),
    (PK_LIVE, SK, "/secret_key", "is of test mode"),
    (PK, RK_LIVE, "/secret_key", "is of live mode"),
]


@pytest.mark.parametrize(("publishable", "secret", "pointer", "said"), BAD)
def test_each_bad_input_is_told_what_is_wrong_with_it(
    publishable: object, secret: object, pointer: str, said: str
) -> None:
    found = mistakes(publishable, secret)
    assert list(found) == [pointer]
    assert said in found[pointer]
    for sent in (publishable, secret):
        assert not isinstance(sent, str) or len(sent) < 12 or sent not in str(found)


def test_twenty_inputs_are_told_apart() -> None:
    assert len(BAD) >= 20
    assert len({mistakes(pk, sk)[pointer] for pk, sk, pointer, _ in BAD}) >= 16


def test_both_keys_mistakes_are_told_at_once() -> None:
    assert set(mistakes("", "")) == {"/publishable_key", "/secret_key"}


@pytest.mark.parametrize(
    ("sent", "pointer", "said"),
    [
        ([], "/webhook_signing_secrets", "must be one, or two"),
        ([WHSEC, WHSEC, WHSEC], "/webhook_signing_secrets", "must be one, or two"),
        ([SK], "/webhook_signing_secrets/0", "is an API key"),
        ([WHSEC, "we_1Hxyz0123456789"], "/webhook_signing_secrets/1", "the endpoint's id"),
        (["whsec_12"], "/webhook_signing_secrets/0", "cut off"),
        (["secret0123456789"], "/webhook_signing_secrets/0", "does not begin with whsec_"),
        ([None], "/webhook_signing_secrets/0", "is required"),
        (["whsec_0123 456789abc"], "/webhook_signing_secrets/0", "white space inside"),
    ],
)
def test_a_bad_signing_secret_is_told_what_is_wrong_with_it(
    sent: list[object], pointer: str, said: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_signing_secrets(sent)
    [mistake] = refused.value.errors
    assert mistake["pointer"] == pointer
    assert said in mistake["detail"]


def test_a_secret_sent_twice_is_one() -> None:
    assert read_signing_secrets([WHSEC, f" {WHSEC}"]) == (WHSEC,)
