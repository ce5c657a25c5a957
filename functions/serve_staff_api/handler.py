"""The staff API: the user pool's token says who calls, our memberships what they may do."""

from typing import Any

from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.serve_staff_api.routes import routers_for
from shared.entrypoints.edge import through_edge
from shared.entrypoints.staff_api import build_app
from shared.observability import logger, metrics

app = build_app()


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request under `/v1/`."""
    app.include(routers_for(event["rawPath"]))
    return app.resolve(event, context)
