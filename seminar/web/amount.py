"""Amounts of money on pages: integer cents inside, dollars for people; never a float on the way."""

import re
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from flask import Flask
from flask_babel import get_locale, lazy_gettext
from wtforms import Field, StringField, validators
from wtforms.form import BaseForm

# 120, 120.5, 1,200.00, with or without the sign.
TYPED = re.compile(r"\$?\s*(\d{1,3}(?:,\d{3})+|\d{1,7})(?:\.(\d{1,2}))?")
LARGEST_CENTS = 10_000_000_00


def money(cents: int, currency: str = "usd") -> str:
    """$1,200.00. In the Spanish of the United States too."""
    return str(format_currency(Decimal(cents) / 100, currency.upper(), locale=f"{get_locale().language}_US"))


def cents_of(typed: str) -> int | None:
    """What was typed as dollars, in cents; None for what is no amount."""
    found = TYPED.fullmatch(typed.strip())
    if found is None:
        return None
    return int(found[1].replace(",", "")) * 100 + int((found[2] or "0").ljust(2, "0"))


class AmountField(StringField):  # type: ignore[misc]
    """Dollars as they are typed; its `data` is cents."""

    data: Any

    def process_formdata(self, typed: list[str]) -> None:
        text = typed[0] if typed else ""
        self.data = cents_of(text) if text.strip() else None
        if text.strip() and self.data is None:
            raise ValueError(lazy_gettext("Type an amount in dollars, like 120 or 120.50."))

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data // 100}.{self.data % 100:02d}"


class AtMost:
    """An amount within these bounds, in cents."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def __call__(self, _form: BaseForm, field: Field) -> None:
        if field.data is not None and not self.least <= field.data <= self.most:
            sentence = lazy_gettext("Type an amount from %(least)s to %(most)s.", least=money(self.least), most=money(self.most))
            raise validators.ValidationError(sentence)


def install(app: Flask) -> None:
    app.jinja_env.filters["money"] = money
