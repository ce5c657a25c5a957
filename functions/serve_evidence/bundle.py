"""The bundle: a ZIP of what Stripe's form asks for, each part under the name that it has there.

A ZIP and not one PDF, because Stripe takes evidence apart: one file for each kind, and texts that
are pasted. One PDF, `uncategorized_file.pdf`, is the whole of it for who wants to hand in just one.
https://docs.stripe.com/disputes/api and https://docs.stripe.com/disputes/best-practices
"""

import io
import json
import zipfile
from datetime import UTC, datetime

from functions.serve_evidence.paper import evidence_pdf
from shared.domain.activity.staff_view import staff_view
from shared.domain.disputes.evidence import Case, sections_of
from shared.domain.disputes.evidence_texts import MAX_FILES_BYTES, evidence_texts
from shared.domain.disputes.guides import EVERYTHING, guide_for

TITLES = {
    "service_documentation": "Proof of service",
    "customer_communication": "Messages to the client",
    "cancellation_policy": "Cancellation policy, as accepted",
    "refund_policy": "Refund policy, as accepted, and refunds",
    "receipt": "Payments and receipts",
    EVERYTHING: "Evidence",
}


def evidence_zip(case: Case, now_s: int) -> bytes:
    """Return the bundle: PDFs and texts by Stripe's names, the booking as JSON, and a note.

    The files that Stripe is to get are below its limit together: tables are bounded, and a page of
    text is a few kilobytes. What would pass it is left out, the least weighty first.
    """
    files = evidence_files(case, now_s)
    texts = evidence_texts(case)
    parts: dict[str, bytes] = {"READ-ME-FIRST.txt": _note(case, files, texts).encode()}
    parts |= {f"files/{name}.pdf": content for name, content in files.items()}
    parts |= {f"texts/{name}.txt": text.encode() for name, text in texts.items()}
    parts["stripe_evidence.json"] = _json(texts)
    parts["booking.json"] = _json(staff_view(case.booking))
    packed = io.BytesIO()
    made = datetime.fromtimestamp(now_s, UTC)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(f"{case.dispute.dispute_id}/{name}", made.timetuple()[:6])
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def evidence_files(case: Case, now_s: int) -> dict[str, bytes]:
    """Return the PDFs by Stripe's name of each: the reason's own ones, and all in one."""
    sections = sections_of(case)
    made = {EVERYTHING: evidence_pdf(case, TITLES[EVERYTHING], sections, now_s)}
    size_bytes = len(made[EVERYTHING])
    for name in guide_for(case.dispute.facts.reason).files:
        chosen = [each for each in sections if not each.files or name in each.files]
        content = evidence_pdf(case, TITLES[name], chosen, now_s)
        if size_bytes + len(content) <= MAX_FILES_BYTES:
            made[name] = content
            size_bytes += len(content)
    return made


def _note(case: Case, files: dict[str, bytes], texts: dict[str, str]) -> str:
    facts = case.dispute.facts
    guide = guide_for(facts.reason)
    due = case.moment(facts.evidence_due_by_s) if facts.evidence_due_by_s else "not told by Stripe"
    what = "inquiry: no money has moved" if facts.is_inquiry else "chargeback"
    size_bytes = sum(map(len, files.values()))
    lines = [
        f"Dispute {case.dispute.dispute_id} ({what}), reason: {facts.reason or 'not given'}",
        f"This means that {guide.claim}.",
        f"Evidence is due by {due}. It can be handed in ONCE: read it all before.",
        "",
        "At Stripe, open the dispute and choose to counter it. Upload under each heading:",
        *(f"  files/{name}.pdf  as {name}" for name in files),
        "  uncategorized_file.pdf is everything in one: enough where the form has one place.",
        "Paste, or send by the API (stripe_evidence.json has them under these names):",
        *(f"  texts/{name}.txt" for name in texts),
        f"All files may have {MAX_FILES_BYTES} bytes together; these have {size_bytes}.",
        "",
        "Only you can add:",
        *(f"  - {each}" for each in guide.to_add),
    ]
    if facts.is_inquiry:
        lines += ["", "If the client is right: a full refund ends an inquiry."]
    lines += ["", "booking.json is for you, not for the bank: it has what staff see."]
    return "\n".join(lines) + "\n"


def _json(document: object) -> bytes:
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "replace")
