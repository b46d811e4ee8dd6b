from __future__ import annotations

from typing import Any

import pytest

from eyelearn.errors import RateLimited
from eyelearn.protocols.connections import CONNECTIONS_PER_SESSION, Connections, vouch
from eyelearn.settings import Settings


def connections(limit: int, **settings: Any) -> Connections:
    return Connections(Settings(_env_file=None, max_connections_per_address=limit, **settings))


def request_from(address: str, **headers: str) -> dict[str, Any]:
    return {"REMOTE_ADDR": address, **headers}


def test_one_address_has_its_limit_and_no_other_notices() -> None:
    counted = connections(2)
    visits = [counted.enter(request_from("203.0.113.5")) for _ in range(2)]
    for ask in (counted.enter, counted.check):
        with pytest.raises(RateLimited):
            ask(request_from("203.0.113.5"))
    counted.enter(request_from("203.0.113.6"))
    visits[0].leave()
    visits[0].leave()
    counted.enter(request_from("203.0.113.5"))
    with pytest.raises(RateLimited):
        counted.enter(request_from("203.0.113.5"))


def test_addresses_that_one_client_may_choose_from_count_as_one() -> None:
    counted = connections(1)
    counted.enter(request_from("2001:db8:1:2::1"))
    with pytest.raises(RateLimited):
        counted.enter(request_from("2001:db8:1:2:ffff::1"))
    counted.enter(request_from("2001:db8:1:3::1"))


def test_a_proxy_of_ours_is_not_its_clients() -> None:
    counted = connections(1, trusted_proxies="10.0.0.1")
    for _ in range(3):
        counted.enter_tcp(("10.0.0.1", 4711))
    counted.enter(request_from("10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.5"))
    with pytest.raises(RateLimited):
        counted.enter(request_from("10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.5"))
    counted.enter(request_from("10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.6"))


def test_who_comes_by_a_unix_socket_is_nowhere() -> None:
    counted = connections(1)
    for _ in range(3):
        counted.enter_tcp("")
        counted.enter({})


def test_who_shows_a_token_counts_for_their_user() -> None:
    counted = connections(1, max_sessions_per_user=1)
    for _ in range(CONNECTIONS_PER_SESSION):
        environ = request_from("203.0.113.5")
        visit = counted.enter(environ)
        visit.carried_by(counted.enter_tcp(("203.0.113.5", 4711)))
        vouch(environ, 7)
    vouch(environ, 7)
    assert (len(counted.unknown), len(counted.tcp)) == (0, 0)
    environ = request_from("203.0.113.6")
    refused = counted.enter(environ)
    with pytest.raises(RateLimited):
        vouch(environ, 7)
    assert len(counted.unknown) == 1
    refused.leave()
    visit.leave()
    assert (len(counted.unknown), len(counted.users)) == (0, CONNECTIONS_PER_SESSION - 1)


def test_the_tcp_connection_that_carries_a_known_one_is_known() -> None:
    counted = connections(1)
    environ = request_from("203.0.113.5")
    visit = counted.enter(environ)
    vouch(environ, 7)
    tcp = counted.enter_tcp(("203.0.113.5", 4711))
    visit.carried_by(tcp)
    assert len(counted.tcp) == 0
    tcp.leave()
    assert len(counted.tcp) == 0


def test_who_has_left_is_not_counted_by_a_token_that_comes_late() -> None:
    counted = connections(1)
    environ = request_from("203.0.113.5")
    counted.enter(environ).leave()
    vouch(environ, 7)
    assert len(counted.users) == 0


def test_a_request_that_nobody_counts_may_be_vouched_for() -> None:
    vouch({}, 7)
