"""The HTML of the hosted pages: phone first, one file each, nothing loaded from elsewhere."""

from html import escape

from infra.local.stripe_simulator.cards import BEHAVIOURS, NUMBERS
from infra.local.stripe_simulator.currencies import formatted
from infra.local.stripe_simulator.errors import StripeObject

_STYLE = """
:root{color-scheme:light dark;--ink:#1a1f36;--soft:#596075;--line:#c9cedb;--paper:#fff;
--back:#f4f5f9;--act:#4b45c6;--bad:#b3093c;--badback:#fdeef2}
@media (prefers-color-scheme:dark){:root{--ink:#eceef5;--soft:#a9b0c3;--line:#454c63;
--paper:#1c2030;--back:#12141d;--act:#6d67ea;--bad:#ff8fab;--badback:#3a1a25}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
.test{background:#7a4a00;color:#fff;text-align:center;font-size:13px;padding:4px 12px}
main{max-width:440px;margin:0 auto;padding:20px 16px 48px}
h1{font-size:16px;font-weight:600;margin:0;color:var(--soft)}
.total{font-size:34px;font-weight:700;margin:2px 0 12px;overflow-wrap:anywhere}
.card{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:16px;
margin-bottom:16px}
.line{display:flex;justify-content:space-between;gap:16px;padding:4px 0}
.line span:first-child{overflow-wrap:anywhere;min-width:0}.line span:last-child{white-space:nowrap}
label{display:block;font-size:14px;font-weight:600;margin:12px 0 4px}
input{width:100%;min-height:46px;padding:8px 12px;font:inherit;color:inherit;
background:var(--back);border:1px solid var(--line);border-radius:8px}
.two{display:grid;grid-template-columns:1fr 1fr;gap:12px}
button{font:inherit;min-height:44px;cursor:pointer;border-radius:8px}
.act{width:100%;min-height:50px;margin-top:18px;border:0;background:var(--act);color:#fff;
font-weight:600}
.act.plain{background:transparent;color:var(--ink);border:1px solid var(--line);margin-top:10px}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}
.bad{background:var(--badback);color:var(--bad);border-radius:8px;padding:10px 12px;margin:0 0 8px}
.leave{display:block;text-align:center;padding:12px;color:var(--soft)}
summary{cursor:pointer;font-weight:600;min-height:32px}
.pick{display:flex;justify-content:space-between;align-items:center;gap:8px;width:100%;
margin-top:6px;padding:8px 10px;background:transparent;color:inherit;border:1px solid var(--line);
text-align:left;font-size:14px}
.pick code{white-space:nowrap}.soft{color:var(--soft);font-size:14px;margin:6px 0 0}
"""

_SCRIPT = """
const form = document.querySelector('form.pay');
for (const pick of document.querySelectorAll('[data-number]')) {
  pick.addEventListener('click', () => {
    form.number.value = pick.dataset.number.replace(/(.{4})(?=.)/g, '$1 ');
    form.expiry.value = '12 / ' + String(new Date().getFullYear() + 3).slice(2);
    form.cvc.value = pick.dataset.number.startsWith('37') ? '1234' : '123';
    form.querySelector('.act').focus();
  });
}
form.addEventListener('submit', () => {
  const act = form.querySelector('.act');
  setTimeout(() => { act.disabled = true; act.textContent = 'One moment ...'; }, 0);
});
addEventListener('pageshow', (shown) => { if (shown.persisted) location.reload(); });
"""

_SAVING = "Save your card"
_VERBS = {"book": "Book and pay", "donate": "Donate"}


def payment(
    session: StripeObject, lines: list[StripeObject], business: str, *, refusal: str | None
) -> str:
    """Show what is paid for and take a card; `refusal` is why the last try did not work."""
    setup = session["mode"] == "setup"
    total = _total(session)
    verb = _VERBS.get(session["submit_type"] or "pay", "Pay")
    does = "Save card" if setup else f"{verb} {total}"
    what = (
        '<p class="soft">Your card is saved for later. Nothing is taken from it now.</p>'
        if setup
        else "".join(map(_line, lines))
    )
    said = f'<p class="bad" role="alert">{escape(refusal)}</p>' if refusal else ""
    note = session["custom_text"]["submit"]
    noted = f'<p class="soft">{escape(note["message"])}</p>' if note else ""
    known = session["customer_email"]
    email = (
        f'<p class="soft">Receipt for {escape(known)}</p>'
        if known
        else _field("email", "E-mail", "email", "email", required=False)
    )
    return _page(
        total if setup else f"Pay {total}",
        f"""<h1>{escape(business)}</h1><p class="total">{escape(total)}</p>
<section class="card" aria-label="What this is for">{what}</section>
<form class="card pay" method="post" autocomplete="off">{said}
{email}
{_field("number", "Card number", "text", "cc-number", mode="numeric")}
<div class="two"><div>{_field("expiry", "MM / YY", "text", "cc-exp", mode="numeric")}</div>
<div>{_field("cvc", "CVC", "text", "cc-csc", mode="numeric")}</div></div>
{_field("name", "Name on the card", "text", "cc-name", required=False)}
<button class="act" type="submit">{escape(does)}</button>{noted}</form>
{_leave(session)}
<details class="card" open><summary>Test cards</summary>
<p class="soft">No money moves here. Choose a card to fill the form.</p>
{"".join(_pick(number, name) for number, name in NUMBERS.items())}</details>
<script>{_SCRIPT}</script>""",
    )


def bank(subject: StripeObject) -> str:
    """Show the question of the client's bank (3D Secure) for a session or an intent."""
    total = _total(subject)
    asked = "that your card is saved" if total == _SAVING else "this payment"
    return _page(
        "Confirm with your bank",
        f"""<h1>Your bank asks</h1><p class="total">{escape(total)}</p>
<form class="card" method="post"><p>Do you confirm {asked}? (3D Secure, test)</p>
<button class="act" name="outcome" value="complete">Complete authentication</button>
<button class="act plain" name="outcome" value="fail">Fail authentication</button></form>""",
    )


def complete(session: StripeObject, success_url: str) -> str:
    """Say that the session is paid, to whoever comes back."""
    link = f'<a class="leave" href="{escape(success_url)}">Continue</a>'
    if session["mode"] == "setup":
        return message("Your card is saved", "Nothing more to do.", link)
    amount = _total(session)
    return message("This payment is complete", f"{amount} was paid. Nothing more to do.", link)


def expired(session: StripeObject) -> str:
    """Say that the time is over and nothing was taken."""
    return message(
        "This payment page has expired",
        "You were not charged. Ask for a new link if you still want to pay.",
        _leave(session),
    )


def receipt(charge: StripeObject, business: str) -> str:
    """Show the receipt of a charge."""
    card = charge["payment_method_details"]["card"]
    paid = formatted(charge["amount"], charge["currency"])
    return message(
        f"Receipt from {business}", f"{paid}, {card['brand']} ending in {card['last4']} (test)"
    )


def message(title: str, text: str, more: str = "") -> str:
    """Show a page that only says something; `more` is HTML."""
    return _page(
        title, f'<div class="card"><h2>{escape(title)}</h2><p>{escape(text)}</p></div>{more}'
    )


def _total(subject: StripeObject) -> str:
    """Write what a session or an intent takes from the card."""
    amount = subject.get("amount_total") or subject.get("amount")
    return formatted(amount, subject["currency"]) if amount else _SAVING


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><link rel="icon" href="data:,">
<style>{_STYLE}</style></head>
<body><div class="test">Test mode: the Stripe simulator on this machine</div>
<main>{body}</main></body></html>
"""


def _line(line: StripeObject) -> str:
    amount = escape(formatted(line["amount_total"], line["currency"]))
    times = f" &times; {line['quantity']}" if line["quantity"] > 1 else ""
    return (
        f'<div class="line"><span>{escape(line["description"])}{times}</span>'
        f"<span>{amount}</span></div>"
    )


def _field(
    name: str, label: str, kind: str, autofill: str, *, mode: str = "", required: bool = True
) -> str:
    inputmode = f' inputmode="{mode}"' if mode else ""
    needed = " required" if required else ""
    return (
        f'<label for="{name}">{label}</label><input id="{name}" name="{name}" type="{kind}" '
        f'autocomplete="{autofill}"{inputmode}{needed}>'
    )


def _leave(session: StripeObject) -> str:
    if session["cancel_url"] is None:
        return ""
    return f'<a class="leave" href="{escape(session["cancel_url"])}">Leave without paying</a>'


def _pick(number: str, behaviour: str) -> str:
    return (
        f'<button class="pick" type="button" data-number="{number}">'
        f"<span>{escape(BEHAVIOURS[behaviour].label)}</span><code>{number}</code></button>"
    )
