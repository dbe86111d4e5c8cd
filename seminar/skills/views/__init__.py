"""The pages of skills: signing off outside a series, and the program manager's skills, badges and competencies."""

from flask import Blueprint

skills: Blueprint = Blueprint("skills", __name__)

from seminar.skills.views import badges, sign_off  # noqa: E402, F401
