"""A report's files, written from disk to disk: its entries are never all in memory."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct

from shared.domain.ledger.entry import LedgerEntry, entry_from_dict, entry_to_dict
from shared.domain.reports.document import entry_document, report_document
from shared.domain.reports.report import Report
from shared.reports.csv_lines import csv_lines
from shared.reports.pages import report_html
from shared.reports.paper import report_pdf
from shared.reports.workbook import ReportWorkbook

FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
}


class ReportFile(Struct, frozen=True):
    """A file of the report: its name, its type, and where it is on disk."""

    name: str
    media_type: str
    path: Path


class Spool:
    """A report's entries, read once and kept on disk: every file is written from them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.count = 0
        self.attributions = 0
        self._file = path.open("w", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def keep(self, entry: LedgerEntry) -> None:
        """Write one entry."""
        self._file.write(json.dumps(entry_to_dict(entry)) + "\n")
        self.count += 1
        self.attributions += entry.attributions

    def __iter__(self) -> Iterator[LedgerEntry]:
        with self._path.open(encoding="utf-8") as lines:
            for line in lines:
                yield entry_from_dict(json.loads(line))


def write_files(report: Report, spool: Spool, folder: Path) -> list[ReportFile]:
    """Write every format, those that a mail carries first; names have the place and the day."""
    return [write_file(report, spool, folder, ending) for ending in FORMATS]


def write_file(report: Report, spool: Spool, folder: Path, ending: str) -> ReportFile:
    """Write one of `FORMATS` into a folder."""
    mode = "-TEST" if report.is_test else ""
    name = f"money-flow-{report.location.location_id}-{report.day.day}{mode}.{ending}"
    path = folder / name
    _WRITERS[ending](report, spool, path)
    return ReportFile(name, FORMATS[ending], path)


def _write_xlsx(report: Report, spool: Spool, path: Path) -> None:
    ReportWorkbook(path, report).finish(spool)


def _write_pdf(report: Report, _spool: Spool, path: Path) -> None:
    path.write_bytes(report_pdf(report))


def _write_csv(report: Report, spool: Spool, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as written:
        written.writelines(csv_lines(report, spool))


def _write_html(report: Report, _spool: Spool, path: Path) -> None:
    path.write_text(report_html(report), encoding="utf-8")


def _write_json(report: Report, spool: Spool, path: Path) -> None:
    # A file has no cursor to follow: it has every line, written one by one after everything else.
    document = report_document(report, (), None)
    del document["entries"]
    with path.open("w", encoding="utf-8") as written:
        written.write(json.dumps(document, ensure_ascii=False).removesuffix("}"))
        for at, entry in enumerate(spool):
            line = json.dumps(entry_document(entry), ensure_ascii=False)
            written.write(f', "entries": [{line}' if at == 0 else f", {line}")
        written.write("]}" if spool.count else ', "entries": []}')


_WRITERS: dict[str, Callable[[Report, Spool, Path], None]] = {
    "xlsx": _write_xlsx,
    "pdf": _write_pdf,
    "csv": _write_csv,
    "html": _write_html,
    "json": _write_json,
}
