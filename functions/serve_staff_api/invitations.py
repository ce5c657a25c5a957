"""The invited person's side: what an invitation is, and accepting it."""

import time
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.serve_staff_api.setting_requests import JoinInput, TokenInput
from shared import environment
from shared.adapters.location_store import LocationStore
from shared.adapters.user_pool import UserPool
from shared.domain.dates.instants import rfc3339
from shared.domain.locations.members import member_view
from shared.entrypoints.caller import read_pool_user, read_query_string
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of, json_response
from shared.workflows.locations.accept_invitation import Invitations

router = Router()  # type: ignore[no-untyped-call]
PUBLIC = "/public/locations/<location_id>/invitation"


@router.post(PUBLIC)
def show_invitation(location_id: str) -> dict[str, Any]:
    """Show the holder of a mail's token who invites them, and whether they have a user already."""
    read_query_string(router).expect_only()
    asked = parse(TokenInput, body_of(router))
    shown = _invitations().show(location_id, asked.token, int(time.time()))
    location, invitation = shown.location, shown.invitation
    return {
        "location_id": location.location_id,
        "location": location.name,
        "email": invitation.email,
        "roles": list(invitation.roles),
        "invited_by": invitation.invited_by or None,
        "expires_at": rfc3339(invitation.expires_at_s),
        "has_account": shown.has_account,
    }


@router.post(f"{PUBLIC}/accept")
def accept_as_new_user(location_id: str) -> Response[dict[str, Any]]:
    """Make the user of an address that has none, with the password they choose, and let them join.

    Safe to repeat.
    """
    read_query_string(router).expect_only()
    asked = parse(JoinInput, body_of(router))
    now_s = int(time.time())
    member = _invitations().accept_as_new_user(location_id, asked.token, asked.password, now_s)
    return json_response(201, member_view(member))


@router.post("/v1/locations/<location_id>/invitation/accept")
def accept_as_user(location_id: str) -> Response[dict[str, Any]]:
    """Let the signed-in person join, if the invitation is to their own, verified address."""
    user = read_pool_user(router)
    read_query_string(router).expect_only()
    asked = parse(TokenInput, body_of(router))
    member = _invitations().accept_as_user(location_id, asked.token, user, int(time.time()))
    return json_response(201, member_view(member))


def _invitations() -> Invitations:
    return Invitations(environment.get(LocationStore), environment.get(UserPool))
