"""Every mail that there is, for the program manager: a list of the kinds, and each as it arrives, made by what makes the real ones."""

import base64
import hashlib
import re

from flask import abort, make_response, render_template, request
from flask_babel import get_locale, lazy_gettext
from werkzeug.wrappers import Response

from seminar.ground import clock
from seminar.ground.contributions import Place
from seminar.ground.mail_kinds import DIGEST, GROUPS, KINDS, WEEKLY, MailKind, kinds_by_group, kinds_to_choose
from seminar.ground.outbox import Mail, as_kept
from seminar.ground.post import Written
from seminar.people.access import runs_the_program
from seminar.people.person import Person
from seminar.people.views import people
from seminar.people.views.mail import WAY_NAMES
from seminar.web.language import LANGUAGES
from seminar.web.letters import write
from seminar.web.requires import requires
from seminar.web.viewer import district_or_404

LANGUAGE_NAMES = {"en": "English", "es": "Español"}
# So many kinds make a digest that shows what one looks like.
IN_THE_DIGEST = 3


def settings_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Mails"),
            lazy_gettext("Every mail that people get: what causes it, who gets it, and how it reads in each language."),
            "people.show_mails",
            runs_the_program,
        )
    ]


@people.get("/settings/mails")
@requires(runs_the_program)
def show_mails() -> str:
    return render_template("people/mails.html", grouped=kinds_by_group(), groups=GROUPS)


@people.get("/settings/mails/<kind_name>")
@requires(runs_the_program)
def show_mail(kind_name: str) -> str:
    kind, language = _kind_or_404(kind_name), _asked_language()
    return render_template(
        "people/mail.html",
        kind=kind,
        written=_made_up(kind, language),
        shown=language,
        languages=LANGUAGE_NAMES.items(),
        ways=[WAY_NAMES[way] for way in kind.ways],
    )


@people.get("/settings/mails/<kind_name>/letter")
@requires(runs_the_program)
def show_mail_letter(kind_name: str) -> Response:
    """The HTML alone, as a mail program gets it: in a sandbox, with no right but to its own styles, each named by its hash."""
    html = _made_up(_kind_or_404(kind_name), _asked_language()).html
    answer = make_response(html)
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-hashes' {' '.join(_style_hashes(html))}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; sandbox"
    )
    return answer


def _style_hashes(html: str) -> list[str]:
    """Those of the style attributes, which are all ours: what somebody typed has no quotes left (CSP level 3, 'unsafe-hashes')."""
    styles = {style.replace("&#39;", "'") for style in re.findall(r' style="([^"]*)"', html)}
    return [f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" for style in sorted(styles)]


def _kind_or_404(name: str) -> MailKind:
    return KINDS.get(name) or abort(404)


def _asked_language() -> str:
    asked = request.args.get("language")
    return asked if asked in LANGUAGES else str(get_locale().language)


def _made_up(kind: MailKind, language: str) -> Written:
    """The mail to somebody who isn't there. Its link to turn it off leads nowhere, for it names nobody."""
    reader = Person(id=0, given_name="Maya", family_name="Torres", email="maya.torres@example.org", district=district_or_404())
    weekly = [one for one in kinds_to_choose() if WEEKLY in one.ways][:IN_THE_DIGEST] if kind.name == DIGEST else []
    return write(_mail(kind), reader, [_mail(one) for one in weekly], language=language)


def _mail(kind: MailKind) -> Mail:
    return Mail(id=0, kind=kind.name, context=as_kept(kind.example), created_at=clock.now())
