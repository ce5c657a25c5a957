"""Who belongs to a location: owners invite, send again, give roles, and take them away.

Inviting makes nobody a member: that is `invitations`, where the invited person accepts.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.serve_staff_api.leaving import disable_if_left, enable_if_left
from functions.serve_staff_api.setting_requests import MemberInput
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Put
from shared.adapters.link_key import LinkKey
from shared.adapters.location_store import LocationStore
from shared.adapters.outbox import outbox_put
from shared.adapters.user_pool import UserPool
from shared.config import load_config
from shared.domain.activity.invitation_mail import invitation_requested
from shared.domain.errors import Conflict, NotFound
from shared.domain.link_tokens import derive_invitation_token, token_digest
from shared.domain.locations.members import (
    INVITATION_S,
    Invitation,
    Members,
    expect_invitation,
    invitation_view,
    member_view,
    with_invitation,
    with_member,
    without_member,
)
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.cursors import PageQuery, page_of
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of
from shared.entrypoints.validation import read_query
from shared.observability import count
from shared.workflows.staff import Staff, audit_of

router = Router()  # type: ignore[no-untyped-call]
HERE = "/v1/locations/<location_id>/members"
ID_BYTES = 12


@router.get(HERE)
def get_members(location_id: str) -> dict[str, Any]:
    """List who joined and who is invited, the newest first."""
    caller = read_caller(router)
    authorize(environment.get(BookingStore), caller, location_id, "read_members", takes=PageQuery)
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
    """Invite somebody by their address, again if they have not joined, or change a member's role.

    Who belongs here already is known by the address that they joined with.
    """
    staff = authorize(
        environment.get(BookingStore), read_caller(router), location_id, "change_members"
    )
    asked = parse(MemberInput, body_of(router))
    # An address is the same in capitals.
    email, now_s = asked.email.lower(), int(time.time())
    known = environment.get(LocationStore).get_members(location_id).members
    if known.joined_as(email):
        return _change_role(staff, email, asked.role)
    _expect_mails()
    # Outside the change, which may be tried again: it has an effect of its own.
    enabled = enable_if_left(environment.get(LocationStore), environment.get(UserPool), email)
    new_id = f"inv_{secrets.token_hex(ID_BYTES)}"

    def change(members: Members) -> tuple[Members, Sequence[Put]]:
        former = members.invited_as(email)
        blank = Invitation(new_id, email, (), now_s, now_s, 0, "", "")
        invitation = replace(former or blank, roles=(asked.role,))
        return _sent(staff, members, invitation, enabled, now_s)

    after = environment.get(LocationStore).update_members(location_id, change)
    [invited] = [each for each in after.invited.values() if each.email == email]
    count("MemberInvited")
    return _answer(200 if known.invited_as(email) else 201, invitation_view(invited, now_s))


@router.post(f"{HERE}/<member_id>/resend")
def resend_invitation(location_id: str, member_id: str) -> Response[dict[str, Any]]:
    """Send an invitation again, valid for as long as a new one; the former mail's link ends."""
    staff = authorize(
        environment.get(BookingStore), read_caller(router), location_id, "change_members"
    )
    _expect_mails()
    known = expect_invitation(
        environment.get(LocationStore).get_members(location_id).members, member_id
    )
    enabled, now_s = (
        enable_if_left(environment.get(LocationStore), environment.get(UserPool), known.email),
        int(time.time()),
    )

    def change(members: Members) -> tuple[Members, Sequence[Put]]:
        return _sent(staff, members, expect_invitation(members, member_id), enabled, now_s)

    after = environment.get(LocationStore).update_members(location_id, change)
    count("MemberInvited")
    return _answer(200, invitation_view(after.invited[member_id], now_s))


@router.delete(f"{HERE}/<member_id>")
def remove_member(location_id: str, member_id: str) -> Response[str]:
    """Take somebody's role away, which ends with their next request, or an invitation back.

    Who belongs to no location any more is disabled in the user pool. Safe to repeat: who is gone
    from the list, and could not be disabled then, is now.
    """
    staff = authorize(
        environment.get(BookingStore), read_caller(router), location_id, "change_members"
    )
    left: list[tuple[str, str]] = []

    def change(members: Members) -> tuple[Members, Sequence[Put]]:
        after = without_member(members, member_id)
        joined, invited = members.joined.get(member_id), members.invited.get(member_id)
        left[:] = [(joined.user_id, joined.email)] if joined else []
        if invited and invited.enabled_user_id:
            left[:] = [(invited.enabled_user_id, invited.email)]
        return after, [audit_of(staff, "member.removed", member=member_id)]

    try:
        environment.get(LocationStore).update_members(location_id, change)
    except NotFound:
        disable_if_left(environment.get(LocationStore), environment.get(UserPool), member_id)
        raise
    for user_id, email in left:
        disable_if_left(environment.get(LocationStore), environment.get(UserPool), user_id, email)
    count("MemberRemoved")
    return Response(204, body="")


def _change_role(staff: Staff, email: str, role: str) -> Response[dict[str, Any]]:
    def change(members: Members) -> tuple[Members, Sequence[Put]]:
        known = members.joined_as(email)
        if known is None:
            raise NotFound("There is no such member here.", code="member_not_found")
        audit = audit_of(staff, "member.saved", member=known.user_id, role=role)
        return with_member(members, replace(known, roles=(role,))), [audit]

    after = environment.get(LocationStore).update_members(staff.location.location_id, change)
    [member] = [each for each in after.joined.values() if each.email == email]
    count("MemberSaved")
    return _answer(200, member_view(member))


def _sent(
    staff: Staff, members: Members, invitation: Invitation, enabled_user_id: str, now_s: int
) -> tuple[Members, Sequence[Put]]:
    """Return the members with an invitation that is mailed once more, and what belongs to that.

    `enabled_user_id` is the former member's whose user this sending has enabled, or "".
    """
    location_id, number = staff.location.location_id, invitation.number + 1
    own_id = invitation.invitation_id
    token = derive_invitation_token(environment.get(LinkKey).get(), location_id, own_id, number)
    sent = replace(
        invitation,
        invited_at_s=now_s,
        expires_at_s=now_s + INVITATION_S,
        number=number,
        token_sha256=token_digest(token),
        invited_by=staff.email,
        enabled_user_id=enabled_user_id or invitation.enabled_user_id,
    )
    order = invitation_requested(location_id, sent)
    audit = audit_of(staff, "member.invited", member=own_id, role=",".join(sent.roles))
    also = [outbox_put(location_id, order, now_s, booking_version=0), audit]
    return with_invitation(members, sent), also


def _expect_mails() -> None:
    if not load_config().mail_from:
        detail = "Nobody can be invited: this deployment sends no mails (MailFrom)."
        raise Conflict(detail, code="mails_off")


def _answer(status: int, document: dict[str, Any]) -> Response[dict[str, Any]]:
    return Response(status, "application/json", document)
