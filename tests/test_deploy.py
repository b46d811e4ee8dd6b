"""What docs/deploy promises of the service, held against the service."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from eyelearn.processes.supervised import KILL_TIMEOUT_SECONDS
from eyelearn.saving.database_url import sqlite_file
from eyelearn.saving.ledger import DRAIN_GRACE_SECONDS, STOP_SECONDS
from eyelearn.settings import ROOT, Settings
from service import RunningService, free_port, running_service
from tokens import SECRET, token

DEPLOY = ROOT / "docs" / "deploy"
UNIT = DEPLOY / "eyelearn-focus.service"
INSTALLED = "/opt/eyelearn-focus"
# A school's server has no more.
CORES = 16
PLATFORM = "https://school.example"


def values(name: str) -> list[str]:
    """What the unit sets, in its order."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


def environment() -> dict[str, str]:
    settings = [word for line in values("Environment") for word in line.split()]
    return dict(setting.split("=", 1) for setting in settings)


def of_server(name: str) -> float:
    """A number of server.py, which can't be imported here: it makes the standard library green."""
    source = (ROOT / "python_services" / "eyelearn" / "server.py").read_text()
    found = re.search(rf"^{name} = ([\d_.]+)$", source, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


def test_the_unit_runs_what_the_procfile_runs() -> None:
    python, script = values("ExecStart")[0].split()
    assert f"web: python {script}\n" == (ROOT / "Procfile").read_text()
    assert python == f"{values('WorkingDirectory')[0]}/.venv/bin/python"


def test_every_setting_named_is_one() -> None:
    told = re.findall(r"[A-Z][A-Z_]+(?==)", (DEPLOY / "README.md").read_text())
    names = {*environment(), *told}
    assert {"AUTH_SECRET", "TRUSTED_PROXIES", "DATABASE_URL"} <= names
    assert {name.lower() for name in names} <= set(Settings.model_fields)


def test_the_database_lies_where_the_unit_lets_the_service_write() -> None:
    file = sqlite_file(environment()["DATABASE_URL"])
    assert file is not None
    assert file.parent == Path("/var/lib", *values("StateDirectory"))


def test_systemd_waits_until_the_service_has_stopped_by_itself() -> None:
    children = CORES + 1
    longest = (
        Settings().shutdown_seconds
        + DRAIN_GRACE_SECONDS
        + STOP_SECONDS
        + KILL_TIMEOUT_SECONDS
        + children * (of_server("WORKER_STOP_SECONDS") + KILL_TIMEOUT_SECONDS)
    )
    assert float(values("TimeoutStopSec")[0]) > longest


def test_there_are_files_for_every_connection() -> None:
    needed = of_server("MAX_CONNECTIONS") + of_server("FILES_OF_OUR_OWN")
    assert float(values("LimitNOFILE")[0]) > needed


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_has_nothing_to_complain_of(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace(INSTALLED, str(ROOT)))
    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def configuration(folder: Path, port: int, service: RunningService) -> str:
    """docs/deploy/nginx.conf as part of a whole one, unencrypted on a port of this machine."""
    ours = (DEPLOY / "nginx.conf").read_text()
    ours = re.sub(r"server \{\s+listen 80;.*?\n\}", "", ours, flags=re.DOTALL)
    ours = re.sub(r"^ +(ssl_|listen \[).*\n", "", ours, flags=re.MULTILINE)
    ours = ours.replace("443 ssl http2", f"127.0.0.1:{port}").replace("/var/log/nginx", str(folder))
    ours = ours.replace("http://127.0.0.1:5000", service.url)
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\n{paths}{ours}\n}}\n"
    )


@contextlib.contextmanager
def running_nginx(folder: Path, port: int, service: RunningService) -> Iterator[None]:
    file = folder / "nginx.conf"
    file.write_text(configuration(folder, port, service))
    with subprocess.Popen(["nginx", "-e", folder / "error.log", "-c", file]) as nginx:
        try:
            while not (folder / "pid").exists():
                assert nginx.poll() is None, (folder / "error.log").read_text()
                time.sleep(0.05)
            yield
        finally:
            nginx.terminate()


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_behind_nginx_the_services_own_pages_connect_and_no_token_is_logged(tmp_path: Path) -> None:
    settings = {
        "ENABLED_FACES": "looking_away",
        "INFERENCE_WORKERS": "1",
        "AUTH_SECRET": SECRET,
        "ALLOWED_ORIGINS": PLATFORM,
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    port = free_port()
    with running_service(settings) as service, running_nginx(tmp_path, port, service):
        shown = token()
        address = f"127.0.0.1:{port}/ws/eye?token={shown}"
        for origin in (f"http://127.0.0.1:{port}", PLATFORM):
            with connect(f"ws://{address}", additional_headers={"Origin": origin}) as connection:
                assert '"connected"' in str(connection.recv())
        with (
            pytest.raises(InvalidStatus, match="403"),
            connect(f"ws://{address}", additional_headers={"Origin": "http://127.0.0.1:1"}),
        ):
            pass
    log = (tmp_path / "eyelearn-focus.log").read_text()
    assert log.count('"GET /ws/eye"') == 3
    assert shown not in log
