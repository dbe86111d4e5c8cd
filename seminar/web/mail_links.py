"""The address in a mail that turns its kind off without signing in: signed with the installation's secret, it names a person and a
kind, does nothing else, and never runs out, because a mail may be opened years later."""

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer


def turn_off_url(person_id: int, kind: str) -> str:
    return f"{current_app.config['BASE_URL']}/mail/off/{turn_off_token(person_id, kind)}"


def turn_off_token(person_id: int, kind: str) -> str:
    return str(_serializer().dumps([person_id, kind]))


def named_by(token: str) -> tuple[int, str] | None:
    """The person and the kind that the token names; None where we didn't sign it."""
    try:
        person_id, kind = _serializer().loads(token)
    except BadSignature:
        return None
    return person_id, kind


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="mail turned off")
