"""The account itself: docs.stripe.com/api/accounts."""

from http import HTTPStatus

from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.errors import StripeError, StripeObject, invalid_param
from infra.local.stripe_simulator.fees import EEA
from infra.local.stripe_simulator.resources.country_specs import DEFAULT_CURRENCY
from infra.local.stripe_simulator.state import Account

_IN_SEVERAL_CURRENCIES = EEA | {"AE", "AU", "CH", "GB", "HK", "SG", "US"}
# What a control call may change, and the type of each; None unsets a name.
_CHANGEABLE: dict[str, tuple[type, ...]] = {
    "business_name": (str, type(None)),
    "statement_descriptor": (str, type(None)),
    "charges_enabled": (bool,),
    "payouts_enabled": (bool,),
    "details_submitted": (bool,),
    "currently_due": (list,),
    "disabled_reason": (str, type(None)),
}


def business_name(account: Account) -> str | None:
    """Tell the business's name, or None where its owner has not given one yet."""
    name: str | None = _profile(account)["business_name"]
    return name


def change_profile(account: Account, sent: StripeObject) -> StripeObject:
    """Change what an owner completes or Stripe disables, and announce it; gives the account."""
    for name, value in sent.items():
        if name not in _CHANGEABLE or not isinstance(value, _CHANGEABLE[name]):
            raise invalid_param(
                f"{name} is none of {', '.join(_CHANGEABLE)}, or of a wrong type.", param=name
            )
    before = _rendered(account)
    account.hidden[account.id] = {**account.hidden.get(account.id, {}), **sent}
    after = _rendered(account)
    previous = {name: before[name] for name in after if before[name] != after[name]}
    if previous:
        account.record_event("account.updated", after, previous)
    return after


def settle_in(account: Account, sent: object) -> None:
    """Give the account a bank account in each of these currencies, and in no other.

    The default currency is always among them; more are for the regions that Stripe names
    (docs.stripe.com/payouts/multicurrency-settlement).
    """
    known = frozenset(DEFAULT_CURRENCY.values())
    if not isinstance(sent, list) or not all(one in known for one in sent):
        raise invalid_param(
            f"settlement_currencies must be a list of {', '.join(sorted(known))}",
            param="settlement_currencies",
        )
    chosen = tuple(dict.fromkeys((account.settings.currency, *sent)))
    if len(chosen) > 1 and account.settings.account_country not in _IN_SEVERAL_CURRENCIES:
        raise invalid_param(
            f"An account in {account.settings.account_country} settles in one currency.",
            param="settlement_currencies",
        )
    account.settles_in = chosen


def retrieve(call: Call) -> StripeObject:
    """Give the account of the key."""
    return _rendered(call.account)


def retrieve_by_id(call: Call) -> StripeObject:
    """Give the account if it is the key's own; another is refused as Stripe does."""
    if call.path["account"] != call.account.id:
        raise StripeError(
            HTTPStatus.FORBIDDEN,
            "invalid_request_error",
            f"The key has no access to account '{call.path['account']}', or there is none.",
            code="account_invalid",
        )
    return retrieve(call)


def _profile(account: Account) -> StripeObject:
    name = account.settings.business_name
    complete: StripeObject = {
        "business_name": name,
        "statement_descriptor": name[:22].upper(),
        "charges_enabled": True,
        "payouts_enabled": True,
        "details_submitted": True,
        "currently_due": [],
        "disabled_reason": None,
    }
    return complete | account.hidden.get(account.id, {})


def _rendered(account: Account) -> StripeObject:
    settings, profile = account.settings, _profile(account)
    enabled = "active" if profile["charges_enabled"] else "inactive"
    return {
        "id": account.id,
        "object": "account",
        "business_profile": {
            "mcc": "7230",
            "name": profile["business_name"],
            "product_description": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": "company",
        "capabilities": {"card_payments": enabled, "transfers": enabled},
        "charges_enabled": profile["charges_enabled"],
        "country": settings.account_country,
        "created": account.created,
        "default_currency": settings.currency,
        "details_submitted": profile["details_submitted"],
        "email": "owner@example.com",
        "metadata": {},
        "payouts_enabled": profile["payouts_enabled"],
        "requirements": {
            "alternatives": [],
            "current_deadline": None,
            "currently_due": list(profile["currently_due"]),
            "disabled_reason": profile["disabled_reason"],
            "errors": [],
            "eventually_due": list(profile["currently_due"]),
            "past_due": [],
            "pending_verification": [],
        },
        "settings": _settings(profile),
        "type": "standard",
    }


def _settings(profile: StripeObject) -> StripeObject:
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_payments": {
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": profile["business_name"], "timezone": "Etc/UTC"},
        "payments": {
            "statement_descriptor": profile["statement_descriptor"],
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 4, "interval": "daily"},
            "statement_descriptor": None,
        },
    }


OPERATIONS = (
    Operation("GET", "/v1/account", retrieve),
    Operation("GET", "/v1/accounts/{account}", retrieve_by_id),
)
