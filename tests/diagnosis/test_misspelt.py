from __future__ import annotations

import pytest

from eyelearn.diagnosis.check import WARNING
from eyelearn.diagnosis.misspelt import OURS, misspelt

ORDINARY = (
    "HOME PATH PWD OLDPWD SHELL USER LOGNAME HOSTNAME LANG LC_ALL TERM EDITOR MAIL TZ SHLVL "
    "LS_COLORS PYTHONPATH PYTHONUNBUFFERED VIRTUAL_ENV PIP_NO_DEPS PS1 DISPLAY SSH_AUTH_SOCK "
    "XDG_RUNTIME_DIR RAILWAY_ENVIRONMENT RAILWAY_ENVIRONMENT_NAME RAILWAY_PUBLIC_DOMAIN DYNO "
    "NODE_ENV CI DEBUGINFOD_URLS MYSQLHOST MYSQLPORT MYSQLDATABASE MYSQLUSER MYSQLPASSWORD "
    "EYELEARN_SERVER_URL PGHOST PGPORT REDIS_URL HTTP_PROXY HTTPS_PROXY NO_PROXY SSL_CERT_FILE "
    "KUBERNETES_SERVICE_HOST INVOCATION_ID "
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ALLOWED_ORIGIN", "ALLOWED_ORIGINS"),
        ("AUTH_SECRETS", "AUTH_SECRET"),
        ("AUTH_SECRET_KEY", "AUTH_SECRET"),
        ("PHP_ENDPIONT", "PHP_ENDPOINT"),
        ("TRACKING_SAVE_URI", "TRACKING_SAVE_URL"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("SESSION_IDLE_SECOND", "SESSION_IDLE_SECONDS"),
    ],
)
def test_what_looks_like_a_setting_of_ours_is_told_with_what_was_meant(
    written: str, meant: str
) -> None:
    (check,) = misspelt([written])
    assert (check.name, check.status) == (written, WARNING)
    assert check.mend == f"did you mean {meant}?"


def test_what_is_ours_or_others_is_not_told() -> None:
    assert {"PHP_ENDPOINT", "TRACKING_SAVE_URL", "PORT"} <= OURS
    assert not list(misspelt([*ORDINARY.split(), *OURS]))
