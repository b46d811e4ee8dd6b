"""Tokens as a platform makes them, and as it never would."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

SECRET = "a secret that platform and service know"
OLD_SECRET = "the secret which they knew last year"
HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS


def token(
    secret: str = SECRET, alg: object = "HS256", digest: str = "sha256", **claims: Any
) -> str:
    """Good for user 7 in every module for an hour, but for what is said; a claim of None is left
    out. Made by hand, since a library would not make most of them."""
    good = {"sub": "7", "aud": "eyelearn", "exp": round(time.time()) + HOUR_SECONDS}
    written = {name: value for name, value in {**good, **claims}.items() if value is not None}
    signed = f"{part({'alg': alg, 'typ': 'JWT'})}.{part(written)}"
    return f"{signed}.{_base64url(hmac.digest(secret.encode(), signed.encode(), digest))}"


def part(value: object) -> str:
    return _base64url((value if isinstance(value, str) else json.dumps(value)).encode())


def tampered(good: str, **claims: Any) -> str:
    """The same signature under other claims."""
    header, payload, signature = good.split(".")
    told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return f"{header}.{part({**told, **claims})}.{signature}"


def bad_tokens() -> dict[str, Any]:
    """What nobody may come in with, by what is wrong with it."""
    now = round(time.time())
    header, payload, signature = token().split(".")
    return {
        "none": None,
        "empty": "",
        "a number": 7,
        "a list": [token()],
        "no JWT": "Let me in",
        "not ASCII": "ä" + token(),
        "a lone surrogate": "\ud800",
        "too long": token(more="x" * 5000),
        "two parts": f"{header}.{payload}",
        "four parts": f"{header}.{payload}.{signature}.{signature}",
        "no JSON": f"{part('{')}.{payload}.{signature}",
        "deep JSON": f"{part('[' * 2500)}.{payload}.{signature}",
        "a critical extension": f"{part({'alg': 'HS256', 'crit': ['x']})}.{payload}.{signature}",
        "no signature": f"{header}.{payload}.",
        "tampered": tampered(token(), sub="8"),
        "another secret": token("a secret that somebody else made up"),
        "unsigned": f"{part({'alg': 'none', 'typ': 'JWT'})}.{payload}.",
        "signed, and alg none": token(alg="none"),
        "signed, and alg a list": token(alg=["HS256"]),
        "signed, and no alg": token(alg=None),
        "HS512": token(alg="HS512", digest="sha512"),
        "HS512 that says HS256": token(digest="sha512"),
        "no audience": token(aud=None),
        "another audience": token(aud="somebody else"),
        "an odd audience": token(aud={"eyelearn": 1}),
        "expired": token(exp=now - HOUR_SECONDS),
        "no expiry": token(exp=None),
        "expiry a text": token(exp=str(now + HOUR_SECONDS)),
        "expiry a flag": token(exp=True),
        "expiry infinite": token(exp=float("inf")),
        "expiry no number": token(exp=float("nan")),
        "expiry huge": token(exp=10**400),
        "expiry hugely negative": token(exp=-(10**400)),
        "expiry in two days": token(exp=now + 2 * DAY_SECONDS),
        "not good yet": token(nbf=now + HOUR_SECONDS),
        "no user": token(sub=None),
        "user empty": token(sub=""),
        "user a number": token(sub=7),
        "user too long": token(sub="x" * 65),
        "module a list": token(module_id=[22]),
        "module empty": token(module_id=""),
        "module too long": token(module_id="x" * 65),
    }


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
