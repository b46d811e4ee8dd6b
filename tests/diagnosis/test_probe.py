"""Each look in a process of its own: whatever becomes of it is a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnosis.ill_behaved import SECRET
from eyelearn.diagnosis.check import FAILURE, Check, ok
from eyelearn.diagnosis.probe import Probe

TESTS = str(Path(__file__).parents[1])


@pytest.fixture(autouse=True)
def _found_by_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", TESTS)


def looked(name: str, seconds: float = 30.0) -> list[Check]:
    return Probe(name, "diagnosis.ill_behaved", seconds).run()


def failed(name: str, seconds: float = 30.0) -> Check:
    check = looked(name, seconds)[-1]
    assert (check.name, check.status) == (name, FAILURE)
    assert check.mend
    return check


def test_what_a_look_finds_comes_across() -> None:
    assert looked("fine") == [ok("fine", "begun")]


def test_what_a_library_writes_is_not_taken_for_a_check() -> None:
    assert looked("chatter") == [ok("chatter", "begun")]


def test_a_crash_in_native_code_is_told_by_its_signal() -> None:
    check = failed("crash")
    assert check.found == "the process died of SIGSEGV"
    assert "--force-reinstall" in check.mend


def test_a_processor_without_the_instructions_is_told_as_such() -> None:
    check = failed("instruction")
    assert "SIGILL" in check.found
    assert "AVX" in check.mend


def test_a_hang_ends() -> None:
    assert failed("hang", seconds=0.5).found == "no end after 0.5 s"


def test_an_exception_is_told_by_its_type_alone_after_what_was_found_before_it() -> None:
    assert looked("raise")[0] == ok("raise", "begun")
    check = failed("raise")
    assert "ValueError" in check.found
    assert SECRET not in check.found + check.mend


def test_a_missing_package_is_named_with_how_to_install_it() -> None:
    check = failed("missing")
    assert check.found == "the Python package 'no_such_package' is missing"
    assert "pip install -r requirements_railway.txt" in check.mend


def test_a_missing_system_library_is_named_with_its_package() -> None:
    check = failed("library")
    assert check.found == "the system library libGL.so.1 is missing"
    assert "apt-get install libgl1" in check.mend
    assert "opencv-python-headless" in check.mend


def test_a_system_library_that_nobody_knows_is_named_too() -> None:
    assert "libodd-3.so.7" in failed("unknown library").mend


def test_what_lies_in_the_current_folder_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    assert looked("fine") == [ok("fine", "begun")]
