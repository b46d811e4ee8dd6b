"""Libraries of native code, imported as far as the service uses them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import packages_distributions, version

from .check import Check, ok
from .libraries import LIBRARIES


def look(name: str) -> Iterator[Check]:
    """name: of LIBRARIES. Raises what the import raises."""
    import_module(LIBRARIES[name])
    packages = sorted(set(packages_distributions().get(name, ())))
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    yield ok(name, f"loads ({versions or 'of no known package'})")
