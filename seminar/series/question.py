"""What a series can ask of whoever enrolls in it; its columns `asks_…` say which of these it does.

Laws: nobody has to answer, and no answer decides who gets a seat. What somebody needs (food, access) is known to few and not for
long: to the person, the series' trainers and the program managers, until KEPT_DAYS after the last meeting.
"""

from seminar.ground.refusal import N_
from seminar.series.series import Series

QUESTIONS = {
    "dietary": N_("Dietary needs"),
    "accommodation": N_("Accommodation needs"),
    "grade": N_("Grade taught"),
    "experience": N_("Experience with it so far"),
    "confidence": N_("Confidence before it begins"),
}
# Those that are about the person's body or belief.
NEEDS = ("dietary", "accommodation")
KEPT_DAYS = 14
# A dietary answer is a line for each need: one of these, or the person's own words.
DIETARY = {
    "vegetarian": N_("Vegetarian"),
    "vegan": N_("Vegan"),
    "halal": N_("Halal"),
    "kosher": N_("Kosher"),
    "gluten": N_("No gluten"),
    "dairy": N_("No dairy"),
    "nuts": N_("No nuts"),
}
SEVERAL_GRADES = "several"
GRADES = (*(str(grade) for grade in range(13)), SEVERAL_GRADES)
EXPERIENCE = {
    "new": N_("It is new to me"),
    "tried": N_("I have tried it"),
    "uses": N_("I use it now and then"),
    "teaches": N_("I teach with it"),
}
CONFIDENCE = {
    "1": N_("1: not at all confident"),
    "2": "2",
    "3": N_("3: somewhat confident"),
    "4": "4",
    "5": N_("5: very confident"),
}
LONGEST_WORDS, LONGEST_ANSWER = 200, 500


def asked_by(series: Series) -> list[str]:
    """The questions that the series asks now, in their order."""
    return [question for question in QUESTIONS if getattr(series, f"asks_{question}")]
