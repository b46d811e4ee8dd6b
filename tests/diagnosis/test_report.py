from __future__ import annotations

from eyelearn.diagnosis import report
from eyelearn.diagnosis.check import failure, ok, warning

ALL = [
    ok("Python", "3.11.7"),
    warning("Port", "taken", "free it"),
    failure("cv2", "gone", "get it"),
]


def test_each_check_is_a_line_and_its_mend_the_one_below() -> None:
    assert "".join(report.lines(iter(ALL))) == (
        "ok       Python               3.11.7\n"
        "warning  Port                 taken\n"
        "         free it\n"
        "failure  cv2                  gone\n"
        "         get it\n"
    )


def test_what_mends_a_row_of_checks_is_said_once() -> None:
    row = [failure(name, "missing", "install") for name in ("a", "b", "c")]
    assert "".join(report.lines(iter([*row, ALL[0], row[0]]))).count("install") == 2


def test_the_last_line_sums_up() -> None:
    assert report.summary(ALL[:1]) == "all ok: the service can run here.\n"
    assert report.summary(ALL[:2]).startswith("1 warning: the service can run here;")
    assert report.summary([*ALL, ALL[2]]) == (
        "2 failures, 1 warning: the service can't run here like this.\n"
    )
