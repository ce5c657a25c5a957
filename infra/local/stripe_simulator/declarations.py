"""What an operation takes, declared by the `stripe` library's class of its parameters.

An operation names the class and which of its parameters the simulator knows. What each is follows
from the class: text, number, flag, listed value, array, group. What no class tells follows from the
name (`url`, `email`), and what the simulator holds more narrowly is declared beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from infra.local.stripe_simulator import library, params
from infra.local.stripe_simulator.params import Declared, Parse, Required

type Closer = Some | Parse | Required

MOST = 500  # of an array
_EMAILS = ("email", "customer_email", "instructions_email", "receipt_email")
_URLS = ("url", "cancel_url", "return_url", "success_url")
_BY_NAME: dict[str, Parse] = {
    "currency": params.currency,
    "limit": params.integer(1, 100),
    "metadata": params.metadata,
    **dict.fromkeys(
        ("email", "customer_email", "instructions_email", "receipt_email"), params.email
    ),
    **dict.fromkeys(("url", "cancel_url", "return_url", "success_url"), params.url),
}


@dataclass(frozen=True)
class Some:
    """A choice of a class's parameters: `names`, and those that are declared more closely."""

    names: tuple[str, ...]
    closer: Mapping[str, Closer]


@dataclass(frozen=True)
class Takes:
    """What an operation takes of the library's class `of`."""

    of: str
    chosen: Some

    def declared(self) -> Declared:
        """Give the declaration of each parameter; `KeyError` if the class has no such parameter."""
        return _declared(library.params_class(self.of), self.chosen)


def takes(of: str, names: str = "", /, **closer: Closer) -> Takes:
    """Take these parameters of a class; a group whole, unless `some` of it is declared."""
    return Takes(of, some(names, **closer))


def some(names: str = "", /, **closer: Closer) -> Some:
    """Take these parameters of a group."""
    return Some(tuple(names.split()), closer)


def _declared(of: Any, chosen: Some | None) -> Declared:  # noqa: ANN401 - a TypedDict
    chosen = chosen or Some(tuple(of.__annotations__), {})
    found: dict[str, Parse | Required] = {}
    for name in (*chosen.names, *chosen.closer):
        parse = chosen.closer.get(name)
        if parse is None or isinstance(parse, Some):
            parse = _parse(library.hint(of, name), name, parse)
        if name in of.__required_keys__ and not isinstance(parse, Required):
            parse = Required(parse)
        found[name] = parse
    return found


def _parse(hint: Any, name: str, inside: Some | None) -> Parse:  # noqa: ANN401 - a type expression
    if name in _BY_NAME:
        return _BY_NAME[name]
    members = (hint, *get_args(hint))
    for member in members:
        if get_origin(member) is list:
            # Nothing at all can only be sent as an empty text.
            fewest = 0 if Literal[""] in members else 1
            return params.array(_parse(get_args(member)[0], "", inside), MOST, fewest)
        # A TypedDict of typing_extensions, which `typing` does not take for one.
        if hasattr(member, "__required_keys__"):
            is_range = int in members
            return params.moment_or_range if is_range else params.group(_declared(member, inside))
    return _plain(members, library.choices(hint))


def _plain(members: tuple[Any, ...], values: tuple[str, ...]) -> Parse:
    listed = [value for value in values if value]
    if listed:
        return params.one_of(*(("true", "false") if bool in members else ()), *listed)
    if bool in members:
        return params.flag
    if int in members:
        return params.integer()
    return params.nullable_text() if "" in values else params.text()
