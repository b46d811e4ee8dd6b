from __future__ import annotations

from eyelearn.inference.mailbox import Mailbox


def test_a_newer_frame_replaces_the_one_that_waits() -> None:
    mailbox: Mailbox[int] = Mailbox()
    assert mailbox.put("a", 1) is None
    assert mailbox.put("a", 2) == 1
    assert len(mailbox) == 1
    assert mailbox.take() == ("a", 2)
    assert mailbox.take() is None


def test_sessions_are_served_in_turn_whatever_their_frame_rates() -> None:
    mailbox: Mailbox[int] = Mailbox()
    served = []
    for n in range(9):
        for _ in range(10):
            mailbox.put("fast", n)
        mailbox.put("slow", n)
        mailbox.put("slower", n)
        turn = mailbox.take()
        assert turn is not None
        served.append(turn[0])
    assert served == ["fast", "slow", "slower"] * 3


def test_a_session_that_ends_gives_up_its_place() -> None:
    mailbox: Mailbox[int] = Mailbox()
    mailbox.put("a", 1)
    mailbox.put("b", 2)
    assert mailbox.remove("a") == 1
    assert mailbox.remove("a") is None
    assert mailbox.items() == [("b", 2)]


def test_guests_have_every_third_turn_while_learners_wait() -> None:
    mailbox: Mailbox[int] = Mailbox()
    for n in range(4):
        mailbox.put(f"guest {n}", n, guest=True)
        mailbox.put(f"learner {n}", n)
    kinds = []
    while (turn := mailbox.take()) is not None:
        kinds.append(turn[0].split()[0])
    learner, guest = "learner", "guest"
    assert kinds == [learner, learner, guest, learner, learner, guest, guest, guest]


def test_guests_who_are_alone_do_not_wait() -> None:
    mailbox: Mailbox[int] = Mailbox()
    mailbox.put("guest", 1, guest=True)
    assert mailbox.put("guest", 2, guest=True) == 1
    assert "guest" in mailbox
    assert mailbox.items() == [("guest", 2)]
    assert mailbox.take() == ("guest", 2)
    mailbox.put("guest", 3, guest=True)
    assert mailbox.remove("guest") == 3
    assert len(mailbox) == 0
