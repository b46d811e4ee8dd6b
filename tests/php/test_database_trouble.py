"""The save page when its database is away, slow or refuses it."""

from __future__ import annotations

import pytest
from saves import a_save, post

from databases import MariadbServer
from php_platform import Platform, running_platform


def assert_tells_no_secret(platform: Platform, text: str) -> None:
    environment = platform.environment
    for name in ("MYSQLPASSWORD", "MYSQLUSER", "MYSQLDATABASE", "MYSQLHOST"):
        assert environment[name] not in text
    for word in ("SQLSTATE", "SELECT", "PDO", ".php", "Stack", "eye_tracking"):
        assert word not in text


def test_a_database_that_is_away_is_told_and_works_again_when_it_is_back(
    mariadb_server: MariadbServer, platform: Platform
) -> None:
    save = a_save(revision=1)
    assert post(platform, save).status_code == 200
    mariadb_server.stop()
    try:
        for _ in range(3):
            answer = post(platform, {**save, "revision": 2})
            assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
            assert int(answer.headers["Retry-After"]) > 0
            assert_tells_no_secret(platform, answer.text)
    finally:
        mariadb_server.start()
    # Each of PHP's workers may still hold a connection from before.
    for revision in range(2, 34):
        assert post(platform, {**save, "revision": revision}).status_code == 200
    assert [row["revision"] for row in platform.sessions()] == [33]


def test_a_database_that_hangs_is_told_while_the_service_still_listens(
    mariadb_server: MariadbServer, platform: Platform
) -> None:
    save = a_save(revision=1)
    # Each of PHP's workers has a connection then, or has none yet: both must notice.
    for _ in range(4):
        post(platform, save)
    mariadb_server.freeze()
    try:
        answers = [post(platform, {**save, "revision": 2}) for _ in range(2)]
    finally:
        mariadb_server.thaw()
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert answer.elapsed.total_seconds() < 10
    assert post(platform, {**save, "revision": 2}).status_code == 200
    assert [row["revision"] for row in platform.sessions()] == [2]


@pytest.mark.parametrize("name", ["MYSQLHOST", "MYSQLDATABASE", "MYSQLUSER"])
def test_a_platform_that_is_not_set_up_says_what_it_needs(
    mariadb_server: MariadbServer, name: str
) -> None:
    with running_platform(mariadb_server, environment={name: ""}) as platform:
        answer = post(platform, a_save())
        assert (answer.status_code, answer.json()["code"]) == (500, "misconfigured")
        assert name in answer.json()["error"]


def test_a_row_that_stays_locked_is_tried_again_later(platform: Platform) -> None:
    save = a_save(revision=1)
    post(platform, save)
    with platform.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM eye_tracking_sessions FOR UPDATE")
        answer = post(platform, {**save, "revision": 2})
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert answer.elapsed.total_seconds() < 10
        assert "Retry-After" in answer.headers
    assert post(platform, {**save, "revision": 2}).status_code == 200
    assert [row["revision"] for row in platform.sessions()] == [2]


@pytest.mark.parametrize(
    "changed",
    [{"MYSQLPASSWORD": "wrong-passw0rd"}, {"MYSQLUSER": "nobody-we-know"}],
    ids=["password", "user"],
)
def test_credentials_are_never_told(mariadb_server: MariadbServer, changed: dict[str, str]) -> None:
    with running_platform(mariadb_server, environment=changed) as platform:
        answer = post(platform, a_save(user_id="a-learner"))
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert_tells_no_secret(platform, answer.text)
        for secret in (mariadb_server.password, "wrong-passw0rd", "nobody-we-know", "a-learner"):
            assert secret not in platform.log
        assert "save_enhanced_tracking: PDOException 1045" in platform.log


def test_a_platform_without_its_tables_says_so_in_its_log_only(
    mariadb_server: MariadbServer,
) -> None:
    with running_platform(mariadb_server, schema=None) as platform:
        answer = post(platform, a_save())
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert_tells_no_secret(platform, answer.text)
        assert "save_enhanced_tracking: PDOException 1146" in platform.log


def test_what_is_half_done_is_undone(platform: Platform) -> None:
    platform.query("ALTER TABLE eye_tracking_analytics RENAME TO away")
    assert post(platform, a_save()).status_code == 500
    assert platform.sessions() == []
    platform.query("ALTER TABLE away RENAME TO eye_tracking_analytics")
    assert post(platform, a_save()).status_code == 200
