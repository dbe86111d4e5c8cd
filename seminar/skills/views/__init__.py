"""The pages of skills: the PD office's skills, badges and competencies, and signing off outside a series."""

from flask import Blueprint

skills: Blueprint = Blueprint("skills", __name__)

from seminar.skills.views import badges, editing, sign_off, starting  # noqa: E402, F401
