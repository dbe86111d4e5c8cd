"""A district: the organization that everything else belongs to. Its time zone is the one that days are counted in."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.clock import day_of
from seminar.ground.db import Model


class District(Model):
    """The organization that everything else belongs to."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    host: Mapped[str | None]
    timezone: Mapped[str] = mapped_column(default="America/Los_Angeles")
    language: Mapped[str] = mapped_column(default="en")
    mail_from: Mapped[str]
    # After how many minutes without anybody a shared device signs out.
    shared_idle_minutes: Mapped[int] = mapped_column(default=10, server_default=text("10"))
    # The district's look: its colors on light and on dark pages (#rrggbb), and the logo by its content's hash.
    color: Mapped[str | None]
    color_dark: Mapped[str | None]
    logo_digest: Mapped[str | None]
    logo_alt: Mapped[str] = mapped_column(default="", server_default="")

    __table_args__ = (UniqueConstraint("code"), UniqueConstraint("host"))

    @property
    def district_id(self) -> int:
        """The audit trail files a record by its district; a district is its own."""
        return self.id

    def day(self, now: datetime) -> date:
        """The district's calendar day at that moment."""
        return day_of(now, self.timezone)
