"""The invited person's side: what an invitation is, and accepting it.

The mailed token proves that its holder reads the address, and no more. With it alone a new user is
made for that address; a user who exists has to be signed in as well, with that address verified,
so that an address which somebody wrote into their own user opens nothing.
"""

import time
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.serve_staff_api.setting_requests import JoinInput, TokenInput
from shared import environment
from shared.adapters.bookings_table import Put
from shared.adapters.location_store import LocationStore, StaffUser, user_put
from shared.adapters.user_pool import PoolUser, UserPool
from shared.domain.dates.instants import rfc3339
from shared.domain.errors import Conflict, Forbidden, NotFound
from shared.domain.locations.location import LOCATION_ID, Location
from shared.domain.locations.members import (
    Invitation,
    Members,
    find_invitation,
    member_view,
    with_accepted,
)
from shared.entrypoints.caller import read_pool_user, read_query_string
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of
from shared.observability import count
from shared.workflows.staff import Staff, audit_of

router = Router()  # type: ignore[no-untyped-call]
PUBLIC = "/public/locations/<location_id>/invitation"


@router.post(PUBLIC)
def show_invitation(location_id: str) -> Response[dict[str, Any]]:
    """Show the holder of a mail's token who invites them, and whether they have a user already."""
    read_query_string(router).expect_only()
    asked = parse(TokenInput, body_of(router))
    location, invitation = _find(location_id, asked.token)
    user = environment.get(UserPool).find(invitation.email)
    document = {
        "location_id": location.location_id,
        "location": location.name,
        "email": invitation.email,
        "roles": list(invitation.roles),
        "invited_by": invitation.invited_by or None,
        "expires_at": rfc3339(invitation.expires_at_s),
        "has_account": user is not None and not user.is_unused,
    }
    return _answer(200, document)


@router.post(f"{PUBLIC}/accept")
def accept_as_new_user(location_id: str) -> Response[dict[str, Any]]:
    """Make the user of an address that has none, with the password they choose, and let them join.

    Safe to repeat. The password goes to the user pool and is kept nowhere else.
    """
    read_query_string(router).expect_only()
    asked = parse(JoinInput, body_of(router))
    location, invitation = _find(location_id, asked.token)
    user_id = environment.get(UserPool).create(invitation.email) or _find_unused(invitation.email)
    environment.get(UserPool).set_password(user_id, asked.password)
    return _join(location, asked.token, user_id)


@router.post("/v1/locations/<location_id>/invitation/accept")
def accept_as_user(location_id: str) -> Response[dict[str, Any]]:
    """Let the signed-in person join, if the invitation is to their own, verified address."""
    user = read_pool_user(router)
    read_query_string(router).expect_only()
    asked = parse(TokenInput, body_of(router))
    location, invitation = _find(location_id, asked.token)
    _expect_own_address(user, invitation)
    return _join(location, asked.token, user.user_id)


def _find(location_id: str, token: str) -> tuple[Location, Invitation]:
    stored = (
        environment.get(LocationStore).get_location(location_id)
        if LOCATION_ID.fullmatch(location_id)
        else None
    )
    members = (
        environment.get(LocationStore).get_members(location_id).members if stored else Members()
    )
    invitation = find_invitation(members, token, int(time.time()))
    if stored is None:
        raise NotFound("There is no such invitation.", code="invitation_not_found")
    return stored.location, invitation


def _find_unused(email: str) -> str:
    user = environment.get(UserPool).find(email)
    if user is None or not (user.is_unused and user.is_enabled and user.email == email):
        detail = "This address has an account: sign in with it to accept."
        raise Conflict(detail, code="account_exists")
    return user.user_id


def _expect_own_address(user: PoolUser, invitation: Invitation) -> None:
    """Raise `Forbidden` unless the address is the user's, in the pool and by what they proved.

    The pool says what the address is now; we know the one with which they joined first.
    """
    known = environment.get(LocationStore).get_user(user.user_id)
    if user.email != invitation.email or (known and known.email != invitation.email):
        detail = "The invitation is to another address: sign in with that one."
        raise Forbidden(detail, code="email_differs")
    if not user.email_is_verified:
        raise Forbidden("Your e-mail address is not verified.", code="email_not_verified")


def _join(location: Location, token: str, user_id: str) -> Response[dict[str, Any]]:
    now_s, location_id = int(time.time()), location.location_id

    def change(members: Members) -> tuple[Members, Sequence[Put]]:
        invitation = find_invitation(members, token, now_s)
        after, member = with_accepted(members, invitation, user_id, now_s)
        staff = Staff(user_id, member.email, frozenset(member.roles), location)
        ids = {"member": user_id, "invitation": invitation.invitation_id}
        audit = audit_of(staff, "member.joined", role=",".join(member.roles), **ids)
        return after, [audit, user_put(StaffUser(user_id, member.email))]

    after = environment.get(LocationStore).update_members(location_id, change)
    count("MemberJoined")
    return _answer(201, member_view(after.joined[user_id]))


def _answer(status: int, document: dict[str, Any]) -> Response[dict[str, Any]]:
    return Response(status, "application/json", document)
