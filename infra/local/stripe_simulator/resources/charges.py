"""Charges: docs.stripe.com/api/charges."""

from infra.local.stripe_simulator import library, listing
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.cards import Behaviour
from infra.local.stripe_simulator.declarations import takes
from infra.local.stripe_simulator.errors import StripeObject
from infra.local.stripe_simulator.state import Account, change, change_metadata

HOLD_S = 7 * 86_400
# What a charge only has once there is something in it.
_ABSENT = "authorization_code level3 presentment_details radar_options refunds source transfer"


def new_charge(
    account: Account, intent: StripeObject, method: StripeObject, behaviour: Behaviour
) -> StripeObject:
    """Make the charge of one try to pay an intent: failed, authorised or captured."""
    decline = behaviour.decline
    captured = decline is None and intent["capture_method"] != "manual"
    charge_id = account.ids.new("ch")
    receipt = f"{account.settings.public_url}/receipts/{charge_id}"
    return account.add(
        {
            **library.unset("charge", _ABSENT),
            "id": charge_id,
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": intent["amount"] if captured else 0,
            "amount_refunded": 0,
            "billing_details": dict(method["billing_details"]),
            "calculated_statement_descriptor": account.settings.business_name[:22].upper(),
            "captured": captured,
            "created": account.clock.now(),
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_code": decline.code if decline else None,
            "failure_message": decline.message if decline else None,
            "fraud_details": {},
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "outcome": _outcome(behaviour),
            "paid": decline is None,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {
                "card": _card_details(account, intent, method, behaviour),
                "type": "card",
            },
            "receipt_email": intent["receipt_email"],
            "receipt_url": receipt if decline is None else None,
            "refunded": False,
            "shipping": intent["shipping"],
            "status": "failed" if decline else "succeeded",
        }
    )


def retrieve(call: Call) -> StripeObject:
    """Give one charge."""
    return call.account.get("charge", call.path["charge"])


def list_all(call: Call) -> StripeObject:
    """List charges, failed ones too."""
    return listing.page(
        call.account.all("charge"), call.params, call.url, ("customer", "payment_intent")
    )


def update(call: Call) -> StripeObject:
    """Change metadata, description, the receipt's address or the verdict on fraud."""
    charge, sent = retrieve(call), call.params
    previous = change_metadata(charge, sent.get("metadata", {}))
    previous |= change(charge, **{name: value for name, value in sent.items() if name in _PLAIN})
    if previous:
        call.account.record_event("charge.updated", charge, previous)
    return charge


def _outcome(behaviour: Behaviour) -> StripeObject:
    decline = behaviour.decline
    outcome: StripeObject = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if decline is not None:
        outcome |= {
            "network_status": "declined_by_network",
            "reason": decline.decline_code,
            "seller_message": f"The bank refused the card ({decline.decline_code}).",
            "type": "issuer_declined",
        }
    if decline is not None and decline.blocked:
        outcome |= {
            "network_status": "not_sent_to_network",
            "reason": "highest_risk_level",
            "risk_level": "highest",
            "seller_message": "Stripe blocked this payment as too risky.",
            "type": "blocked",
        }
    return outcome


def _card_details(
    account: Account, intent: StripeObject, method: StripeObject, behaviour: Behaviour
) -> StripeObject:
    card, amount = method["card"], intent["amount"]
    authenticated = account.hidden.get(intent["id"], {}).get("authenticated", False)
    details: StripeObject = {
        "amount_authorized": None if behaviour.decline else amount,
        "authorization_code": None,
        "brand": card["brand"],
        "checks": _checks(behaviour),
        "country": card["country"],
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": _three_d_secure() if authenticated else None,
        "transaction_link_id": None,
        "wallet": None,
    }
    if intent["capture_method"] == "manual" and behaviour.decline is None:
        details["capture_before"] = account.clock.now() + HOLD_S
    return details


def _checks(behaviour: Behaviour) -> StripeObject:
    wrong_cvc = behaviour.decline is not None and behaviour.decline.code == "incorrect_cvc"
    return {
        "address_line1_check": None,
        "address_postal_code_check": None,
        "cvc_check": "fail" if wrong_cvc else "pass",
    }


def _three_d_secure() -> StripeObject:
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": None,
        "version": "2.2.0",
    }


_PLAIN = ("description", "fraud_details", "receipt_email")
_LISTED = takes("ChargeListParams", f"{listing.CURSORS_AND_CREATED} customer payment_intent")
_CHANGED = takes("ChargeModifyParams", "description fraud_details metadata receipt_email")

OPERATIONS = (
    Operation("GET", "/v1/charges", list_all, _LISTED),
    Operation("GET", "/v1/charges/{charge}", retrieve),
    Operation("POST", "/v1/charges/{charge}", update, _CHANGED),
)
