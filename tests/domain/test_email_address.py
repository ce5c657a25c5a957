"""E-mail addresses: one rule, for who takes an address and for who writes to it."""

from email.utils import getaddresses

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.email_address import ascii_address, is_email_address


@pytest.mark.parametrize(
    ("address", "written_to"),
    [
        ("jane@example.com", "jane@example.com"),
        ("Jane.O'Neil+salon@mail.example.co.uk", "Jane.O'Neil+salon@mail.example.co.uk"),
        ("j_d-1@xn--mller-kva.example", "j_d-1@xn--mller-kva.example"),
        ("mira@müller.example", "mira@xn--mller-kva.example"),
        (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
    ],
)
def test_an_address_is_written_to_in_ascii(address: str, written_to: str) -> None:
    assert ascii_address(address) == written_to


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jane",
        "jane@",
        "@example.com",
        "jane@example",
        "jane@example.com,",
        "foo,bar@example.com",
        "jane<jane@example.com>",
        "x<victim@example.com>",
        "o;k@example.com",
        '"q"@example.com',
        '"a;b"@example.com',
        "g:a@example.com;",
        "(c)a@example.com",
        "a(c)@example.com",
        "a@example..com",
        "a..b@example.com",
        ".a@example.com",
        "a.@example.com",
        "a@.example.com",
        "a@example.com.",
        "a@-example.com",
        "a@example-.com",
        "a@b@example.com",
        "a b@example.com",
        "a@exam ple.com",
        "jane@example.com\nBcc: eve@example.com",
        "jane@example.com\r",
        "jane\0@example.com",
        "müller@example.com",
        "a@\u2028example.com",
        "a@xn--\ud800.example",
        f"a@{'ü' * 64}.example",
        f"a@{'a' * 64}.example",
        f"{'a' * 65}@example.com",
        f"a@{'a.' * 130}example",
    ],
)
def test_what_is_no_single_address_is_refused(text: str) -> None:
    assert not is_email_address(text)


@given(
    st.one_of(
        st.text(st.sampled_from("aA1.@,;:<>()\"' \\\n+-_ü[]%!"), max_size=20),
        st.builds("{}@{}".format, st.text(max_size=5), st.text(max_size=5).map("x{}.de".format)),
        st.emails(),
    )
)
def test_whatever_is_taken_is_one_recipient_and_nothing_else(text: str) -> None:
    written_to = ascii_address(text)
    assume(written_to is not None)
    assert written_to is not None
    assert written_to.isascii()
    assert written_to.isprintable()
    assert getaddresses([written_to]) == [("", written_to)]
    assert ascii_address(written_to) == written_to
