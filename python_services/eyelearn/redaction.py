"""Ids as the log shows them: the same id looks the same, and nobody can read it back."""

from __future__ import annotations

import hashlib
import secrets

KEY_BYTES = 32
# 8 hexadecimal characters: enough to follow one learner through a log, too few to tell all apart.
_DIGEST_BYTES = 4

_key = bytearray(secrets.token_bytes(KEY_BYTES))


def hashed(identifier: object) -> str:
    """8 hexadecimal characters for an id (keyed BLAKE2s, RFC 7693); 123 and "123" give the same.

    The key is made at each start of the service, so a log can't be matched against a list of ids.
    """
    text = str(identifier).encode("utf-8", "surrogatepass")
    return hashlib.blake2s(text, digest_size=_DIGEST_BYTES, key=_key).hexdigest()


def shared_key() -> str:
    """The key, for the configuration of a child process whose log is to match."""
    return _key.hex()


def use_key(shared: str) -> None:
    """What a child process does with its parent's `shared_key`."""
    _key[:] = bytes.fromhex(shared)
