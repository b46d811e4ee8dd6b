"""Ids as the log shows them: the same id looks the same, and nobody can read it back."""

from __future__ import annotations

import hashlib
import secrets

KEY_BYTES = 32
# 8 hexadecimal characters: enough to follow one learner through a log, too few to tell all apart.
_DIGEST_BYTES = 4

# Fields of a log line that hold an id: hashed wherever they are logged, so that nobody can forget.
_LEARNER_FIELDS = {"user", "user_id", "module", "module_id", "section", "section_id"}
_CONNECTION_FIELDS = {"connection", "sid", "holder", "address", "client_address"}
ID_FIELDS = frozenset({"session", "session_id"} | _LEARNER_FIELDS | _CONNECTION_FIELDS)
# Fields whose value nobody may see, hashed or not.
SECRET_FIELDS = frozenset(
    {"token", "auth", "authorization", "cookie", "query", "secret", "password", "key"}
    | {"payload", "frame", "picture"}
)

_key = bytearray(secrets.token_bytes(KEY_BYTES))


def hashed(identifier: object) -> str:
    """8 hexadecimal characters for an id (keyed BLAKE2s, RFC 7693); 123 and "123" give the same.

    Who has the log and not the key can't match it against a list of ids.
    """
    text = str(identifier).encode("utf-8", "surrogatepass")
    return hashlib.blake2s(text, digest_size=_DIGEST_BYTES, key=_key).hexdigest()


def shared_key() -> str:
    """The key, for the configuration of a child process whose log is to match."""
    return _key.hex()


def use_key(shared: str) -> None:
    """Takes a `shared_key` in place of this process's own, which it made at its start."""
    _key[:] = bytes.fromhex(shared)
