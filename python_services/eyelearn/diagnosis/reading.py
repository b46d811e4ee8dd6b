"""The settings as this machine's environment has them, as far as they can be read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values
from pydantic import ValidationError

from ..safe_text import safe_text
from ..settings import Settings, describe_problems


@dataclass(frozen=True)
class Reading:
    """settings: with the defaults of those that can't be read, which `wrong` names as their fields;
    problems: a sentence about each, without secrets."""

    settings: Settings
    wrong: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


def read() -> Reading:
    try:
        return Reading(Settings())
    except ValidationError as error:
        names = {str(problem["loc"][0]) for problem in error.errors()}
        defaults = {name: Settings.model_fields[name.lower()].default for name in names}
        return Reading(
            Settings(**defaults),
            frozenset(name.lower() for name in names),
            tuple(safe_text(line) for line in describe_problems(error).splitlines()),
        )


def given() -> dict[str, str]:
    """The variables of the environment and the `.env` file, by upper-case name; no empty ones."""
    file = Settings.model_config.get("env_file")
    written = dotenv_values(file) if isinstance(file, Path) and file.is_file() else {}
    there = {**written, **os.environ}
    return {name.upper(): value for name, value in there.items() if value}
