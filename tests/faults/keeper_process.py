"""The keeper of a running service, as the system sees it."""

from __future__ import annotations

import psutil

from service import RunningService

MODULE = "eyelearn.saving.keeper"


def keeper_of(service: RunningService) -> psutil.Process:
    """Raises ValueError where there is none."""
    (keeper,) = [
        child
        for child in psutil.Process(service.process.pid).children()
        if MODULE in _command_of(child)
    ]
    return keeper


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []
