"""Which protocols this service answers."""

from __future__ import annotations

from typing import Any

from socketio import Server
from socketio.exceptions import ConnectionRefusedError

from ..errors import Forbidden
from ..settings import FACES, Settings, listed

# Inferring emotions in education is prohibited in the EU (AI Act, article 5(1)(f)): in production
# they are answered only where somebody named them.
NAMED_ONLY = frozenset({"emotions"})


def enabled_faces(settings: Settings) -> frozenset[str]:
    """Names out of FACES."""
    named = listed(settings.enabled_faces)
    if named:
        return frozenset(named)
    return FACES - NAMED_ONLY if settings.environment == "production" else FACES


def refuse_connections(server: Server) -> None:
    """For a Socket.IO server without a face: clients find why in their `connect_error`."""
    reason = "This service does not track focus: it is not in ENABLED_FACES."

    def connect(_sid: str, _environ: dict[str, Any], _auth: Any = None) -> None:
        raise ConnectionRefusedError(reason, {"code": Forbidden.code, "message": reason})

    server.on("connect", connect)
