"""What a location's connection is checked for, and what to do about each fault. Pure.

Each line is `ok`, a `warning` (money flows, somebody should look) or a `failure` (money does not
flow, or nobody would know), and says in words what to do.
"""

from collections.abc import Collection, Iterable

from msgspec import Struct

from shared.domain.ledger.reconciliation import DIFFERENCES
from shared.domain.locations.stripe_account import AccountFacts, account_warnings

OK, WARNING, FAILURE = "ok", "warning", "failure"
_SEVERITY = (OK, WARNING, FAILURE)
READ, WRITE = "read", "write"
# What a restricted key has to be allowed, as Stripe's Dashboard names it where keys are made, and
# what for. Refunds are under charges there, balance transactions under their sources, and the key's
# own account under Connect. `StripeAccountApi` tries the calls that each is needed for.
# https://docs.stripe.com/keys/permissions-reference, https://docs.stripe.com/security/permissions;
# seen in use: github.com/PostHog/posthog.com#14799, github.com/stripe/stripe-node#2246
NEEDED_PERMISSIONS = (
    ("Accounts", READ, "to know whose key it is"),
    ("Checkout Sessions", WRITE, "clients pay"),
    ("Payment Intents", WRITE, "holds are captured and fees charged"),
    ("Setup Intents", READ, "cards are saved for later"),
    ("Charges and Refunds", WRITE, "payments are looked up, and money goes back"),
    ("Disputes", READ, "chargebacks are seen"),
    ("Balance", READ, "the report is compared with it"),
    ("Balance transaction sources", READ, "the report is made of them"),
    ("Payouts", READ, "the report follows money to the bank"),
    ("Events", READ, "lost deliveries are found"),
    ("Webhook Endpoints", WRITE, "the endpoint is registered and rolled"),
)
# What stops clients from paying; the account's other warnings can wait.
_FAILURES = frozenset({"charges_disabled", "business_name_missing"})
# Signatures are refused at 300 s, and a clock that is off keeps drifting.
WARNING_SKEW_S, MAX_SKEW_S = 30, 240
# Stripe retries for three days; an event older than a few minutes was refused at least once.
PATIENCE_S = 300
# The ledger is synced every hour; a whole day without a sync is a fault.
MAX_SILENCE_S = 26 * 3600
# A new account may send this much a day, and only to verified addresses.
# https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html
SANDBOX_MAILS_A_DAY = 200


class CheckLine(Struct, frozen=True):
    """One thing that was checked."""

    name: str
    status: str
    detail: str


def worst(lines: Iterable[CheckLine]) -> str:
    """Return the overall status of all lines."""
    return max((line.status for line in lines), key=_SEVERITY.index, default=OK)


def account_lines(account: AccountFacts, country: str) -> list[CheckLine]:
    """Return the lines about an account: one when all is well."""
    warnings = account_warnings(account, country)
    if not warnings:
        said = f"{account.name}, {account.country}, {account.default_currency}"
        return [CheckLine("account", OK, said)]
    return [
        CheckLine("account", FAILURE if each["code"] in _FAILURES else WARNING, each["detail"])
        for each in warnings
    ]


def permission_line(resource: str, access: str, purpose: str, *, is_allowed: bool) -> CheckLine:
    """Return the line about a permission that was tried."""
    name = f"permission {resource}"
    if is_allowed:
        return CheckLine(name, OK, f"{access}: {purpose}")
    detail = f"Allow the key {access} access to {resource} in Stripe's Dashboard: {purpose}."
    return CheckLine(name, FAILURE, detail)


class EndpointSeen(Struct, frozen=True):
    """A webhook endpoint with our address, as it is at Stripe."""

    endpoint_id: str
    is_enabled: bool
    missing_event_types: Collection[str]
    api_version: str


def endpoint_lines(
    seen: Collection[EndpointSeen], own_endpoint_id: str, api_version: str
) -> list[CheckLine]:
    """Return the lines about the endpoints with a location's address."""
    name = "webhook endpoint"
    ours = [each for each in seen if not own_endpoint_id or each.endpoint_id == own_endpoint_id]
    if not ours:
        detail = "No endpoint at Stripe has our address: save the payment settings again."
        return [CheckLine(name, FAILURE, detail)]
    lines = []
    for each in ours:
        if not each.is_enabled:
            detail = f"{each.endpoint_id} is disabled: save the payment settings again."
            lines.append(CheckLine(name, FAILURE, detail))
        if each.missing_event_types:
            missing = ", ".join(sorted(each.missing_event_types))
            detail = f"{each.endpoint_id} does not send {missing}: save the settings again."
            lines.append(CheckLine(name, FAILURE, detail))
        if each.api_version != api_version:
            detail = (
                f"{each.endpoint_id} sends events of version {each.api_version or 'unknown'}; "
                f"Bookpay reads {api_version}: save the payment settings again."
            )
            lines.append(CheckLine(name, WARNING, detail))
    if len(seen) > 1:
        detail = "More than one endpoint has our address: save the payment settings again."
        lines.append(CheckLine(name, WARNING, detail))
    return lines or [CheckLine(name, OK, "enabled, with all events")]


def delivery_line(undelivered: Collection[tuple[str, str, int]], now_s: int) -> CheckLine:
    """Return the line about undelivered events, each `(id, type, created)`."""
    late = [each for each in undelivered if each[2] < now_s - PATIENCE_S]
    if not late:
        return CheckLine("webhook deliveries", OK, "all delivered")
    oldest = min(late, key=lambda each: each[2])
    detail = (
        f"{len(late)} events have not been taken, the oldest is {oldest[0]} ({oldest[1]}): "
        "look at the endpoint's deliveries in the Dashboard and at the webhook function's log."
    )
    return CheckLine("webhook deliveries", FAILURE, detail)


def clock_line(ours_s: int, stripes_s: int | None) -> CheckLine:
    """Return the line about our clock and Stripe's, both in seconds since 1970."""
    if stripes_s is None:
        return CheckLine("clock", WARNING, "Stripe did not tell its time: run the check again.")
    skew_s = abs(ours_s - stripes_s)
    if skew_s <= WARNING_SKEW_S:
        return CheckLine("clock", OK, f"{skew_s} s beside Stripe's")
    status = WARNING if skew_s <= MAX_SKEW_S else FAILURE
    detail = f"The clock is {skew_s} s beside Stripe's: signatures are refused from 300 s on."
    return CheckLine("clock", status, detail)


def mail_lines(mail_from: str, *, is_verified: bool, mails_a_day: float) -> list[CheckLine]:
    """Return the lines about the sender of mails; `mails_a_day` is SES's quota."""
    if not mail_from:
        detail = "No mail is sent: deploy with MailFrom, an address that is verified in SES."
        return [CheckLine("mail", WARNING, detail)]
    lines = []
    if not is_verified:
        detail = "Neither the sender nor its domain is verified in SES: verify one of them."
        lines.append(CheckLine("mail", FAILURE, detail))
    if mails_a_day <= SANDBOX_MAILS_A_DAY:
        detail = "SES is in its sandbox and mails reach verified addresses alone: ask AWS for more."
        lines.append(CheckLine("mail", FAILURE, detail))
    return lines or [CheckLine("mail", OK, "the sender is verified, out of the sandbox")]


def returns_line(*, are_told: bool) -> CheckLine:
    """Return the line about whether SES reports bounces and complaints."""
    if are_told:
        return CheckLine("mails that come back", OK, "SES tells of bounces and complaints")
    detail = (
        "SES does not tell of bounces and complaints: its configuration set, or the destination of "
        "its events, was changed. Deploy again."
    )
    return CheckLine("mails that come back", FAILURE, detail)


def reconciliation_line(
    status: str, checked_at_s: int | None, connected_at_s: int, now_s: int
) -> CheckLine:
    """Return the line about the last reconciliation, `None` if there was none.

    `status` is the reconciliation's: `reconciled`, `pending` or `differences`.
    """
    name = "reconciliation"
    if checked_at_s is None or checked_at_s < now_s - MAX_SILENCE_S:
        if connected_at_s > now_s - MAX_SILENCE_S:
            return CheckLine(name, OK, "not due yet: the ledger is made every hour")
        detail = "The ledger was not compared for a day: read the log of sync-ledger."
        return CheckLine(name, FAILURE, detail)
    if status == DIFFERENCES:
        detail = "Stripe's ledger and what webhooks told differ: the day's report says where."
        return CheckLine(name, FAILURE, detail)
    return CheckLine(name, OK, status)
