from __future__ import annotations

from eyelearn.saving.page_watch import PageWatch


def test_five_different_sessions_in_a_row_pause_the_page() -> None:
    watch = PageWatch()
    for session in "abcd":
        watch.failed(session)
        watch.failed(session)
    assert not watch.paused
    watch.failed("e")
    assert watch.paused
    watch.worked("a")
    assert not watch.paused


def test_sessions_refused_while_others_are_taken_pause_nothing() -> None:
    watch = PageWatch()
    for session in "abcdef":
        watch.failed(session)
        watch.worked("good")
    for _ in range(3):
        for session in "abcdef":
            watch.failed(session)
        assert not watch.paused
        assert not watch.fails(answered=False)


def test_the_operator_is_told_after_three_refusals_or_one_silence() -> None:
    watch = PageWatch()
    assert not watch.fails(answered=False)
    watch.failed("a")
    assert watch.fails(answered=False)
    assert not watch.fails(answered=True)
    watch.failed("a")
    watch.failed("a")
    assert watch.fails(answered=True)


def test_a_session_parked_while_the_page_took_nobody_gets_one_more_chance() -> None:
    watch = PageWatch()
    watch.failed("a")
    watch.parked("a")
    assert watch.worked("b") == {"a"}
    watch.failed("a")
    watch.parked("a")
    assert watch.worked("b") == set()


def test_sessions_parked_in_what_proves_to_be_an_outage_are_released() -> None:
    watch = PageWatch()
    for session in "abcd":
        assert watch.failed(session) == set()
        watch.parked(session)
    assert watch.failed("e") == {"a", "b", "c", "d"}
    assert watch.worked("e") == set()
