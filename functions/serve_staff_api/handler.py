"""The staff API: the user pool's token tells who calls, our memberships what they may do."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.serve_staff_api import (
    audit,
    bookings,
    catalogue,
    clients,
    locations,
    members,
    reports,
)
from shared.observability import logger, metrics
from shared.staff_api import build_app

app = build_app(
    bookings.router,
    catalogue.router,
    locations.router,
    members.router,
    clients.router,
    audit.router,
    reports.router,
)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request under `/v1/`."""
    return app.resolve(event, context)
