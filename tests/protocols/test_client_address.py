from __future__ import annotations

import pytest

from eyelearn.protocols.client_address import (
    MAX_PROXIES,
    Client,
    client_of,
    is_trusted,
    trusted_networks,
)
from eyelearn.settings import Settings

PROXIES = "10.0.0.0/8, 192.0.2.7, fd00::/8"


def seen(environ: dict[str, str], proxies: str = PROXIES) -> Client:
    trusted = trusted_networks(Settings(_env_file=None, trusted_proxies=proxies))
    return client_of({"wsgi.url_scheme": "http", "HTTP_HOST": "us.example", **environ}, trusted)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.5", None, "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "1.1.1.1, 198.51.100.1, 192.0.2.7", "198.51.100.1"),
        ("10.1.2.3", "192.0.2.7, 10.9.9.9", "192.0.2.7"),
        ("10.1.2.3", None, "10.1.2.3"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "198.51.100.1, unknown", "10.1.2.3"),
        ("10.1.2.3", "198.51.100.1:4711", "198.51.100.1"),
        ("10.1.2.3", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.1.2.3", "2001:DB8::1", "2001:db8::1"),
        ("::ffff:10.1.2.3", "::ffff:198.51.100.1", "198.51.100.1"),
        ("fd00::1", "198.51.100.1", "198.51.100.1"),
        ("unix", "198.51.100.1", ""),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_client_is_the_first_from_the_right_who_is_no_trusted_proxy(
    peer: str, forwarded: str | None, address: str
) -> None:
    environ = {"REMOTE_ADDR": peer}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    assert seen(environ).address == address


def test_a_request_without_an_address_has_none() -> None:
    assert seen({}) == Client("", "http", "us.example")


def test_a_row_of_proxies_has_an_end() -> None:
    far = ", ".join(["198.51.100.1", *["10.0.0.1"] * 5000])
    assert seen({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": far}).address == "10.0.0.1"
    near = ", ".join(["198.51.100.1", *["10.0.0.1"] * (MAX_PROXIES - 1)])
    assert seen({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": near}).address == "198.51.100.1"


FORWARDED = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": "Focus.example"}


def test_only_a_trusted_proxy_says_how_the_client_reached_us() -> None:
    assert seen({"REMOTE_ADDR": "10.0.0.1", **FORWARDED})[1:] == ("https", "focus.example")
    assert seen({"REMOTE_ADDR": "203.0.113.5", **FORWARDED})[1:] == ("http", "us.example")
    assert seen({"REMOTE_ADDR": "10.0.0.1", **FORWARDED}, proxies="")[1:] == ("http", "us.example")


def test_what_the_client_wrote_before_the_proxy_is_not_believed() -> None:
    environ = {
        "REMOTE_ADDR": "10.0.0.1",
        "HTTP_X_FORWARDED_PROTO": "https, http",
        "HTTP_X_FORWARDED_HOST": "evil.example, focus.example",
    }
    assert seen(environ)[1:] == ("http", "focus.example")
    through_two = {**environ, "HTTP_X_FORWARDED_FOR": "198.51.100.1, 10.0.0.2"}
    assert seen(through_two)[1:] == ("https", "evil.example")


@pytest.mark.parametrize(
    ("scheme", "host", "shown"),
    [("wss", "a:443", ("https", "a")), ("http", "a:443", ("http", "a:443"))],
)
def test_the_scheme_s_own_port_is_left_out(scheme: str, host: str, shown: tuple[str, str]) -> None:
    environ = {"HTTP_X_FORWARDED_PROTO": scheme, "HTTP_X_FORWARDED_HOST": host}
    assert seen({"REMOTE_ADDR": "10.0.0.1", **environ})[1:] == shown


def test_a_peer_is_trusted_by_its_address() -> None:
    trusted = trusted_networks(Settings(_env_file=None, trusted_proxies=PROXIES))
    assert is_trusted("::ffff:10.0.0.1", trusted)
    assert not is_trusted("203.0.113.5", trusted)
    assert not is_trusted("/run/eyelearn.sock", trusted)
