"""What the audit trail's words say in the reader's language."""

from flask_babel import gettext

from seminar.ground.refusal import N_

# Every `what` that history.record writes; a test says which one is missing.
DEEDS = {
    "appointed": N_("appointed"),
    "appointment ended": N_("appointment ended"),
    "attendance": N_("attendance marked"),
    "award withdrawn": N_("award withdrawn"),
    "awarded": N_("badge awarded"),
    "badge retired": N_("badge retired"),
    "badge saved": N_("badge saved"),
    "badge taken up again": N_("badge taken up again"),
    "canceled": N_("canceled"),
    "changed": N_("changed"),
    "checked in": N_("checked in"),
    "clearance ended": N_("clearance ended"),
    "cleared": N_("cleared to sign off"),
    "competency added": N_("competency added"),
    "competency retired": N_("competency retired"),
    "competency taken up again": N_("competency taken up again"),
    "ending taken back": N_("ending taken back"),
    "enrolled": N_("enrolled"),
    "handed over": N_("handed over"),
    "invitation sent": N_("invitation sent"),
    "item added": N_("item added"),
    "item brought back into lending": N_("item brought back into lending"),
    "item changed": N_("item changed"),
    "item replaced": N_("item replaced"),
    "item taken out of lending": N_("item taken out of lending"),
    "leaving taken back": N_("leaving taken back"),
    "mail tried again": N_("mail tried again"),
    "meeting canceled": N_("meeting canceled"),
    "meeting saved": N_("meeting saved"),
    "model added": N_("model added"),
    "model changed": N_("model changed"),
    "model retired": N_("model retired"),
    "model taken up again": N_("model taken up again"),
    "not collected": N_("not collected"),
    "packed": N_("packed"),
    "password set": N_("password set"),
    "person added": N_("person added"),
    "person changed": N_("person changed"),
    "person left": N_("person left"),
    "reserved": N_("reserved"),
    "reset sent": N_("password reset sent"),
    "seminar retired": N_("seminar retired"),
    "seminar saved": N_("seminar saved"),
    "seminar taken up again": N_("seminar taken up again"),
    "series canceled": N_("series canceled"),
    "series published": N_("series published"),
    "series saved": N_("series saved"),
    "sign-off withdrawn": N_("sign-off withdrawn"),
    "signed off": N_("signed off"),
    "skill saved": N_("skill saved"),
    "taken back": N_("taken back"),
    "withdrawn": N_("withdrawn"),
}


def deed(what: str) -> str:
    return str(gettext(DEEDS.get(what, what)))
