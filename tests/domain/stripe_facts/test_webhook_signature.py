"""The signature and the body, as pure rules; what the function makes of them is tested there."""

import json
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidPayload, InvalidSignature, ModeMismatch, PayloadTooLarge
from shared.domain.stripe_facts.webhook_signature import (
    MAX_EVENT_BYTES,
    SignatureHeader,
    check_event_size,
    check_mode,
    is_signed,
    parse_event_body,
    read_signature_header,
    write_event,
)
from tests.builders import charge, event, signature

NOW_S = 1_795_372_392
SECRET = "whsec_1"


@given(body=st.binary(max_size=300), secrets=st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_whatever_stripe_signs_is_signed(body: bytes, secrets: list[str]) -> None:
    made = signature(body, *secrets, at_s=NOW_S)
    header = read_signature_header(made, NOW_S)
    assert len(header.signatures) == len(secrets)
    for secret in secrets:
        assert is_signed(header, body, [secret])
        assert is_signed(header, body, ["another", secret])
    assert not is_signed(header, body + b"\0", secrets)
    assert not is_signed(header, body, [])
    assert not is_signed(SignatureHeader(NOW_S + 1, header.signatures), body, secrets)


@given(header=st.text(max_size=200) | st.from_regex(r"t=[0-9]{1,12},v1=[0-9a-f]{60,66}(,v.=.*)?"))
def test_no_header_is_anything_but_refused_or_read(header: str) -> None:
    try:
        read = read_signature_header(header, NOW_S)
    except InvalidSignature:
        return
    assert abs(read.signed_at_s - NOW_S) <= 300
    assert 1 <= len(read.signatures) <= 8


@given(body=st.text(st.characters(codec="utf-8"), min_size=1), age_s=st.integers(-400, 400))
def test_what_is_accepted_is_what_stripes_library_accepts_and_nothing_of_the_future(
    body: str, age_s: int
) -> None:
    made = signature(body.encode(), SECRET, at_s=NOW_S, age_s=age_s)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("stripe._webhook.time.time", lambda: NOW_S)
        try:
            stripe.WebhookSignature.verify_header(body, made, SECRET, tolerance=300)
            theirs = True
        except stripe.SignatureVerificationError:
            theirs = False
    try:
        ours = is_signed(read_signature_header(made, NOW_S), body.encode(), [SECRET])
    except InvalidSignature:
        ours = False
    assert ours == (theirs and age_s >= -300)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(
    document=JSON, about=JSON, key=st.sampled_from(["id", "type", "created", "livemode", "data"])
)
def test_every_body_is_an_event_or_refused(document: Any, about: Any, key: str) -> None:
    good = event("charge.succeeded", charge())
    for body in (document, good | {key: document}, good | {"data": {"object": about}}):
        try:
            read = parse_event_body(json.dumps(body).encode())
        except InvalidPayload:
            continue
        assert isinstance(read["id"], str)
        assert isinstance(read["type"], str)
        assert isinstance(read["livemode"], bool)
        assert isinstance(read["data"]["object"], dict)
        # Raises for what is no JSON: NaN and the infinities.
        json.dumps(read, allow_nan=False)


def test_an_event_is_read_as_it_was_sent() -> None:
    sent = event("charge.succeeded", charge())
    assert parse_event_body(json.dumps(sent).encode()) == sent


# Objects as lists of pairs, so that a key may stand twice, with what the colons of a text may do.
PAIRS = st.recursive(
    st.integers() | st.text(':"\\u03aé ', max_size=6),
    lambda inner: st.lists(
        st.tuples(st.sampled_from(["a", "b", ":", '":']), inner), max_size=4
    ).map(tuple),
    max_leaves=12,
)


def written(value: Any, escapes: bool, blank: str) -> str:
    """Return JSON as somebody may write it: with blanks, and colons as `\\u003a`."""
    if not isinstance(value, tuple):
        text = json.dumps(value)
        return text.replace(":", r"\u003A") if escapes and isinstance(value, str) else text
    pairs = (f"{json.dumps(key)}{blank}:{written(each, escapes, blank)}" for key, each in value)
    return f"{{{','.join(pairs)}}}"


def has_a_key_twice(value: Any) -> bool:
    if not isinstance(value, tuple):
        return False
    keys = [key for key, _ in value]
    return len(set(keys)) < len(keys) or any(has_a_key_twice(each) for _, each in value)


@given(value=PAIRS, escapes=st.booleans(), blank=st.sampled_from(["", " ", "\n"]))
def test_a_key_that_stands_twice_is_never_handed_on(value: Any, escapes: bool, blank: str) -> None:
    body = f'{{"id": {written(value, escapes, blank)}}}'.encode()
    parsed = json.loads(body)
    if has_a_key_twice(value):
        with pytest.raises(InvalidPayload):
            write_event(parsed, body)
    else:
        assert json.loads(write_event(parsed, body)) == parsed


def test_an_escaped_colon_does_not_stand_for_a_key_that_is_lost() -> None:
    # As many colons as what is left of it has.
    body = rb'{"a": 1, "a": "\u003a"}'
    parsed = json.loads(body)
    assert body.count(b":") == json.dumps(parsed).count(":")
    with pytest.raises(InvalidPayload):
        write_event(parsed, body)


@given(body=st.binary(max_size=100))
def test_bytes_are_never_a_mistake_of_ours(body: bytes) -> None:
    with pytest.raises(InvalidPayload):
        parse_event_body(body)


def test_the_limit_itself_is_taken() -> None:
    check_event_size(MAX_EVENT_BYTES)
    with pytest.raises(PayloadTooLarge):
        check_event_size(MAX_EVENT_BYTES + 1)


@pytest.mark.parametrize(
    ("livemode", "mode", "fits"),
    [(True, "live", True), (False, "test", True), (True, "test", False), (False, "live", False)],
)
def test_modes_never_mix(livemode: bool, mode: str, fits: bool) -> None:
    if fits:
        check_mode({"livemode": livemode}, mode)
        return
    with pytest.raises(ModeMismatch):
        check_mode({"livemode": livemode}, mode)
