"""The morning's report: built once, kept, mailed; corrections, differences, clients' money."""

import base64
import csv
import io
import json
from copy import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from functions.request_morning_reports import handler as tick_function
from shared.adapters.location_store import LocationStore
from shared.adapters.mailer import Mailer
from shared.adapters.needed_action_store import NeededActionStore
from shared.adapters.report_files import ReportFiles
from shared.adapters.report_records import CLAIM_S, ReportRecords
from shared.domain.ledger.reconciliation import DIFFERENCES, Reconciliation
from shared.domain.locations.location_id import LOCATION_ID
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.ledger_orders import BuildReport
from shared.domain.money.money import Money
from tests.builders import booking
from tests.domain.ledger_entries import entry
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.kept import keep
from tests.surroundings.mailbox import Mailbox
from tests.surroundings.morning import DAY, MORNING_S, NOON_S, SALON, Morning, text_of
from tests.surroundings.places import locations

pytestmark = pytest.mark.enable_socket
NOT_YET = {"itemIdentifier": "message-0"}


def paid(at: int, minor: int = 5000, **changed: Any) -> Any:
    facts = {
        "balance_transaction": f"txn_{at:03d}",
        "created_s": NOON_S + at,
        "charge": f"ch_{at:03d}",
        "source": f"ch_{at:03d}",
        "booking_id": f"bk_{at:03d}",
        "service_id": "cut",
        "purpose": "prepayment",
    }
    return entry("charge", minor, 145, **{**facts, **changed})


def test_a_day_is_mailed_kept_and_closed_once(morning: Morning) -> None:
    morning.enter(paid(1), paid(2))
    for _ in range(3):
        assert morning.order() == {"batchItemFailures": []}
    (mail,) = morning.mails()
    assert mail["To"] == "finance@salon.example"
    assert mail["Subject"].startswith("[TEST] Money flow of 21.11.2026 - Salon Demo")
    assert "Reconciled: all figures match Stripe exactly." in text_of(mail, "plain")
    html = text_of(mail, "html")
    assert "97,10\N{NO-BREAK SPACE}€" in html.replace("&nbsp;", "\N{NO-BREAK SPACE}")
    names = [part.get_filename() for part in mail.iter_attachments()]
    stem = "money-flow-demo-2026-11-21-TEST"
    assert names == [f"{stem}.xlsx", f"{stem}.pdf", f"{stem}.csv"]
    folder = "demo/test/2026-11-21/morning"
    kept = [f"{folder}/{stem}.{ending}" for ending in ("csv", "html", "json", "pdf", "xlsx")]
    assert sorted(morning.files()) == sorted(
        [*kept, f"{folder}/days.json", f"{folder}/prepaid.json"]
    )


def test_a_day_without_movement_says_so_in_one_line(morning: Morning) -> None:
    morning.enter()
    morning.order()
    assert "No money moved on this day." in text_of(morning.mails()[0], "plain")


def test_differences_are_mailed_with_the_list_and_not_withheld(morning: Morning) -> None:
    morning.enter(paid(1))
    missing = {"kind": "missing_here", "object": "ch_lost", "why": "it could not be applied"}
    found = Reconciliation(
        DIFFERENCES, missing_here=(missing,), start_s=DAY.start_s, end_s=DAY.end_s
    )
    morning.sync_state.put_reconciliations("demo", {"2026-11-21": found})
    morning.order()
    (mail,) = morning.mails()
    assert "differences" in mail["Subject"]
    assert "ch_lost" in text_of(mail, "plain")


def test_a_balance_that_differs_is_shown(morning: Morning) -> None:
    morning.enter(paid(1))
    morning.agree(differing_minor=-7)
    morning.order()
    (mail,) = morning.mails()
    assert "differences" in mail["Subject"]
    assert "Difference from Stripe: -0,07" in text_of(mail, "plain").replace("\xa0", " ")


def test_what_comes_late_is_a_correction_once_and_the_sent_files_stay(
    morning: Morning, now: Any
) -> None:
    """Test (h): the line was missing on its day, and stands under Corrections on the next."""
    morning.enter(paid(1))
    morning.order()
    sent = morning.files()
    morning.enter(paid(2, minor=900))
    first, second = morning.next_days(1, 2)
    now.now_s = first.end_s + 6 * 3600
    morning.order(first)
    now.now_s = second.end_s + 6 * 3600
    morning.order(second)
    texts = [text_of(mail, "plain") for mail in morning.mails()]
    assert ["txn_002" in text for text in texts] == [False, True, False]
    assert sent.items() <= morning.files().items()
    assert [each["entry_id"] for each in morning.get_json("/2026-11-21")["entries"]] == [
        "txn_001",
        "txn_002",
    ]


def test_a_report_that_is_asked_for_closes_no_day(morning: Morning, now: Any) -> None:
    now.now_s = NOON_S + 3600
    morning.enter(paid(1))
    morning.order(run="a1b2")
    (mail,) = morning.mails()
    assert "so far" in mail["Subject"]
    now.now_s = MORNING_S
    morning.order()
    assert len(morning.mails()) == 2
    assert morning.mails()[0]["Message-ID"] != morning.mails()[1]["Message-ID"]


def test_a_report_that_was_asked_for_is_mailed_once_however_often_its_order_comes(
    morning: Morning, now: Any
) -> None:
    """Bug: each delivery of the order mailed the report again, and so did a replayed stream."""
    morning.enter(paid(1))
    morning.order(run="a1b2")
    files = morning.files()
    now.now_s += 3600
    for _ in range(2):
        assert morning.order(run="a1b2") == {"batchItemFailures": []}
    assert morning.files() == files
    assert len(morning.mails()) == 1
    morning.order(run="c3d4")
    assert len(morning.mails()) == 2, "who asks again is sent it again"


def test_a_crash_before_the_mail_is_made_up_for(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    morning.enter(paid(1))

    def broken(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr("shared.adapters.mailer.Mailer.send_raw", broken)
        assert morning.order()["batchItemFailures"] == [{"itemIdentifier": "message-0"}]
    assert morning.order() == {"batchItemFailures": []}
    assert len(morning.mails()) == 1


class Killed(BaseException):
    """The function is ended: nothing of it runs on."""


@pytest.mark.parametrize(
    ("by", "call", "times", "moment"),
    [
        (ReportFiles, "put", 4, "before"),
        (Mailer, "send_raw", 1, "before"),
        (Mailer, "send_raw", 1, "after"),
        (ReportRecords, "put_all", 1, "before"),
        (ReportRecords, "put_all", 1, "after"),
    ],
)
def test_killed_half_way_it_is_made_again_to_the_same_bytes(
    morning: Morning,
    table: TableInMoto,
    now: Any,
    monkeypatch: pytest.MonkeyPatch,
    by: type,
    call: str,
    times: int,
    moment: str,
) -> None:
    """A call is not made, or is made and nothing after it; the order comes again."""
    morning.enter(paid(1), paid(2))
    before, original = table.save(), getattr(by, call)
    # What was closed stays as it is: nothing is made again.
    is_closed = (call, moment) == ("put_all", "after")
    now.now_s = MORNING_S + (0 if is_closed else CLAIM_S)
    morning.order()
    expected, [mail] = morning.files(), morning.mails()
    table.restore(before)
    for key in expected:
        morning.s3.delete_object(Bucket="reports", Key=key)
    calls = 0

    def ended(*given: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls < times:
            return original(*given, **more)
        if moment == "after":
            original(*given, **more)
        raise Killed

    now.now_s = MORNING_S
    with monkeypatch.context() as patched:
        patched.setattr(by, call, ended)
        with pytest.raises(Killed):
            morning.order()
    assert morning.order()["batchItemFailures"] == ([] if is_closed else [NOT_YET])
    now.now_s += CLAIM_S
    for _ in range(2):
        assert morning.order() == {"batchItemFailures": []}
    assert morning.files() == expected
    sent = morning.mails()[1:]
    was_mailed = (call, moment) in (("send_raw", "after"), ("put_all", "before"))
    assert len(sent) == 1 + was_mailed
    assert {each["Message-ID"] for each in sent} == {mail["Message-ID"]}


def test_clients_money_is_carried_from_report_to_report(morning: Morning, now: Any) -> None:
    tomorrow, after = morning.next_days(1, 2)
    visit_s = after.start_s + 9 * 3600
    made = booking("bk_001", price=Money(5000, "eur"), starts_at_s=visit_s)
    keep(morning.store, made)
    morning.enter(paid(1), paid(2))
    told = []
    for day in (morning.day, tomorrow, after):
        now.now_s = day.end_s + 6 * 3600
        morning.order(day)
        file = f"demo/test/{day.day}/morning/money-flow-demo-{day.day}-TEST.json"
        told.append(json.loads(morning.files()[file])["client_money"])
    figures = [
        [(each["opening"], each["received"], each["used"], each["closing"]) for each in found]
        for found in told
    ]
    assert figures == [[(0, 5000, 0, 5000)], [(5000, 0, 0, 5000)], [(5000, 0, 5000, 0)]]


def test_each_closing_balance_is_the_next_opening(morning: Morning) -> None:
    days = morning.next_days(0, 2)
    for number, day in enumerate(days):
        at_s = day.start_s + 3600
        morning.enter(
            paid(number, created_s=at_s),
            entry("payout", -1000, balance_transaction=f"txn_p{number}", created_s=at_s + 1),
        )
    found = [morning.get_json(f"/{day.day}")["currencies"][0] for day in days[:1]]
    assert found[0]["balance"]["opening"] == 0
    assert found[0]["balance"]["closing"] == found[0]["net"] + found[0]["payouts"]["amount"]
    assert found[0]["balance"]["difference_to_stripe"] == 0


def test_the_json_is_the_contracts(morning: Morning) -> None:
    morning.enter(paid(1), entry("refund", -500, balance_transaction="txn_r", created_s=NOON_S))
    document = morning.get_json("/2026-11-21")
    assert (document["location_id"], document["date"], document["final"]) == (
        *("demo", "2026-11-21"),
        True,
    )
    (euros,) = document["currencies"]
    assert euros["payments"] == {"count": 1, "amount": 5000}
    assert euros["refunds"] == {"count": 1, "amount": -500}
    assert euros["stripe_fees"] == {"count": 1, "amount": -145}
    assert euros["net"] == 4355
    assert document["reconciliation"]["status"] == "reconciled"
    assert document["entries_cursor"] is None
    assert {"entry_id", "at", "kind", "amount", "fee", "net", "currency", "booking_id"} <= (
        document["entries"][0].keys()
    )


def test_entries_come_in_pages_of_a_thousand(morning: Morning) -> None:
    morning.enter(*(paid(at) for at in range(1, 1004)))
    first = morning.get_json("/2026-11-21")
    assert len(first["entries"]) == 1000
    second = morning.get_json("/2026-11-21", entries_cursor=first["entries_cursor"])
    assert [each["entry_id"] for each in second["entries"]] == ["txn_1001", "txn_1002", "txn_1003"]
    assert second["entries_cursor"] is None
    assert second["currencies"] == first["currencies"]


@pytest.mark.parametrize(
    ("wanted", "accept", "kind", "starts"),
    [
        ("csv", "", "text/csv; charset=utf-8", b"local_datetime,"),
        ("pdf", "", "application/pdf", b"%PDF"),
        ("html", "", "text/html; charset=utf-8", b"<!DOCTYPE html>"),
        ("", "text/csv", "text/csv; charset=utf-8", b"local_datetime,"),
        ("xlsx", "", None, b"PK"),
    ],
)
def test_a_day_comes_in_every_format(
    morning: Morning, wanted: str, accept: str, kind: str | None, starts: bytes
) -> None:
    morning.enter(paid(1))
    query = {"format": wanted} if wanted else {}
    answer = morning.get("/2026-11-21", accept=accept, **query)
    assert answer["statusCode"] == 200
    body = answer["body"]
    raw = base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()
    assert raw.startswith(starts)
    if kind:
        assert answer["headers"]["Content-Type"] == kind
    assert answer["headers"]["cache-control"] == "no-store"
    (entry,) = morning.audited()
    assert (entry["what"], entry["ids"]["date"]) == ("report.downloaded", "2026-11-21")


def test_a_file_too_large_for_an_answer_is_fetched_from_s3(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.serve_report.answers.MAX_ANSWER_BYTES", 10)
    morning.enter(paid(1))
    answer = morning.get("/2026-11-21", format="csv")
    assert answer["statusCode"] == 303
    assert "X-Amz-Signature" in answer["headers"]["location"]
    (kept,) = morning.files().values()
    assert next(csv.DictReader(io.StringIO(kept.decode())))["net"] == "48.55"


def test_a_script_is_told_where_a_large_file_is_and_follows_no_redirect(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.serve_report.answers.MAX_ANSWER_BYTES", 10)
    morning.enter(paid(1))
    answer = morning.get("/2026-11-21", format="csv", redirect="false")
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "application/json")
    address = urlsplit(json.loads(answer["body"])["url"])
    # The bucket's own region, and not the address of all, which answers newer regions' with errors.
    assert address.hostname == f"reports.s3.{morning.config.aws.region}.amazonaws.com"
    (key,) = morning.files()
    assert address.path == f"/{key}"
    # The bucket's rule deletes these, and no location's mailed reports.
    assert key.startswith("_asked/demo/test/")
    assert not LOCATION_ID.fullmatch("_asked")
    kept = morning.s3.head_object(Bucket="reports", Key=key)
    assert kept["ContentDisposition"] == f'attachment; filename="{key.rpartition("/")[2]}"'


def test_a_small_file_is_the_answer_whoever_asks(morning: Morning) -> None:
    morning.enter(paid(1))
    answer = morning.get("/2026-11-21", format="csv", redirect="false")
    assert answer["statusCode"] == 200
    assert "text/csv" in answer["headers"]["Content-Type"]
    assert morning.files() == {}


def test_a_summary_has_a_day_each_and_the_totals(morning: Morning, now: Any) -> None:
    now.now_s = DAY.end_s + 3 * 86_400
    for day in morning.next_days(0, 2):
        morning.enter(paid(day.day.day, created_s=day.start_s))
    asked = {"from": "2026-11-21", "to": "2026-11-23"}
    document = morning.get_json("", **asked)
    assert [item["date"] for item in document["items"]] == [
        "2026-11-21",
        "2026-11-22",
        "2026-11-23",
    ]
    assert [item["currencies"][0]["net"] for item in document["items"]] == [4855] * 3
    assert document["totals"][0]["net"] == 3 * 4855
    weekly = morning.get_json("", **asked, by="week")
    assert [(each["date"], each["last_date"]) for each in weekly["items"]] == [
        ("2026-11-21", "2026-11-22"),
        ("2026-11-23", "2026-11-23"),
    ]
    assert weekly["totals"] == document["totals"]


def test_a_period_that_is_not_over_is_shown_as_far_as_it_has_come(
    morning: Morning, now: Any
) -> None:
    """Bug: whoever asked for the whole of this month was told that its end has not begun."""
    now.now_s = DAY.end_s - 1
    document = morning.get_json("", **{"from": "2026-11-20", "to": "2026-11-30"})
    assert [(each["date"], each["final"]) for each in document["items"]] == [
        ("2026-11-20", True),
        ("2026-11-21", False),
    ]


def test_pictures_are_svg_without_scripts(morning: Morning) -> None:
    morning.enter(paid(1))
    for kind in ("day", "month"):
        answer = morning.get("/2026-11-21/chart.svg", kind=kind)
        assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "image/svg+xml")
        drawn = answer["body"]
        if answer["isBase64Encoded"]:
            drawn = base64.b64decode(drawn).decode()
        assert "<script" not in drawn
        assert "TEST" in drawn


@pytest.mark.parametrize("user", ["manager", "former", "other-owner", "nobody"])
def test_others_read_no_report(morning: Morning, user: str) -> None:
    for path in ("", "/2026-11-21", "/2026-11-21/chart.svg"):
        assert morning.get(path, user)["statusCode"] in {403, 404}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/2026-11-99", {}),
        ("/yesterday", {}),
        ("/2026-12-24", {}),
        ("/2026-11-21", {"format": "doc"}),
        ("/2026-11-21", {"entries_cursor": "nonsense"}),
        ("", {"from": "2026-11-21", "to": "2026-11-20"}),
        ("", {"from": "2999-01-01", "to": "2999-01-31"}),
        ("", {"to": "2026-11-31"}),
        ("", {"from": "2020-01-01"}),
        ("", {"by": "year"}),
        ("/2026-11-21", {"redirect": "no"}),
        ("/2026-11-21/chart.svg", {"kind": "pie"}),
        ("/2026-11-21/chart.svg", {"currency": "EURO"}),
    ],
)
def test_what_breaks_the_contract_is_422(
    morning: Morning, path: str, query: dict[str, str]
) -> None:
    assert morning.get(path, **query)["statusCode"] == 422


def test_ticks_order_reports_at_the_locations_own_hour(
    morning: Morning, aws: FakeAws, now: Any
) -> None:
    kathmandu = replace(SALON, location_id="kathmandu", timezone="Asia/Kathmandu")
    nobody = replace(SALON, location_id="nobody", report_recipients=())
    for location in (kathmandu, nobody):
        locations().save_location(location)
    due: dict[str, set[int]] = {}
    for hour in range(24):
        now.now_s = DAY.end_s + hour * 3600
        aws.messages.clear()
        tick_function.handler({}, morning.context)
        for _, order in aws.messages:
            assert read_envelope(order, BuildReport).closes
            due.setdefault(order["detail"]["location_id"], set()).add(hour)
    # Hours since Berlin's midnight: 6:00 in Kathmandu is 0:15 UTC, and the ticks are on the hour.
    # The tick between leaves them alone: the first order is on its way.
    assert due == {"demo": {6, 8}, "kathmandu": {2, 4}}


# ------------------------------------------------------------------ some cannot be sent to


def test_one_bad_recipient_costs_nobody_else_the_report(
    morning: Morning, mailbox: Mailbox, places: LocationStore, needed_actions: NeededActionStore
) -> None:
    """Bug: the report was built 26 times in minutes, and came to nobody."""
    readers = ("finance@salon.example", "jane@example.com,", "away@salon.example")
    morning.location = replace(SALON, report_recipients=readers)
    places.save_location(morning.location)
    mailbox.refused.add("away@salon.example")
    morning.enter(paid(1))
    assert morning.order() == {"batchItemFailures": []}
    [mail] = mailbox.sent()
    assert mail["To"] == "finance@salon.example, away@salon.example"
    assert mail["Content-Language"] == "en"
    shown = [
        action
        for item in needed_actions.list_needed_actions("demo", 10)
        for action in item["actions"]
    ]
    assert sorted((each["kind"], each["mail"], each["to"]) for each in shown) == [
        ("mail_undelivered", "money_flow_report", "a…@salon.example"),
        ("mail_undelivered", "money_flow_report", "j…@example.com,"),
    ]


def test_a_report_that_came_back_stops_its_reader_and_none_else(
    morning: Morning, mailbox: Mailbox, places: LocationStore, needed_actions: NeededActionStore
) -> None:
    readers = ("finance@salon.example", "boss@salon.example")
    places.save_location(replace(SALON, report_recipients=readers))
    morning.enter(paid(1))
    morning.order()
    mailbox.came_back("Permanent", "boss@salon.example", f"report-{DAY.day}")
    morning.order(run="again")
    first, again = mailbox.sent()
    assert (first["To"], again["To"]) == (", ".join(readers), "finance@salon.example")
    [item] = needed_actions.list_needed_actions("demo", 10)
    assert item["actions"][0]["to"] == "b…@salon.example"
