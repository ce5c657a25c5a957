"""Balance transactions: each movement of the account's balance, with its fee."""

from infra.local.stripe_simulator import currencies
from infra.local.stripe_simulator.cards import BEHAVIOURS
from infra.local.stripe_simulator.errors import StripeObject
from infra.local.stripe_simulator.fees import fee_minor
from infra.local.stripe_simulator.state import Account, change

DAY_S = 86_400
PENDING_DAYS = 4


def new_balance_transaction(
    account: Account,
    *,
    kind: str,
    reporting_category: str,
    source: StripeObject,
    amount: int,
    fee: int = 0,
    available_at_once: bool = False,
    currency: str | None = None,
) -> StripeObject:
    """Enter a movement: signed amount and fee in minor units, `net == amount - fee`.

    What is pending becomes available by the clock, at a midnight (UTC) some days later.
    """
    now = account.clock.now()
    moved_in = currency or source["currency"]
    available_on = now if available_at_once else (now // DAY_S + PENDING_DAYS + 1) * DAY_S
    entry = account.add(
        {
            "id": account.ids.new("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": available_on,
            "balance_type": "payments",
            "created": now,
            "currency": moved_in,
            "description": source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": _fee_details(fee, moved_in),
            "net": amount - fee,
            "reporting_category": reporting_category,
            "source": source["id"],
            "status": "available" if available_at_once else "pending",
            "type": kind,
        }
    )
    if not available_at_once:
        account.clock.at(available_on, lambda: entry.update(status="available"))
    return entry


def settle_charge(account: Account, charge: StripeObject) -> StripeObject:
    """Enter a captured charge and name the entry on it; gives the charge's former attributes."""
    card = charge["payment_method_details"]["card"]
    amount = charge["amount_captured"]
    fee = fee_minor(amount, account.settings.account_country, card["country"])
    # A fee is rounded to what the currency can carry, as KWD, ISK and UGX cannot carry every unit.
    fee -= fee % currencies.step_minor(charge["currency"])
    behaviour = BEHAVIOURS[account.hidden[charge["payment_method"]]["behaviour"]]
    entry = new_balance_transaction(
        account,
        kind="charge",
        reporting_category="charge",
        source=charge,
        amount=amount,
        fee=fee,
        available_at_once=behaviour.bypass_pending,
    )
    return change(charge, balance_transaction=entry["id"])


def balance(account: Account) -> StripeObject:
    """Sum the nets by currency, apart what is available and what is still pending."""
    sums: dict[str, dict[str, int]] = {
        status: {account.settings.currency: 0} for status in ("available", "pending")
    }
    for entry in account.all("balance_transaction"):
        for by_currency in sums.values():
            by_currency.setdefault(entry["currency"], 0)
        sums[entry["status"]][entry["currency"]] += entry["net"]
    return {
        "object": "balance",
        "livemode": False,
        **{
            status: [
                {"amount": amount, "currency": currency, "source_types": {"card": amount}}
                for currency, amount in sorted(by_currency.items())
            ]
            for status, by_currency in sums.items()
        },
    }


def _fee_details(fee: int, currency: str) -> list[StripeObject]:
    if not fee:
        return []
    return [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
