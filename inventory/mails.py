"""The mails of lending: what was reserved, changed and canceled, what is due, and what is at risk."""

from datetime import date
from typing import Any

from inventory.at_risk import NO_ITEM
from seminar.ground.mail_kinds import AT_ONCE, NEVER, WEEKLY, MailKind
from seminar.ground.refusal import N_

_LOAN: dict[str, Any] = {
    "reservation_id": 1,
    "school": "Alder Creek Elementary",
    "first_day": date(2027, 3, 9),
    "last_day": date(2027, 3, 19),
}
RESPONSIBLE = N_("The responsible teacher")
THE_RESERVATION = N_("Open the reservation")
PAGE = "reservations/{reservation_id}"
OTHERS_WAIT = N_("Another school may be waiting for what you have.")
# Nobody else can answer for a loan.
RESPONSIBLE_ROLES = ("teacher",)
YOU_PLAN_WITH_IT = N_("Turned off, you would plan with equipment that isn't yours.")

MAILS = [
    MailKind(
        name="reserved",
        group="loans",
        title=N_("Equipment is reserved"),
        event=N_("Somebody reserves equipment"),
        recipient=RESPONSIBLE,
        key=N_("The reservation"),
        page=PAGE,
        link=THE_RESERVATION,
        example=_LOAN,
        happens=("first_day",),
        roles=RESPONSIBLE_ROLES,
    ),
    MailKind(
        name="reservation_changed",
        group="loans",
        title=N_("A reservation changed"),
        event=N_("A reservation has other days, other things or another responsible teacher"),
        recipient=RESPONSIBLE,
        key=N_("The reservation, and the moment of the change"),
        page=PAGE,
        link=THE_RESERVATION,
        example=_LOAN,
        ways=(AT_ONCE, WEEKLY),
        why=YOU_PLAN_WITH_IT,
        happens=("first_day", "was_from"),
        roles=RESPONSIBLE_ROLES,
    ),
    MailKind(
        name="answers_no_more",
        group="loans",
        title=N_("Somebody else answers for a loan"),
        event=N_("A reservation gets another responsible teacher"),
        recipient=N_("Who answered for it before"),
        key=N_("The reservation, and the moment of the change"),
        # The reservation's page is not theirs any more.
        page="equipment",
        link=N_("See what you can borrow"),
        example={**_LOAN, "by": "Tessa Nguyen"},
        happens=("first_day", "was_from"),
        roles=RESPONSIBLE_ROLES,
    ),
    MailKind(
        name="reservation_canceled",
        group="loans",
        title=N_("A reservation is canceled"),
        event=N_("Somebody cancels a reservation"),
        recipient=RESPONSIBLE,
        key=N_("The reservation"),
        page=PAGE,
        link=THE_RESERVATION,
        example={**_LOAN, "reason": "The project moved to May."},
        ways=(AT_ONCE, WEEKLY),
        why=YOU_PLAN_WITH_IT,
        happens=("first_day",),
        roles=RESPONSIBLE_ROLES,
    ),
    MailKind(
        name="at_risk",
        group="loans",
        title=N_("A reservation at risk"),
        event=N_("A reservation, or a loan that is out, loses its trained teacher, its item or an open day of the depot"),
        recipient=N_("The responsible teacher, the school's maker contacts and the equipment manager"),
        key=N_("The reservation and the reason"),
        page=PAGE,
        link=THE_RESERVATION,
        example={**_LOAN, "sentence": NO_ITEM, "reasons": {"tag": "3DP-014", "model": "Desktop 3D printer"}},
        ways=(AT_ONCE, WEEKLY),
        why=YOU_PLAN_WITH_IT,
        happens=("first_day",),
        roles=(*RESPONSIBLE_ROLES, "maker_contact", "equipment_manager"),
    ),
    MailKind(
        name="due_back",
        group="loans",
        title=N_("A reminder the day before a return"),
        event=N_("A loan is due back today or tomorrow"),
        recipient=RESPONSIBLE,
        key=N_("The reservation and its return day"),
        page=PAGE,
        link=THE_RESERVATION,
        example=_LOAN,
        ways=(AT_ONCE, NEVER),
        why=N_("Once a week would be too late."),
        roles=RESPONSIBLE_ROLES,
    ),
    MailKind(
        name="late",
        group="loans",
        title=N_("A loan that is late"),
        event=N_("A loan isn't back the day after it was due"),
        recipient=N_("The responsible teacher and the school's maker contacts"),
        key=N_("The reservation and its return day"),
        page=PAGE,
        link=THE_RESERVATION,
        example=_LOAN,
        ways=(AT_ONCE,),
        why=OTHERS_WAIT,
        roles=(*RESPONSIBLE_ROLES, "maker_contact"),
    ),
    MailKind(
        name="not_collected",
        group="loans",
        title=N_("A reservation nobody collected"),
        event=N_("The depot says that nobody came for a reservation"),
        recipient=RESPONSIBLE,
        key=N_("The reservation"),
        page=PAGE,
        link=THE_RESERVATION,
        example=_LOAN,
        ways=(AT_ONCE, WEEKLY),
        why=YOU_PLAN_WITH_IT,
        roles=RESPONSIBLE_ROLES,
    ),
]
