"""Who calls, and whether they may; then whether the address takes the query that they sent."""

from dataclasses import dataclass, field

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import BaseModel

from shared.adapters.booking_store import BookingStore
from shared.domain.access import is_allowed
from shared.domain.errors import Forbidden, NotFound
from shared.domain.location import LOCATION_ID, Location
from shared.query_strings import QueryString
from shared.validation import parameters_of

type Parameters = type[BaseModel] | None


@dataclass(frozen=True, slots=True)
class Caller:
    """A staff member, as the id token tells: a stable id, and the e-mail for the records.

    `query` is what came with the request.
    """

    user_id: str
    email: str
    query: QueryString = field(default=QueryString({}), repr=False, compare=False)


def read_caller(router: Router) -> Caller:
    """Return who calls; API Gateway has checked the token's signature, issuer, audience and age.

    Raises `Forbidden` for an access token in the place of an id token.
    """
    event = router.current_event
    context = event.request_context  # type: ignore[attr-defined]
    claims = context.authorizer.jwt_claim
    if claims.get("token_use") != "id":
        raise Forbidden("Send the id token.", code="id_token_needed")
    return Caller(claims["sub"], claims.get("email", ""), QueryString.of(event.raw_event))


def authorize(
    store: BookingStore, caller: Caller, location_id: str, action: str, *, takes: Parameters = None
) -> Location:
    """Return the location if the caller may do `action` there.

    Raises `NotFound` for a location that is not there or not the caller's, the same answer for
    both, and `Forbidden` where a role does not reach. Nothing else is read before. `takes` is the
    model of the route's query, `None` for a route without one; then, and not before, `InvalidInput`
    `unknown_parameter` for what else the query holds.
    """
    return find_membership(store, caller, location_id, action, takes=takes)[0]


def find_membership(
    store: BookingStore, caller: Caller, location_id: str, action: str, *, takes: Parameters = None
) -> tuple[Location, frozenset[str]]:
    """Return the location, as `authorize` does, with the caller's roles there."""
    if not LOCATION_ID.fullmatch(location_id):
        raise NotFound("There is no such location, or not for you.", code="location_not_found")
    location, roles = store.get_location_and_roles(location_id, caller.user_id)
    if location is None or not roles:
        raise NotFound("There is no such location, or not for you.", code="location_not_found")
    if not is_allowed(action, roles):
        raise Forbidden("Ask an owner of the location.")
    caller.query.expect_only(*(parameters_of(takes) if takes else ()))
    return location, roles
