"""What Stripe says about a location's account, and what keeps it from taking payments. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.domain.stored_record import StoredRecord


class AccountFacts(StoredRecord, frozen=True):
    """A Stripe account, as far as Bookpay looks at it.

    `country` is an ISO 3166 code in capitals, `default_currency` a code in lower case; `name` is
    what clients are shown, `statement_descriptor` what stands on their card's statement; both are
    empty where the owner has not given them.
    https://docs.stripe.com/api/accounts/object
    """

    account_id: str
    country: str
    default_currency: str
    charges_enabled: bool
    payouts_enabled: bool
    name: str = ""
    statement_descriptor: str = ""


def account_from_stripe(found: Mapping[str, Any]) -> AccountFacts:
    """Return the account of a `GET /v1/account`; an unnamed one's Dashboard name counts."""
    settings = found.get("settings") or {}
    profile = found.get("business_profile") or {}
    shown = (settings.get("dashboard") or {}).get("display_name")
    payments = settings.get("payments") or {}
    return AccountFacts(
        account_id=str(found["id"]),
        country=str(found.get("country") or ""),
        default_currency=str(found.get("default_currency") or ""),
        charges_enabled=found.get("charges_enabled") is True,
        payouts_enabled=found.get("payouts_enabled") is True,
        name=str(profile.get("name") or shown or ""),
        statement_descriptor=str(payments.get("statement_descriptor") or ""),
    )


def account_view(account: AccountFacts) -> dict[str, Any]:
    """Return the account as the contract's PaymentSettings shows it."""
    shown = {name: getattr(account, name) for name in account.__struct_fields__}
    del shown["newer"]
    return {"id": shown.pop("account_id"), **shown}


def account_warnings(account: AccountFacts, location_country: str) -> list[dict[str, str]]:
    """Return what an owner should look at in the Dashboard, each `{code, detail}`."""
    warnings = []
    if not account.charges_enabled:
        warnings.append(("charges_disabled", "Stripe does not let this account charge cards yet."))
    if not account.payouts_enabled:
        warnings.append(("payouts_disabled", "Stripe does not pay out to this account yet."))
    if not account.name:
        detail = "Name the business in Settings, Business: Checkout refuses to open without."
        warnings.append(("business_name_missing", detail))
    if not account.statement_descriptor:
        detail = "Give a statement descriptor: clients dispute what they do not recognise."
        warnings.append(("statement_descriptor_missing", detail))
    if account.country != location_country:
        detail = f"The account is of {account.country}, the location of {location_country}."
        warnings.append(("country_differs", detail))
    return [{"code": code, "detail": detail} for code, detail in warnings]
