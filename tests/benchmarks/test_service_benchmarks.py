"""The benchmarks of the whole service: their arithmetic, their tables, and their learners."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from on_service.capacity_search import in_words, largest, well_served
from on_service.health_probe import HealthAnswers, health_probe
from on_service.landmark_learner import LandmarkLearner
from on_service.learner import JUDGED, NOT_JUDGED, BenchmarkLearner, Outcome
from on_service.processes import CpuClock, ProcessTree
from on_service.report import Figure, figures_table, machine, markdown, publish
from on_service.step_timer import Place, Step, cpu_microseconds
from on_service.summary import percentiles, summary
from websockets.asyncio.server import ServerConnection, serve

from eyelearn.protocols.landmark_payloads import SAMPLE_BYTES, FaceLandmarks
from eyelearn.protocols.payloads import parse


def result(**changed: Any) -> dict[str, Any]:
    """A class that was served well, but for what is changed."""
    fine = {"judged_share": 0.99, "latency_p95_ms": 20.0, "lost_connections": 0}
    return {**fine, **changed}


@pytest.mark.parametrize("true_capacity", [0, 1, 2, 7, 8, 9, 15, 16, 31, 64])
@pytest.mark.parametrize("start", [1, 8, 100])
def test_the_largest_class_is_found_from_wherever_it_begins(true_capacity: int, start: int) -> None:
    assert largest(lambda n: n <= true_capacity, start, limit=64) == true_capacity


def test_the_search_goes_to_its_limit_and_no_further() -> None:
    tried: list[int] = []

    def holds(n: int) -> bool:
        tried.append(n)
        return True

    assert largest(holds, 8, limit=20) == 20
    assert tried == [8, 16, 20]


@pytest.mark.parametrize(
    "bad",
    [
        {"judged_share": 0.949},
        {"latency_p95_ms": 150.1},
        {"latency_p95_ms": math.nan},
        {"lost_connections": 1},
    ],
)
def test_a_class_is_served_well_only_by_every_criterion(bad: dict[str, float]) -> None:
    assert well_served(result())
    assert not well_served(result(**bad))


def test_what_a_class_saw_is_told_in_words() -> None:
    told = in_words(result(judged_share=0.74, latency_p95_ms=152.4, lost_connections=2))
    assert told == "74% judged, p95 152 ms, 2 connections lost"


def test_only_judged_answers_count_as_answered() -> None:
    kinds = Counter({JUDGED: 6, NOT_JUDGED: 2, "superseded": 1})
    told = summary([Outcome(sent=10, answers=kinds, latencies=[0.01] * 6, update_times=[1, 2])])
    assert told["judged_share"] == pytest.approx(0.6)
    assert told["answers"] == {JUDGED: 6, NOT_JUDGED: 2, "superseded": 1, "unanswered": 1}


def test_fairness_is_the_slowest_learner_over_the_median_one() -> None:
    outcomes = [Outcome(sent=10, answers=Counter({JUDGED: n})) for n in (4, 8, 10)]
    assert summary(outcomes)["fairness"] == pytest.approx(0.5)


def test_a_class_without_an_answer_has_no_latency_and_no_fairness() -> None:
    told = summary([Outcome(sent=10)])
    assert math.isnan(told["latency_p95_ms"])
    assert told["fairness"] == 0
    assert math.isinf(told["longest_gap_s"])


def test_percentiles_are_named_by_what_they_are_of() -> None:
    assert percentiles(range(101), "health") == {
        "health_p50_ms": 50,
        "health_p95_ms": 95,
        "health_p99_ms": 99,
    }


@pytest.mark.parametrize(
    ("figure", "met", "target"),
    [
        (Figure("a", 300.0, "{:.0f} ms", at_most=300), "yes", "≤ 300 ms"),
        (Figure("a", 301.0, "{:.0f} ms", at_most=300), "**no**", "≤ 300 ms"),
        (Figure("a", 0.79, "{:.0%}", at_least=0.8), "**no**", "≥ 80%"),
        (Figure("a", math.nan, at_least=1), "**no**", "≥ 1"),
        (Figure("a", 1.0), "", ""),
    ],
)
def test_a_figure_says_whether_its_target_is_met(figure: Figure, met: str, target: str) -> None:
    assert figure.cells()[2:] == (target, met)


def test_a_table_without_targets_has_no_column_for_them() -> None:
    assert figures_table([Figure("a", 1.0)]) == markdown(("what", "measured"), [("a", "1")])
    assert "target" in figures_table([Figure("a", 1.0), Figure("b", 1.0, at_most=2)])


def test_what_is_published_names_the_machine_and_is_strict_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = argparse.Namespace(json=tmp_path / "figures.json", seconds=8.0)
    publish(arguments, machine(), {"latencies": [1.0, math.nan], "gap": math.inf}, "| table |")
    written = json.loads((tmp_path / "figures.json").read_text())
    assert written["latencies"] == [1.0, None]
    assert written["gap"] is None
    assert written["options"] == {"seconds": 8.0}
    assert written["machine"]["cores"] >= 1
    assert capsys.readouterr().out.endswith("\n\n| table |\n")


def test_steps_are_told_in_their_order() -> None:
    steps = [Step(name, Place.EACH_FRAME, lambda: sum(range(1000))) for name in ("one", "two")]
    told = cpu_microseconds(steps, rounds=3)
    assert [what for what, _, _ in told] == ["one", "two"]
    assert all(microseconds > 0 for _, _, microseconds in told)


def test_a_process_tree_has_memory_files_and_threads() -> None:
    tree = ProcessTree(os.getpid())
    assert tree.memory_mb() > 1
    assert tree.open_files() > 0
    assert tree.threads() >= 1
    assert CpuClock(os.getpid()).stop()["server_cpu_s"] >= 0


# Of each way in which a WebSocket tells a length.
PICTURES = [bytes(100), bytes(31_000), bytes(range(256)) * 300, b"one more"]


class ScriptedServer:
    """Answers each frame in the way that its number says, as the service would."""

    ways = (JUDGED, NOT_JUDGED, "superseded", "overloaded")

    def __init__(self) -> None:
        self.pictures: list[bytes] = []

    async def __call__(self, connection: ServerConnection) -> None:
        await connection.send('0{"sid":"a"}')
        async for message in connection:
            if isinstance(message, bytes):
                self.pictures.append(message)
            elif message == "40":
                await connection.send('40{"sid":"b"}')
            elif "start_tracking" in message:
                await connection.send('42["tracking_started",{"max_fps":20}]')
            elif message.startswith("451-"):
                await self._answer(connection, int(message[4 : message.index("[")]))

    async def _answer(self, connection: ServerConnection, number: int) -> None:
        way = self.ways[number % len(self.ways)]
        if way in (JUDGED, NOT_JUDGED):
            update = {"frame_timestamp": number, **({"judged": False} if way != JUDGED else {})}
            await connection.send("42" + json.dumps(["tracking_update", update]))
            answer = {"status": "processed", "reason": None}
        else:
            answer = {"status": "rejected", "reason": way}
        await connection.send(f"43{number}" + json.dumps([answer]))


async def _answers(server: ScriptedServer, frames: int) -> Outcome:
    async with serve(server, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        learner = BenchmarkLearner(f"http://127.0.0.1:{port}", 1, PICTURES)
        await learner.start()
        await learner.send_at(fps=200.0, seconds=4 / 200.0)
        await learner.settle(30.0)
        learner.measure()
        await learner.send_at(fps=200.0, seconds=frames / 200.0)
        await learner.settle(30.0)
        learner.close()
        return learner.outcome


def test_a_learner_sends_at_its_rate_and_sorts_what_becomes_of_frames() -> None:
    server = ScriptedServer()
    outcome = asyncio.run(_answers(server, frames=8))
    assert outcome.sent >= 8
    assert outcome.answers.total() == outcome.sent
    assert set(outcome.answers) == set(ScriptedServer.ways)
    assert len(outcome.latencies) == outcome.answers[JUDGED]
    assert not outcome.lost
    assert server.pictures[:4] == PICTURES


class LandmarkServer(ScriptedServer):
    """Checks each batch as the service would, and answers it."""

    def __init__(self) -> None:
        super().__init__()
        self.newest: list[float] = []
        self._announced: tuple[int, dict[str, Any]]

    async def __call__(self, connection: ServerConnection) -> None:
        await connection.send('0{"sid":"a"}')
        async for message in connection:
            if isinstance(message, bytes):
                number, sent = self._announced
                sent["points"] = message
                batch = parse(FaceLandmarks, "face_landmarks", (sent,)).checked(20.0)
                self.newest.append(batch.timestamps[-1])
                await self._tell(connection, number, batch.timestamps[-1])
            elif message == "40":
                await connection.send('40{"sid":"b"}')
            elif "start_tracking" in message:
                await connection.send('42["tracking_started",{"batch_seconds":0.0}]')
            else:
                number, sent = message[4:].split("[", 1)
                self._announced = int(number), json.loads("[" + sent)[1]

    async def _tell(self, connection: ServerConnection, number: int, newest: float) -> None:
        # From the first answer on, it wants them half as often.
        update = json.dumps(["tracking_update", {"frame_timestamp": newest, "batch_seconds": 2.0}])
        await connection.send(f"42{update}")
        await connection.send(f'43{number}[{{"status":"processed","reason":null}}]')


async def _batches_answered(server: LandmarkServer) -> Outcome:
    clip = [bytes([number]) * SAMPLE_BYTES for number in range(3)]
    async with serve(server, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        learner = LandmarkLearner(f"http://127.0.0.1:{port}", 1, clip, follow=True)
        await learner.start()
        await learner.send_batches(seconds=4.5, delay=0.0)
        await learner.settle(30.0)
        learner.close()
        return learner.outcome


def test_a_learner_of_landmarks_sends_batches_that_the_service_takes() -> None:
    server = LandmarkServer()
    outcome = asyncio.run(_batches_answered(server))
    assert outcome.judged == outcome.sent == len(outcome.latencies) >= 3
    gaps = [later - one for one, later in pairwise(server.newest)]
    assert gaps[:1] == [1000.0]
    # One by chance, since not all are to send at once.
    assert all(gap == 2000.0 for gap in gaps[2:])


async def _refused() -> None:
    def refuse(connection: ServerConnection, _request: Any) -> Any:
        return connection.respond(503, "no")

    async with serve(ScriptedServer(), "127.0.0.1", 0, process_request=refuse) as server:
        port = server.sockets[0].getsockname()[1]
        await BenchmarkLearner(f"http://127.0.0.1:{port}", 1, PICTURES).start()


def test_a_learner_who_is_not_let_in_says_so() -> None:
    with pytest.raises(ConnectionError, match="503"):
        asyncio.run(_refused())


async def _broken_off() -> Outcome:
    async def hang_up(connection: ServerConnection) -> None:
        await connection.send('0{"sid":"a"}')
        await connection.recv()
        await connection.recv()
        await connection.send('42["tracking_started",{}]')

    async with serve(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        learner = BenchmarkLearner(f"http://127.0.0.1:{port}", 1, [b"a picture"])
        await learner.start()
        await learner.send_at(fps=50.0, seconds=0.5)
        await learner.settle(30.0)
        learner.close()
        return learner.outcome


def test_frames_of_a_broken_connection_count_as_unanswered() -> None:
    told = summary([asyncio.run(_broken_off())])
    assert told["lost_connections"] == 1
    assert told["sent"] >= 25
    assert told["answers"]["unanswered"] == told["sent"]


async def _probed() -> HealthAnswers:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()
        asked.set()

    asked = asyncio.Event()
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with health_probe(f"http://127.0.0.1:{port}", os.getpid()) as answers:
            await asyncio.wait_for(asked.wait(), 30.0)
        return answers


def test_the_health_probe_tells_what_each_answer_took() -> None:
    answers = asyncio.run(_probed())
    assert answers.ms
    assert all(time > 0 for time in answers.ms)
    assert all(waited >= 0 for waited in answers.waited_ms)
    assert answers.longest_own_ms <= max(answers.ms)
