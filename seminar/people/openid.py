"""OpenID Connect, as the side that relies on it: the authorization code flow with PKCE (OpenID Connect Core 1.0, section 3.1;
RFC 7636), and what an ID token must prove. Nothing here knows a database or a page, and all of it waits for another server.

Laws: a provider is who its issuer says, to the letter; a token counts when one of the issuer's own keys signed it, for us, for
this sign-in, within its time. Times are the machine's: an ID token is dated by the world, whatever day a demo shows.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from seminar.ground.outside import bounded, fetched_json
from seminar.ground.refusal import N_, Refused

log = structlog.get_logger("makerpd.openid")

# Signatures by a key pair alone: `none` proves nothing, and HS256 would take a public key for a shared secret (RFC 8725, 3.1).
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
KEY_TYPES = ("RSA", "EC", "OKP")
SCOPES = "openid email profile"
GOOGLE = "https://accounts.google.com"
# Every provider knows `login` (Core 1.0, 15.1), but for Google, which names `select_account` (its page on OpenID Connect).
PROMPTS = {GOOGLE: "select_account"}
LEEWAY_SECONDS = 60
KEPT_SECONDS = 600
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")

DOWN = N_("{name} didn't answer as it should, so you're not signed in. Wait a minute and try again, or ask the PD office.")
NOT_THEIRS = N_("What came back isn't from {name} itself, so you're not signed in. Start again from the sign-in page.")
NOT_FOR_US = N_("{name} signed you in to something else than this site. Start again from the sign-in page.")
NOT_THIS_TIME = N_("What came back from {name} belongs to another sign-in. Start again from the sign-in page.")
TOO_OLD = N_("What came back from {name} is past its time. Start again from the sign-in page.")
USED_UP = N_("{name} took back its word: this sign-in was used already, or took too long. Start again from the sign-in page.")
NO_CLIENT = N_("{name} doesn't know this site any more. The PD office can check the settings of sign-on.")


@dataclass(frozen=True)
class Provider:
    """A district's provider, in plain values: what is known of it while another server is waited for."""

    slug: str
    district_id: int
    name: str
    issuer: str
    client_id: str
    secret: str
    domains: tuple[str, ...] = ()
    # The claim that holds a person's id in the student information system; '' where the provider has none.
    sourced_id_claim: str = ""
    # The claim that tells the districts of a provider apart, and ours in it; '' where the issuer is of one district alone.
    tenant_claim: str = ""
    tenant_value: str = ""
    # Whether the district says that its word counts for addresses of these domains, even without email_verified.
    vouches: bool = False
    password_open: bool = True


def is_safe_address(url: str, *, beside: str = "") -> bool:
    """Whether a secret can be sent there: over TLS, or within this machine where the issuer (`beside`) is there too."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    here = parts.scheme == "http" and host in LOOPBACK
    return parts.scheme == "https" or (here and (not beside or urlsplit(beside).hostname in LOOPBACK))


# By issuer and by address, what was fetched and when: only to spare the provider the same question, never to decide by.
_kept: dict[str, tuple[float, dict[str, Any]]] = {}


def _fetched(url: str, *, anew: bool = False) -> dict[str, Any]:
    at, found = _kept.get(url, (0.0, {}))
    if anew or not found or time.monotonic() - at > KEPT_SECONDS:
        found = fetched_json(url)
        _kept[url] = (time.monotonic(), found)
    return found


def discovery(provider: Provider, *, anew: bool = False) -> dict[str, Any]:
    """What the provider says of itself (OpenID Connect Discovery 1.0). Raises Refused when it is down, or is somebody else."""
    try:
        about = _fetched(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration", anew=anew)
    except requests.RequestException as error:
        raise _down(provider, error) from error
    if about.get("issuer") != provider.issuer:
        raise Refused(NOT_THEIRS, status=400, name=provider.name)
    if not all(is_safe_address(str(about.get(name, "")), beside=provider.issuer) for name in ENDPOINTS):
        raise Refused(NOT_THEIRS, status=400, name=provider.name)
    return about


def _down(provider: Provider, error: Exception) -> Refused:
    # Only its kind: what another server answered, or the address with a code in it, is no matter for a log.
    log.warning("provider is down", provider=provider.slug, error=type(error).__name__)
    return Refused(DOWN, status=400, name=provider.name)


@dataclass(frozen=True)
class Secrets:
    """What one sign-in is known by: the state in its address, the nonce in its token, the verifier of its code."""

    state: str
    nonce: str
    verifier: str


def authorization_url(provider: Provider, secrets: Secrets, *, back_to: str, asks_who: bool = False) -> str:
    """Where the person says yes; `asks_who` has them asked who they are, whoever was there before. Raises Refused when the provider
    is down."""
    about = discovery(provider)
    asks = {"prompt": PROMPTS.get(provider.issuer, "login")} if asks_who else {}
    with _client(provider, about, back_to) as client:
        url, _ = client.create_authorization_url(
            about["authorization_endpoint"], state=secrets.state, nonce=secrets.nonce, code_verifier=secrets.verifier, **asks
        )
    return str(url)


def _client(provider: Provider, about: Mapping[str, Any], back_to: str) -> OAuth2Session:
    ways = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    client = OAuth2Session(
        provider.client_id,
        provider.secret,
        redirect_uri=back_to,
        scope=SCOPES,
        code_challenge_method="S256",
        # Its access token is asked with at once, however short it lives.
        leeway=0,
        token_endpoint_auth_method="client_secret_basic" if "client_secret_basic" in ways else "client_secret_post",
    )
    bounded(client)
    return client


def claims_of(provider: Provider, code: str, secrets: Secrets, *, issuer: str | None, back_to: str) -> dict[str, Any]:
    """Hand in the code, and answer what the provider says of the person, verified. `issuer` is who answered, where the answer
    said so (RFC 9207): a code goes to nobody else. Raises Refused for all that isn't so."""
    about = discovery(provider)
    says_who = about.get("authorization_response_iss_parameter_supported") is True
    if issuer != provider.issuer and (says_who or issuer is not None):
        raise Refused(NOT_THEIRS, status=400, name=provider.name)
    with _client(provider, about, back_to) as client:
        token = _token(client, provider, about, code, secrets)
        claims = verified(provider, about, str(token.get("id_token") or ""), nonce=secrets.nonce)
        asked = ("email", provider.sourced_id_claim, provider.tenant_claim)
        missing = any(name and name not in claims for name in asked)
        return {**_more(client, provider, about, claims), **claims} if missing else claims


def _token(client: OAuth2Session, provider: Provider, about: Mapping[str, Any], code: str, secrets: Secrets) -> Mapping[str, Any]:
    try:
        token: Mapping[str, Any] = client.fetch_token(
            about["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=secrets.verifier, allow_redirects=False
        )
    except AuthlibBaseError as error:
        log.warning("code refused", provider=provider.slug, error=str(error.error)[:60])
        raise Refused(NO_CLIENT if error.error == "invalid_client" else USED_UP, status=400, name=provider.name) from error
    except (requests.RequestException, ValueError) as error:
        raise _down(provider, error) from error
    return token


def verified(provider: Provider, about: Mapping[str, Any], token: str, *, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that holds (OpenID Connect Core 1.0, 3.1.3.7). Raises Refused for one that doesn't."""
    claims = _signed(provider, about, token)
    audience = claims.get("aud")
    for_whom = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != provider.issuer or not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise Refused(NOT_THEIRS, status=400, name=provider.name)
    if provider.client_id not in for_whom or claims.get("azp", provider.client_id) != provider.client_id:
        raise Refused(NOT_FOR_US, status=400, name=provider.name)
    if len(for_whom) > 1 and "azp" not in claims:
        raise Refused(NOT_FOR_US, status=400, name=provider.name)
    if claims.get("nonce") != nonce:
        raise Refused(NOT_THIS_TIME, status=400, name=provider.name)
    if not _is_in_its_time(claims):
        raise Refused(TOO_OLD, status=400, name=provider.name)
    return claims


def _is_in_its_time(claims: Mapping[str, Any]) -> bool:
    now, until, since = time.time(), claims.get("exp"), claims.get("iat")
    if not isinstance(until, int | float) or not isinstance(since, int | float):
        return False
    return now < until + LEEWAY_SECONDS and since < now + LEEWAY_SECONDS


def _signed(provider: Provider, about: Mapping[str, Any], token: str) -> dict[str, Any]:
    """What the token says, once one of the provider's keys is known to have signed it; a key that we don't know yet, or know otherwise,
    may be new."""
    try:
        try:
            return jwt.decode(token, _keys(provider, about), algorithms=ALGORITHMS).claims
        except (InvalidKeyIdError, BadSignatureError):
            return jwt.decode(token, _keys(provider, about, anew=True), algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, KeyError) as error:
        log.warning("token refused", provider=provider.slug, error=type(error).__name__)
        raise Refused(NOT_THEIRS, status=400, name=provider.name) from error


def _keys(provider: Provider, about: Mapping[str, Any], *, anew: bool = False) -> KeySet:
    try:
        found = _fetched(about["jwks_uri"], anew=anew).get("keys")
    except requests.RequestException as error:
        raise _down(provider, error) from error
    listed = found if isinstance(found, list) else []
    usable: Any = [key for key in listed if isinstance(key, dict) and key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig"]
    return KeySet.import_key_set({"keys": usable})


def _more(client: OAuth2Session, provider: Provider, about: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
    """What the ID token leaves out and the user info has; nothing where that is of somebody else (Core 1.0, 5.3.2)."""
    url = str(about.get("userinfo_endpoint", ""))
    if not is_safe_address(url, beside=provider.issuer):
        return {}
    try:
        answer = client.get(url, allow_redirects=False)
        found = answer.json() if answer.status_code == 200 else {}
    except (requests.RequestException, AuthlibBaseError, ValueError) as error:
        raise _down(provider, error) from error
    if not isinstance(found, dict) or found.get("sub") != claims["sub"]:
        return {}
    # That an address is verified is said of the one beside it, and of no other.
    return {name: value for name, value in found.items() if name != "email_verified" or "email" not in claims}


def what_is_wrong(provider: Provider) -> list[tuple[str, dict[str, Any]]]:
    """The sentences, each with its values, that a look at the provider gives; none where all is well."""
    found: list[tuple[str, dict[str, Any]]] = []
    if not provider.secret:
        found.append((N_("The environment has no secret of that name. Set it where the server starts, and start it again."), {}))
    address = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        about = fetched_json(address)
    except requests.RequestException:
        return [*found, (N_("Nothing that can be read is at {address}. Check the issuer, to the letter."), {"address": address})]
    said = str(about.get("issuer", ""))
    if said != provider.issuer:
        return [*found, (N_("It calls itself {said}. Write the issuer so, to the letter."), {"said": said[:200]})]
    for name in ENDPOINTS:
        if not is_safe_address(str(about.get(name, "")), beside=provider.issuer):
            found.append((N_("Its {name} is missing, or isn't a safe address."), {"name": name}))
    if found[-1:] and "name" in found[-1][1]:
        return found
    if "S256" not in about.get("code_challenge_methods_supported", ["S256"]):
        found.append((N_("It doesn't know PKCE with S256."), {}))
    try:
        usable = list(_keys(provider, about, anew=True))
    except (Refused, JoseError, ValueError, TypeError, KeyError):
        usable = []
    if not usable:
        found.append((N_("Its signing keys can't be read."), {}))
    return found
