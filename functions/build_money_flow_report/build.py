"""One report: synced with Stripe, read, written in every format, kept, mailed, and recorded."""

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from functions.build_money_flow_report.carried import CarriedMoney, Corrections
from functions.build_money_flow_report.written import Spool, write_files
from shared.adapters.ledger_sync import CONTINUES, LedgerSync
from shared.adapters.location_store import LocationStore
from shared.adapters.mailer import Mailer
from shared.adapters.report_files import ReportFiles
from shared.adapters.report_reader import ReportReader
from shared.adapters.report_records import SENT, ReportRecord, ReportRecords
from shared.config import Config
from shared.domain.errors import StripeRefused, StripeUnavailable
from shared.domain.location import Location
from shared.domain.report import Report
from shared.domain.report_day import report_day
from shared.domain.report_orders import ReportOrder
from shared.observability import count, logger
from shared.reports.mail import report_mail

MAILED, ALREADY_SENT, NO_LOCATION, NOBODY = "mailed", "repeated", "unknown", "unaddressed"
# A sync goes on where it stopped, each time for three minutes at most.
SYNC_ROUNDS = 3
PREPAID = "prepaid.json"


class ReportBuilder:
    """Builds reports; safe to repeat: a morning's report is sent once."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._locations = LocationStore(config)
        self._records = ReportRecords(config)
        self._reader = ReportReader(config)
        self._files = ReportFiles(config)
        self._mailer = Mailer(config)
        self._sync = LedgerSync(config)
        self._carried = CarriedMoney(config, self._reader, self._files, self._records)
        self._corrections = Corrections(self._reader, self._files, self._records)

    def build(self, order: ReportOrder, now_s: int) -> str:
        """Do what an order asks, and say what came of it.

        Raises `WriteConflict` while another one builds the same morning's report, and what AWS and
        Stripe raise: the order is then to come again.
        """
        stored = self._locations.get_location(order.location_id)
        if stored is None:
            return NO_LOCATION
        location = stored.location
        if not location.report_recipients:
            return NOBODY
        if not order.closes:
            self._make(location, order, now_s, None)
            return MAILED
        claim = self._records.claim(order.location_id, location.mode, order.day, now_s)
        if claim is None:
            return ALREADY_SENT
        try:
            self._make(location, order, now_s, claim)
        except Exception:
            self._records.release(order.location_id, location.mode, order.day, claim)
            raise
        return MAILED

    def _make(
        self, location: Location, order: ReportOrder, now_s: int, claim: ReportRecord | None
    ) -> None:
        bounds = report_day(order.day, location.timezone)
        self._bring_up_to(location.location_id, min(now_s, bounds.end_s + timedelta(days=1).seconds))
        folder = f"{location.location_id}/{location.mode}/{order.day}/{order.run}"
        with tempfile.TemporaryDirectory() as place:
            here = Path(place)
            with Spool(here / "entries") as spool:
                report = self._reader.read(location, order.day, now_s, spool.keep)
            closes = claim is not None
            report, late = self._complete(report, folder, here, spool, closes=closes)
            files = write_files(report, spool, here)
            for file in files:
                self._files.put(f"{folder}/{file.name}", file.path, file.media_type)
            self._mail(report, order, files)
        if claim:
            done = replace(
                claim, status=SENT, closed_at_s=now_s, folder=folder, entries=report.flow.entries
            )
            self._records.put_all(location.location_id, location.mode, {order.day: done, **late})
        if report.has_differences:
            logger.warning("report differs", location_id=location.location_id, date=str(order.day))
            count("ReportDiffers")

    def _complete(self, report, folder, here, spool, *, closes):  # type: ignore[no-untyped-def]
        raise NotImplementedError
