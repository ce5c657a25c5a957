"""The morning's mail: the report as HTML and plain text, with its files attached."""

from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage

from shared.adapters.mail_styles import inline_styles
from shared.adapters.mailer import MAIL_POLICY
from shared.domain.email_address import written_address
from shared.domain.reports.report import Report
from shared.reports.files import ReportFile
from shared.reports.neutral import for_header
from shared.reports.pages import report_html, report_text, title

# SES takes raw mails of up to 10 MB, and base64 makes files a third larger.
# https://docs.aws.amazon.com/ses/latest/dg/quotas.html
MAX_FILES_BYTES = 6_000_000
MAX_SUBJECT_CHARS = 150


def report_mail(
    report: Report, files: Sequence[ReportFile], sender: str, recipients: Sequence[str], run: str
) -> EmailMessage:
    """Return the mail, without names of clients; `run` distinguishes one sending from another.

    The same run of a report has the same Message-ID, so that a mail sent again after a crash is
    recognised as the same one. Files too large for a mail are left out, and the mail says so.
    """
    message = EmailMessage(policy=MAIL_POLICY)
    message["Subject"] = for_header(title(report), MAX_SUBJECT_CHARS)
    message["From"] = Address(for_header(report.location.name), addr_spec=sender)
    message["To"] = ", ".join(map(written_address, recipients))
    place, day = report.location.location_id, report.day.day.isoformat()
    domain = sender.rpartition("@")[2].strip("<> ") or "bookpay.invalid"
    message["Message-ID"] = f"<money-flow.{place}.{day}.{run}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    attached, left_out = _fitting(files)
    notes = _notes(attached, left_out)
    message.set_content(report_text(report, notes), cte="base64")
    page = inline_styles(report_html(report, for_mail=True, notes=notes))
    message.add_alternative(page, subtype="html", cte="base64")
    for file in attached:
        main, _, sub = file.media_type.partition("/")
        body = file.path.read_bytes()
        message.add_attachment(body, maintype=main, subtype=sub, filename=file.name)
    # Set after the contents, which reset the content headers. Reports are in English.
    message["Content-Language"] = "en"
    return message


def _fitting(files: Sequence[ReportFile]) -> tuple[list[ReportFile], list[ReportFile]]:
    room, attached, left_out = MAX_FILES_BYTES, [], []
    for file in files:
        size = file.path.stat().st_size
        if size <= room:
            attached.append(file)
            room -= size
        else:
            left_out.append(file)
    return attached, left_out


def _notes(attached: Sequence[ReportFile], left_out: Sequence[ReportFile]) -> tuple[str, ...]:
    notes = []
    if attached:
        notes.append(f"Attached: {', '.join(file.name for file in attached)}.")
    if left_out:
        names = ", ".join(file.name for file in left_out)
        notes.append(f"Too large for an email; in the console: {names}.")
    return tuple(notes)
