"""Stripe's form encoding: `a[b][c]=x`, `a[0]=x`, `a[]=x` in bodies and query strings."""

import re
from typing import Any
from urllib.parse import parse_qsl

from infra.local.stripe_simulator.errors import StripeError, invalid_param

MAX_FIELDS = 2000
MAX_DEPTH = 8
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def decode(encoded: bytes) -> dict[str, Any]:
    """Decode a form to nested dicts of text.

    Arrays stay dicts of their indexes, as only the declaration of a parameter can tell an array
    from metadata whose keys are digits; `a[]=` counts its own indexes.
    """
    try:
        text = encoded.decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as cause:
        raise StripeError(
            400,
            "invalid_request_error",
            "The request is not a form in UTF-8, or has too many fields.",
            before_execution=True,
        ) from cause
    decoded: dict[str, Any] = {}
    for name, value in pairs:
        _put(decoded, name, value)
    return decoded


def _put(decoded: dict[str, Any], name: str, value: str) -> None:
    match = _NAME.fullmatch(name)
    if match is None:
        raise invalid_param(f"Invalid parameter name: {name}", param=name)
    steps = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
    if len(steps) > MAX_DEPTH:
        raise invalid_param(f"The parameter is nested too deeply: {name}", param=name)
    place = decoded
    for step in steps[:-1]:
        place = place.setdefault(step or str(len(place)), {})
        if not isinstance(place, dict):
            raise invalid_param(f"Invalid {steps[0]}: both a value and a hash.", param=name)
    last = steps[-1] or str(len(place))
    if isinstance(place.get(last), dict):
        raise invalid_param(f"Invalid {steps[0]}: both a value and a hash.", param=name)
    place[last] = value
