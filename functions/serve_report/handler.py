"""Reports for staff, in every format: apart from the rest of the staff API, which stays small."""

from typing import Any

from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.serve_report import money_flow, routes
from shared.entrypoints.edge import through_edge
from shared.entrypoints.staff_api import build_app
from shared.observability import logger, metrics

app = build_app(routes.router, money_flow.router)


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request for a report, a range of days, payouts or entries of a location."""
    return app.resolve(event, context)
