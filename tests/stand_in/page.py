"""The page that the payer sees, in the place of https://docs.stripe.com/checkout's: plain HTML, in English and Spanish, without JavaScript.

Its first line says what it is. One difference is kept because it bites: a session that was expired by hand while its page was open lets
the payer press Pay, charges nothing, and says "You did it" (https://github.com/stripe/stripe-node/issues/2462).
"""

import re
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from tests.stand_in import checkout, payments
from tests.stand_in.store import Store, Thing
from tests.stand_in.words import WORDS

CARD_NUMBER = re.compile(r"\d{12,19}")
STYLE = Path(__file__).with_name("page.css").read_text()


@dataclass
class Page:
    status: int
    html: str = ""
    location: str | None = None


def shown(store: Store, sought: str, languages: str) -> Page:
    checkout.expire_what_is_due(store)
    session = store.find("checkout.session", sought)
    words = WORDS[_language(session, languages)]
    if session["status"] == "open":
        return _page(200, session, words, _form(session, words, {}, None))
    return _closed(session, words)


def submitted(store: Store, sought: str, languages: str, body: str, *, settle_after: float | None) -> Page:
    """303 to the success address for what is complete, however often the button was pressed."""
    typed = {name: values[0].strip() for name, values in parse_qs(body, keep_blank_values=True).items()}
    checkout.expire_what_is_due(store)
    session = store.find("checkout.session", sought)
    words = WORDS[_language(session, languages)]
    error = None
    if session["status"] == "open":
        error = _pay(store, session, typed, words, settle_after)
    if error:
        return _page(422, session, words, _form(session, words, typed, error))
    if session["status"] == "complete":
        return Page(303, location=session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
    if session.get("_by_hand"):
        return _page(200, session, words, f"<h1>{words['did']}</h1><p>{words['did why']}</p>{_back(session, words)}")
    return _closed(session, words)


def _pay(store: Store, session: Thing, typed: dict[str, str], words: dict[str, str], settle_after: float | None) -> tuple[str, str] | None:
    """The field and the sentence that say what is wrong, if anything is."""
    if typed.get("method") == "bank" and "us_bank_account" in session["payment_method_types"]:
        account = typed.get("account", "").replace(" ", "")
        if not re.fullmatch(r"\d{4,17}", account):
            return "account", words["not an account"]
        settles_at = None if settle_after is None else time.time() + settle_after
        payments.pay_by_bank(store, session["id"], account=account, settles_at=settles_at)
        return None
    card = re.sub(r"[\s-]", "", typed.get("card", ""))
    if not CARD_NUMBER.fullmatch(card):
        return "card", words["not a card"]
    payments.pay(store, session["id"], card=card)
    if card in payments.DECLINED and session["status"] == "open":
        return "card", words[payments.DECLINED[card][1] or payments.DECLINED[card][0]]
    return None


def _language(session: Thing, languages: str) -> str:
    asked = session["locale"] if session["locale"] not in (None, "auto") else languages.split(",")[0]
    return "es" if asked.strip().lower().startswith("es") else "en"


def _closed(session: Thing, words: dict[str, str]) -> Page:
    if session["status"] == "expired":
        return _page(410, session, words, f"<h1>{words['expired']}</h1><p>{words['expired why']}</p>{_back(session, words)}")
    on = escape(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
    return _page(200, session, words, f'<h1>{words["complete"]}</h1><p><a href="{on}">{words["on"]}</a></p>')


def _back(session: Thing, words: dict[str, str]) -> str:
    return f'<p><a href="{escape(session["cancel_url"])}">{words["back"]}</a></p>' if session["cancel_url"] else ""


def money(cents: int, currency: str) -> str:
    amount = f"{cents // 100:,}.{cents % 100:02d}"
    return f"${amount}" if currency == "usd" else f"{amount} {currency.upper()}"


def _form(session: Thing, words: dict[str, str], typed: dict[str, str], error: tuple[str, str] | None) -> str:
    total = money(session["amount_total"], session["currency"])
    lines = "".join(
        f"<tr><th scope=row>{escape(line['description'])}{' × ' + str(line['quantity']) if line['quantity'] > 1 else ''}</th>"
        f"<td>{money(line['amount_total'], line['currency'])}</td></tr>"
        for line in session["_line_items"]["data"]
    )
    methods = session["payment_method_types"]
    bank_first = typed.get("method") == "bank" or "card" not in methods
    card = _method("card", words, typed.get("card", "4242 4242 4242 4242"), error, chosen=not bank_first) if "card" in methods else ""
    bank = ""
    if "us_bank_account" in methods:
        bank = _method("bank", words, typed.get("account", payments.GOOD_ACCOUNT), error, chosen=bank_first)
    summary = f'<p class=error role=alert><a href="#{error[0]}">{error[1]}</a></p>' if error else ""
    return (
        f"<h1>{words['pay']} {total}</h1>{summary}"
        f"<table><caption>{words['for']}</caption><tbody>{lines}</tbody>"
        f"<tfoot><tr><th scope=row>{words['total']}</th><td>{total}</td></tr></tfoot></table>"
        f"<form method=post><fieldset><legend>{words['how']}</legend>{card}{bank}</fieldset>"
        f"<button>{words['pay']} {total}</button></form>{_back(session, words)}"
    )


def _method(method: str, words: dict[str, str], value: str, error: tuple[str, str] | None, *, chosen: bool) -> str:
    field = {"card": "card", "bank": "account"}[method]
    wrong = error[1] if error and error[0] == field else ""
    described = f"{field}-hint" + (f" {field}-error" if wrong else "")
    return (
        f"<div class=method><label class=choice><input type=radio name=method value={method}{' checked' if chosen else ''}> {words[method]}"
        f"</label><div class=details><label for={field}>{words[f'{field} number']}</label>"
        f"<p class=hint id={field}-hint>{words[f'{field} hint']}</p>"
        + (f"<p class=error id={field}-error>{wrong}</p>" if wrong else "")
        + f'<input id={field} name={field} inputmode=numeric autocomplete=off value="{escape(value)}" aria-describedby="{described}"'
        f"{' aria-invalid=true' if wrong else ''}></div></div>"
    )


def _page(status: int, session: Thing, words: dict[str, str], inside: str) -> Page:
    title = re.sub("<[^>]*>", "", re.search("<h1>(.*?)</h1>", inside)[1])  # type: ignore[index]
    return Page(
        status,
        f'<!doctype html><html lang={words["lang"]}><head><meta charset=utf-8><title>{title}</title>'
        f'<meta name=viewport content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><p class=note role=note>{words['what it is']}</p><main>{inside}</main></body></html>",
    )


def nowhere(languages: str) -> Page:
    words = WORDS["es" if languages.strip().lower().startswith("es") else "en"]
    return _page(404, {}, words, f"<h1>{words['nowhere']}</h1>")
