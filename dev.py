"""What a newcomer needs, with nothing but Python 3.11 or 3.12 and pip.

    python3 dev.py serve    starts the service on http://localhost:5000
    python3 dev.py test     passes the tests; further words go to pytest

Both first install what the lock file names into `.venv`, and, where npm is at hand, the browser
libraries into `node_modules`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".tools"
UV = "uv==0.13.8"
USAGE = 2
# A file's tests in one process, since they share services, and in the order of tests/conftest.py.
# Three processes on two cores: a third of the time each waits for what it has started.
PARALLEL = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]


def uv() -> str:
    """The package manager: the one on the PATH, or one that pip fetches beside this file."""
    found = shutil.which("uv", path=str(TOOLS / "bin")) or shutil.which("uv")
    if found is None:
        # --target, since it works where Python has no venv module or is managed by the system.
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(TOOLS), UV]
        subprocess.run(pip, check=True)
        found = shutil.which("uv", path=str(TOOLS / "bin"))
    if found is None:
        sys.exit("pip installed uv, but it is not in .tools/bin")
    return found


def install_browser_libraries() -> None:
    """The page works offline with them; without npm it takes the same files from a CDN."""
    npm = shutil.which("npm")
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    if npm is None or all((ROOT / "node_modules" / name).exists() for name in wanted):
        return
    done = subprocess.run([npm, "ci", "--omit=dev", "--silent"], cwd=ROOT, check=False)
    if done.returncode:
        sys.stderr.write("npm could not install the browser libraries: the page uses the CDN.\n")


def main(words: list[str]) -> None:
    """Becomes the command, so that a signal reaches it and its exit status is ours."""
    match words:
        case ["serve"]:
            command = ["--no-dev", "python", "python_services/eye_tracking_service_websocket.py"]
        case ["test", *further]:
            command = ["python", "-m", "pytest", *PARALLEL, *further]
        case _:
            sys.stderr.write(__doc__ or "")
            sys.exit(USAGE)
    install_browser_libraries()
    os.chdir(ROOT)
    os.execv(uv(), ["uv", "run", "--frozen", *command])


if __name__ == "__main__":
    main(sys.argv[1:])
