"""Settings that can each be read, and together do what nobody wants."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from itertools import chain
from urllib.parse import urlsplit

from ..inference.capacity import WORKER_BYTES
from ..protocols import identity, status
from ..settings import Settings, listed
from .check import FAILURE, WARNING, Check, failure, warning

_MIB = 1024**2
_WEB_PORTS = {"http": 80, "https": 443}
# Which setting each of the service's own warnings is about, and what it does not say.
_ABOUT = {
    "anyone_may_connect": (
        "AUTH_SECRET",
        f" {identity.NO_SECRET_IN_PRODUCTION.partition('. ')[2]}",
    ),
    "sqlite_in_production": ("DATABASE_URL", ""),
    "emotions_in_production": ("ENABLED_FACES", ""),
}
# Of names that only a private network knows, such as a container's or a platform's.
_PRIVATE_ENDINGS = (".internal", ".local", ".localhost", ".lan")


def contradictions(settings: Settings, variables: Mapping[str, str]) -> Iterator[Check]:
    """variables: of the environment and the `.env` file, by upper-case name."""
    return chain(
        _told_at_the_start(settings),
        _in_production(settings) if settings.environment == "production" else (),
        _of_saving(settings, variables),
        _of_pictures(settings),
        _of_time(settings),
    )


def _told_at_the_start(settings: Settings) -> Iterator[Check]:
    """What the service itself says, or why it would not start."""
    problem = identity.problem_with(settings)
    if problem is not None:
        yield _sentences("AUTH_SECRET", FAILURE, problem)
    # The page and its answers are known only to a service that runs.
    for found in status.warnings(settings, {"page_adds_up": False, "parked": 0}):
        name, further = _ABOUT.get(found["code"], (found["code"], ""))
        if problem is None or name != "AUTH_SECRET":
            yield _sentences(name, WARNING, found["message"] + further)


def _sentences(name: str, status: str, text: str) -> Check:
    """Our texts say first what is, and then what to do."""
    found, _, mend = text.partition(". ")
    return Check(name, status, found.removeprefix(f"{name} is "), mend[:1].lower() + mend[1:])


def _in_production(settings: Settings) -> Iterator[Check]:
    origins = listed(settings.allowed_origins)
    if "*" in origins:
        found = "*: any page on the web may connect"
        yield warning("ALLOWED_ORIGINS", found, "name the platform's origin")
    elif not origins:
        found = "unset: the platform's pages can't connect, only this service's own"
        yield warning("ALLOWED_ORIGINS", found, "name the platform's origin")
    if not settings.admin_token.get_secret_value():
        found = "unset: /readyz tells nobody about workers, database and saves"
        yield warning("ADMIN_TOKEN", found, "set it to what `openssl rand -hex 32` prints")
    if settings.php_endpoint and not settings.save_secret.get_secret_value():
        found = "unset: saves are not signed, and our page refuses them in production"
        yield warning("SAVE_SECRET", found, "set the same on the service and on the platform")
    if settings.php_endpoint.startswith("http://") and not _is_private(settings.php_endpoint):
        found = "is http: what learners did crosses the network in the clear"
        yield warning("PHP_ENDPOINT", found, "use the platform's https address")


def _of_saving(settings: Settings, variables: Mapping[str, str]) -> Iterator[Check]:
    named = [name for name in ("PHP_ENDPOINT", "TRACKING_SAVE_URL") if name in variables]
    if len({variables[name] for name in named}) > 1:
        used = next((name for name in named if variables[name] == settings.php_endpoint), named[0])
        found = f"differs from TRACKING_SAVE_URL; {used} is used"
        yield warning("PHP_ENDPOINT", found, "set one of them: they are two names of one setting")
    if settings.save_secret.get_secret_value() and not settings.php_endpoint:
        found = "set, and no PHP_ENDPOINT: nothing is posted that it could sign"
        yield warning("SAVE_SECRET", found, "set PHP_ENDPOINT, too, or neither")
    if settings.php_endpoint and _is_this_service(settings):
        found = "is this service's own address: every save would be refused"
        yield failure("PHP_ENDPOINT", found, "give the platform's save_enhanced_tracking.php")


def _of_pictures(settings: Settings) -> Iterator[Check]:
    if not settings.enable_browser_eye_streaming and not settings.camera_enabled:
        found = "0, and CAMERA_ENABLED=0: no pictures come from anywhere"
        yield warning("ENABLE_BROWSER_EYE_STREAMING", found, "set one of the two to 1")
    if settings.camera_source and not settings.camera_enabled:
        found = "set, and CAMERA_ENABLED=0: the camera is not opened"
        yield warning("CAMERA_SOURCE", found, "set CAMERA_ENABLED=1, or leave CAMERA_SOURCE out")
    if 0 < settings.worker_max_memory_mb * _MIB < WORKER_BYTES:
        found = f"{settings.worker_max_memory_mb} MiB: a worker has that at its start, or nearly"
        mend = "workers would be replaced without end: raise it (600 is the default), or set 0"
        yield warning("WORKER_MAX_MEMORY_MB", found, mend)


def _of_time(settings: Settings) -> Iterator[Check]:
    idle = settings.session_idle_seconds
    for name, other, what in (
        ("FLUSH_INTERVAL_SECONDS", settings.flush_interval_seconds, "before a save is due"),
        ("MAX_OBSERVATION_GAP_SECONDS", settings.max_observation_gap_seconds, "in such a gap"),
    ):
        if idle < other:
            found = f"{idle:g} s, shorter than {name} ({other:g} s): sessions end {what}"
            yield warning("SESSION_IDLE_SECONDS", found, f"raise it above {other:g}")
    if not settings.resume_seconds:
        found = "0: a learner whose connection drops begins a new session"
        yield warning("RESUME_SECONDS", found, "900 is the default: a quarter of an hour")


def _is_this_service(settings: Settings) -> bool:
    parts = urlsplit(settings.php_endpoint)
    try:
        port = parts.port or _WEB_PORTS[parts.scheme]
    except ValueError:  # no number, or too high: the look at the page tells
        return False
    host = parts.hostname or ""
    own = {settings.host.lower(), socket.gethostname().lower()}
    return port == settings.port and (host in own or _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_unspecified


def _is_private(address: str) -> bool:
    """Whether what is sent there stays on this machine or in a network of its own."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_ENDINGS)
