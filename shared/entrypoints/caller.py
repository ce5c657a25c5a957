"""Who is calling, whether they may, and whether the route takes the query that they sent."""

from aws_lambda_powertools.event_handler.api_gateway import Router
from msgspec import Struct
from pydantic import BaseModel

from shared import environment
from shared.adapters.location_store import LocationStore
from shared.adapters.user_pool import PoolUser, UserPool
from shared.domain.errors import Forbidden, NotFound
from shared.domain.locations.location_id import LOCATION_ID
from shared.domain.locations.permissions import is_allowed
from shared.entrypoints.query_strings import QueryString
from shared.entrypoints.validation import parameters_of
from shared.workflows.staff import Staff

type Parameters = type[BaseModel] | None


class Caller(Struct, frozen=True):
    """Who holds the token, by the user pool's id, which never changes; and the query they sent.

    It has no name: a user can change the e-mail in their token at will, and our records use the
    membership's (`Staff.email`).
    """

    user_id: str
    has_second_factor: bool = False
    query: QueryString = QueryString({})


def read_caller(router: Router) -> Caller:
    """Return who calls; API Gateway has checked the token's signature, issuer, audience and age.

    A token is valid for an hour, and a user may be disabled in the pool at any time: the pool is
    asked about each user once a minute. Raises `Forbidden` for an access token in place of an id
    token, `Forbidden` `user_disabled`, and `AwsUnreachable`.
    """
    claims = _claims(router)
    user = environment.get(UserPool).look_up(claims["sub"], _issued_s(claims))
    has_second_factor = user is not None and user.has_second_factor
    return Caller(_enabled(user).user_id, has_second_factor, read_query_string(router))


def read_query_string(router: Router) -> QueryString:
    """Return the query of the request under way."""
    return QueryString.of(router.current_event.raw_event)


def read_pool_user(router: Router) -> PoolUser:
    """Return the caller as the pool has them right now; raises as `read_caller` does."""
    return _enabled(environment.get(UserPool).find(_claims(router)["sub"]))


def authorize(caller: Caller, location_id: str, action: str, *, takes: Parameters = None) -> Staff:
    """Return the caller as a member of the location, if they may do `action` there.

    Raises `NotFound` for a location that does not exist or is not the caller's, with the same
    answer, and `Forbidden` if the role is not enough or a second factor is missing; nothing else is
    read before that. `takes` is the model of the route's query, `None` for a route without one.
    Only then `InvalidInput` `unknown_parameter` is raised for anything else in the query.
    """
    if not LOCATION_ID.fullmatch(location_id):
        raise NotFound("There is no such location, or not for you.", code="location_not_found")
    store = environment.get(LocationStore)
    location, roles, email = store.get_location_and_membership(location_id, caller.user_id)
    if location is None or not roles:
        raise NotFound("There is no such location, or not for you.", code="location_not_found")
    if location.require_second_factor and not caller.has_second_factor:
        detail = "This location asks for a second factor: enrol one in the console."
        raise Forbidden(detail, code="second_factor_required")
    if not is_allowed(action, roles):
        raise Forbidden("Ask an owner of the location.")
    caller.query.expect_only(*(parameters_of(takes) if takes else ()))
    return Staff(caller.user_id, email, roles, location)


def _claims(router: Router) -> dict[str, str]:
    context = router.current_event.request_context  # type: ignore[attr-defined]
    claims: dict[str, str] = context.authorizer.jwt_claim
    if claims.get("token_use") != "id":
        raise Forbidden("Send the id token.", code="id_token_needed")
    return claims


def _issued_s(claims: dict[str, str]) -> int:
    written = str(claims.get("iat", ""))
    return int(written) if written.isdecimal() else 0


def _enabled(user: PoolUser | None) -> PoolUser:
    if user is None or not user.is_enabled:
        raise Forbidden("Your account is disabled.", code="user_disabled")
    return user
