"""Locations and who belongs to them, as items of the table; and all locations, newest first."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from shared.adapters.bookings_table import (
    BookingsTable,
    Delete,
    Key,
    Listed,
    Put,
    PutRefused,
    Stored,
    place,
)
from shared.adapters.retry_write import retry_write
from shared.config import Config
from shared.domain.errors import Conflict
from shared.domain.locations.location import Location, location_from_dict, location_to_dict
from shared.domain.locations.members import Member, Members, members_from_dict, members_to_dict
from shared.domain.locations.permissions import ADMIN
from shared.domain.stored_record import StoredRecord, read_record

EVERYWHERE = "*"
# The index partition of all locations: written when one is made or changed, read by admins alone.
ALL_LOCATIONS = "locations"
# Around every place: each begins with a year. DynamoDB refuses bounds that are the wrong way round.
OLDEST, NEWEST = "0", "~"
PAGE = 100
# How many locations one person's list shows; an admin's is paged and has no such bound.
MAX_MEMBERSHIPS = 500


class StoredLocation(Struct, frozen=True):
    """A location and the version under which it was read."""

    location: Location
    version: int


class StoredMembers(Struct, frozen=True):
    """A location's members and the version under which they were read, 0 where none were saved."""

    members: Members
    version: int


class StaffUser(StoredRecord, frozen=True):
    """What we know of a user of the pool: the address they proved, and whether we disabled them."""

    user_id: str
    email: str
    is_disabled: bool = False


class LocationStore:
    """Reads and writes locations and their members."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def get_location(self, location_id: str) -> StoredLocation | None:
        """Return a location, or `None`."""
        key = location_key(location_id)
        stored = self._table.get(key).get(key)
        return StoredLocation(location_from_dict(stored.body), stored.version) if stored else None

    def create_location(self, location: Location, audit: Put) -> None:
        """Write a new location; raises `Conflict` `location_exists`."""
        try:
            self._table.put([location_put(location, 0), audit])
        except PutRefused as refused:
            if refused.refused:
                raise Conflict("Another location has this id.", code="location_exists") from refused
            raise

    def put_location(self, location: Location, version: int, audit: Put) -> None:
        """Replace a location read at `version`; raises `WriteConflict` if it has changed."""
        self._table.put([location_put(location, version), audit])

    def save_location(self, location: Location) -> None:
        """Write a location over what is there, without an entry in its audit: only for a seed."""
        known = self.get_location(location.location_id)
        self._table.put([location_put(location, known.version if known else 0)])

    def put_member(self, user_id: str, location_id: str, roles: list[str], email: str) -> None:
        """Write what a user is at a location, or everywhere, over what is there."""
        body = {"roles": roles, "email": email}
        self._table.put([Put(member_key(user_id, location_id), body, version=None)])

    def get_location_and_membership(
        self, location_id: str, user_id: str
    ) -> tuple[Location | None, frozenset[str], str]:
        """Return a location, what a user is there, and the address of that membership, in one call.

        The address of a membership here comes before that of one everywhere.
        """
        at = location_key(location_id)
        keys = (member_key(user_id, EVERYWHERE), member_key(user_id, location_id))
        found = self._table.get(at, *keys)
        memberships = [found[key].body for key in keys if key in found]
        roles = frozenset(role for each in memberships for role in each["roles"])
        email = next((each["email"] for each in reversed(memberships) if each.get("email")), "")
        location = location_from_dict(found[at].body) if at in found else None
        return location, roles, email

    def list_locations(self, limit: int, newest: str = "") -> list[tuple[str, Location]]:
        """Return up to `limit` of all locations, newest first, each with its place in the list.

        A place is the instant a location was made and its id; `newest` bounds it and is included.
        The index follows the table within moments.
        """
        newest = newest or NEWEST
        if newest < OLDEST:
            return []
        listed = self._table.list_page(ALL_LOCATIONS, OLDEST, newest, limit)
        return [(item.place, location_from_dict(item.body)) for item in listed]

    def list_oldest(self, after: str, until: str = "") -> list[Listed]:
        """Return up to `PAGE` of all locations as they are kept, oldest first, with their places.

        They come right after the place `after`, "" for the first of all, up to `until`, included.
        """
        # No place of ours has a character that sorts before the space.
        first = f"{after} " if after else OLDEST
        return self._table.list_oldest(ALL_LOCATIONS, first, until or NEWEST, PAGE)

    def list_memberships(self, user_id: str) -> dict[str, frozenset[str]]:
        """Return what a user is, by location (`*` for everywhere), up to `MAX_MEMBERSHIPS`."""
        found = self._table.query_partition(_members_of(user_id), "", MAX_MEMBERSHIPS)
        return {each.sk: frozenset(each.stored.body["roles"]) for each in found}

    def get_members(self, location_id: str) -> StoredMembers:
        """Return who belongs to a location, and who is invited."""
        key = _members_key(location_id)
        stored = self._table.get(key).get(key)
        members = members_from_dict(stored.body) if stored else Members()
        return StoredMembers(members, _version(stored))

    def update_members(
        self, location_id: str, change: Callable[[Members], tuple[Members, Sequence[Put]]]
    ) -> Members:
        """Read the members, change them and write them, again where somebody wrote in between.

        `change` returns the members from now on and what else belongs to that; those are returned.
        Raises `WriteConflict` as `retry_write`, and what `change` raises.
        """

        def write() -> Members:
            stored = self.get_members(location_id)
            after, also = change(stored.members)
            self._put_members(location_id, stored, after, also)
            return after

        return retry_write(write)

    def _put_members(
        self, location_id: str, stored: StoredMembers, after: Members, also: Sequence[Put]
    ) -> None:
        """Write the members with what each whom it changes may do, and `also`; all or nothing."""
        before = stored.members.joined
        changed = [
            user_id
            for user_id in {**before, **after.joined}
            if before.get(user_id) != after.joined.get(user_id)
        ]
        self._table.put(
            [
                Put(_members_key(location_id), members_to_dict(after), stored.version),
                *(
                    _membership_write(location_id, user_id, after.joined.get(user_id))
                    for user_id in changed
                ),
                *also,
            ]
        )

    def get_user(self, user_id: str) -> StaffUser | None:
        """Return what we know of a user, `None` of one who never accepted an invitation."""
        key = _user_key(user_id)
        stored = self._table.get(key).get(key)
        return read_record(StaffUser, stored.body, user_id=user_id) if stored else None

    def put_user(self, user: StaffUser) -> None:
        """Write what we know of a user, over what is there."""
        self._table.put([user_put(user)])

    def get_locations(self, location_ids: list[str]) -> list[Location]:
        """Return those of the locations that are there, in no order."""
        found = self._table.get(*map(location_key, location_ids)) if location_ids else {}
        return [location_from_dict(stored.body) for stored in found.values()]

    def find_admin(self, user_id: str) -> str | None:
        """Return the address of a platform admin, `None` for anybody else."""
        key = member_key(user_id, EVERYWHERE)
        stored = self._table.get(key).get(key)
        is_admin = stored is not None and ADMIN in stored.body["roles"]
        return str(stored.body.get("email", "")) if stored and is_admin else None


def location_key(location_id: str) -> Key:
    """Return where a location is."""
    return Key(f"{location_id}#location", "location")


def location_put(location: Location, version: int) -> Put:
    """Return the write of a location, with its place in the list of all."""
    listed = (ALL_LOCATIONS, location_place(location))
    return Put(location_key(location.location_id), location_to_dict(location), version, listed)


def member_key(user_id: str, location_id: str) -> Key:
    """Return where it stands what a user is at a location, or everywhere."""
    return Key(_members_of(user_id), location_id)


def user_put(user: StaffUser) -> Put:
    """Return the write of what we know of a user, over what is there."""
    body = {"email": user.email, "is_disabled": user.is_disabled, **user.newer}
    return Put(_user_key(user.user_id), body, version=None)


def _membership_write(location_id: str, user_id: str, member: Member | None) -> Put | Delete:
    key = member_key(user_id, location_id)
    if member is None:
        return Delete(key)
    return Put(key, {"roles": list(member.roles), "email": member.email}, version=None)


def _user_key(user_id: str) -> Key:
    return Key(f"user#{user_id}", "user")


def _members_key(location_id: str) -> Key:
    return Key(f"{location_id}#members", "members")


def _version(stored: Stored | None) -> int:
    return stored.version if stored else 0


def _members_of(user_id: str) -> str:
    return f"member#{user_id}"


def location_place(location: Location) -> str:
    """Return a location's place in the list of all locations, newest first."""
    return place(location.created_at_s, location.location_id)
