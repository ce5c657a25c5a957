"""The HTML of the overview: phone first, one file, nothing loaded from elsewhere."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from infra.local.stripe_simulator.currencies import formatted
from infra.local.stripe_simulator.errors import StripeObject
from infra.local.stripe_simulator.state import Account

_STYLE = """
:root{color-scheme:light dark;--ink:#1a1f36;--soft:#596075;--line:#d6dae5;--paper:#fff;
--back:#f4f5f9;--act:#4b45c6;--good:#0b6b3a;--bad:#b3093c;--badback:#fdeef2}
@media (prefers-color-scheme:dark){:root{--ink:#eceef5;--soft:#a9b0c3;--line:#3b4157;
--paper:#1c2030;--back:#12141d;--act:#8f8af5;--good:#6fd39d;--bad:#ff8fab;--badback:#3a1a25}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.45 system-ui,sans-serif}
.test{background:#7a4a00;color:#fff;text-align:center;font-size:13px;padding:4px 12px}
main{max-width:1080px;margin:0 auto;padding:16px 16px 48px}
header{display:flex;flex-wrap:wrap;gap:4px 24px;align-items:baseline;margin-bottom:12px}
h1{font-size:22px;margin:0;overflow-wrap:anywhere}h2{font-size:17px;margin:0 0 4px}
.grid{display:grid;gap:16px;align-items:start}
.grid>div{display:grid;gap:16px;min-width:0}
@media (min-width:860px){.grid{grid-template-columns:1fr 1fr}}
section{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:14px 16px;
min-width:0}
.sums{display:flex;flex-wrap:wrap;gap:6px 32px}.sums b{display:block;font-size:24px;
font-variant-numeric:tabular-nums}
.soft{color:var(--soft);font-size:14px}
ul{list-style:none;margin:0;padding:0}
li{border-top:1px solid var(--line);padding:10px 0}li:first-child{border-top:0}
.row{display:flex;justify-content:space-between;gap:4px 16px;flex-wrap:wrap}
.row b{font-variant-numeric:tabular-nums}
code{font-size:12.5px;color:var(--soft);overflow-wrap:anywhere}
li>code{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.mark{font-size:13px;border:1px solid currentColor;border-radius:99px;padding:0 8px;
white-space:nowrap;color:var(--soft)}.mark.good{color:var(--good)}.mark.bad{color:var(--bad)}
form{display:inline-block;margin:8px 8px 0 0}
button{font:inherit;font-size:14px;min-height:40px;padding:0 14px;cursor:pointer;
background:transparent;color:var(--act);border:1px solid var(--act);border-radius:8px}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}
a{color:var(--act)}.refused{background:var(--badback);color:var(--bad);border-radius:8px;
padding:10px 12px;margin:0 0 12px}
nav{display:flex;flex-wrap:wrap;gap:4px 16px;margin-bottom:12px}
"""

_GOOD = frozenset({"succeeded", "paid", "won", "complete", "delivered", "available"})
_BAD = frozenset({"failed", "lost", "needs_response", "given_up", "dropped", "blocked"})


@dataclass(frozen=True)
class Shown:
    """What the page shows of one account; `newest` holds each kind's newest objects.

    `disputed` names every charge that has or had a dispute.
    """

    account: Account
    accounts: list[Account]
    balance: StripeObject
    newest: dict[str, list[StripeObject]]
    disputed: frozenset[str]
    deliveries: list[StripeObject]
    delivery_mode: str


def overview(shown: Shown, refusal: str | None) -> str:
    """Show an account; `refusal` is why the button just pressed did nothing."""
    account = shown.account
    said = f'<p class="refused" role="alert">{escape(refusal)}</p>' if refusal else ""
    newest = shown.newest
    stopped = ", stopped" if account.clock.stopped else ""
    return _page(
        account.settings.business_name,
        f"""{said}{_accounts(shown)}<header><h1>{escape(account.settings.business_name)}</h1>
<span class="soft">{escape(account.settings.account_country)},
{escape(account.settings.currency.upper())}</span> <code>{escape(account.id)}</code></header>
<div class="grid"><div><section><h2>Balance</h2>{_balance(shown.balance)}
{_button(account, "payout", "", "Pay out now")}</section>
{_section("Payments", (_charge(account, one, shown.disputed) for one in newest["charge"]))}
{_section("Refunds", (_refund(account, one) for one in newest["refund"]))}
{_section("Disputes", (_dispute(account, one) for one in newest["dispute"]))}
{_section("Payouts", (_payout(account, one) for one in newest["payout"]))}</div>
<div><section><h2>Clock</h2><div>{_moment(account.clock.now())}{stopped}</div>
{_button(account, "advance", "", "Advance a day")}</section>
{_section("Sessions", (_session(account, one) for one in newest["checkout.session"]))}
{_section(f"Deliveries ({shown.delivery_mode})", map(_delivery, shown.deliveries))}</div></div>""",
    )


def nothing(text: str) -> str:
    """Show a page that only says something."""
    return _page("Stripe simulator", f'<section>{escape(text)} <a href="/">Overview</a></section>')


def _accounts(shown: Shown) -> str:
    if len(shown.accounts) == 1:
        return ""
    links = "".join(
        f'<a href="/?account={escape(one.id)}">{escape(one.settings.business_name)} '
        f"({escape(one.settings.account_country)})</a>"
        for one in shown.accounts
    )
    return f'<nav aria-label="Accounts">{links}</nav>'


def _balance(balance: StripeObject) -> str:
    sums = "".join(
        f"<div><b>{escape(formatted(one['amount'], one['currency']))}</b>"
        f'<span class="soft">{status}</span></div>'
        for status in ("available", "pending")
        for one in balance[status]
    )
    return f'<div class="sums">{sums}</div>'


def _section(title: str, rows: Iterable[str]) -> str:
    inside = "".join(rows) or '<li class="soft">None yet</li>'
    return f"<section><h2>{escape(title)}</h2><ul>{inside}</ul></section>"


def _charge(account: Account, charge: StripeObject, disputed: frozenset[str]) -> str:
    card = charge["payment_method_details"]["card"]
    status = charge["status"]
    if status == "succeeded" and not charge["captured"]:
        status = "authorised"
    refunded = charge["amount_refunded"]
    back = f", {formatted(refunded, charge['currency'])} refunded" if refunded else ""
    buttons = ""
    if charge["captured"] and charge["paid"] and charge["id"] not in disputed:
        buttons = _button(account, "dispute", charge["id"], "Dispute") + _button(
            account, "inquiry", charge["id"], "Inquiry"
        )
    return _row(charge, status, f"{card['brand']} {card['last4']}{back}", buttons)


def _session(account: Account, session: StripeObject) -> str:
    page = f'<a href="/c/pay/{escape(session["id"])}">Open its page</a> '
    buttons = ""
    if session["status"] == "open":
        buttons = page + _button(account, "expire", session["id"], "Expire")
    what = "saves a card" if session["mode"] == "setup" else session["payment_status"]
    return _row(session, session["status"], what, buttons, amount=session["amount_total"])


def _refund(account: Account, refund: StripeObject) -> str:
    buttons = ""
    if refund["status"] in {"pending", "succeeded"}:
        buttons = _button(account, "fail_refund", refund["id"], "Let it fail")
    return _row(refund, refund["status"], f"of {refund['charge']}", buttons)


def _dispute(account: Account, dispute: StripeObject) -> str:
    buttons = ""
    if dispute["status"] in {"needs_response", "under_review"}:
        buttons = _button(account, "won", dispute["id"], "Won") + _button(
            account, "lost", dispute["id"], "Lost"
        )
    elif dispute["status"] in {"warning_needs_response", "warning_under_review"}:
        buttons = _button(account, "warning_closed", dispute["id"], "Close the inquiry")
    return _row(dispute, dispute["status"], f"{dispute['reason']}, {dispute['charge']}", buttons)


def _payout(account: Account, payout: StripeObject) -> str:
    buttons = ""
    if payout["status"] in {"pending", "in_transit", "paid"}:
        buttons = _button(account, "fail_payout", payout["id"], "Let it fail")
    return _row(payout, payout["status"], payout["method"], buttons)


def _delivery(entry: StripeObject) -> str:
    answer = entry["http_status"] or entry["error"] or "no answer"
    said = f"<code>{escape(entry['answer'][:120])}</code>" if entry["answer"] else ""
    copy = ", duplicate" if entry["duplicate"] else ""
    return (
        f'<li><div class="row"><span>{escape(str(entry["type"]))}</span>{_mark(entry["outcome"])}'
        f'</div><span class="soft">try {entry["attempt"]}{copy}: {escape(str(answer))} from '
        f"{escape(str(entry['url']))}</span>{said}</li>"
    )


def _row(
    one: StripeObject, status: str, what: str, buttons: str, *, amount: int | None = None
) -> str:
    minor = one.get("amount", amount)
    title = formatted(minor, one["currency"]) if minor is not None else "Card"
    return (
        f'<li><div class="row"><b>{escape(title)}</b>{_mark(status)}</div>'
        f'<div class="row soft"><span>{escape(what)}</span><span>{_moment(one["created"])}</span>'
        f"</div><code>{escape(one['id'])}</code>{f'<div>{buttons}</div>' if buttons else ''}</li>"
    )


def _mark(status: str) -> str:
    kind = " good" if status in _GOOD else " bad" if status in _BAD else ""
    return f'<span class="mark{kind}">{escape(status.replace("_", " "))}</span>'


def _button(account: Account, action: str, object_id: str, label: str) -> str:
    return (
        f'<form method="post" action="/"><input type="hidden" name="account" '
        f'value="{escape(account.id)}"><input type="hidden" name="id" '
        f'value="{escape(object_id)}"><button name="do" value="{escape(action)}">'
        f"{escape(label)}</button></form>"
    )


def _moment(seconds: int) -> str:
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} - Stripe simulator</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><link rel="icon" href="data:,">
<style>{_STYLE}</style></head>
<body><div class="test">Test mode: the Stripe simulator on this machine</div>
<main>{body}</main></body></html>"""
