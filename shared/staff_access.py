"""Who calls, and whether they may."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler.api_gateway import Router

from shared.adapters.booking_store import BookingStore
from shared.domain.access import is_allowed
from shared.domain.errors import Forbidden, NotFound
from shared.domain.location import LOCATION_ID, Location


@dataclass(frozen=True, slots=True)
class Caller:
    """A staff member, as the id token tells: a stable id, and the e-mail for the records."""

    user_id: str
    email: str


def read_caller(router: Router) -> Caller:
    """Return who calls; API Gateway has checked the token's signature, issuer, audience and age.

    Raises `Forbidden` for an access token in the place of an id token.
    """
    context = router.current_event.request_context  # type: ignore[attr-defined]
    claims = context.authorizer.jwt_claim
    if claims.get("token_use") != "id":
        raise Forbidden("Send the id token.", code="id_token_needed")
    return Caller(claims["sub"], claims.get("email", ""))


def authorize(store: BookingStore, caller: Caller, location_id: str, action: str) -> Location:
    """Return the location if the caller may do `action` there.

    Raises `NotFound` for a location that is not there or not the caller's, the same answer for
    both, and `Forbidden` where a role does not reach. Nothing else is read before.
    """
    return find_membership(store, caller, location_id, action)[0]


def find_membership(
    store: BookingStore, caller: Caller, location_id: str, action: str
) -> tuple[Location, frozenset[str]]:
    """Return the location, as `authorize` does, with the caller's roles there."""
    if not LOCATION_ID.fullmatch(location_id):
        raise NotFound("There is no such location, or not for you.", code="location_not_found")
    location, roles = store.get_location_and_roles(location_id, caller.user_id)
    if location is None or not roles:
        raise NotFound("There is no such location, or not for you.", code="location_not_found")
    if not is_allowed(action, roles):
        raise Forbidden("Ask an owner of the location.")
    return location, roles
