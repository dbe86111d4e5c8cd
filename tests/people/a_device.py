"""A device that keeps a passkey, in a few lines: a key pair, a counter, and the answer that a browser would bring (WebAuthn, 7.2)."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

from seminar.ground.db import db
from seminar.people.passkey import Passkey
from seminar.people.person import Person
from tests.cast import NOW

IS_THERE_AND_VERIFIED = 0b101


@dataclass
class Device:
    """Its finger is always there. `count` is how often it answered."""

    rp_id: str
    origin: str
    count: int = 0
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def passkey_of(self, person: Person) -> Passkey:
        """The passkey that this device opens, as it was registered."""
        passkey = Passkey(
            district_id=person.district_id,
            person_id=person.id,
            name="Key in the drawer",
            credential_id=bytes_to_base64url(b"key-in-the-drawer"),
            user_handle=b"handle",
            public_key=self._public_key(),
            sign_count=self.count,
            added_at=NOW,
        )
        db.session.add(passkey)
        db.session.flush()
        return passkey

    def _public_key(self) -> bytes:
        """As COSE has it (RFC 9053, 7.1): an elliptic curve key for ES256."""
        point = self.key.public_key().public_numbers()
        found: bytes = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
        return found

    def answer(self, challenge: str) -> str:
        """To a challenge, as base64url; its counter moves on."""
        self.count += 1
        shown = hashlib.sha256(self.rp_id.encode()).digest() + bytes([IS_THERE_AND_VERIFIED]) + self.count.to_bytes(4)
        client = json.dumps({"type": "webauthn.get", "challenge": challenge, "origin": self.origin}).encode()
        signature = self.key.sign(shown + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        parts = {"authenticatorData": shown, "clientDataJSON": client, "signature": signature, "userHandle": b"handle"}
        said: dict[str, Any] = {name: bytes_to_base64url(part) for name, part in parts.items()}
        key_id = bytes_to_base64url(b"key-in-the-drawer")
        return json.dumps({"id": key_id, "rawId": key_id, "type": "public-key", "response": said})
