"""The mails of skills: badges earned, withdrawn and running out."""

from datetime import date

from seminar.ground.mail_kinds import AT_ONCE, WEEKLY, MailKind
from seminar.ground.refusal import N_

MAILS = [
    MailKind(
        name="awarded",
        group="learning",
        title=N_("A badge earned"),
        event=N_("All that a badge asks for was shown"),
        recipient=N_("Who holds the badge now"),
        key=N_("The award"),
        page="equipment",
        link=N_("See what you can borrow"),
        example={"badge": "3D Printing Operator", "last_day": date(2029, 3, 2)},
    ),
    MailKind(
        name="runs_out",
        group="learning",
        title=N_("A badge that runs out"),
        event=N_("A badge ends in 90, 30 or 7 days and isn't renewed"),
        recipient=N_("Who holds the badge"),
        key=N_("The award, and which of the three notices"),
        page="my/learning",
        link=N_("Open my learning"),
        example={"badge": "Maker Safety", "last_day": date(2027, 5, 31)},
        happens=("last_day",),
    ),
    MailKind(
        name="award_withdrawn",
        group="learning",
        title=N_("A badge withdrawn"),
        event=N_("A sign-off or an attendance that a badge rests on is undone"),
        recipient=N_("Who held the badge"),
        key=N_("The award"),
        page="my/learning",
        link=N_("Open my learning"),
        example={"badge": "Laser Cutter Operator", "reason": "The sign-off was somebody else's"},
        ways=(AT_ONCE, WEEKLY),
        why=N_("Turned off, you would hear at the depot that you may borrow it no more."),
    ),
]
