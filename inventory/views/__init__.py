"""The pages of equipment: what there is, a model's free days, reserving, loans, and the depot."""

from flask import Blueprint

inventory: Blueprint = Blueprint("inventory", __name__)

from inventory.views import depot, depot_settings, equipment, importing, items, reservation, reserving  # noqa: E402, F401
from inventory.views.depot import home_cards  # noqa: E402, F401
from inventory.views.importing import settings_pages  # noqa: E402, F401
