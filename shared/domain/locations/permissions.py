"""Who may do what at a location: the roles of the contract, as a table. Pure."""

from collections.abc import Collection

OWNER, MANAGER, FINANCE, ADMIN = "owner", "manager", "finance", "admin"

PERMISSIONS: dict[str, frozenset[str]] = {
    "read_location": frozenset({OWNER, MANAGER, FINANCE}),
    "change_location": frozenset({OWNER}),
    "read_payment_settings": frozenset({OWNER}),
    "change_payment_settings": frozenset({OWNER}),
    "check_payment_settings": frozenset({OWNER}),
    "read_members": frozenset({OWNER}),
    "change_members": frozenset({OWNER}),
    "read_audit": frozenset({OWNER}),
    "erase_client": frozenset({OWNER}),
    "export_client": frozenset({OWNER}),
    "read_catalogue": frozenset({OWNER, MANAGER, FINANCE}),
    "change_catalogue": frozenset({OWNER, MANAGER}),
    "read_calendar": frozenset({OWNER, MANAGER}),
    "change_calendar": frozenset({OWNER, MANAGER}),
    "read_terms": frozenset({OWNER, MANAGER, FINANCE}),
    "change_terms": frozenset({OWNER, MANAGER}),
    "read_bookings": frozenset({OWNER, MANAGER, FINANCE}),
    "read_needed_actions": frozenset({OWNER, MANAGER}),
    "settle_action": frozenset({OWNER, MANAGER}),
    "read_disputes": frozenset({OWNER, MANAGER, FINANCE}),
    "download_evidence": frozenset({OWNER, MANAGER}),
    "create_booking": frozenset({OWNER, MANAGER}),
    "change_booking": frozenset({OWNER, MANAGER}),
    "read_messages": frozenset({OWNER, MANAGER}),
    "resend_message": frozenset({OWNER, MANAGER}),
    "create_payment_link": frozenset({OWNER, MANAGER}),
    "record_payment": frozenset({OWNER, MANAGER}),
    "refund": frozenset({OWNER, MANAGER}),
    "approve_refund": frozenset({OWNER, MANAGER}),
    "cancel_booking": frozenset({OWNER, MANAGER}),
    "mark_no_show": frozenset({OWNER, MANAGER}),
    "complete_booking": frozenset({OWNER, MANAGER}),
    "decide_fee": frozenset({OWNER, MANAGER}),
    "reschedule_booking": frozenset({OWNER, MANAGER}),
    "reopen_booking": frozenset({OWNER, MANAGER}),
    "read_reports": frozenset({OWNER, FINANCE}),
    "send_reports": frozenset({OWNER, FINANCE}),
}


def is_allowed(action: str, roles: Collection[str]) -> bool:
    """Whether any of a caller's roles at the location allows the action; admin acts as owner."""
    held = {OWNER if role == ADMIN else role for role in roles}
    return not held.isdisjoint(PERMISSIONS[action])
