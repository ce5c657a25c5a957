"""The bundle: who may have it, what is in it, and that it is what Stripe takes."""

import base64
import io
import json
import logging
import zipfile
from collections.abc import Callable
from copy import replace
from typing import Any

import pytest
from pypdf import PdfReader

from functions.record_stripe_event import handler as record_function
from functions.serve_evidence import bundle
from functions.serve_evidence import handler as evidence_function
from functions.serve_evidence.bundle import evidence_files, evidence_zip
from functions.serve_evidence.paper import evidence_pdf
from shared.adapters.booking_store import BookingStore
from shared.adapters.mail_store import SENT, MailRecord, MailStore
from shared.config import load_config
from shared.domain.bookings.booking import Client
from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.disputes.evidence import sections_of
from shared.domain.disputes.evidence_texts import MAX_FILES_BYTES
from tests.builders import charge, event, from_queue
from tests.cases import NOW_S, case, disputed_booking, reason
from tests.disputed import dispute, inquiry
from tests.reports.business_names import NAMES, PAIRS
from tests.reports.test_typefaces import squeezed
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.kept import keep

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("aws")]
type Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(store: BookingStore, context: Any) -> Ask:
    del store

    def call(dispute_id: str = "dp_1", by: str = "owner", location_id: str = "demo") -> Any:
        path = f"/v1/locations/{location_id}/disputes/{dispute_id}/evidence"
        claims = {"sub": by, "token_use": "id", "email": f"{by}@example.com"}
        request = {
            "version": "2.0",
            "routeKey": "GET /v1/locations/{location_id}/disputes/{dispute_id}/evidence",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {},
            "requestContext": {
                "stage": "$default",
                "http": {"method": "GET", "path": path},
                "authorizer": {"jwt": {"claims": claims, "scopes": None}},
            },
            "isBase64Encoded": False,
        }
        return evidence_function.handler(request, context)

    return call


@pytest.fixture
def disputed(store: BookingStore, context: Any) -> None:
    keep(store, replace(disputed_booking(), facts=disputed_booking().facts))
    told = from_queue(
        event("charge.succeeded", charge()),
        event("charge.dispute.created", dispute()),
        event("charge.dispute.created", dispute(7, charge="ch_7", payment_intent="pi_7")),
    )
    assert record_function.handler(told, context) == {"batchItemFailures": []}


def opened(answer: dict[str, Any]) -> zipfile.ZipFile:
    assert answer["statusCode"] == 200, answer
    assert answer["isBase64Encoded"] is True
    return zipfile.ZipFile(io.BytesIO(base64.b64decode(answer["body"])))


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_manager_gets_a_zip_whose_parts_have_stripes_names(ask: Ask, disputed: None) -> None:
    del disputed
    answer = ask(by="manager")
    assert answer["headers"]["Content-Type"] == "application/zip"
    assert answer["headers"]["cache-control"] == "no-store"
    assert answer["headers"]["content-disposition"] == 'attachment; filename="evidence-dp_1.zip"'
    bundle = opened(answer)
    names = set(bundle.namelist())
    assert {
        "dp_1/READ-ME-FIRST.txt",
        "dp_1/files/uncategorized_file.pdf",
        "dp_1/files/service_documentation.pdf",
        "dp_1/files/customer_communication.pdf",
        "dp_1/files/cancellation_policy.pdf",
        "dp_1/texts/customer_name.txt",
        "dp_1/stripe_evidence.json",
        "dp_1/booking.json",
    } <= names
    fields = json.loads(bundle.read("dp_1/stripe_evidence.json"))
    assert fields["customer_name"] == "Ada Lovelace"
    assert bundle.read("dp_1/texts/customer_name.txt").decode() == "Ada Lovelace"
    note = bundle.read("dp_1/READ-ME-FIRST.txt").decode()
    assert "2026-12-02 09:26:40 UTC+01:00" in note
    assert "ONCE" in note
    assert json.loads(bundle.read("dp_1/booking.json"))["booking_id"] == "bk_1"


def test_who_fetched_the_evidence_stands_in_the_audit_log(
    ask: Ask, disputed: None, table: TableInMoto
) -> None:
    del disputed
    ask(by="manager")
    ask(by="finance")
    [entry] = [body for (pk, _), body in table.bodies().items() if pk.startswith("demo#audit#")]
    assert (entry["what"], entry["user_id"], entry["email"]) == (
        "evidence.downloaded", "manager", "manager@demo.test",
    )  # fmt: skip
    assert entry["ids"]["dispute"] == "dp_1"


def test_the_whole_says_what_was_agreed_who_came_and_what_was_paid() -> None:
    text = text_of(evidence_files(case(), NOW_S)["uncategorized_file"])
    for wanted in (
        "dp_1", "no-show: the full price.", "c0ffee" * 10, "The client did not come",
        "manager@example.com", "49.00 EUR", "https://pay.stripe.com/receipts/1", "0100018f-ses",
        "charge.dispute.created", "page 1 of 2",
    ):  # fmt: skip
        assert wanted in text, wanted


def test_each_file_has_the_sections_of_its_kind_only() -> None:
    files = evidence_files(case(), NOW_S)
    policy = text_of(files["cancellation_policy"])
    assert "What was agreed" in policy
    assert "Payments" not in policy
    assert "Emails to the client" in text_of(files["customer_communication"])
    assert "The booking's log" in text_of(files["service_documentation"]).replace("\u2019", "'")


def test_other_reasons_get_other_files() -> None:
    assert set(evidence_files(reason("duplicate"), NOW_S)) == {
        "uncategorized_file",
        "receipt",
        "service_documentation",
    }


@pytest.mark.parametrize(("business", "client"), PAIRS)
def test_names_are_shown_as_their_owners_write_them(
    business: str, client: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="fpdf")
    named = case(client=Client(client, "i@example.com"))
    named = replace(named, location=replace(named.location, name=business))
    text = squeezed(text_of(evidence_pdf(named, "Evidence", sections_of(named), NOW_S)))
    # In the text, and at the foot of each of two pages.
    assert text.count(squeezed(business)) >= 3
    assert squeezed(client) in text
    assert caplog.records == []


def test_every_file_of_the_bundle_has_the_names() -> None:
    business, client = NAMES["Greek"][:2]
    named = case(client=Client(client, "i@example.com"))
    named = replace(named, location=replace(named.location, name=business))
    packed = zipfile.ZipFile(io.BytesIO(evidence_zip(named, NOW_S)))
    files = [name for name in packed.namelist() if name.endswith(".pdf")]
    assert len(files) == 4
    for name in files:
        text = squeezed(text_of(packed.read(name)))
        assert (squeezed(business) in text, squeezed(client) in text) == (True, True), name
    assert packed.read("dp_1/texts/customer_name.txt").decode() == client


def test_files_stay_below_stripes_limit_however_long_the_booking_is() -> None:
    terms = case().booking.terms
    assert isinstance(terms, BookingTerms)
    long = case(terms=replace(terms, terms_text="All of it. " * 3000))
    files = evidence_files(long, NOW_S)
    assert "uncategorized_file" in files
    assert sum(map(len, files.values())) <= MAX_FILES_BYTES


def test_what_would_pass_the_limit_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = len(evidence_files(case(), NOW_S)["uncategorized_file"])
    monkeypatch.setattr(bundle, "MAX_FILES_BYTES", whole + 1)
    assert set(evidence_files(case(), NOW_S)) == {"uncategorized_file"}


def test_an_inquirys_note_says_what_ends_it() -> None:
    asked = case(event("charge.succeeded", charge()), event("charge.dispute.created", inquiry()))
    packed = zipfile.ZipFile(io.BytesIO(evidence_zip(asked, NOW_S)))
    note = packed.read("dp_1/READ-ME-FIRST.txt").decode()
    assert "inquiry: no money has moved" in note
    assert "a full refund ends an inquiry" in note


def test_mails_that_were_sent_are_in_it_and_others_are_not(ask: Ask, disputed: None) -> None:
    del disputed
    mails = MailStore(load_config())
    for fact, status in (("confirmed", SENT), ("cancelled", "claimed")):
        record = MailRecord(fact, fact, NOW_S, "another address", status, f"ses-{fact}")
        mails.claim("demo", "bk_1", record)
        mails.close("demo", "bk_1", record)
    text = text_of(opened(ask()).read("dp_1/files/customer_communication.pdf"))
    assert "ses-confirmed" in text
    assert "ses-cancelled" not in text
    assert "an earlier address" in text


@pytest.mark.parametrize(
    ("by", "status", "code"),
    [
        ("owner", 200, ""),
        ("manager", 200, ""),
        ("admin", 200, ""),
        ("finance", 403, "forbidden"),
        ("other-owner", 404, "location_not_found"),
        ("former", 404, "location_not_found"),
    ],
)
def test_owners_and_managers_may_have_it(
    ask: Ask, disputed: None, by: str, status: int, code: str
) -> None:
    del disputed
    answer = ask(by=by)
    assert answer["statusCode"] == status
    if status >= 400:
        assert json.loads(answer["body"])["code"] == code


@pytest.mark.parametrize("dispute_id", ["dp_2", "dp_1%23", "bk_1", "x" * 200])
def test_a_dispute_that_is_not_here_is_404(ask: Ask, disputed: None, dispute_id: str) -> None:
    del disputed
    answer = ask(dispute_id)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "dispute_not_found")


def test_another_locations_dispute_is_404(ask: Ask, disputed: None) -> None:
    del disputed
    assert ask(by="other-owner", location_id="other")["statusCode"] == 404


def test_without_a_booking_there_is_nothing_to_gather(ask: Ask, disputed: None) -> None:
    del disputed
    answer = ask("dp_7")
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (409, "booking_unknown")
