"""What the database keeps for us but can't read by itself: sealed with keys derived from SECRET_KEY."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app


def _key(purpose: str) -> bytes:
    """A key for one purpose alone (RFC 5869), so that none opens what another sealed."""
    secret: str = current_app.config["SECRET_KEY"]
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"makerpd {purpose}".encode()).derive(secret.encode())


def sealed(text: str, purpose: str) -> str:
    return Fernet(urlsafe_b64encode(_key(purpose))).encrypt(text.encode()).decode()


def unsealed(token: str, purpose: str) -> str | None:
    """What was sealed; None for what was changed, or sealed with another SECRET_KEY."""
    try:
        return Fernet(urlsafe_b64encode(_key(purpose))).decrypt(token.encode()).decode()
    except InvalidToken:
        return None


def fingerprint(text: str, purpose: str) -> str:
    """To know it again without keeping it; a stolen database alone can't try out what it might be."""
    return hmac.new(_key(purpose), text.encode(), hashlib.sha256).hexdigest()
