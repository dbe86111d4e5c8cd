"""What our words mean: one entry for each word that the product shows, for the glossary and for `term()` in the templates."""

from dataclasses import dataclass

from flask import Flask

from seminar.ground.refusal import N_


@dataclass(frozen=True)
class Word:
    name: str
    means: str


WORDS: dict[str, Word] = {
    "district": Word(
        N_("District"), N_("The organization that runs the program, with all of its schools. “We” on a page is the district.")
    ),
    "school": Word(N_("School"), N_("One school of the district. People are appointed there, and equipment is reserved for it.")),
    "appointment": Word(
        N_("Appointment"),
        N_("A role that somebody holds, at a school or in the district, from a day until a day. It decides what they see and may do."),
    ),
    "role": Word(
        N_("Role"),
        N_(
            "What somebody does in the program. Teachers learn and teach, a maker contact runs a school's equipment, a principal leads a school, a coach helps at several, a trainer signs off, the equipment manager runs the depot, and the program manager is the PD office."
        ),
    ),
    "skill": Word(N_("Skill"), N_("An area such as 3D printing, coding or fabrication. Its badges are levels in it.")),
    "badge": Word(
        N_("Badge"),
        N_(
            "A level in a skill. Who has shown all that it asks for holds it, through its last day, and may answer for the equipment that asks for it."
        ),
    ),
    "competency": Word(N_("Competency"), N_("One thing that somebody must show for a badge. Those marked Safety are about doing no harm.")),
    "sign-off": Word(N_("Sign-off"), N_("A trainer's word that somebody showed a competency. Nobody signs off their own.")),
    "award": Word(N_("Award"), N_("A badge that somebody holds, from a day until a day. It follows from the sign-offs by itself.")),
    "seminar": Word(N_("Seminar"), N_("What is taught. Each dated run of it is a series.")),
    "series": Word(N_("Series"), N_("One dated run of a seminar, with its meetings, its trainers and its seats.")),
    "meeting": Word(N_("Meeting"), N_("One session of a series: a day, a time and a place. You learn, debrief, and plan a lesson.")),
    "season": Word(N_("Season"), N_("When a series runs: in the school year, or in the summer.")),
    "enrollment": Word(N_("Enrollment"), N_("A person's place in a series. It takes one seat until it is withdrawn or canceled.")),
    "waitlist": Word(
        N_("Waitlist"), N_("The line for a seat in a series that is full. Who joined it first is offered the first seat that is free.")
    ),
    "offer": Word(N_("Offer"), N_("A free seat that is kept for the next in line until a moment that their mail and the series' page say.")),
    "hold": Word(N_("Hold"), N_("A seat that is kept for a while for somebody who is to pay for it. Not paid by then, it is free again.")),
    "order": Word(N_("Order"), N_("What somebody owes for a seat, what they paid, and what went back. It is settled when nothing is owed.")),
    "purchase-order": Word(
        N_("Purchase order"), N_("A school's word that it pays for places, up to an amount. It counts once the PD office has accepted it.")
    ),
    "attendance": Word(N_("Attendance"), N_("Who was in a meeting. A badge can ask for a share of the minutes.")),
    "model": Word(N_("Model"), N_("A kind of equipment, such as a desktop 3D printer. The depot has one or more items of it.")),
    "item": Word(N_("Item"), N_("One thing with a tag of its own. You reserve a model; the depot hands over an item.")),
    "reservation": Word(N_("Reservation"), N_("A school's claim on equipment for some days, before it is picked up.")),
    "loan": Word(N_("Loan"), N_("A reservation whose items are out. The days count whole, the first and the last included.")),
    "depot": Word(N_("Depot"), N_("The place that lends. Pick-up and return fall on its open days.")),
    "responsible-teacher": Word(N_("Responsible teacher"), N_("The trained teacher who answers for a loan through its last day.")),
    "trained-teacher": Word(N_("Trained teacher"), N_("A person with a valid badge and a current appointment at the school.")),
    "turnaround": Word(N_("Turnaround"), N_("The days after a return on which an item is checked, before it is free again.")),
    "at-risk": Word(
        N_("At risk"),
        N_(
            "A reservation to come whose item, or whose responsible teacher, will not be there. The school and the depot are told; nothing is canceled by itself."
        ),
    ),
    "coverage": Word(N_("Coverage"), N_("The share of a school's teachers who hold a valid badge in a skill.")),
    "target": Word(N_("Target"), N_("The coverage that the district wants a school to reach in a skill. The gap is what is missing.")),
}


def install(app: Flask) -> None:
    app.jinja_env.globals["words"] = WORDS
