"""Variables that nobody reads, and that look like a setting of ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pydantic import AliasChoices

from ..safe_text import safe_text
from ..settings import Settings
from .check import Check, warning


def _names() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        yield from map(str, alias.choices) if isinstance(alias, AliasChoices) else (name.upper(),)


OURS = frozenset(_names())
# AUTH_SECRET_KEY is near enough to AUTH_SECRET, HOSTNAME is not to HOST.
_NEAR = 0.84


def misspelt(names: Iterable[str]) -> Iterator[Check]:
    """names: in upper case."""
    for name in sorted(set(names) - OURS):
        meant = get_close_matches(name, OURS, n=1, cutoff=_NEAR)
        if meant:
            found = "is no setting, and nobody reads it"
            yield warning(safe_text(name), found, f"did you mean {meant[0]}?")
