"""Proof for the platform's page that a save comes from this service, and comes now."""

from __future__ import annotations

import hashlib
import hmac

TIMESTAMP_HEADER = "X-EyeLearn-Timestamp"
SIGNATURE_HEADER = "X-EyeLearn-Signature"


def signed_headers(body: bytes, secret: str, now: float) -> dict[str, str]:
    """The headers of a signed save.

    The signature is the HMAC-SHA256 (RFC 2104), as hex, of the timestamp (whole seconds since
    1970), a dot, and the body. The timestamp is part of it, so that a copied save is worth nothing
    some minutes later.
    """
    timestamp = str(int(now))
    message = timestamp.encode() + b"." + body
    return {
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: hmac.new(secret.encode(), message, hashlib.sha256).hexdigest(),
    }
