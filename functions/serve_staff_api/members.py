"""Who belongs to a location: owners invite, give roles, and take them away."""

import time
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.serve_staff_api.pages import PageQuery, page_of
from functions.serve_staff_api.setting_requests import MemberInput
from shared.adapters.audit_log import audit_put
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Put
from shared.adapters.location_store import LocationStore
from shared.adapters.user_pool import UserPool
from shared.config import load_config
from shared.domain.booking_payments import rfc3339
from shared.domain.errors import WriteConflict
from shared.domain.members import Member, member_view, with_member, without_member
from shared.observability import count
from shared.request_bodies import parse
from shared.staff_access import Caller, authorize, read_caller
from shared.staff_api import body_of
from shared.validation import read_query

router = Router()  # type: ignore[no-untyped-call]
HERE = "/v1/locations/<location_id>/members"
WRITE_ATTEMPTS = 5


@cache
def _bookings() -> BookingStore:
    return BookingStore(load_config())


@cache
def _store() -> LocationStore:
    return LocationStore(load_config())


@cache
def _user_pool() -> UserPool:
    return UserPool(load_config())


@router.get(HERE)
def get_members(location_id: str) -> dict[str, Any]:
    """List the members, the newest first."""
    caller = read_caller(router)
    authorize(_bookings(), caller, location_id, "read_members", takes=PageQuery)
    members = _store().get_members(location_id).members.values()
    listed = [(f"{rfc3339(each.added_at_s)}#{each.user_id}", member_view(each)) for each in members]
    return page_of(listed, read_query(PageQuery, caller.query), newest_first=True)


@router.post(HERE)
def invite_member(location_id: str) -> Response[dict[str, Any]]:
    """Invite somebody by their address, or give a member another role."""
    caller = read_caller(router)
    authorize(_bookings(), caller, location_id, "change_members")
    asked = parse(MemberInput, body_of(router))
    # Cognito tells addresses apart by case; people do not.
    email = asked.email.lower()
    user_id = _user_pool().invite(email)
    ids = {"member": user_id, "role": asked.role}
    for attempt in range(WRITE_ATTEMPTS):
        stored = _store().get_members(location_id)
        known = stored.members.get(user_id)
        added_at_s = known.added_at_s if known else int(time.time())
        member = Member(user_id, email, (asked.role,), added_at_s)
        after = with_member(stored.members, member)
        audit = _audit(caller, location_id, "member.saved", ids)
        try:
            _store().put_members(location_id, stored, after, user_id, audit)
        except WriteConflict:
            if attempt == WRITE_ATTEMPTS - 1:
                raise
        else:
            break
    count("MemberSaved")
    return Response(201, "application/json", member_view(member))


@router.delete(f"{HERE}/<user_id>")
def remove_member(location_id: str, user_id: str) -> Response[str]:
    """Take somebody's role away; it ends with their next request."""
    caller = read_caller(router)
    authorize(_bookings(), caller, location_id, "change_members")
    for attempt in range(WRITE_ATTEMPTS):
        stored = _store().get_members(location_id)
        after = without_member(stored.members, user_id)
        audit = _audit(caller, location_id, "member.removed", {"member": user_id})
        try:
            _store().put_members(location_id, stored, after, user_id, audit)
        except WriteConflict:
            if attempt == WRITE_ATTEMPTS - 1:
                raise
        else:
            break
    count("MemberRemoved")
    return Response(204, body="")


def _audit(caller: Caller, location_id: str, what: str, ids: dict[str, str]) -> Put:
    return audit_put(location_id, user_id=caller.user_id, email=caller.email, what=what, ids=ids)
