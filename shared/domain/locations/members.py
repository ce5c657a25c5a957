"""A location's members and invitations; at least one member is an owner.

Membership begins when the invited person accepts, never before: an address is only where an
invitation is sent, and identifies nobody. Pure.
"""

import hmac
from collections.abc import Collection, Mapping
from copy import replace
from typing import Any, Literal, get_args

from msgspec import Struct, field

from shared.domain.dates.instants import rfc3339
from shared.domain.errors import Conflict, NotFound
from shared.domain.link_tokens import token_digest
from shared.domain.locations.permissions import OWNER
from shared.domain.stored_record import StoredRecord, read_record, record_to_dict

# Members and invitations together.
MAX_MEMBERS = 200
INVITATION_S = 7 * 86_400
# What of bookings a member can be mailed about, in the order that it is shown.
type News = Literal["new", "moved", "cancelled"]
NEWS: tuple[News, ...] = get_args(News.__value__)
_JOINED, _INVITED, _EXPIRED = "joined", "invited", "expired"


class Member(StoredRecord, frozen=True):
    """A staff member of a location; `user_id` is the user pool's and never changes.

    `email` is the address that was invited and that they proved: their name in all records.
    `mails` are the news of bookings that they get by mail.
    """

    user_id: str
    email: str
    roles: tuple[str, ...]
    added_at_s: int
    mails: tuple[News, ...] = ()


class Invitation(StoredRecord, frozen=True):
    """An invitation that has not been accepted yet.

    `number` counts how often it was sent: each mail has a token of its own, and only the
    newest counts, kept here as `token_sha256` (hex). `invited_by` is the inviting member's address.
    `enabled_user_id` is a former member's, whose disabled user the invitation has enabled.
    """

    invitation_id: str
    email: str
    roles: tuple[str, ...]
    invited_at_s: int
    expires_at_s: int
    number: int
    token_sha256: str
    invited_by: str
    enabled_user_id: str = ""


class Members(Struct, frozen=True):
    """A location's staff: who joined, by user id, and who is invited, by the invitation's id."""

    joined: Mapping[str, Member] = field(default_factory=dict)
    invited: Mapping[str, Invitation] = field(default_factory=dict)

    def joined_as(self, email: str) -> Member | None:
        """Return who joined with this address."""
        return next((each for each in self.joined.values() if each.email == email), None)

    def readers_of(self, kinds: Collection[News]) -> dict[str, frozenset[News]]:
        """Return the addresses that get any of these news by mail, and which of them."""
        wanted = {each.email: frozenset(each.mails) & {*kinds} for each in self.joined.values()}
        return {email: news for email, news in sorted(wanted.items()) if email and news}

    def invited_as(self, email: str) -> Invitation | None:
        """Return the invitation to this address."""
        return next((each for each in self.invited.values() if each.email == email), None)


def with_invitation(members: Members, invitation: Invitation) -> Members:
    """Return the members with an invitation, new or sent again.

    Raises `Conflict` `members_full`.
    """
    if invitation.invitation_id not in members.invited:
        _expect_room(members)
    invited = {**members.invited, invitation.invitation_id: invitation}
    return replace(members, invited=invited)


def with_member(members: Members, member: Member) -> Members:
    """Return the members with a new one, or with a member's new roles.

    Raises `Conflict` `last_owner` or `members_full`.
    """
    known = members.joined.get(member.user_id)
    if known is None:
        _expect_room(members)
    elif _is_last_owner(members, known) and OWNER not in member.roles:
        raise _last_owner()
    return replace(members, joined={**members.joined, member.user_id: member})


def with_mails(members: Members, member_id: str, mails: Collection[News]) -> Members:
    """Return the members with the news that one of them gets by mail from now on.

    Raises `NotFound` `member_not_found` for who has not joined.
    """
    known = members.joined.get(member_id)
    if known is None:
        raise _not_found()
    chosen = tuple(each for each in NEWS if each in mails)
    return replace(members, joined={**members.joined, member_id: replace(known, mails=chosen)})


def find_invitation(members: Members, token: str, now_s: int) -> Invitation:
    """Return the invitation that a mailed token belongs to.

    Raises `NotFound` `invitation_not_found` for a token that is wrong, used, withdrawn or not the
    newest one's, and `Conflict` `invitation_expired`.
    """
    digest = token_digest(token)
    for invitation in members.invited.values():
        if hmac.compare_digest(invitation.token_sha256, digest):
            if invitation.expires_at_s <= now_s:
                detail = "The invitation has expired: ask for another one."
                raise Conflict(detail, code="invitation_expired")
            return invitation
    raise NotFound(
        "The invitation was used, withdrawn or sent again: open the newest mail.",
        code="invitation_not_found",
    )


def with_accepted(
    members: Members, invitation: Invitation, user_id: str, now_s: int
) -> tuple[Members, Member]:
    """Return the members after somebody accepted, and who they are from now on.

    Who belonged already has the roles of the invitation. Raises `Conflict` `last_owner`.
    """
    known = members.joined.get(user_id)
    added_at_s = known.added_at_s if known else now_s
    member = Member(user_id, invitation.email, invitation.roles, added_at_s)
    if known:
        member = replace(known, email=invitation.email, roles=invitation.roles)
    invited = _without(members.invited, invitation.invitation_id)
    return with_member(replace(members, invited=invited), member), member


def without_member(members: Members, member_id: str) -> Members:
    """Return the members without one, or without an invitation.

    Raises `NotFound` `member_not_found`, or `Conflict` `last_owner`.
    """
    if member_id in members.invited:
        return replace(members, invited=_without(members.invited, member_id))
    known = members.joined.get(member_id)
    if known is None:
        raise _not_found()
    if _is_last_owner(members, known):
        raise _last_owner()
    return replace(members, joined=_without(members.joined, member_id))


def expect_invitation(members: Members, member_id: str) -> Invitation:
    """Return an invitation; raises `NotFound`, or `Conflict` `already_joined`."""
    if member_id in members.joined:
        raise Conflict("They have joined already.", code="already_joined")
    if member_id not in members.invited:
        raise _not_found()
    return members.invited[member_id]


def members_to_dict(members: Members) -> dict[str, Any]:
    """Return the members in plain JSON types."""
    return {
        "members": {each.user_id: record_to_dict(each) for each in members.joined.values()},
        "invitations": {
            each.invitation_id: record_to_dict(each) for each in members.invited.values()
        },
    }


def members_from_dict(document: Mapping[str, Any]) -> Members:
    """Return the members that `members_to_dict` wrote."""
    joined = (
        read_record(Member, each, mails=tuple(each.get("mails", ())))
        for each in document["members"].values()
    )
    invited = (read_record(Invitation, each) for each in document["invitations"].values())
    return Members(
        {each.user_id: each for each in joined}, {each.invitation_id: each for each in invited}
    )


def member_view(member: Member) -> dict[str, Any]:
    """Return a member as the API shows them."""
    return {
        "member_id": member.user_id,
        "user_id": member.user_id,
        "email": member.email,
        "roles": list(member.roles),
        "status": _JOINED,
        "mails": list(member.mails),
        "added_at": rfc3339(member.added_at_s),
        "expires_at": None,
    }


def invitation_view(invitation: Invitation, now_s: int) -> dict[str, Any]:
    """Return an invitation as the API shows it among the members: `invited`, or `expired`."""
    return {
        "member_id": invitation.invitation_id,
        "user_id": None,
        "email": invitation.email,
        "roles": list(invitation.roles),
        "mails": [],
        "status": _INVITED if now_s < invitation.expires_at_s else _EXPIRED,
        "added_at": rfc3339(invitation.invited_at_s),
        "expires_at": rfc3339(invitation.expires_at_s),
    }


def _expect_room(members: Members) -> None:
    if len(members.joined) + len(members.invited) >= MAX_MEMBERS:
        raise Conflict(f"A location has at most {MAX_MEMBERS} members.", code="members_full")


def _is_last_owner(members: Members, member: Member) -> bool:
    owners = [each.user_id for each in members.joined.values() if OWNER in each.roles]
    return owners == [member.user_id]


def _without[Kept](found: Mapping[str, Kept], own_id: str) -> dict[str, Kept]:
    return {each_id: each for each_id, each in found.items() if each_id != own_id}


def _not_found() -> NotFound:
    return NotFound("There is no such member here.", code="member_not_found")


def _last_owner() -> Conflict:
    return Conflict("The last owner stays: name another one first.", code="last_owner")
