"""The evidence of a dispute, to be handed to the client's bank: one route of the staff API.

It has a function of its own because it makes PDFs: the libraries for that would slow down every
cold start of the others.
"""

import hashlib
import re
import time
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.serve_evidence.bundle import evidence_zip
from shared import environment
from shared.adapters.audit_log import AuditLog
from shared.adapters.booking_store import BookingStore
from shared.adapters.dispute_store import DisputeStore
from shared.adapters.mail_store import SENT, MailStore
from shared.domain.bookings.booking import Booking
from shared.domain.disputes.evidence import Case, SentMail
from shared.domain.errors import Conflict, NotFound
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.edge import through_edge
from shared.entrypoints.staff_api import build_app
from shared.observability import count, logger, metrics
from shared.workflows.staff import audit_of

DISPUTE_ID = re.compile(r"[a-z]{2}_\w{1,64}", re.ASCII)
router = Router()  # type: ignore[no-untyped-call]


@router.get("/v1/locations/<location_id>/disputes/<dispute_id>/evidence")
def get_evidence(location_id: str, dispute_id: str) -> Response[bytes]:
    """Return everything that speaks for a disputed payment, as a ZIP."""
    staff = authorize(read_caller(router), location_id, "download_evidence")
    is_id = DISPUTE_ID.fullmatch(dispute_id)
    record = environment.get(DisputeStore).get(location_id, dispute_id) if is_id else None
    if record is None:
        raise NotFound("There is no such dispute here.", code="dispute_not_found")
    booking_id = record.booking_id
    stored = (
        environment.get(BookingStore).get_whole(location_id, booking_id) if booking_id else None
    )
    if stored is None:
        raise Conflict(
            "No booking is known for this payment: gather the evidence at Stripe.",
            code="booking_unknown",
        )
    case = Case(staff.location, stored.booking, record, _mails(location_id, stored.booking))
    told = {"dispute": dispute_id, "booking": stored.booking.booking_id}
    environment.get(AuditLog).record(audit_of(staff, "evidence.downloaded", **told))
    bundle = evidence_zip(case, int(time.time()))
    logger.info("evidence handed out", location_id=location_id, dispute_id=dispute_id)
    count("EvidenceDownloaded")
    headers = {"content-disposition": f'attachment; filename="evidence-{dispute_id}.zip"'}
    return Response(200, "application/zip", bundle, headers)


def _mails(location_id: str, booking: Booking) -> list[SentMail]:
    email = booking.client.email if booking.client else ""
    digest = hashlib.sha256(email.encode()).hexdigest()
    records = environment.get(MailStore).list_mails(location_id, booking.booking_id)
    return [
        SentMail(each.at_s, each.kind, each.to_digest == digest, each.message_id)
        for each in records
        if each.status == SENT
    ]


app = build_app(router)


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request for a dispute's evidence."""
    return app.resolve(event, context)
