from __future__ import annotations

import pytest

from eyelearn.diagnosis.check import FAILURE, OK
from eyelearn.diagnosis.python_version import python_version
from eyelearn.diagnosis.version_range import fits


@pytest.mark.parametrize("version", ["3.11.0", "3.11.7", "3.12.11", "3.12.0rc1"])
def test_a_python_that_the_packages_are_built_for_is_ok(version: str) -> None:
    assert python_version(version).status == OK


@pytest.mark.parametrize("version", ["3.9.2", "3.10.14", "3.13.0", "3.14.0b1"])
def test_any_other_is_told_with_what_it_must_be(version: str) -> None:
    check = python_version(version)
    assert check.status == FAILURE
    assert check.found.startswith(f"{version}, and it must be >=3.11,<3.13")
    assert "install Python 3.11 or 3.12" in check.mend


@pytest.mark.parametrize(
    ("version", "wanted", "does"),
    [
        ("1.26.4", ">=1.26,<2", True),
        ("2.0.0rc1", ">=1.26,<2", False),
        ("2", "==2.0.0", True),
        ("10.1", ">=9.9", True),
        ("anything", "", True),
    ],
)
def test_versions_compare_by_their_numbers(version: str, wanted: str, does: bool) -> None:
    assert fits(version, wanted) is does


def test_a_bound_that_can_not_be_read_is_told() -> None:
    with pytest.raises(ValueError, match="'~=2' is no bound"):
        fits("2", "~=2")
