"""What the service posts to a platform."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from uuid import uuid4

import requests

from php_platform import Platform

# The page itself gives up waiting for its database before this.
TIMEOUT_SECONDS = 60


def a_save(focused: float = 125.3, unfocused: float = 12.7, **changed: Any) -> dict[str, Any]:
    """The body of one save; each call is another session where no session_id is given."""
    total = round(focused + unfocused, 3)
    return {
        "user_id": 123,
        "module_id": 22,
        "section_id": 82,
        "focused_time": focused,
        "unfocused_time": unfocused,
        "total_time": total,
        "focus_percentage": round(100 * focused / total, 1) if total else 0.0,
        "focus_sessions": 5,
        "unfocus_sessions": 2,
        "session_type": "websocket_cv_tracking",
        "timestamp": "2026-01-15T10:30:45.123Z",
        "session_id": str(uuid4()),
        "revision": 4,
        **changed,
    }


def signed(secret: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """The headers that the service adds where it has SAVE_SECRET."""
    timestamp = str(int(time.time() if at is None else at))
    text = timestamp.encode() + b"." + body
    return {
        "X-EyeLearn-Timestamp": timestamp,
        "X-EyeLearn-Signature": hmac.new(secret.encode(), text, hashlib.sha256).hexdigest(),
    }


def post(platform: Platform, save: object, **headers: str) -> requests.Response:
    """save: bytes are sent as they are, anything else as JSON."""
    body = save if isinstance(save, bytes) else json.dumps(save).encode()
    return requests.post(platform.save_url, data=body, headers=headers, timeout=TIMEOUT_SECONDS)
