"""One kind of WebSocket is spoken: that of the standard (RFC 6455), uncompressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .security_headers import WSGI

# eventlet inflates what it is sent, up to a thousand times; pictures don't get smaller, and our
# answers cost more time than they save bytes.
EXTENSIONS_HEADER = "HTTP_SEC_WEBSOCKET_EXTENSIONS"


def plain(upgrade: Any) -> WSGI:
    """eventlet's maker of one WebSocket, without what else it would take up."""
    # Drafts of the WebSocket protocol, whose messages have no largest size.
    upgrade.support_legacy_versions = False

    def uncompressed(
        environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        environ.pop(EXTENSIONS_HEADER, None)
        answer: Iterable[bytes] = upgrade(environ, start_response)
        return answer

    return uncompressed
