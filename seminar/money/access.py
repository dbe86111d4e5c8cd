"""Who may see and do what with orders, purchase orders and invoices: whoever pays sees their own, a principal their school's invoices,
the PD office sees and decides."""

from sqlalchemy import ColumnElement, or_, select

from seminar.money.invoice import Invoice, InvoiceLine
from seminar.money.order import Order, OrderLine
from seminar.people.appointment import Standing


def keeps_orders(standing: Standing) -> bool:
    return standing.has("program_manager")


def sees_order(standing: Standing, order: Order) -> bool:
    return keeps_orders(standing) or order.person_id == standing.person.id


def theirs_to_see(standing: Standing) -> ColumnElement[bool]:
    """That an invoice is of an order that they pay, or of a school whose principal they are; any of the district, for its office."""
    of_district = Invoice.district_id == standing.person.district_id
    if keeps_orders(standing):
        return of_district
    paid = select(InvoiceLine.invoice_id).join(OrderLine, OrderLine.id == InvoiceLine.line_id).join(Order, Order.id == OrderLine.order_id)
    mine = Invoice.id.in_(paid.where(Order.person_id == standing.person.id))
    return of_district & or_(mine, Invoice.school_id.in_(standing.school_ids("principal")))
