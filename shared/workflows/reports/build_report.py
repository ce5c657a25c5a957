"""One report: synced with Stripe, read, rendered in every format, stored, mailed and recorded."""

import tempfile
from copy import replace
from datetime import date
from pathlib import Path

from msgspec import Struct

from shared.adapters.location_store import LocationStore
from shared.adapters.mail_stops import MailStops
from shared.adapters.mailer import Mailer
from shared.adapters.report_files import ReportFiles
from shared.adapters.report_records import SENT, ReportRecord, ReportRecords
from shared.config import Config
from shared.domain.bookings.undelivered_mails import (
    DELIVERY_REFUSED,
    LOCATION_TAG,
    REPORT_MAIL,
    SUBJECT_TAG,
)
from shared.domain.dates.report_day import report_day
from shared.domain.email_address import is_email_address
from shared.domain.errors import InvalidFacts
from shared.domain.locations.location import Location
from shared.domain.messages.ledger_orders import BuildReport, Continuation
from shared.domain.reports.not_compared import SYNC_UNFINISHED
from shared.domain.reports.report import Report
from shared.observability import count, logger
from shared.reports.files import FORMATS, ReportFile, Spool, write_files
from shared.reports.mail import report_mail
from shared.workflows.ledger.sync_ledger import LedgerSync
from shared.workflows.reports.carried_money import PREPAID_NAME, CarriedMoney, prepaid_document
from shared.workflows.reports.corrections import Corrections
from shared.workflows.reports.older_days import DAYS_NAME, OlderDays, read_kept
from shared.workflows.reports.read_report import ReportReader
from shared.workflows.reports.sync_for_report import sync_for_report

MAILED, KEPT, REPEATED, NO_LOCATION, NOBODY = "mailed", "kept", "repeated", "unknown", "unaddressed"
# A sync continues where it stopped, for three minutes at most each time: the rest is reported as
# not compared yet, and follows as a correction.
SYNC_ROUNDS = 2
# The attachments of the mail; the page is the mail itself, and the JSON is for machines.
NOT_ATTACHED = frozenset({FORMATS["html"], FORMATS["json"]})


class Made(Struct, frozen=True):
    """A report that was built and stored: its lines' key, their number, and the corrected records.

    `attributions` counts how often a line was attributed after it was written.
    """

    report: Report
    lines_key: str
    entries: int
    attributions: int
    corrected: dict[date, ReportRecord]


class ReportBuilder:
    """Builds reports; safe to repeat: each is sent once, however often its order comes."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._sender = config.mail_from
        self._locations = LocationStore(config)
        self._records = ReportRecords(config)
        self._reader = ReportReader(config)
        self._files = ReportFiles(config)
        self._mailer = Mailer(config)
        self._stops = MailStops(config)
        self._sync = LedgerSync(config)
        self._carried = CarriedMoney(config, self._reader, self._files, self._records)
        self._corrections = Corrections(self._reader, self._files, self._records)

    def build(self, order: BuildReport, now_s: int) -> str:
        """Carry out an order, and return the outcome.

        Raises `WriteConflict` while another delivery builds the same report, `InvalidFacts` where
        the day to be closed is not over, and what AWS raises: the order has to be retried. A crash
        between mail and record sends the mail a second time, under the same Message-ID.
        """
        stored = self._locations.get_location(order.location_id)
        if stored is None:
            return NO_LOCATION
        # The day is the one that was ordered, even if the time zone has changed since.
        location = replace(stored.location, timezone=order.timezone)
        if not location.report_recipients:
            return NOBODY
        if order.closes and not report_day(order.day, location.timezone).is_over(now_s):
            raise InvalidFacts("a day that is not over is not closed")
        run = "" if order.closes else order.run
        where = (location.location_id, location.mode, order.day, run)
        claim = self._records.claim(*where, now_s)
        if claim is None:
            return REPEATED
        try:
            made = self._make(location, order, now_s)
        except Exception:
            self._records.release(*where, claim)
            raise
        done = replace(
            claim,
            status=SENT,
            closed_at_s=now_s,
            start_s=made.report.day.start_s,
            end_s=made.report.day.end_s,
            folder=_folder(location, order),
            lines_key=made.lines_key,
            entries=made.entries,
            attributions=made.attributions,
        )
        if order.closes:
            self._records.put_all(
                location.location_id, location.mode, {order.day: done, **made.corrected}
            )
        else:
            self._records.put(*where, done)
        return MAILED if self._mailer.is_on else KEPT

    def _make(self, location: Location, order: BuildReport, now_s: int) -> Made:
        unsynced = self._bring_up_to(location.location_id, now_s)
        folder = _folder(location, order)
        corrected: dict[date, ReportRecord] = {}
        with tempfile.TemporaryDirectory() as place:
            here = Path(place)
            with Spool(here / "entries") as spool:
                report = self._reader.read(
                    location, order.day, now_s, spool.keep, unsynced=unsynced
                )
            carried = self._carried.over(location, report.day, now_s, here)
            report = replace(
                report, client_money=carried.by_currency, is_carried_anew=carried.is_anew
            )
            if order.closes:
                # Before what is told line by line: what comes meanwhile is told next time.
                days = OlderDays.read(self._config, location.location_id, report.day.end_s)
                found = self._corrections.find(location, report, here, folder)
                if found.previous:
                    before = read_kept(self._files, found.previous.folder, here / DAYS_NAME)
                    days.tell(found.late, found.since_s, before)
                corrected = found.records
                report = replace(
                    report, corrections=found.late, previous_end_s=carried.previous_end_s
                )
                for name, text in (
                    (PREPAID_NAME, prepaid_document(carried.closing)),
                    (DAYS_NAME, days.to_json()),
                ):
                    (here / name).write_text(text, encoding="utf-8")
                    self._files.put(f"{folder}/{name}", here / name, FORMATS["json"])
            files = write_files(report, spool, here)
            for file in files:
                self._files.put(f"{folder}/{file.name}", file.path, file.media_type)
            self._mail(report, order, files)
        lines = next(file.name for file in files if file.media_type == FORMATS["csv"])
        self._tell(report)
        return Made(report, f"{folder}/{lines}", spool.count, spool.attributions, corrected)

    def _bring_up_to(self, location_id: str, now_s: int) -> str:
        """Sync with Stripe, and return why that came to no end, "" where it did.

        The report is not withheld: it goes out with what is known here, and says why nothing is
        compared.
        """
        going_on: Continuation | None = None
        for _ in range(SYNC_ROUNDS):
            outcome = sync_for_report(self._sync, location_id, now_s, going_on)
            if isinstance(outcome, str):
                return outcome
            going_on = outcome.continuation
            if going_on is None:
                return ""
        return SYNC_UNFINISHED

    def _mail(self, report: Report, order: BuildReport, files: list[ReportFile]) -> None:
        if not self._mailer.is_on:
            return
        attached = [file for file in files if file.media_type not in NOT_ATTACHED]
        location_id = report.location.location_id
        recipients = report.location.report_recipients
        stopped = self._stops.stopped(location_id, recipients)
        wanted = [each for each in recipients if each not in stopped]
        named = [each for each in wanted if is_email_address(each)]
        mail = report_mail(report, attached, self._sender, named, order.run)
        tags = {LOCATION_TAG: location_id, SUBJECT_TAG: f"report-{order.day}"}
        sent = self._mailer.send_to_each(mail, wanted, tags)
        self._stops.hide_readers(location_id, sent.message_ids)
        for reader in (*sent.refused, *sorted(stopped)):
            logger.warning("report not sent to somebody", location_id=location_id)
            count("ReportMissed")
            self._stops.show_reader(location_id, reader, REPORT_MAIL, DELIVERY_REFUSED)

    def _tell(self, report: Report) -> None:
        location_id, day = report.location.location_id, report.day.day.isoformat()
        logger.info("report built", location_id=location_id, date=day, entries=report.flow.entries)
        if report.has_differences:
            logger.warning("report differs", location_id=location_id, date=day)
            count("ReportDiffers")
        if report.corrections and report.corrections.count:
            count("ReportCorrected", report.corrections.count)
        if report.corrections and report.corrections.reattributions:
            count("ReportBrokenDownAnew", report.corrections.reattributions)


def _folder(location: Location, order: BuildReport) -> str:
    return f"{location.location_id}/{location.mode}/{order.day}/{order.run}"
