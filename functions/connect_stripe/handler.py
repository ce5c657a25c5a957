"""Owners connect their location to Stripe: keys, webhook endpoint, switches, and their check.

It is a function of its own because it loads Stripe's library, which would slow down the staff API,
and because it alone may write keys and signing secrets.
"""

from typing import Any

from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.connect_stripe import payment_settings
from shared.entrypoints.edge import through_edge
from shared.entrypoints.staff_api import build_app
from shared.observability import logger, metrics

app = build_app(payment_settings.router)


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request under `/v1/locations/{location_id}/payment-settings`."""
    return app.resolve(event, context)
