"""Who speaks: the learner that the platform's token names. Pure; every face asks alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jwt
from pydantic import ValidationError

from ..errors import Forbidden, Unauthorized
from ..settings import Settings
from ..tracking.session import LearnerIds
from .payloads import Id, Payload, TextId, Timestamp

AUDIENCE = "eyelearn"
ALGORITHMS = ("HS256",)
# A school day: what was stolen from a lesson is worth nothing the day after.
MAX_LIFETIME_SECONDS = 24 * 3600
# Servers without NTP drift by seconds a day.
CLOCK_LEEWAY_SECONDS = 60
# Two ids of 64 characters, each escaped as 12, in base64, and what stands around them.
MAX_TOKEN_CHARACTERS = 4096

NO_SECRET_IN_PRODUCTION = (
    "AUTH_SECRET is unset, and with ENVIRONMENT=production anyone could then connect as any "
    "learner. Set it to what `openssl rand -hex 32` prints, on the platform, too."
)


class Claims(Payload):
    """Of a token, after its signature and audience; times in seconds since 1970."""

    sub: TextId
    module_id: Id | None = None
    exp: Timestamp
    nbf: Timestamp = 0


@dataclass(frozen=True, slots=True)
class Identity:
    """module_id: the only one that the token is good for, None: any.

    expires: seconds since 1970.
    """

    user_id: str
    module_id: str | None
    expires: float

    def check(self, ids: LearnerIds) -> None:
        """Raises Forbidden where these are another learner's, or another module's."""
        if str(ids.user_id) != self.user_id:
            raise Forbidden("The token is another user's.")
        if self.module_id is not None and str(ids.module_id) != self.module_id:
            raise Forbidden("The token is for another module.")

    def has_expired(self, now: float) -> bool:
        return now > self.expires + CLOCK_LEEWAY_SECONDS

    def check_time(self, now: float) -> None:
        """Raises Unauthorized once the token has expired."""
        if self.has_expired(now):
            raise Unauthorized("The token has expired.")


class Identities:
    """Reads tokens by the secrets of `AUTH_SECRET`.

    required: whether a face has to ask for one at all.
    """

    def __init__(self, settings: Settings) -> None:
        self._secrets = settings.auth_secrets
        self.required = bool(self._secrets)

    def identify(self, token: str | None, now: float) -> Identity:
        """now: seconds since 1970. Raises Unauthorized, whose message never quotes the token."""
        identity = self.read(token, now)
        identity.check_time(now)
        return identity

    def read(self, token: str | None, now: float) -> Identity:
        """As `identify`, for a token that may have expired since its session began."""
        if not token:
            raise Unauthorized("A token is needed, and none came.")
        claims = _checked(self._signed_claims(token))
        if claims.exp > now + MAX_LIFETIME_SECONDS + CLOCK_LEEWAY_SECONDS:
            raise Unauthorized("The token is good for more than a day: its 'exp' is too far off.")
        if claims.nbf > now + CLOCK_LEEWAY_SECONDS:
            raise Unauthorized("The token is not good yet: its 'nbf' is in the future.")
        module_id = None if claims.module_id is None else str(claims.module_id)
        return Identity(claims.sub, module_id, claims.exp)

    def _signed_claims(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
            raise Unauthorized("The token is no JWT.")
        for secret in self._secrets:
            try:
                return _decoded(token, secret)
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidAlgorithmError as error:
                raise Unauthorized("The token is not signed with HS256.") from error
            except (jwt.InvalidAudienceError, jwt.MissingRequiredClaimError) as error:
                raise Unauthorized(f"The token's 'aud' is not '{AUDIENCE}'.") from error
            except jwt.InvalidTokenError as error:
                raise Unauthorized("The token is no JWT, or damaged.") from error
        raise Unauthorized("The token is not signed with this service's AUTH_SECRET.")


def _decoded(token: str, secret: str) -> dict[str, Any]:
    """Raises jwt.InvalidTokenError. Who it is and how long is left to `Claims` and our clock."""
    rest = ("verify_exp", "verify_iat", "verify_nbf", "verify_sub", "verify_jti")
    options: Any = dict.fromkeys(rest, False)
    return jwt.decode(token, secret, ALGORITHMS, options, audience=AUDIENCE)


def _checked(claims: dict[str, Any]) -> Claims:
    try:
        return Claims.model_validate(claims)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]["loc"][0]
        raise Unauthorized(f"The token's '{wrong}' is missing or wrong.") from error


def problem_with(settings: Settings) -> str | None:
    """Why a service must not start with these settings; None where it may."""
    unset = settings.environment == "production" and not settings.auth_secrets
    return NO_SECRET_IN_PRODUCTION if unset else None


def token_in(message: Any) -> str | None:
    """The `token` of Socket.IO's `auth` or of a first message; None where there is none."""
    token = message.get("token") if isinstance(message, dict) else None
    return token if isinstance(token, str) else None


def bearer_token(authorization: str | None) -> str | None:
    """The token of an `Authorization: Bearer …` header (RFC 6750); None where there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
