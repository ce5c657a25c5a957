"""What the classes of the installed `stripe` library say of calls and objects, read when asked.

They are generated from Stripe's description of its API and give the name, the type and the listed
values of each parameter and attribute. They do not tell how long a text may be, nor whether an
attribute that may be null is null or absent; who asks adds that.
"""

import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from operator import attrgetter
from types import NoneType, SimpleNamespace
from typing import Any, Literal, get_args, get_origin, get_type_hints

import stripe.params
from stripe._object_classes import OBJECT_CLASSES


def params_class(name: str) -> Any:  # noqa: ANN401 - a TypedDict, which is no class to mypy
    """Give the class of a call's parameters: `RefundCreateParams`, `checkout.SessionListParams`."""
    return attrgetter(name)(stripe.params)


@cache
def hint(of: Any, name: str) -> Any:  # noqa: ANN401
    """Give the type of one parameter of a class, resolved by itself: some classes are large."""
    one = SimpleNamespace(__annotations__={name: of.__annotations__[name]})
    return get_type_hints(one, vars(sys.modules[of.__module__]))[name]


def choices(annotation: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Give the values that a type lists, in whatever it is nested."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(value for inner in get_args(annotation) for value in choices(inner))


@cache
def values_of(of: str, name: str) -> frozenset[str]:
    """Give all values that a parameter lists, such as the types of events."""
    return frozenset(choices(hint(params_class(of), name)))


@cache
def expandable(kind: str, name: str) -> tuple[str, ...]:
    """Give the kinds of objects whose id an attribute may hold; none where it holds no id."""
    return tuple(_kinds_in(_annotations(_object_class(kind)).get(name)))


def unset(kind: str, absent: str = "") -> dict[str, Any]:
    """Give a new object's attributes that may be null, as null.

    `absent` names those that an answer only has when there is something in them.
    """
    return dict.fromkeys(_nullable(_object_class(kind), *absent.split()))


@cache
def _object_class(kind: str) -> Any:  # noqa: ANN401
    module, name = OBJECT_CLASSES[kind]
    return getattr(import_module(module), name)


@cache
def _kind_of_class() -> dict[str, str]:
    # Those of a subpackage go by longer names: `Dispute` is never `stripe.issuing.Dispute`.
    return {name: kind for kind, (module, name) in OBJECT_CLASSES.items() if module.count(".") == 1}


def _kinds_in(annotation: Any) -> Iterator[str]:  # noqa: ANN401
    # An id or the object is `Union[str, "Charge"]`.
    members = get_args(annotation)
    if str in members:
        for member in members:
            # A class that has a part of the same name is imported as `DisputeResource`.
            name = str(getattr(member, "__forward_arg__", "")).removesuffix("Resource")
            if name in _kind_of_class():
                yield _kind_of_class()[name]


def _annotations(of: Any) -> dict[str, Any]:  # noqa: ANN401
    return of.__annotations__  # type: ignore[no-any-return]


@cache
def _nullable(of: Any, *absent: str) -> tuple[str, ...]:  # noqa: ANN401
    without = {"deleted", *absent}
    return tuple(
        name
        for name, annotation in _annotations(of).items()
        if name not in without and NoneType in get_args(annotation)
    )
