"""The program manager's people: the list, adding somebody, inviting them, and their appointments."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload
from wtforms import DateField, EmailField, SelectField, StringField
from wtforms.validators import Length, Regexp

from seminar.ground import clock, contributions
from seminar.ground.contributions import Place
from seminar.ground.counting import MOST_COUNTED, count_of
from seminar.ground.db import db
from seminar.people.access import runs_the_program
from seminar.people.account import Account
from seminar.people.address import EMAIL
from seminar.people.appointment import Appointment, standing
from seminar.people.directory import add_person, appoint, change_person, end_appointment, invite
from seminar.people.email_address import addresses_of
from seminar.people.leaving import last_leaving
from seminar.people.passkey import passkeys_of
from seminar.people.person import Person, called
from seminar.people.school import School, schools_open_on
from seminar.people.second_factor import second_factor_of
from seminar.people.sign_on import SignOnIdentity, identities_of, unlink
from seminar.people.support_view import may_be_seen
from seminar.people.views import people
from seminar.web.asked import a_likely_day, page_number
from seminar.web.forms import Form, grade_choices, needed
from seminar.web.pages import PAGE_SIZE, done_once, page_of, told
from seminar.web.requires import requires
from seminar.web.saving import pressed, saved
from seminar.web.shell import role_choices
from seminar.web.viewer import district_or_404, found_or_404, me

NOT_AN_ADDRESS = lazy_gettext("This is no email address. One looks like ana.ruiz@example.org.")


def settings_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Set-up"),
            lazy_gettext("What the program needs before its first series and its first loan, in order, and what is still missing."),
            "people.show_set_up",
            runs_the_program,
        ),
        Place(
            lazy_gettext("District"),
            lazy_gettext("Name, mail address, time zone and language. It touches everybody: what pages and mail say, and which day it is."),
            "people.show_district",
            runs_the_program,
        ),
        Place(
            lazy_gettext("Branding"),
            lazy_gettext("The district's logo and color on every page, for everybody, signed in or not."),
            "people.show_branding",
            runs_the_program,
        ),
        Place(
            lazy_gettext("Schools"),
            lazy_gettext("Names, codes, grades and delivery stops. People are appointed at them, and equipment is reserved for them."),
            "people.show_schools",
            runs_the_program,
        ),
        Place(
            lazy_gettext("School calendar"),
            lazy_gettext("School years, terms and closed days. The depot is closed with the district, and loans follow it."),
            "people.show_calendar",
            runs_the_program,
        ),
        Place(
            lazy_gettext("People"),
            lazy_gettext("Who works here, in which role and where. It decides what each of them sees and may do."),
            "people.show_people",
            runs_the_program,
        ),
    ]


class PersonForm(Form):
    given_name = StringField(lazy_gettext("Given name"), [needed(), Length(max=80)])
    family_name = StringField(lazy_gettext("Family name"), [needed(), Length(max=80)])
    email = EmailField(lazy_gettext("Email"), [needed(), Length(max=200), Regexp(EMAIL, message=NOT_AN_ADDRESS)])

    @property
    def typed(self) -> dict[str, str]:
        return {"given_name": self.given_name.data, "family_name": self.family_name.data, "email": self.email.data}


class AppointmentForm(Form):
    role = SelectField(lazy_gettext("Role"))
    school = SelectField(lazy_gettext("School"), coerce=int)
    grade = SelectField(lazy_gettext("Grade, for a teacher"), coerce=int)
    first_day = DateField(lazy_gettext("First day"), [needed(), a_likely_day])


def appointment_form(*, blank: bool = False) -> AppointmentForm:
    form = AppointmentForm(formdata=None) if blank else AppointmentForm()
    schools = db.session.scalars(schools_open_on(district_or_404().id, me().day))
    form.role.choices = role_choices()
    form.school.choices = [(0, gettext("None")), *((school.id, school.name) for school in schools)]
    form.grade.choices = [(-1, gettext("None")), *grade_choices()]
    if blank:
        form.first_day.data = me().day
    return form


@people.get("/people")
@requires(runs_the_program)
def show_people() -> str:
    search = request.args.get("search", "").strip()[:100]
    query = select(Person).where(Person.merged_into_id.is_(None), *_sought(district_or_404().id, search))
    shown = query.order_by(Person.family_name, Person.given_name, Person.id).limit(PAGE_SIZE).offset((page_number() - 1) * PAGE_SIZE)
    rows = db.session.scalars(shown).all()
    page = page_of(list(rows), count_of(query), page_number(), most=MOST_COUNTED)
    appointments = select(Appointment).where(Appointment.person_id.in_([p.id for p in rows])).options(selectinload(Appointment.school))
    held: dict[int, list[Appointment]] = {}
    for appointment in db.session.scalars(appointments.order_by(Appointment.id)):
        held.setdefault(appointment.person_id, []).append(appointment)
    return render_template("people/people.html", page=page, held=held, search=search)


def _sought(district_id: int, search: str) -> list[ColumnElement[bool]]:
    """By a whole address, where it has an @; else by name."""
    return [Person.district_id == district_id, Person.email == search.lower()] if "@" in search else called(district_id, search)


@people.get("/people/new")
@requires(runs_the_program)
def show_new_person() -> str:
    return _new_page(PersonForm())


def _new_page(form: PersonForm) -> str:
    return render_template("people/new_person.html", form=form)


@people.post("/people/new")
@requires(runs_the_program)
def create_person() -> object:
    form = PersonForm()

    def save() -> str:
        person = add_person(district_or_404().id, **form.typed, by=me().person, now=clock.now())
        invite(person, by=me().person, now=clock.now())
        return url_for("people.show_appointments", person_id=person.id)

    return saved(form, save, _new_page, gettext("Added, and invited by mail. Now say where they work."))


class EndForm(Form):
    last_day = DateField(lazy_gettext("Last day"), [needed(), a_likely_day])
    reason = StringField(lazy_gettext("Why it ends"), [Length(max=300)])


def end_prefix(appointment_id: int) -> str:
    return f"end{appointment_id}-"


def appointments_page(
    person: Person,
    form: AppointmentForm | None = None,
    person_form: PersonForm | None = None,
    leaving_form: EndForm | None = None,
    end_form: tuple[int, EndForm] | None = None,
) -> str:
    """`end_form` is a refused one, with the appointment that it would end."""
    query = select(Appointment).where(Appointment.person_id == person.id).options(selectinload(Appointment.school)).order_by(Appointment.id)
    appointments = db.session.scalars(query).all()
    ends = {a.id: EndForm(formdata=None, last_day=me().day, prefix=end_prefix(a.id)) for a in appointments if a.last_day is None}
    return render_template(
        "people/appointments.html",
        person=person,
        form=form or appointment_form(blank=True),
        person_form=person_form or PersonForm(formdata=None, obj=person),
        appointments=appointments,
        ends=ends | dict([end_form] if end_form else []),
        refused_end=end_form[0] if end_form else None,
        leaving_form=leaving_form or EndForm(formdata=None, last_day=me().day),
        left=last_leaving(person),
        touches=[touch for touched in contributions.leaving_touches for touch in touched([person.id], me().day, clock.now())],
        account=db.session.get(Account, person.id),
        addresses=addresses_of(person),
        identities=identities_of(person),
        day=me().day,
        second_steps=_second_steps(person),
        may_look=may_be_seen(standing(person, me().day), by=me()),
    )


def _second_steps(person: Person) -> list[str]:
    app = [gettext("an app")] if second_factor_of(person) is not None else []
    return [*app, *(gettext("the passkey %(name)s", name=passkey.name) for passkey in passkeys_of(person))]


def person_or_404(person_id: int) -> Person:
    person: Person = found_or_404(db.session.get(Person, person_id))
    return person


@people.get("/people/<int:person_id>/appointments")
@requires(runs_the_program)
def show_appointments(person_id: int) -> object:
    person = person_or_404(person_id)
    if person.merged_into_id is not None:
        return redirect(url_for("people.show_appointments", person_id=person.merged_into_id), 303)
    return appointments_page(person)


@people.post("/people/<int:person_id>/edit")
@requires(runs_the_program)
def save_person(person_id: int) -> object:
    person, form = person_or_404(person_id), PersonForm()

    def save() -> str:
        change_person(person, **form.typed, by=me().person, now=clock.now())
        return url_for("people.show_appointments", person_id=person_id)

    return saved(form, save, lambda refused: appointments_page(person_or_404(person_id), person_form=refused), gettext("Saved."))


@people.post("/people/<int:person_id>/appointments")
@requires(runs_the_program)
def create_appointment(person_id: int) -> object:
    person, form = person_or_404(person_id), appointment_form()

    def save() -> str:
        school = db.session.get(School, form.school.data) if form.school.data else None
        grade = form.grade.data if form.grade.data >= 0 else None
        appoint(person, form.role.data, school=school, grade=grade, first_day=form.first_day.data, by=me().person, now=clock.now())
        return url_for("people.show_appointments", person_id=person_id)

    return saved(form, save, lambda refused: appointments_page(person_or_404(person_id), refused), gettext("Appointed."))


@people.post("/appointments/<int:appointment_id>/end")
@requires(runs_the_program)
def create_end(appointment_id: int) -> object:
    appointment: Appointment = found_or_404(db.session.get(Appointment, appointment_id))
    person_id, form = appointment.person_id, EndForm(prefix=end_prefix(appointment_id))
    back = url_for("people.show_appointments", person_id=person_id)
    if appointment.last_day is not None:
        # The page has no form for it any more that could say what is wrong.
        told(gettext("It ends already, on the day that stands there. To change that, take the ending back first."))
        return redirect(back, 303)

    def save() -> str:
        reason = (form.reason.data or "").strip()
        end_appointment(appointment, last_day=form.last_day.data, reason=reason, by=me().person, now=clock.now())
        return back

    def page(refused: EndForm) -> str:
        return appointments_page(person_or_404(person_id), end_form=(appointment_id, refused))

    return saved(form, save, page, gettext("Ended. What they answer for was looked at again."))


@people.post("/people/<int:person_id>/invitation")
@requires(runs_the_program)
def create_invitation(person_id: int) -> object:
    person, back = person_or_404(person_id), url_for("people.show_appointments", person_id=person_id)

    def send() -> str:
        invite(person, by=me().person, now=clock.now())
        return back

    return pressed(lambda: done_once(send), gettext("An invitation is on its way."), back=back)


@people.post("/people/identities/<int:identity_id>/end")
@requires(runs_the_program)
def create_identity_end(identity_id: int) -> object:
    identity: SignOnIdentity = found_or_404(db.session.get(SignOnIdentity, identity_id))
    done = gettext("Taken off, and they are signed out everywhere. Their next sign-in links one anew.")
    back = url_for("people.show_appointments", person_id=identity.person_id)
    return pressed(lambda: unlink(identity, by=me().person, now=clock.now()), done, back=back)
