"""Who may see and do what with orders: whoever pays sees their own, the PD office sees and decides."""

from seminar.money.order import Order
from seminar.people.appointment import Standing


def keeps_orders(standing: Standing) -> bool:
    return standing.has("program_manager")


def sees_order(standing: Standing, order: Order) -> bool:
    return keeps_orders(standing) or order.person_id == standing.person.id
