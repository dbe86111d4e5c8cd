"""The program's loop as each role walks it: the steps of the help pages, in order, each with the page where it is done.

A step is told in one of the loop's seven places; what a role doesn't do itself stays an outline there.
"""

from dataclasses import dataclass

from seminar.ground.refusal import N_

# The places of the loop, in its order, and what each is called on its drawing.
LOOP = {
    "learn": N_("Learn"),
    "show": N_("Show it"),
    "badge": N_("Badge"),
    "borrow": N_("Borrow"),
    "teach": N_("Teach"),
    "help": N_("Help"),
    "coverage": N_("Coverage"),
}


@dataclass(frozen=True)
class HelpStep:
    """What is done, and the endpoint of the page where; `link` is what that page is called here."""

    place: str
    says: str
    link: str = ""
    endpoint: str = ""


SCHOOL, STAFF, DEPOT = "coverage.show_school", "coverage.show_staff", "inventory.show_depot"
CATALOG, LEARNING, TEACHING = "series.show_catalog", "series.show_learning", "series.show_teaching"
EQUIPMENT, RESERVE, LOANS = "inventory.show_equipment", "inventory.show_reserve", "inventory.show_loans"

LEADS = {
    "teacher": N_("You learn a tool, show that you can run it, and borrow it for your class."),
    "maker_contact": N_("You bring the equipment into your school, for teachers who may answer for it."),
    "principal": N_("You see who in your building is trained, who is close, and what would close the gap."),
    "trainer": N_("You take attendance, and sign off what people show you."),
    "coach": N_("You help teachers across your schools to use what they learned."),
    "equipment_manager": N_("You lend, take back and check what the schools teach with."),
    "program_manager": N_("You plan the series, say what each badge asks for, and appoint who does what."),
}
STEPS: dict[str, tuple[HelpStep, ...]] = {
    "teacher": (
        HelpStep(
            "learn",
            N_("Look for a series by skill, season and grade. You see the seats that are left, and enroll. A full one has a waitlist."),
            N_("Seminars"),
            CATALOG,
        ),
        HelpStep(
            "show", N_("A trainer signs off each competency that you show. The rest is what you still owe."), N_("My learning"), LEARNING
        ),
        HelpStep(
            "badge",
            N_("With everything shown, the badge is yours by itself, through its last day."),
            N_("Your badges"),
            "coverage.show_person",
        ),
        HelpStep(
            "borrow",
            N_("See what is free on your days, and which badge it asks for. Your maker contact reserves it."),
            N_("Equipment"),
            EQUIPMENT,
        ),
        HelpStep("teach", N_("Teach with it. You answer for it through the last day of the loan, and mail tells you when it is due.")),
        HelpStep(
            "help", N_("Somebody holds the badge that you need, here or at another school. Find out who, and ask."), N_("Staff"), STAFF
        ),
    ),
    "maker_contact": (
        HelpStep(
            "badge", N_("Open a model: it says who at your school may be responsible, and who is nearly there."), N_("Equipment"), EQUIPMENT
        ),
        HelpStep("borrow", N_("Reserve several models in one go, for your days and with one responsible teacher."), N_("Reserve"), RESERVE),
        HelpStep(
            "teach",
            N_("See what your school has reserved, what it holds and when it is due back. Change it or cancel it."),
            N_("Loans"),
            LOANS,
        ),
        HelpStep("learn", N_("Where nobody may answer for a model yet, look for a series that trains them."), N_("Seminars"), CATALOG),
        HelpStep(
            "coverage",
            N_("See which badge rests on one person only. When they are out, the equipment stays at the depot."),
            N_("Your school"),
            SCHOOL,
        ),
    ),
    "principal": (
        HelpStep(
            "coverage",
            N_("See the share of your teachers who hold a badge, by skill and grade, against the target."),
            N_("Your school"),
            SCHOOL,
        ),
        HelpStep(
            "learn",
            N_("Where a skill falls short, enroll or nominate several of your teachers at once for a series that teaches it."),
            N_("Choose a series"),
            "series.show_choose_series",
        ),
        HelpStep(
            "learn",
            N_("Approve or decline who asks for a seat, and name somebody who decides while you are away."),
            N_("Approvals"),
            "series.show_approvals",
        ),
        HelpStep(
            "badge", N_("Your school's page names who is close to a badge, and whose badge runs out soon."), N_("Your school"), SCHOOL
        ),
        HelpStep("borrow", N_("Reserve equipment for your school, as your maker contact does."), N_("Reserve"), RESERVE),
        HelpStep("help", N_("Find a trained teacher at another school, and ask for help."), N_("Staff"), STAFF),
    ),
    "trainer": (
        HelpStep("learn", N_("Open today's meeting, and take attendance from the list."), N_("Teaching"), TEACHING),
        HelpStep(
            "show",
            N_("In the grid of the series, sign off what people show, several at once. You need to be cleared for the skill."),
            N_("Teaching"),
            TEACHING,
        ),
        HelpStep(
            "badge",
            N_("A badge follows from its sign-offs by itself. Undo a slip on the person's page; the record keeps both."),
            N_("Staff"),
            STAFF,
        ),
        HelpStep("help", N_("Sign off outside a series too: open somebody's page, and choose the badge."), N_("Staff"), STAFF),
        HelpStep("coverage", N_("Each badge counts in the coverage of the teacher's school.")),
    ),
    "coach": (
        HelpStep(
            "coverage", N_("Open one of your schools: who is trained, who is close, and what falls short."), N_("Your school"), SCHOOL
        ),
        HelpStep("learn", N_("Tell those who are close which series is next."), N_("Seminars"), CATALOG),
        HelpStep("show", N_("Sign off what somebody shows you on their page, in the skills that you are cleared for."), N_("Staff"), STAFF),
        HelpStep("borrow", N_("Reserve equipment for one of your schools, with a teacher who may answer for it."), N_("Reserve"), RESERVE),
        HelpStep("help", N_("Bring two people together: who holds a badge, and who is nearly there."), N_("Staff"), STAFF),
    ),
    "equipment_manager": (
        HelpStep(
            "badge",
            N_("For each model, say which badges it asks for, how long it may be kept and what comes with it."),
            N_("Equipment"),
            EQUIPMENT,
        ),
        HelpStep(
            "borrow", N_("See today's pick-ups and returns, and what is late. Scan a tag to find its reservation."), N_("Depot"), DEPOT
        ),
        HelpStep("teach", N_("See all loans: what is reserved, what is out, and what came back."), N_("Loans"), LOANS),
        HelpStep(
            "help",
            N_(
                "Check what comes back before it is lent again. When an item fails, what was reserved with it is rearranged, or its school is told."
            ),
            N_("Depot"),
            DEPOT,
        ),
    ),
    "program_manager": (
        HelpStep("learn", N_("Plan seminars and series, free or with a price, publish them, and watch the seats fill."), N_("Program"), "series.show_program"),
        HelpStep("show", N_("Clear trainers for a skill. Only they sign off in it."), N_("Skills"), "skills.show_skills"),
        HelpStep("badge", N_("Say what each badge asks for, and for how long it holds."), N_("Skills"), "skills.show_skills"),
        HelpStep("borrow", N_("See what the depot lends today. Lending stays with the equipment manager."), N_("Depot"), DEPOT),
        HelpStep("help", N_("Add people, appoint them, and invite them by mail."), N_("People"), "people.show_people"),
        HelpStep("coverage", N_("See who holds which badge, in every school."), N_("Staff"), STAFF),
    ),
}
