"""All operations of the simulator. A new resource is a module here and a line below."""

from infra.local.stripe_simulator.api import Operation
from infra.local.stripe_simulator.resources import (
    account,
    balance,
    charges,
    checkout_sessions,
    events,
    payment_intents,
    payment_methods,
    webhook_endpoints,
)

OPERATIONS: tuple[Operation, ...] = (
    *account.OPERATIONS,
    *balance.OPERATIONS,
    *charges.OPERATIONS,
    *checkout_sessions.OPERATIONS,
    *events.OPERATIONS,
    *payment_intents.OPERATIONS,
    *payment_methods.OPERATIONS,
    *webhook_endpoints.OPERATIONS,
)
