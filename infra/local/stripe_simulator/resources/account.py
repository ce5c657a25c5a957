"""The account itself: docs.stripe.com/api/accounts."""

from http import HTTPStatus

from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.errors import StripeError, StripeObject


def retrieve(call: Call) -> StripeObject:
    """Give the account of the key."""
    account, settings = call.account, call.account.settings
    return {
        "id": account.id,
        "object": "account",
        "business_profile": {
            "mcc": "7230",
            "name": settings.business_name,
            "product_description": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": settings.account_country,
        "created": account.created,
        "default_currency": settings.currency,
        "details_submitted": True,
        "email": "owner@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "branding": {
                "icon": None,
                "logo": None,
                "primary_color": None,
                "secondary_color": None,
            },
            "card_payments": {
                "statement_descriptor_prefix": None,
                "statement_descriptor_prefix_kana": None,
                "statement_descriptor_prefix_kanji": None,
            },
            "dashboard": {"display_name": settings.business_name, "timezone": "Etc/UTC"},
            "payments": {
                "statement_descriptor": settings.business_name[:22].upper(),
                "statement_descriptor_kana": None,
                "statement_descriptor_kanji": None,
            },
            "payouts": {
                "debit_negative_balances": True,
                "schedule": {"delay_days": 4, "interval": "daily"},
                "statement_descriptor": None,
            },
        },
        "type": "standard",
    }


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


OPERATIONS = (
    Operation("GET", "/v1/account", retrieve),
    Operation("GET", "/v1/accounts/{account}", retrieve_by_id),
)
