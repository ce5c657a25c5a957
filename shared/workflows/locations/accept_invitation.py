"""The invited person's side: what an invitation is, and accepting it.

The mailed token proves that its holder reads the address, and no more. With it alone a new user is
made for that address; an existing user has to be signed in as well, with that address verified, so
that an address which somebody wrote into their own user opens nothing.
"""

from collections.abc import Sequence

from msgspec import Struct

from shared.adapters.bookings_table import Put
from shared.adapters.location_store import LocationStore, StaffUser, user_put
from shared.adapters.user_pool import PoolUser, UserPool
from shared.domain.errors import Conflict, Forbidden, NotFound
from shared.domain.locations.location import Location
from shared.domain.locations.location_id import LOCATION_ID
from shared.domain.locations.members import (
    Invitation,
    Member,
    Members,
    find_invitation,
    with_accepted,
)
from shared.observability import count
from shared.workflows.staff import Staff, audit_of


class Shown(Struct, frozen=True):
    """An invitation as its holder sees it; `has_account`: they have to sign in to accept."""

    location: Location
    invitation: Invitation
    has_account: bool


class Invitations:
    """What the holder of an invitation's token may do; every method is told the time in seconds."""

    def __init__(self, locations: LocationStore, pool: UserPool) -> None:
        self._locations = locations
        self._pool = pool

    def show(self, location_id: str, token: str, now_s: int) -> Shown:
        """Return the invitation; raises `NotFound` `invitation_not_found`."""
        location, invitation = self._find(location_id, token, now_s)
        user = self._pool.find(invitation.email)
        has_account = user is not None and not user.is_unused
        return Shown(location, invitation, has_account=has_account)

    def accept_as_new_user(self, location_id: str, token: str, password: str, now_s: int) -> Member:
        """Make the user of an address that has none, with this password, and let them join.

        Safe to repeat. The password goes to the user pool and is kept nowhere else. Raises
        `NotFound` as `show`, `InvalidInput` for the password, and `Conflict` `account_exists`.
        """
        location, invitation = self._find(location_id, token, now_s)
        user_id = self._pool.create(invitation.email) or self._find_unused(invitation.email)
        self._pool.set_password(user_id, password)
        return self._join(location, token, user_id, now_s)

    def accept_as_user(self, location_id: str, token: str, user: PoolUser, now_s: int) -> Member:
        """Let a signed-in user join; raises `NotFound` as `show`, and `Forbidden`."""
        location, invitation = self._find(location_id, token, now_s)
        self._require_own_address(user, invitation)
        return self._join(location, token, user.user_id, now_s)

    def _find(self, location_id: str, token: str, now_s: int) -> tuple[Location, Invitation]:
        is_id = LOCATION_ID.fullmatch(location_id)
        stored = self._locations.get_location(location_id) if is_id else None
        members = self._locations.get_members(location_id).members if stored else Members()
        invitation = find_invitation(members, token, now_s)
        if stored is None:
            raise NotFound("There is no such invitation.", code="invitation_not_found")
        return stored.location, invitation

    def _find_unused(self, email: str) -> str:
        user = self._pool.find(email)
        if user is None or not (user.is_unused and user.is_enabled and user.email == email):
            detail = "This address has an account: sign in with it to accept."
            raise Conflict(detail, code="account_exists")
        return user.user_id

    def _require_own_address(self, user: PoolUser, invitation: Invitation) -> None:
        """Raise `Forbidden` unless the address is the user's, in the pool and in our own record.

        The pool says what the address is now; we know the one with which they joined first.
        """
        known = self._locations.get_user(user.user_id)
        if user.email != invitation.email or (known and known.email != invitation.email):
            detail = "The invitation is to another address: sign in with that one."
            raise Forbidden(detail, code="email_differs")
        if not user.email_is_verified:
            raise Forbidden("Your email address is not verified.", code="email_not_verified")

    def _join(self, location: Location, token: str, user_id: str, now_s: int) -> Member:
        def change(members: Members) -> tuple[Members, Sequence[Put]]:
            invitation = find_invitation(members, token, now_s)
            after, member = with_accepted(members, invitation, user_id, now_s)
            staff = Staff(user_id, member.email, frozenset(member.roles), location)
            ids = {"member": user_id, "invitation": invitation.invitation_id}
            audit = audit_of(staff, "member.joined", role=",".join(member.roles), **ids)
            return after, [audit, user_put(StaffUser(user_id, member.email))]

        after = self._locations.update_members(location.location_id, change)
        count("MemberJoined")
        return after.joined[user_id]
