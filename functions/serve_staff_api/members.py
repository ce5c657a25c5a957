"""The members of a location and who is invited: listed, invited, mailed again, removed."""

import time
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.serve_staff_api.setting_requests import MemberInput, MemberPatch
from shared import environment
from shared.adapters.link_key import LinkKey
from shared.adapters.location_store import LocationStore
from shared.adapters.user_pool import UserPool
from shared.config import load_config
from shared.domain.locations.members import Member, invitation_view, member_view
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.cursors import PageQuery, page_of
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of, json_response
from shared.entrypoints.validation import read_query
from shared.workflows.locations.change_members import MemberChanges

router = Router()  # type: ignore[no-untyped-call]
HERE = "/v1/locations/<location_id>/members"


@router.get(HERE)
def get_members(location_id: str) -> dict[str, Any]:
    """List who joined and who is invited, the newest first."""
    caller = read_caller(router)
    authorize(caller, location_id, "read_members", takes=PageQuery)
    members, now_s = (
        environment.get(LocationStore).get_members(location_id).members,
        int(time.time()),
    )
    views = [
        *map(member_view, members.joined.values()),
        *(invitation_view(each, now_s) for each in members.invited.values()),
    ]
    listed = [(f"{each['added_at']}#{each['member_id']}", each) for each in views]
    return page_of(listed, read_query(PageQuery, caller.query), newest_first=True)


@router.post(HERE)
def invite_member(location_id: str) -> Response[dict[str, Any]]:
    """Invite somebody by their address, again if they have not joined, or give another role."""
    staff = authorize(read_caller(router), location_id, "change_members")
    asked = parse(MemberInput, body_of(router))
    now_s = int(time.time())
    # An address is the same in capitals.
    saved = _changes().save(staff, asked.email.lower(), asked.role, now_s)
    if isinstance(saved, Member):
        return json_response(200, member_view(saved))
    return json_response(201 if saved.is_new else 200, invitation_view(saved.invitation, now_s))


@router.post(f"{HERE}/<member_id>/resend")
def resend_invitation(location_id: str, member_id: str) -> dict[str, Any]:
    """Mail an invitation again, valid for as long as a new one; the former mail's link ends."""
    staff = authorize(read_caller(router), location_id, "change_members")
    now_s = int(time.time())
    return invitation_view(_changes().resend(staff, member_id, now_s), now_s)


@router.patch(f"{HERE}/<member_id>")
def choose_mails(location_id: str, member_id: str) -> dict[str, Any]:
    """Say of which changes of bookings a member is mailed; nobody is of any at first."""
    staff = authorize(read_caller(router), location_id, "change_members")
    asked = parse(MemberPatch, body_of(router))
    return member_view(_changes().choose_mails(staff, member_id, asked.mails))


@router.delete(f"{HERE}/<member_id>")
def remove_member(location_id: str, member_id: str) -> Response[str]:
    """Take somebody's role away, which ends with their next request, or an invitation back.

    A user who belongs to no location any more is disabled in the user pool. Safe to repeat.
    """
    staff = authorize(read_caller(router), location_id, "change_members")
    _changes().remove(staff, member_id)
    return Response(204, body="")


def _changes() -> MemberChanges:
    return MemberChanges(
        load_config(),
        environment.get(LocationStore),
        environment.get(UserPool),
        environment.get(LinkKey),
    )
