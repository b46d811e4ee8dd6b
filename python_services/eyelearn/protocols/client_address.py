"""Where a request comes from, and by which name it reached us, with proxies between or without."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, NamedTuple

from ..settings import Settings, listed

Networks = tuple[IPv4Network | IPv6Network, ...]
# More than any installation has in a row; what a client writes in front of them is never read.
MAX_PROXIES = 16
# What proxies call the schemes, those of WebSockets too (Traefik).
SECURE = frozenset({"https", "wss"})
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Client(NamedTuple):
    """address: as text, "" where there is none (a Unix socket); scheme: `http` or `https`; host:
    with its port unless that is the scheme's own, in lower case, "" where it was not said."""

    address: str
    scheme: str
    host: str


def trusted_networks(settings: Settings) -> Networks:
    return tuple(ip_network(written) for written in listed(settings.trusted_proxies))


def client_of(environ: Mapping[str, Any], trusted: Networks) -> Client:
    """Who asks, by a request's WSGI environment.

    `X-Forwarded-For`, `-Proto` and `-Host` are believed as far as trusted proxies wrote them: each
    adds on the right, so they are read from there, as many values as there were such proxies.
    """
    address, proxies = _walk_back(environ, trusted)
    said = _forwarded(environ, "PROTO", proxies) or environ.get("wsgi.url_scheme", "http")
    scheme = "https" if said.lower() in SECURE else "http"
    host = (_forwarded(environ, "HOST", proxies) or environ.get("HTTP_HOST", "")).lower()
    return Client(
        "" if address is None else str(address), scheme, host.removesuffix(DEFAULT_PORTS[scheme])
    )


def is_trusted(address: str, trusted: Networks) -> bool:
    """Whether an address, as text, is a trusted proxy's; a Unix socket's path is not."""
    parsed = _parse(address)
    return parsed is not None and _in_any(parsed, trusted)


def _walk_back(
    environ: Mapping[str, Any], trusted: Networks
) -> tuple[IPv4Address | IPv6Address | None, int]:
    """The first from the right who is no trusted proxy, and how many of those came before."""
    address = _parse(environ.get("REMOTE_ADDR") or "")
    earlier = environ.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", MAX_PROXIES)[-MAX_PROXIES:]
    proxies = 0
    while address is not None and _in_any(address, trusted):
        proxies += 1
        before = _parse(earlier.pop()) if earlier else None
        if before is None:
            break
        address = before
    return address, proxies


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """None for what is no address; a port behind it is left out."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # What an IPv4 client is called on a socket that takes both.
    return getattr(address, "ipv4_mapped", None) or address


def _in_any(address: IPv4Address | IPv6Address, networks: Networks) -> bool:
    return any(address in network for network in networks)


def _forwarded(environ: Mapping[str, Any], what: str, proxies: int) -> str:
    """What the outermost trusted proxy said; "" where there is none, or it said nothing."""
    if not proxies:
        return ""
    values = environ.get(f"HTTP_X_FORWARDED_{what}", "").split(",")
    return str(values[-min(proxies, len(values))]).strip()
