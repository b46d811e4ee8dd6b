from __future__ import annotations

import pytest

from eyelearn.errors import EyeLearnError, NotTracking, Overloaded, Superseded


@pytest.mark.parametrize(
    "error", [Overloaded("Later.", 1.5), NotTracking("video_frame"), Superseded()], ids=repr
)
def test_an_error_again_is_the_same_to_who_is_told_and_holds_no_frames(
    error: EyeLearnError,
) -> None:
    with pytest.raises(type(error)):
        raise error
    again = error.again()
    assert (type(again), str(again)) == (type(error), str(error))
    assert (again.message, again.retry_after_seconds) == (error.message, error.retry_after_seconds)
    assert again.__traceback__ is None
