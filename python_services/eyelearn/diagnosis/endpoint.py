"""The platform's page is there. Nothing is posted: a save must not come from here."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import MaxRetryError, NameResolutionError

from .check import Check, failure, ok, warning
from .reading import read

ANSWER_SECONDS = 5.0
_NOT_FOUND = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_FORBIDDEN = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
}
_ADDRESS = "PHP_ENDPOINT must be the address of the platform's save_enhanced_tracking.php"
_SERVER = "look at the platform's web server, and at the network and firewalls between"


def look(name: str) -> Iterator[Check]:
    reading = read()
    address = reading.settings.php_endpoint
    if "php_endpoint" in reading.wrong:
        yield warning(name, "not looked at: PHP_ENDPOINT can't be read", "mend PHP_ENDPOINT first")
    elif not address:
        yield ok(name, "unset: sessions are kept in the database here, and posted nowhere")
    else:
        yield reached(name, address)


def reached(name: str, address: str) -> Check:
    """Asks for the page's headers alone, which changes nothing there."""
    where = shown(address)
    try:
        with requests.head(
            address, timeout=ANSWER_SECONDS, allow_redirects=False, stream=True
        ) as response:
            return _answered(name, where, response)
    except requests.exceptions.SSLError:
        mend = "its certificate must be valid for that name; its chain must end at a known root"
        return failure(name, f"{where}: TLS fails", mend)
    except requests.Timeout:
        return failure(name, f"{where}: no answer in {ANSWER_SECONDS:g} s", _SERVER)
    except requests.RequestException as error:
        if _is_unknown_name(error):
            return failure(name, f"{where}: no such name is known", _ADDRESS)
        if isinstance(error, requests.exceptions.InvalidURL):
            return failure(name, f"{where} is no address that can be asked", _ADDRESS)
        return failure(name, f"{where}: no connection ({type(error).__name__})", _SERVER)


def _answered(name: str, where: str, response: requests.Response) -> Check:
    status = response.status_code
    found = f"{where} answers with HTTP {status}"
    if status in _NOT_FOUND:
        return failure(name, f"{found}: there is no such page", _ADDRESS)
    if response.is_redirect:
        mend = "saves follow no redirect: set PHP_ENDPOINT to the address that it leads to"
        return warning(name, f"{found}, which leads to {shown(response.headers['Location'])}", mend)
    if status in _FORBIDDEN:
        mend = "let this service's address through, in the web server or what stands before it"
        return warning(name, f"{found}: saves may be refused, too", mend)
    # A server that takes POST and no HEAD may say so with this.
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED:
        return failure(name, found, "look into the platform's error log")
    return ok(name, found)


def shown(address: str) -> str:
    """Without user, password and query."""
    parts = urlsplit(address)
    if "@" in parts.path:
        return "(an address with a user)"
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()


def _is_unknown_name(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NameResolutionError)
