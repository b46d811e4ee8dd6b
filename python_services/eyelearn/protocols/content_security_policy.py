"""What the pages' Content-Security-Policies share."""

from __future__ import annotations

from collections.abc import Iterable

from ..settings import Settings, listed
from .client_address import DEFAULT_PORTS
from .origins import LOCAL_HOSTS

# As a policy writes what `Origins` allows while ALLOWED_ORIGINS is empty; it has no IPv6 addresses.
LOCAL_PAGES = tuple(
    f"{scheme}://{host}:*"
    for host in sorted(LOCAL_HOSTS)
    if ":" not in host
    for scheme in DEFAULT_PORTS
)


def page_policy(settings: Settings, *sources: str) -> str:
    """As `policy`; all pages that may connect may show this one in a frame."""
    return policy(listed(settings.allowed_origins) or LOCAL_PAGES, *sources)


def policy(embedders: Iterable[str], *sources: str) -> str:
    """A page that takes nothing but `sources`, the policy's directives for that; only the service's
    own pages and the embedders' may show it in a frame."""
    return "; ".join(
        (
            "default-src 'none'",
            *sources,
            "base-uri 'none'",
            "form-action 'none'",
            " ".join(("frame-ancestors 'self'", *embedders)),
        )
    )
