"""Owners invite people to a location, give roles, and take them away.

Inviting makes nobody a member: that is `accept_invitation`, where the invited person accepts.
"""

import secrets
from collections.abc import Collection, Sequence
from copy import replace

from msgspec import Struct

from shared.adapters.bookings_table import Put
from shared.adapters.link_key import LinkKey
from shared.adapters.location_store import LocationStore
from shared.adapters.outbox import message_puts
from shared.adapters.user_pool import UserPool
from shared.config import Config
from shared.domain.activity.invitation_mail import invitation_order
from shared.domain.errors import Conflict, NotFound
from shared.domain.link_tokens import derive_invitation_token, token_digest
from shared.domain.locations.members import (
    INVITATION_S,
    Invitation,
    Member,
    Members,
    News,
    expect_invitation,
    with_invitation,
    with_mails,
    with_member,
    without_member,
)
from shared.observability import count
from shared.workflows.locations.sign_in import disable_if_left, enable_if_left
from shared.workflows.staff import Staff, audit_of

ID_BYTES = 12


class Invited(Struct, frozen=True):
    """An invitation that was mailed, and whether the address had none before."""

    invitation: Invitation
    is_new: bool


class MemberChanges:
    """What owners do to the list of a location's members; each act is one transaction."""

    def __init__(
        self, config: Config, locations: LocationStore, pool: UserPool, link_key: LinkKey
    ) -> None:
        self._config = config
        self._locations = locations
        self._pool = pool
        self._link_key = link_key

    def save(self, staff: Staff, email: str, role: str, now_s: int) -> Member | Invited:
        """Give a member another role, or invite an address, again if it has not joined.

        A member is known by the address that they joined with; `email` is in small letters. Raises
        `Conflict` `mails_off`, `InvalidInput` and `NotFound`.
        """
        location_id = staff.location.location_id
        known = self._locations.get_members(location_id).members
        if known.joined_as(email):
            return self._change_role(staff, email, role)
        self._require_mails()
        # Outside the change, which may be tried again: it has an effect of its own.
        enabled = enable_if_left(self._locations, self._pool, email)
        new_id = f"inv_{secrets.token_hex(ID_BYTES)}"

        def change(members: Members) -> tuple[Members, Sequence[Put]]:
            former = members.invited_as(email)
            blank = Invitation(new_id, email, (), now_s, now_s, 0, "", "")
            invitation = replace(former or blank, roles=(role,))
            return self._sent(staff, members, invitation, enabled, now_s)

        after = self._locations.update_members(location_id, change)
        [invited] = [each for each in after.invited.values() if each.email == email]
        count("MemberInvited")
        return Invited(invited, is_new=known.invited_as(email) is None)

    def resend(self, staff: Staff, member_id: str, now_s: int) -> Invitation:
        """Mail an invitation again, valid for as long as a new one; the former mail's link ends.

        Raises `Conflict` `mails_off` and `NotFound`.
        """
        location_id = staff.location.location_id
        self._require_mails()
        known = expect_invitation(self._locations.get_members(location_id).members, member_id)
        enabled = enable_if_left(self._locations, self._pool, known.email)

        def change(members: Members) -> tuple[Members, Sequence[Put]]:
            invitation = expect_invitation(members, member_id)
            return self._sent(staff, members, invitation, enabled, now_s)

        after = self._locations.update_members(location_id, change)
        count("MemberInvited")
        return after.invited[member_id]

    def remove(self, staff: Staff, member_id: str) -> None:
        """Take a member or an invitation off the list, and disable a user who has left.

        Safe to repeat: a user who could not be disabled when they were removed is disabled then,
        before `NotFound` is raised.
        """
        left: list[tuple[str, str]] = []

        def change(members: Members) -> tuple[Members, Sequence[Put]]:
            after = without_member(members, member_id)
            joined, invited = members.joined.get(member_id), members.invited.get(member_id)
            left[:] = [(joined.user_id, joined.email)] if joined else []
            if invited and invited.enabled_user_id:
                left[:] = [(invited.enabled_user_id, invited.email)]
            return after, [audit_of(staff, "member.removed", member=member_id)]

        try:
            self._locations.update_members(staff.location.location_id, change)
        except NotFound:
            disable_if_left(self._locations, self._pool, member_id)
            raise
        for user_id, email in left:
            disable_if_left(self._locations, self._pool, user_id, email)
        count("MemberRemoved")

    def choose_mails(self, staff: Staff, member_id: str, mails: Collection[News]) -> Member:
        """Say of what a member is mailed from now on; raises `NotFound` `member_not_found`."""

        def change(members: Members) -> tuple[Members, Sequence[Put]]:
            chosen = ",".join(sorted(mails))
            audit = audit_of(staff, "member.saved", member=member_id, mails=chosen)
            return with_mails(members, member_id, mails), [audit]

        after = self._locations.update_members(staff.location.location_id, change)
        count("MemberSaved")
        return after.joined[member_id]

    def _change_role(self, staff: Staff, email: str, role: str) -> Member:
        def change(members: Members) -> tuple[Members, Sequence[Put]]:
            known = members.joined_as(email)
            if known is None:
                raise NotFound("There is no such member here.", code="member_not_found")
            audit = audit_of(staff, "member.saved", member=known.user_id, role=role)
            return with_member(members, replace(known, roles=(role,))), [audit]

        after = self._locations.update_members(staff.location.location_id, change)
        [member] = [each for each in after.joined.values() if each.email == email]
        count("MemberSaved")
        return member

    def _sent(
        self,
        staff: Staff,
        members: Members,
        invitation: Invitation,
        enabled_user_id: str,
        now_s: int,
    ) -> tuple[Members, Sequence[Put]]:
        """Return the members with an invitation that is mailed once more, and the writes beside it.

        `enabled_user_id` is the former member whose user was enabled for this, or "".
        """
        location_id, number = staff.location.location_id, invitation.number + 1
        own_id = invitation.invitation_id
        token = derive_invitation_token(self._link_key.get(), location_id, own_id, number)
        sent = replace(
            invitation,
            invited_at_s=now_s,
            expires_at_s=now_s + INVITATION_S,
            number=number,
            token_sha256=token_digest(token),
            invited_by=staff.email,
            enabled_user_id=enabled_user_id or invitation.enabled_user_id,
        )
        order = invitation_order(location_id, sent)
        audit = audit_of(staff, "member.invited", member=own_id, role=",".join(sent.roles))
        also = [*message_puts([order], now_s), audit]
        return with_invitation(members, sent), also

    def _require_mails(self) -> None:
        if not self._config.mail_from:
            detail = "Nobody can be invited: this deployment sends no mails (MailFrom)."
            raise Conflict(detail, code="mails_off")
