"""What somebody who is nominated answers on the series' page: no, thank you. Their yes is to enroll."""

from flask import redirect, url_for
from flask_babel import gettext

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.series.nomination import turn_nomination_down
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404, series_page
from seminar.web.pages import refusing, told
from seminar.web.requires import requires, works_here
from seminar.web.viewer import me


@series.post("/series/<int:series_id>/nomination/refusal")
@requires(works_here)
def create_nomination_refusal(series_id: int) -> object:
    try:
        with refusing():
            turn_nomination_down(me().person, series_or_404(series_id), now=clock.now())
            db.session.commit()
    except Refused as refused:
        return series_page(series_or_404(series_id), refused), refused.status
    told(gettext("You've said no, thank you."))
    return redirect(url_for("series.show_series", series_id=series_id), 303)
