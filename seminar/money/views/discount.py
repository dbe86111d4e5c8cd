"""Using a discount code on an order, before it is paid."""

from flask import abort, redirect, request, url_for
from flask_babel import gettext

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.money.card import Card
from seminar.money.discount_code import usable_code, use_code
from seminar.money.payment import Payment, open_payment
from seminar.money.views import money
from seminar.money.views.card import card
from seminar.money.views.order import order_or_404, order_page
from seminar.money.views.paying import heard, where_it_led
from seminar.people.account import note_failure, refuse_when_throttled
from seminar.web.pages import refusing, told
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.viewer import me

TOO_MANY = N_("Too many codes. Wait {minutes} minutes, then type the one that you were given.")
IT_BEGINS = N_("A payment for it is being opened at this moment. Wait a minute, then try the code again.")
BANK_WORKS = N_("Your bank is working on the payment already, so nothing can be taken off any more.")


@money.post("/orders/<int:order_id>/discount")
@requires(anyone_signed_in)
def create_discount(order_id: int) -> object:
    typed = request.form.get("code", "")[:60]
    try:
        with refusing():
            return _discounted(order_id, typed)
    except Refused as refused:
        if refused.field == "code":
            note_failure(_tries(), address=request.remote_addr or "", now=clock.now())
            db.session.commit()
        return order_page(order_or_404(order_id), refused), refused.status


def _discounted(order_id: int, typed: str) -> object:
    order = order_or_404(order_id)
    if order.person_id != me().person.id:
        abort(403)
    _refuse_too_many()
    # A code that can't be used closes nobody's page.
    usable_code(typed, order.lines[0], clock.now())
    paid = _close_an_open_page(order_id)
    if paid is not None:
        return where_it_led(paid, order_or_404(order_id))
    line = order_or_404(order_id).lines[0]
    use_code(line, typed, by=me().person, now=clock.now())
    series_id, is_theirs = line.enrollment.series_id, line.enrollment.state == "enrolled"
    db.session.commit()
    if is_theirs:
        told(gettext("You're enrolled, and there is nothing to pay. A mail with the meetings is on its way."))
        return redirect(url_for("series.show_series", series_id=series_id), 303)
    told(gettext("The code is used: see below what is left to pay."))
    return redirect(url_for("money.show_order", order_id=order_id), 303)


def _close_an_open_page(order_id: int) -> Payment | None:
    """Nobody pays the whole price on a card page that is open in another tab; the payment where somebody just did. Commits."""
    open_one = open_payment(order_id)
    if open_one is None:
        return None
    if open_one.on_its_way_at is not None:
        raise Refused(BANK_WORKS, status=409)
    stripe: Card | None = card()
    if open_one.session_id is None or stripe is None:
        raise Refused(IT_BEGINS, status=409)
    payment_id, session_id = open_one.id, open_one.session_id
    heard(lambda: stripe.close_page(session_id))
    closed = db.session.get_one(Payment, payment_id)
    return closed if closed.state == "succeeded" else None


def _refuse_too_many() -> None:
    """Nobody finds a code by trying many."""
    try:
        refuse_when_throttled(_tries(), address=request.remote_addr or "", now=clock.now())
    except Refused as refused:
        raise Refused(TOO_MANY, status=429, **refused.values) from refused


def _tries() -> str:
    """Wrong codes are counted with wrong passwords, under a name that no address has."""
    return f"discount code of {me().person.id}"
