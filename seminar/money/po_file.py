"""The file of a purchase order, as somebody uploaded it: a PDF, or a picture of the paper. What it is, its bytes say; it is only ever
given out to be saved.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, select
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.money.covering import PurchaseOrderLine
from seminar.money.purchase_order import PurchaseOrder
from seminar.people.person import Person
from seminar.people.picture import kind_of_picture

LARGEST_BYTES = 2 * 1024 * 1024
PDF = b"%PDF-"
# Readers of PDFs look for its end within so many bytes of the file's.
END_WITHIN = 1024
ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


class PurchaseOrderFile(Model):
    """A file of a purchase order: of one that the office has, or of one that a place waits for."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    purchase_order_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order.id"))
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order_line.id"))
    kind: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (
        CheckConstraint("kind IN ('application/pdf', 'image/png', 'image/jpeg')", name="kind"),
        CheckConstraint("(purchase_order_id IS NULL) <> (cover_id IS NULL)", name="of_one_of_the_two"),
        Index("ix_purchase_order_file_order", "purchase_order_id"),
        Index("ix_purchase_order_file_line", "cover_id"),
    )

    @property
    def ending(self) -> str:
        return ENDINGS[self.kind]


def kind_of(content: bytes) -> str:
    """Raises Refused for what is no whole PDF, PNG or JPEG, and for one that is too large."""
    if len(content) > LARGEST_BYTES:
        raise Refused(N_("The file has {size} KB, and 2,048 KB is the most. Save it smaller."), field="file", size=len(content) // 1024)
    if content.startswith(PDF) and b"%%EOF" in content[-END_WITHIN:]:
        return "application/pdf"
    try:
        return kind_of_picture(content)
    except ValueError:
        raise Refused(N_("This is no whole PDF, PNG or JPEG file. Scan the purchase order, and upload that."), field="file") from None


def keep_file(content: bytes, *, of: PurchaseOrder | PurchaseOrderLine, by: Person, now: datetime) -> PurchaseOrderFile:
    """Raises Refused as kind_of does. Flushes."""
    kept = PurchaseOrderFile(district_id=of.district_id, kind=kind_of(content), content=content, created_at=now, created_by_id=by.id)
    if isinstance(of, PurchaseOrder):
        kept.purchase_order_id = of.id
    else:
        kept.cover_id = of.id
    db.session.add(kept)
    db.session.flush()
    return kept


def files_of(order: PurchaseOrder, cover_ids: list[int]) -> list[PurchaseOrderFile]:
    """Those of a purchase order, and of the places that wait for it or are on it; one statement, without what is in them."""
    mine = PurchaseOrderFile.purchase_order_id == order.id
    query = select(PurchaseOrderFile).where(mine | PurchaseOrderFile.cover_id.in_(cover_ids))
    return list(db.session.scalars(query.order_by(PurchaseOrderFile.id)))


def file_of_cover(cover: PurchaseOrderLine | None) -> PurchaseOrderFile | None:
    """The one that was sent with the number; at most one statement."""
    if cover is None:
        return None
    query = select(PurchaseOrderFile).where(PurchaseOrderFile.cover_id == cover.id)
    return db.session.scalar(query.order_by(PurchaseOrderFile.id.desc()).limit(1))
