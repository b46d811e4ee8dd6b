"""The key under which one installation hashes ids in its log: the same after a restart."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from .redaction import KEY_BYTES

KEY_FILE = "log.key"


def key_from(phrase: str) -> str:
    """A key, as `redaction.use_key` takes it, from what an operator wrote, of any length."""
    return hashlib.blake2s(phrase.encode(), digest_size=KEY_BYTES).hexdigest()


def kept_key(folder: Path) -> str:
    """The key in that folder; made there, for the owner's eyes only, where there is none.

    Raises OSError where it can be neither read nor made, ValueError where it is no key.
    """
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _make(path)
    # Another service of this machine may have made its own meanwhile: the one that lies there.
    key = path.read_text().strip()
    if len(bytes.fromhex(key)) != KEY_BYTES:
        raise ValueError(f"{KEY_FILE} does not hold {KEY_BYTES} bytes as hexadecimal digits")
    return key


def _make(path: Path) -> None:
    """Whole or not at all, whatever happens meanwhile."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=KEY_FILE)  # mode 0600
    try:
        with os.fdopen(number, "w") as file:
            file.write(os.urandom(KEY_BYTES).hex() + "\n")
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
