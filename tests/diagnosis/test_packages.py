from __future__ import annotations

from eyelearn.diagnosis.check import FAILURE, OK, WARNING
from eyelearn.diagnosis.packages import compared, installed, locked, ranges
from eyelearn.diagnosis.version_range import fits

LOCKED = {"numpy": "1.26.4", "opencv-python-headless": "4.11.0.86", "six": "1.17.0"}
RANGES = {"numpy": ">=1.26,<2", "opencv-python-headless": "==4.11.0.86"}


def found(**changes: str | None) -> list[tuple[str, str]]:
    """Status and finding of each line, where these packages are there in other versions, or not."""
    named = {name.replace("_", "-"): version for name, version in changes.items()}
    there = {name: version for name, version in (LOCKED | named).items() if version}
    return [(c.status, c.found) for c in compared("Packages", LOCKED, RANGES, there)]


def test_what_is_installed_as_locked_is_one_line() -> None:
    assert found() == [(OK, "3 as locked")]


def test_a_missing_package_is_a_failure() -> None:
    assert found(six=None) == [(FAILURE, "missing: six")]


def test_where_nothing_is_installed_not_everything_is_listed() -> None:
    none = list(compared("Packages", LOCKED, RANGES, {"pip": "26"}))
    assert [(c.status, c.found) for c in none] == [(FAILURE, "missing: all 3")]
    assert "requirements_railway.txt" in none[0].mend


def test_another_version_that_our_code_can_do_with_is_a_warning() -> None:
    assert found(numpy="1.26.0", six="2") == [
        (WARNING, "not as tested: numpy 1.26.0 (locked: 1.26.4), six 2 (locked: 1.17.0)")
    ]


def test_another_version_that_it_can_not_do_with_is_a_failure() -> None:
    assert found(numpy="2.1.0") == [(FAILURE, "numpy 2.1.0 (>=1.26,<2 is needed)")]


def test_two_opencvs_are_a_failure_with_how_to_get_rid_of_them() -> None:
    there = LOCKED | {"opencv-contrib-python": "4.11.0.86"}
    (check,) = compared("Packages", LOCKED, RANGES, there)
    assert check.status == FAILURE
    assert "opencv-contrib-python and opencv-python-headless overwrite" in check.found
    assert "pip uninstall -y opencv-contrib-python opencv-python-headless" in check.mend
    assert "opencv-python-headless==4.11.0.86" in check.mend


def test_this_checkout_s_lock_is_within_its_own_ranges() -> None:
    assert ranges().keys() <= locked().keys()
    assert all(fits(locked()[package], wanted) for package, wanted in ranges().items())


def test_what_is_installed_is_found() -> None:
    assert installed()["opencv-python-headless"] == locked()["opencv-python-headless"]
