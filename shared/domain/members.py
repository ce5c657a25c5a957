"""Who belongs to a location, as a list of its own: an owner is always among them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.access import OWNER
from shared.domain.booking_payments import rfc3339
from shared.domain.errors import Conflict, NotFound

MAX_MEMBERS = 200


@dataclass(frozen=True, slots=True)
class Member:
    """A staff member of a location; `user_id` is the user pool's and never changes."""

    user_id: str
    email: str
    roles: tuple[str, ...]
    added_at_s: int


type Members = Mapping[str, Member]


def with_member(members: Members, member: Member) -> Members:
    """Return the members with one more, or with other roles of one who is there.

    Raises `Conflict` `last_owner` or `members_full`.
    """
    known = members.get(member.user_id)
    if known is None and len(members) >= MAX_MEMBERS:
        raise Conflict(f"A location has at most {MAX_MEMBERS} members.", code="members_full")
    if known and _is_last_owner(members, known) and OWNER not in member.roles:
        raise _last_owner()
    return {**members, member.user_id: member}


def without_member(members: Members, user_id: str) -> Members:
    """Return the members without one; raises `NotFound`, or `Conflict` `last_owner`."""
    known = members.get(user_id)
    if known is None:
        raise NotFound("There is no such member here.", code="member_not_found")
    if _is_last_owner(members, known):
        raise _last_owner()
    return {own_id: each for own_id, each in members.items() if own_id != user_id}


def members_to_dict(members: Members) -> dict[str, Any]:
    """Return the members in plain JSON types."""
    return {
        "members": {
            each.user_id: {
                "email": each.email,
                "roles": list(each.roles),
                "added_at_s": each.added_at_s,
            }
            for each in members.values()
        }
    }


def members_from_dict(document: Mapping[str, Any]) -> Members:
    """Return the members that `members_to_dict` wrote."""
    return {
        user_id: Member(user_id, each["email"], tuple(each["roles"]), each["added_at_s"])
        for user_id, each in document["members"].items()
    }


def member_view(member: Member) -> dict[str, Any]:
    """Return a member as the API shows them."""
    return {
        "user_id": member.user_id,
        "email": member.email,
        "roles": list(member.roles),
        "added_at": rfc3339(member.added_at_s),
    }


def _is_last_owner(members: Members, member: Member) -> bool:
    owners = [each.user_id for each in members.values() if OWNER in each.roles]
    return owners == [member.user_id]


def _last_owner() -> Conflict:
    return Conflict("The last owner stays: name another one first.", code="last_owner")
