"""Owners connect their location to Stripe: keys, webhook endpoint, switches, and the check of all.

It stands apart from the staff API, which is to stay small: here Stripe's library is loaded, and
this function alone may write keys and signing secrets.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.connect_stripe import payment_settings
from shared.entrypoints.edge import through_edge
from shared.entrypoints.staff_api import build_app
from shared.observability import logger, metrics

app = build_app(payment_settings.router)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request under `/v1/locations/{location_id}/payment-settings`."""
    return app.resolve(event, context)
