"""The PD office's funding sources, and what they pay of which seats."""

from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import DateField, SelectField, StringField
from wtforms.validators import Length, NumberRange, Optional

from seminar.ground import clock
from seminar.ground.db import db
from seminar.money.access import keeps_orders
from seminar.money.funding_rule import EVERYBODY, SCHOOL, TITLE_ONE, FundingRule, Terms, add_rule, end_rule, rules_of, rules_that_go_on
from seminar.money.funding_source import FundingSource, end_source, save_source, sources_of
from seminar.money.views import money
from seminar.people.school import School, schools_open_on
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from seminar.web.amount import LARGEST_CENTS, AmountField, AtMost
from seminar.web.asked import a_likely_day, asked_id
from seminar.web.forms import Form, WholeNumberField, needed
from seminar.web.pages import told
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me

# Of integers of 32 bits.
MOST_SEATS = 100_000


class SourceForm(Form):
    name = StringField(lazy_gettext("Name"), [needed(), Length(max=120)])
    code = StringField(
        lazy_gettext("Funding code"),
        [needed(), Length(max=60)],
        description=lazy_gettext("As your accounting writes it, such as 010-3010-1110. Exports have it."),
    )
    cap_cents = AmountField(lazy_gettext("Cap in dollars"), [needed(), AtMost(1, LARGEST_CENTS)])
    first_day = DateField(lazy_gettext("First day"), [needed(), a_likely_day])
    last_day = DateField(lazy_gettext("Last day"), [needed(), a_likely_day])


class EndingForm(Form):
    reason = StringField(lazy_gettext("Why it ends"), [Length(max=300)])


class RuleForm(Form):
    source = SelectField(lazy_gettext("Who pays"), coerce=int)
    for_whom = SelectField(
        lazy_gettext("For whom"),
        choices=[
            (EVERYBODY, lazy_gettext("Everybody")),
            (TITLE_ONE, lazy_gettext("People of Title I schools")),
            (SCHOOL, lazy_gettext("People of one school")),
        ],
    )
    school = SelectField(lazy_gettext("School"), coerce=int)
    percent = WholeNumberField(lazy_gettext("Percent of the price"), [Optional(), NumberRange(1, 100)])
    most_cents = AmountField(lazy_gettext("Or up to so many dollars a seat"), [Optional(), AtMost(1, LARGEST_CENTS)])
    seats = WholeNumberField(
        lazy_gettext("Most seats"), [Optional(), NumberRange(1, MOST_SEATS)], description=lazy_gettext("Empty: as many as there are.")
    )


@money.get("/funding")
@requires(keeps_orders)
def show_funding() -> str:
    district_id = district_or_404().id
    rules: dict[int | None, list[FundingRule]] = {}
    for rule in rules_that_go_on(district_id, clock.now()):
        rules.setdefault(rule.funding_source_id, []).append(rule)
    return render_template("money/funding.html", sources=sources_of(district_id), rules=rules, day=me().day)


@money.get("/funding/new")
@requires(keeps_orders)
def show_new_funding_source() -> str:
    return _source_page(None, SourceForm(formdata=None))


@money.post("/funding/new")
@requires(keeps_orders)
def create_funding_source() -> object:
    return _saved(None, SourceForm(), gettext("Added. Open a series or a seminar to say which seats it pays."))


@money.get("/funding/<int:source_id>")
@requires(keeps_orders)
def show_funding_source(source_id: int) -> str:
    source = _source_or_404(source_id)
    return _source_page(source, SourceForm(formdata=None, obj=source))


@money.post("/funding/<int:source_id>")
@requires(keeps_orders)
def save_funding_source(source_id: int) -> object:
    return _saved(source_id, SourceForm(), gettext("Saved."))


@money.post("/funding/<int:source_id>/ending")
@requires(keeps_orders)
def create_funding_ending(source_id: int) -> object:
    source, form = _source_or_404(source_id), EndingForm()

    def save() -> str:
        end_source(source, reason=(form.reason.data or "").strip(), by=me().person, now=clock.now())
        return url_for("money.show_funding")

    def page(refused: EndingForm) -> str:
        again = _source_or_404(source_id)
        return _source_page(again, SourceForm(formdata=None, obj=again), refused)

    return saved(form, save, page, gettext("Ended. What it gave stays given."))


def _source_or_404(source_id: int) -> FundingSource:
    source: FundingSource = found_or_404(db.session.get(FundingSource, source_id))
    return source


def _source_page(source: FundingSource | None, form: SourceForm, ending: EndingForm | None = None) -> str:
    return render_template("money/funding_source.html", source=source, form=form, ending=ending or EndingForm(formdata=None))


def _saved(source_id: int | None, form: SourceForm, done: str) -> object:
    def asked() -> FundingSource:
        return FundingSource(district_id=district_or_404().id) if source_id is None else _source_or_404(source_id)

    source = asked()

    def save() -> str:
        values = {"name": form.name.data.strip(), "code": form.code.data.strip(), "cap_cents": form.cap_cents.data}
        save_source(source, **values, days=(form.first_day.data, form.last_day.data), by=me().person, now=clock.now())
        return url_for("money.show_funding")

    return saved(form, save, lambda refused: _source_page(None if source_id is None else asked(), refused), done)


def of_or_404() -> Series | Seminar | None:
    """The series or seminar that the address or the form names; None where it names none."""
    for kind, name in ((Series, "series"), (Seminar, "seminar")):
        if (id := asked_id(name)) is not None:
            found: Series | Seminar = found_or_404(db.session.get(kind, id))
            return found
    return None


def named(of: Series | Seminar | None) -> dict[str, Any]:
    """As the address names it again."""
    return {} if of is None else {"series" if isinstance(of, Series) else "seminar": of.id}


def _rule_form(*, shown: bool = False) -> RuleForm:
    form = RuleForm(formdata=None, percent=100) if shown else RuleForm()
    sources = [source for source in sources_of(district_or_404().id) if source.ended_at is None]
    form.source.choices = [(source.id, f"{source.name} ({source.code})") for source in sources]
    form.source.choices.append((0, gettext("No source: the district gives the seat away")))
    schools = db.session.scalars(schools_open_on(district_or_404().id, me().day))
    form.school.choices = [(0, gettext("Not for one school")), *((school.id, school.name) for school in schools)]
    return form


@money.get("/funding/rules/new")
@requires(keeps_orders)
def show_new_funding_rule() -> object:
    of = of_or_404()
    return _rule_page(of, _rule_form(shown=True)) if of is not None else _to_choose()


def _to_choose() -> object:
    told(gettext("Open a series or a seminar, and choose Fund its seats there."))
    return redirect(url_for("series.show_program"), 303)


def _rule_page(of: Series | Seminar, form: RuleForm) -> str:
    """With what pays for these seats by now."""
    seminar, series_id = (of.seminar, of.id) if isinstance(of, Series) else (of, None)
    return render_template("money/funding_rule.html", series_id=series_id, seminar=seminar, form=form, rules=rules_of(of))


@money.post("/funding/rules/new")
@requires(keeps_orders)
def create_funding_rule() -> object:
    of, form = of_or_404(), _rule_form()
    if of is None:
        return _to_choose()
    again = url_for("money.show_new_funding_rule", **named(of))

    def save() -> str:
        terms = Terms(
            source=_source_or_404(form.source.data) if form.source.data else None,
            for_whom=form.for_whom.data,
            school=found_or_404(db.session.get(School, form.school.data)) if form.school.data else None,
            percent=form.percent.data,
            most_cents=form.most_cents.data,
            seats=form.seats.data,
        )
        add_rule(of, terms, by=me().person, now=clock.now())
        return again

    return saved(form, save, lambda refused: _rule_page(found_or_404(of_or_404()), refused), gettext("Added, for seats taken from now on."))


@money.get("/funding/rules/<int:rule_id>")
@requires(keeps_orders)
def show_funding_rule(rule_id: int) -> str:
    return _one_rule_page(_rule_or_404(rule_id), EndingForm(formdata=None))


def _rule_or_404(rule_id: int) -> FundingRule:
    rule: FundingRule = found_or_404(db.session.get(FundingRule, rule_id))
    return rule


def _one_rule_page(rule: FundingRule, ending: EndingForm) -> str:
    return render_template("money/one_funding_rule.html", rule=rule, ending=ending)


@money.post("/funding/rules/<int:rule_id>/ending")
@requires(keeps_orders)
def create_rule_ending(rule_id: int) -> object:
    rule, form = _rule_or_404(rule_id), EndingForm()

    def save() -> str:
        end_rule(rule, reason=(form.reason.data or "").strip(), by=me().person, now=clock.now())
        return url_for("money.show_funding")

    return saved(form, save, lambda refused: _one_rule_page(_rule_or_404(rule_id), refused), gettext("Ended. What it paid stays paid."))
