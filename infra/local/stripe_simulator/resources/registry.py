"""All operations of the simulator. A new resource is a module here and a line below."""

from infra.local.stripe_simulator.api import Operation
from infra.local.stripe_simulator.resources import (
    account,
    balance,
    charges,
    checkout_sessions,
    country_specs,
    customers,
    disputes,
    early_fraud_warnings,
    events,
    payment_intents,
    payment_methods,
    payment_pages,
    payouts,
    prices,
    refunds,
    setup_intents,
    webhook_endpoints,
)

OPERATIONS: tuple[Operation, ...] = (
    *account.OPERATIONS,
    *balance.OPERATIONS,
    *charges.OPERATIONS,
    *checkout_sessions.OPERATIONS,
    *country_specs.OPERATIONS,
    *customers.OPERATIONS,
    *disputes.OPERATIONS,
    *early_fraud_warnings.OPERATIONS,
    *events.OPERATIONS,
    *payment_intents.OPERATIONS,
    *payment_methods.OPERATIONS,
    *payment_pages.OPERATIONS,
    *payouts.OPERATIONS,
    *prices.OPERATIONS,
    *refunds.OPERATIONS,
    *setup_intents.OPERATIONS,
    *webhook_endpoints.OPERATIONS,
)
