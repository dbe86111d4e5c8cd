"""An OpenID provider of the tests' own, a real server in a thread, that also does what no honest one would: each mischief is a field.

It checks what it is sent as a good one does: the client's secret, the code's one use, the redirect address, PKCE.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, SECRET = "makerpd", "a-secret-of-the-tests"
KEYS = {kid: RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}) for kid in ("first", "second")}


class OurProvider:
    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        self.kid = "first"
        # What it publishes, says of itself, writes over each key, puts into the token beside the claims, and answers in the token's place.
        self.published = ["first"]
        self.about: dict[str, Any] = {}
        self.key: dict[str, Any] = {}
        self.token: dict[str, Any] = {}
        self.user_info: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.signed_by = "first"
        self.instead: dict[str, tuple[int, str]] = {}
        self.waits_seconds = 0.0
        self.asked: list[str] = []
        self.while_asked: Any = lambda: None
        self.codes: dict[str, dict[str, Any]] = {}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def says_yes(self, away: str, **claims: Any) -> str:
        """The address that the browser comes back to when somebody with these claims signed in at `away`."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(away).query).items()}
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(8)
        self.codes[code] = {"asked": asked, "claims": claims}
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, path: str, body: dict[str, str], authorization: str) -> tuple[int, str]:
        self.asked.append(path)
        self.while_asked()
        time.sleep(self.waits_seconds)
        if path in self.instead:
            return self.instead[path]
        answers = {
            "/.well-known/openid-configuration": lambda: self._configuration(),
            "/keys": lambda: {"keys": [KEYS[kid].as_dict(private=False) | self.key for kid in self.published]},
            "/userinfo": lambda: self.user_info,
        }
        if path == "/token":
            return self._hand_out(body, authorization)
        return (200, json.dumps(answers[path]())) if path in answers else (404, "{}")

    def _configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "code_challenge_methods_supported": ["S256"],
        } | self.about

    def _hand_out(self, body: dict[str, str], authorization: str) -> tuple[int, str]:
        known = f"Basic {base64.b64encode(f'{CLIENT_ID}:{SECRET}'.encode()).decode()}"
        given = self.codes.pop(body.get("code", ""), None)
        if authorization != known:
            return 401, json.dumps({"error": "invalid_client"})
        if given is None or body.get("redirect_uri") != given["asked"]["redirect_uri"]:
            return 400, json.dumps({"error": "invalid_grant"})
        if _encoded(hashlib.sha256(body.get("code_verifier", "").encode()).digest()) != given["asked"]["code_challenge"]:
            return 400, json.dumps({"error": "invalid_grant"})
        return 200, json.dumps({"access_token": "at", "token_type": "Bearer", "expires_in": 60, "id_token": self._id_token(given)})

    def _id_token(self, given: dict[str, Any]) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "1", "iat": now, "exp": now + 60, "nonce": given["asked"]["nonce"]}
        claims = {name: value for name, value in (claims | given["claims"] | self.token).items() if value is not None}
        if self.algorithm in ("none", "HS256"):
            parts = ({"alg": self.algorithm, "kid": self.kid}, claims)
            begun = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
            # The old trick: the public key, which everybody has, as if it were a shared secret.
            signed = hmac.digest(KEYS[self.kid].as_pem(private=False), begun.encode(), "sha256") if self.algorithm == "HS256" else b""
            return f"{begun}.{_encoded(signed)}"
        return jwt.encode({"alg": self.algorithm, "kid": self.kid}, claims, KEYS[self.signed_by], algorithms=[self.algorithm])


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _handler(provider: OurProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(sent).items()})

        def _answer(self, body: dict[str, str]) -> None:
            status, text = provider.answer(urlsplit(self.path).path, body, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status == 302:
                self.send_header("Location", text)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_args: object) -> None:
            """Nothing: a test says what went wrong."""

    return Handler
