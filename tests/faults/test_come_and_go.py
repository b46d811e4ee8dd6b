"""Learners who come and go all day leave nothing behind."""

from __future__ import annotations

from typing import Any

import psutil
import requests
import websocket

from pictures import face_frame, jpeg
from service import RunningService, running_service
from waiting import until

FACE = jpeg(face_frame())
FIRST = 200
COUNT = 1000
# Engine.IO keeps the connections of the last 25 s, 7 MB that malloc keeps when they go:
# a second thousand adds nothing. If they all stayed, it would be 11 MB more.
MEMORY_BYTES = 10 * 1024 * 1024
# Engine.IO keeps what it knows of a connection until its next heartbeat would be due: 25 s.
HEARTBEAT_SECONDS = 60.0


def visit(service: RunningService, number: int) -> None:
    """Two of three are watched for a frame; every second leaves without a goodbye."""
    client = websocket.create_connection(
        service.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket", timeout=60
    )
    client.recv()
    client.send("40")
    wait_for(client, "connected")
    if number % 3:
        client.send(f'42["start_tracking",{{"user_id":{number},"module_id":2,"section_id":3}}]')
        wait_for(client, "tracking_started")
        client.send('451-["video_frame",{"frame":{"_placeholder":true,"num":0},"timestamp":1}]')
        client.send_binary(FACE)
        wait_for(client, "tracking_update")
    if number % 2:
        client.close()
    else:
        client.sock.close()


def wait_for(client: websocket.WebSocket, event: str) -> None:
    while event not in client.recv():
        pass


def readiness(service: RunningService) -> Any:
    return requests.get(f"{service.url}/readyz", timeout=10).json()


def test_a_thousand_visits_leave_neither_memory_nor_files_nor_sessions() -> None:
    with running_service({"INFERENCE_WORKERS": "1", "RESUME_SECONDS": "1"}) as service:
        process = psutil.Process(service.process.pid)
        for number in range(FIRST):
            visit(service, number)
        until(lambda: readiness(service)["sessions"] == 0)
        files, memory = process.num_fds(), process.memory_info().rss
        for number in range(COUNT):
            visit(service, number)
        until(lambda: process.num_fds() <= files)
        until(lambda: process.memory_info().rss <= memory + MEMORY_BYTES, HEARTBEAT_SECONDS)
        assert readiness(service)["sessions"] == 0
        assert [worker["sessions"] for worker in readiness(service)["workers"]] == [0]
        assert "Traceback" not in service.log
