"""Query strings of JSON routes: unknown parameters are refused, as unknown fields in a body are.

It needs no pydantic: the widget's function reads its few parameters with it.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, Self
from urllib.parse import parse_qsl

from msgspec import Struct

from shared.domain.errors import InvalidInput
from shared.domain.mistakes import mistake, pointer_to


class QueryString(Struct, frozen=True):
    """The parameters of a request, and which of them were sent more than once.

    API Gateway joins the values of a repeated one with commas; only the raw string shows how often
    it was sent.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """

    values: Mapping[str, str]
    repeated: frozenset[str] = frozenset()

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Return the query string of an HTTP API's event (payload 2.0)."""
        pairs = parse_qsl(event.get("rawQueryString") or "", keep_blank_values=True)
        times = Counter(name for name, _ in pairs)
        repeated = frozenset(name for name, number in times.items() if number > 1)
        return cls(event.get("queryStringParameters") or {}, repeated)

    def expect_only(self, *known: str) -> None:
        """Raise `InvalidInput` `unknown_parameter` for a parameter that is none of `known`.

        A known one that was sent more than once is `invalid_input`.
        """
        if unknown := sorted(set(self.values) - set(known)):
            takes = f"This address takes {_listed(known)} in its query."
            errors = [mistake(pointer_to("query", name), "is not known here") for name in unknown]
            raise InvalidInput(takes, code="unknown_parameter", errors=errors)
        if repeated := sorted(self.repeated & set(known)):
            errors = [mistake(pointer_to("query", name), "must be sent once") for name in repeated]
            raise invalid_query(errors)


def invalid_query(errors: list[dict[str, str]]) -> InvalidInput:
    """Return the refusal of a query string with these mistakes."""
    return InvalidInput("Some parameters are not valid.", errors=errors)


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "nothing"
