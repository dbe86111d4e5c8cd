"""The mails of money: a payment that came late or to nothing, what goes back, a dispute, and what waits for a purchase order."""

from datetime import UTC, date, datetime
from typing import Any

from seminar.ground.mail_kinds import AT_ONCE, WEEKLY, MailKind
from seminar.ground.refusal import N_

_ORDER: dict[str, Any] = {
    "title": "Laser Cutting for Classrooms",
    "order_id": 1,
    "series_id": 1,
    "amount_cents": 12_000,
    "currency": "usd",
}
_AWAITED: dict[str, Any] = {"po_number": "77120", "until": datetime(2027, 3, 16, 7, tzinfo=UTC)}
THE_ORDER = N_("Open the order")
WHO_PAYS = N_("Who pays")
THE_PAYMENT = N_("The payment")
IT_IS_MONEY = N_("It is about your money.")

MAILS = [
    MailKind(
        name="paid_late",
        group="learning",
        title=N_("Your payment came too late"),
        event=N_("A payment comes when the seat is gone"),
        recipient=WHO_PAYS,
        key=THE_PAYMENT,
        page="orders/{order_id}",
        link=THE_ORDER,
        example={**_ORDER, "was_kept": True, "waits": True},
        ways=(AT_ONCE,),
        why=IT_IS_MONEY,
    ),
    MailKind(
        name="payment_failed",
        group="learning",
        title=N_("Your bank didn't pay"),
        event=N_("A payment that takes days comes to nothing"),
        recipient=WHO_PAYS,
        key=THE_PAYMENT,
        page="orders/{order_id}",
        link=THE_ORDER,
        example={**_ORDER, "until": datetime(2027, 3, 2, 20, tzinfo=UTC)},
        ways=(AT_ONCE,),
        why=N_("Later, or turned off, the seat would go to somebody else without a word."),
        happens=("until",),
    ),
    MailKind(
        name="awaiting_po",
        group="learning",
        title=N_("Your seat waits for a purchase order"),
        event=N_("Somebody chooses to pay by purchase order"),
        recipient=WHO_PAYS,
        key=N_("The number at the order"),
        page="orders/{order_id}",
        link=THE_ORDER,
        example={**_ORDER, **_AWAITED},
        happens=("until",),
    ),
    MailKind(
        name="po_reminder",
        group="learning",
        title=N_("Your purchase order hasn't come yet"),
        event=N_("Three days before the seat goes to somebody else"),
        recipient=WHO_PAYS,
        key=N_("The enrollment"),
        page="orders/{order_id}",
        link=THE_ORDER,
        example={**_ORDER, **_AWAITED},
        ways=(AT_ONCE,),
        why=N_("Later, or turned off, the seat would go to somebody else without a word."),
        happens=("until",),
    ),
    MailKind(
        name="po_rejected",
        group="learning",
        title=N_("Your purchase order isn't taken"),
        event=N_("The PD office rejects or cancels a purchase order that somebody waits for"),
        recipient=WHO_PAYS,
        key=N_("The number at the order, and the purchase order"),
        page="orders/{order_id}",
        link=THE_ORDER,
        example={**_ORDER, **_AWAITED, "reason": "The amount is missing."},
        ways=(AT_ONCE,),
        why=N_("Later, or turned off, the seat would go to somebody else without a word."),
        happens=("until",),
    ),
    MailKind(
        name="invoice_overdue",
        group="learning",
        title=N_("An invoice is overdue"),
        event=N_("The day has passed on which an invoice was due"),
        recipient=N_("The school's principals, or who pays the order"),
        key=N_("The invoice"),
        page="invoices/{invoice_id}",
        link=N_("Open the invoice"),
        example={**_ORDER, "invoice_number": 7, "invoice_id": 1, "po_number": "77120", "due_on": date(2027, 2, 26)},
    ),
    MailKind(
        name="refunded",
        group="learning",
        title=N_("Money goes back to you"),
        event=N_("A refund is sent"),
        recipient=WHO_PAYS,
        key=N_("The refund"),
        page="orders/{order_id}",
        link=THE_ORDER,
        example={**_ORDER, "why": "withdrawn", "note": ""},
        ways=(AT_ONCE, WEEKLY),
        why=IT_IS_MONEY,
    ),
    MailKind(
        name="disputed",
        group="program",
        title=N_("A payment is disputed"),
        event=N_("A bank takes a payment back"),
        recipient=N_("The program managers"),
        key=N_("The dispute"),
        page="orders/{order_id}",
        link=THE_ORDER,
        example={**_ORDER, "name": "Tessa Nguyen", "until": datetime(2027, 3, 9, 20, tzinfo=UTC)},
        roles=("program_manager",),
        ways=(AT_ONCE,),
        why=N_("It has a deadline, after which it is lost."),
        happens=("until",),
    ),
]
