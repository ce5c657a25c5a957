"""Stripe's closed lists of values, read from the types of the installed `stripe` library."""

from functools import cache
from typing import Any, ForwardRef, Literal, get_args, get_origin

from stripe.params import WebhookEndpointCreateParams
from stripe.params.checkout import SessionCreateParams


def _choices(annotation: Any) -> frozenset[str]:  # noqa: ANN401 - a type expression
    if isinstance(annotation, ForwardRef):
        # The library writes some of its types as text, such as "Literal['auto', 'bg']|str".
        annotation = eval(annotation.__forward_arg__, {"Literal": Literal, "str": str})  # noqa: S307
    if get_origin(annotation) is Literal:
        return frozenset(get_args(annotation))
    found: frozenset[str] = frozenset()
    for inner in get_args(annotation):
        found |= _choices(inner)
    return found


@cache
def event_types() -> frozenset[str]:
    """All event types that an endpoint may ask for, and `*`."""
    return _choices(WebhookEndpointCreateParams.__annotations__["enabled_events"])


@cache
def api_versions() -> frozenset[str]:
    """All API versions that an endpoint may be created with."""
    return _choices(WebhookEndpointCreateParams.__annotations__["api_version"])


@cache
def locales() -> frozenset[str]:
    """All languages of the hosted page."""
    return _choices(SessionCreateParams.__annotations__["locale"])
