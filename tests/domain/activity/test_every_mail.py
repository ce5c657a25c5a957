"""What a mail to a client needs besides its composer: its sentences, a way to be sent again."""

import ast
from collections.abc import Iterator
from pathlib import Path

from shared.domain.activity import booking_mails, payment_mails
from shared.domain.activity.client_mails import BY_FACT
from shared.wording import english

MODULES = (booking_mails, payment_mails)
# It is found among all payments of the booking, not composed from its fact.
FOUND_BY_ITSELF = {"received"}


def mails() -> Iterator[dict[str, ast.expr]]:
    """Give the arguments of each mail that is composed."""
    for module in MODULES:
        for call in ast.walk(ast.parse(Path(str(module.__file__)).read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Mail":
                yield {each.arg: each.value for each in call.keywords if each.arg}


def written(part: ast.expr) -> set[str]:
    """Return the texts that an argument is, or begins with: of each case, of each in a list."""
    match part:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.JoinedStr(values=[first, *_]) | ast.Call(args=[first, *_]) | ast.Starred(first):
            return written(first)
        case ast.IfExp(body=body, orelse=orelse):
            return written(body) | written(orelse)
        case ast.Tuple(elts=each) | ast.List(elts=each):
            return set().union(*map(written, each))
    return set()


def test_every_mail_has_a_subject_a_title_and_its_sentences() -> None:
    named = set()
    for mail in mails():
        named |= {
            f"{kind}.{part}" for kind in written(mail["kind"]) for part in ("subject", "title")
        }
        named |= written(mail["paragraphs"])
    assert len(named) > 20
    assert named - english.TEXTS.keys() == set()


def test_every_mail_can_be_sent_again() -> None:
    """Bug: that a visit stands after all could be told once, and never again."""
    facts = {
        fact.partition("#")[0]
        for mail in mails()
        for fact in written(mail["fact"])
        if fact.partition("#")[0]
    }
    assert len(facts) > 7
    assert facts - FOUND_BY_ITSELF - BY_FACT.keys() == set()
