"""Clients that send without reading and without pause, beside learners who behave."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace

import psutil
import pytest
import requests
import socketio
import websocket

from eyelearn.concurrency import threads
from eyelearn.protocols.greedy_clients import MAX_WAITING_PACKETS, GreedyClients
from eyelearn.protocols.pace import Pace
from eyelearn.settings import Settings
from faults.lesson import ATTENTIVE, lesson
from integration.learner import Learner
from service import RunningService, running_service
from waiting import until

# Far more than a client is let send that reads nothing.
ENOUGH = 200_000
LITTLE_BUFFER_BYTES = 4096
MB = 1024 * 1024


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    # So many events that a client can run ahead of what it reads.
    with running_service({"INFERENCE_WORKERS": "1", "MAX_EVENTS_PER_SECOND": "1000"}) as running:
        yield running


def connect_deaf(service: RunningService) -> tuple[websocket.WebSocket, str]:
    """A Socket.IO client that reads nothing from now on, and the session that it has begun."""
    deaf = websocket.create_connection(
        service.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket",
        sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE_BUFFER_BYTES)],
        timeout=60,
    )
    deaf.recv()
    deaf.send("40")
    deaf.send('42["start_tracking",{"user_id":"deaf","module_id":22,"section_id":82}]')
    while "tracking_started" not in (told := deaf.recv()):
        pass
    return deaf, json.loads(told.removeprefix("42"))[1]["session_id"]


def send_until_cut_off(deaf: websocket.WebSocket) -> None:
    """Asks for answers, with an acknowledgement each, and reads none of them."""
    for n in range(ENOUGH):
        try:
            deaf.send(f'42{n}["nonsense",{{}}]')
        except OSError:
            return
    raise AssertionError("nobody ended a connection that reads nothing")


def open_files(service: RunningService) -> int:
    return psutil.Process(service.process.pid).num_fds()


def test_a_client_that_does_not_read_is_cut_off_and_nobody_else_notices(
    service: RunningService,
) -> None:
    with lesson(service, [1, 2], film=ATTENTIVE) as begun:
        until(lambda: all(pupil.was_seen for pupil in begun.pupils))
        files = open_files(service)
        memory = psutil.Process(service.process.pid).memory_info().rss
        deaf, _ = connect_deaf(service)
        with closing(deaf):
            send_until_cut_off(deaf)
        until(lambda: open_files(service) == files)
        assert "does not read what it is sent" in service.log
        assert psutil.Process(service.process.pid).memory_info().rss - memory < 50 * MB
        before = [len(pupil.arrivals) for pupil in begun.pupils]
        until(
            lambda: all(
                len(pupil.arrivals) > count + 3
                for pupil, count in zip(begun.pupils, before, strict=True)
            )
        )
        assert [pupil.learner.all("error") for pupil in begun.pupils] == [[], []]


def test_the_session_of_one_who_was_cut_off_may_go_on(service: RunningService) -> None:
    deaf, session_id = connect_deaf(service)
    with closing(deaf):
        send_until_cut_off(deaf)
    with Learner(service.url, user_id="deaf") as learner:
        assert learner.start(session_id=session_id)["resumed"]


def test_a_client_that_posts_and_never_polls_is_cut_off(service: RunningService) -> None:
    url = f"{service.url}/socket.io/?EIO=4&transport=polling"
    with requests.Session() as client:
        opened = client.get(url, timeout=60).text
        url += "&sid=" + json.loads(opened[1:])["sid"]
        assert client.post(url, data="40", timeout=60).status_code == 200
        answers = (
            client.post(url, data=f'42{n}["nonsense",{{}}]', timeout=60).status_code
            for n in range(20 * MAX_WAITING_PACKETS)
        )
        assert 400 in answers


def test_a_client_that_floods_leaves_the_others_their_turn(service: RunningService) -> None:
    flooding, _ = connect_deaf(service)
    over = threading.Event()

    def flood() -> None:
        while not over.is_set():
            flooding.send('42["page_visibility",{"hidden":false}]')

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        with lesson(service, [1], film=ATTENTIVE) as begun:
            until(lambda: all(pupil.was_seen for pupil in begun.pupils))
            assert thread.is_alive()
    finally:
        over.set()
        thread.join()
        flooding.close()


def test_a_burst_is_no_slowness(service: RunningService) -> None:
    acks: list[object] = []
    with Learner(service.url) as learner:
        learner.start()
        for _ in range(2 * MAX_WAITING_PACKETS):
            learner.client.emit("nonsense", {}, callback=acks.append)
        until(lambda: len(acks) == 2 * MAX_WAITING_PACKETS)
        assert learner.send(ATTENTIVE[0])["status"] == "processed"


def test_half_a_message_goes_with_its_client() -> None:
    server = socketio.Server(async_mode="threading")
    watched = GreedyClients(server, threads(), Settings(_env_file=None), Pace.of_all_strangers())
    server.eio.sockets["here"] = SimpleNamespace(
        queue=SimpleNamespace(qsize=lambda: 0), closed=False
    )
    server._binary_packet.update({"here": object(), "gone": object()})
    watched._sweep()
    assert set(server._binary_packet) == {"here"}


def test_attachments_that_no_event_has_are_not_gathered(service: RunningService) -> None:
    memory = psutil.Process(service.process.pid).memory_info().rss
    hoarder, _ = connect_deaf(service)
    with closing(hoarder):
        hoarder.send('45999999999-["video_frame",{"_placeholder":true,"num":0}]')
        for _ in range(200):
            hoarder.send_binary(bytes(MB))
        hoarder.send('421["stop_tracking"]')
        while "tracking_stopped" not in hoarder.recv():
            pass
        assert psutil.Process(service.process.pid).memory_info().rss - memory < 100 * MB
