"""Who is connected from where, until they say who they are."""

from __future__ import annotations

import time
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, NoReturn

from ..errors import RateLimited
from ..events import get_logger
from ..settings import Settings
from .client_address import client_of, is_trusted, trusted_networks
from .guards import Throttle

_log = get_logger(__name__)

# Keys in a request's WSGI environment: the visit of its TCP connection, and where the Socket.IO
# connection or raw WebSocket that it begins is counted.
TCP_VISIT = "eyelearn.tcp_visit"
WHOSE = "eyelearn.whose"
# A page that is reloaded leaves connections behind that only their silence gives away.
CONNECTIONS_PER_SESSION = 4
# What one household or one server is given: its addresses count as one (RFC 6177).
IPV6_PREFIX = 64
TELL_INTERVAL_SECONDS = 60.0


class Crowd:
    """How many there are in each place, at most `limit` in one; in the place "" any number."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: dict[str, int] = {}

    def __len__(self) -> int:
        return sum(self._counts.values())

    def is_full(self, place: str) -> bool:
        return self._counts.get(place, 0) >= self._limit

    def enter(self, place: str) -> Visit | None:
        """None where one more would be too many."""
        if self.is_full(place):
            return None
        if place:
            self._counts[place] = self._counts.get(place, 0) + 1
        return Visit(self, place)

    def leave(self, place: str) -> None:
        """For Visit: one less."""
        left = self._counts.get(place, 0) - 1
        if left > 0:
            self._counts[place] = left
        else:
            self._counts.pop(place, None)


class Visit:
    """One who is counted until they leave; leaving again changes nothing."""

    __slots__ = ("_carrier", "_crowd", "_known", "_place")

    def __init__(self, crowd: Crowd, place: str) -> None:
        self._crowd: Crowd | None = crowd
        self._place = place
        self._known = False
        self._carrier: Visit | None = None

    def carried_by(self, tcp: Visit) -> None:
        """The TCP connection that carries this one is not counted once it is known whose it is."""
        self._carrier = tcp
        if self._known:
            tcp.leave()

    def become_known(self, crowd: Crowd, place: str) -> bool:
        """From now on counted there instead, unless they have left; False where it is full."""
        if self._crowd is not None and (self._crowd, self._place) != (crowd, place):
            if crowd.enter(place) is None:
                return False
            self._crowd.leave(self._place)
            self._crowd, self._place = crowd, place
        self._known = True
        if self._carrier is not None:
            self._carrier.leave()
        return True

    def leave(self) -> None:
        if self._crowd is not None:
            crowd, self._crowd = self._crowd, None
            crowd.leave(self._place)


class Connections:
    """Of TCP, and of Socket.IO and raw WebSockets: at most MAX_CONNECTIONS_PER_ADDRESS each from
    one address. Who has shown a good token counts for their user instead."""

    def __init__(self, settings: Settings) -> None:
        self.tcp = Crowd(settings.max_connections_per_address)
        self.unknown = Crowd(settings.max_connections_per_address)
        self.users = Crowd(settings.max_sessions_per_user * CONNECTIONS_PER_SESSION)
        self._trusted = trusted_networks(settings)
        self._told = Throttle(TELL_INTERVAL_SECONDS)

    def enter_tcp(self, peer: Any) -> Visit:
        """peer: as `accept` names it. Proxies of ours bring many clients, and are not counted.

        Raises RateLimited.
        """
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        place = "" if is_trusted(address, self._trusted) else _place(address)
        return self.tcp.enter(place) or self._refuse(place)

    def enter(self, environ: dict[str, Any]) -> Visit:
        """One of Socket.IO, or a raw WebSocket, begins with this request. Raises RateLimited."""
        place = _place(client_of(environ, self._trusted).address)
        visit = self.unknown.enter(place) or self._refuse(place)
        environ[WHOSE] = self, visit
        return visit

    def check(self, environ: Mapping[str, Any]) -> None:
        """Raises RateLimited where `enter` would."""
        place = _place(client_of(environ, self._trusted).address)
        if self.unknown.is_full(place):
            self._refuse(place)

    def _refuse(self, place: str) -> NoReturn:
        if self._told.allow(place, time.monotonic()):
            _log.warning("an address has MAX_CONNECTIONS_PER_ADDRESS", address=place)
        raise RateLimited("Too many connections from this address without a token.")


def vouch(environ: Mapping[str, Any], user_id: int | str) -> None:
    """To be called once a token was good: whose connection it is that began with this request.

    Raises RateLimited where that user has too many already: it is to be refused.
    """
    connections, visit = environ.get(WHOSE, (None, None))
    if visit is not None and not visit.become_known(connections.users, str(user_id)):
        raise RateLimited("This user has too many connections; close one of them first.")


def _place(address: str) -> str:
    """Addresses that one client may choose from, by one name; "" for what is no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), IPV6_PREFIX), strict=False))
