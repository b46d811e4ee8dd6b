#!/usr/bin/env python3
"""Asks an EyeLearn Focus service which emotions it reads in pictures. One file, to copy.

    python websocket_client_example.py --health
    python websocket_client_example.py --emotions --model-info
    python websocket_client_example.py portrait.jpg
    python websocket_client_example.py --folder pictures --csv results.csv

Needs Python 3.9 and one package: `python -m pip install websockets`. `EmotionClient` is the part to
take into a program of your own; all else is for the command line.

Results go to standard output, everything else to standard error. Exit status 0: all went well; 1:
something did not, and the last lines say what; 2: the command makes no sense; 130: Ctrl-C.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import csv
import io
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol, TextIO
from urllib.parse import urlsplit

try:
    from websockets.exceptions import (
        ConnectionClosed,
        InvalidHandshake,
        InvalidStatus,
        WebSocketException,
    )
    from websockets.sync.client import ClientConnection, connect
except ImportError:
    sys.exit(
        "The Python package 'websockets' is missing, or too old. Install it by:\n"
        "    python -m pip install --upgrade websockets"
    )

DEFAULT_URL = "ws://localhost:5000/ws"
TOKEN_VARIABLE = "EYELEARN_TOKEN"

# What the service takes of one picture. It says itself when one has too many pixels; a message of
# more than 4 MB, it would not even read.
MAX_PICTURE_BYTES = 2 * 1024 * 1024
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})

CONNECT_SECONDS = 10.0
# A service that is busy answers late.
ANSWER_SECONDS = 30.0
CLOSE_SECONDS = 2.0
# A service that is started anew is there again within this time.
RECONNECT_SECONDS = 60.0
RECONNECT_INTERVAL_SECONDS = 1.0
# Pauses before a picture is sent again that the service had no time for.
BUSY_PAUSES_SECONDS = (1.0, 2.0, 4.0)

# Codes of error answers that pass, and of those that every further picture would meet as well.
PASSING = frozenset({"overloaded", "rate_limited"})
FATAL = frozenset({"unauthorized", "forbidden", "model_unavailable"})
CLOSED_UNAUTHORIZED = 4401

FAILED, INTERRUPTED = 1, 130


class Problem(Exception):
    """Something that the user is told in a sentence. code: the service's, where it has one."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(f"{message} ({code})" if code else message)
        self.message = message
        self.code = code


class Disconnected(Problem):
    """The connection is gone, or what would still come over it can't be told apart."""


class Refused(Problem):
    """The service's error answer."""


class EmotionClient:
    """One connection to `WS /ws`: a command goes out, its answer comes back.

        with EmotionClient("ws://localhost:5000/ws") as client:
            client.predict(Path("portrait.jpg").read_bytes())["emotion_name"]

    Methods raise Refused for an error answer, Disconnected for a lost connection, and Problem where
    none comes about.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self._url = url
        self._token = token
        self._closing = contextlib.ExitStack()
        self._connection = self._open()

    def __enter__(self) -> EmotionClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._closing.close()

    def reconnect(self) -> None:
        """Tries again and again, for RECONNECT_SECONDS at most. Raises Disconnected."""
        self.close()
        until = time.monotonic() + RECONNECT_SECONDS
        while True:
            try:
                self._connection = self._open()
                return
            except Problem as problem:
                if time.monotonic() > until:
                    raise Disconnected(problem.message, problem.code) from problem
                time.sleep(RECONNECT_INTERVAL_SECONDS)

    def predict(self, picture: bytes) -> dict[str, Any]:
        """picture: a JPEG, PNG or WebP. The answer has emotion_name, confidence (0 to 1),
        processing_time_ms and model_version_tag; newer services add probabilities and face_found.
        """
        return self.ask("predict", "prediction", image=base64.b64encode(picture).decode())

    def emotions(self) -> dict[str, Any]:
        return self.ask("emotions", "emotions")

    def model_info(self) -> dict[str, Any]:
        return self.ask("model_info", "model_info")

    def health(self) -> dict[str, Any]:
        return self.ask("health", "health")

    def ask(self, command: str, kind: str, **more: str) -> dict[str, Any]:
        """kind: the `type` of the answer; others, such as the greeting, are passed over."""
        self._send({"command": command, **more})
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            answer = self._receive(until)
            if answer.get("type") == "error":
                raise Refused(str(answer.get("message")), str(answer.get("code", "")))
            if answer.get("type") == kind:
                return answer

    def _open(self) -> ClientConnection:
        try:
            connection = self._closing.enter_context(
                connect(self._url, open_timeout=CONNECT_SECONDS, close_timeout=CLOSE_SECONDS)
            )
            # Not in the address, which proxies write into their logs.
            if self._token is not None:
                connection.send(json.dumps({"type": "auth", "token": self._token}))
        except InvalidStatus as error:
            raise _refusal(self._url, error) from error
        except ConnectionClosed as error:
            raise _closed(error) from error
        except InvalidHandshake as error:
            raise Problem(f"What answers at {self._url} speaks no WebSocket: {error}.") from error
        except (OSError, WebSocketException) as error:
            raise Problem(f"No service answers at {self._url}: {_reason(error)}") from error
        return connection

    def _send(self, message: dict[str, str]) -> None:
        try:
            self._connection.send(json.dumps(message))
        except ConnectionClosed as error:
            raise _closed(error) from error

    def _receive(self, until: float) -> dict[str, Any]:
        try:
            answer = json.loads(self._connection.recv(max(0.0, until - time.monotonic())))
        except ConnectionClosed as error:
            raise _closed(error) from error
        except TimeoutError as error:
            # Its answer may still come, and would be taken for that of the next command.
            raise Disconnected(f"The service gave no answer in {ANSWER_SECONDS:g} s.") from error
        except ValueError as error:
            raise Disconnected("The service answered something that is no JSON.") from error
        return answer if isinstance(answer, dict) else {}


def _refusal(url: str, error: InvalidStatus) -> Problem:
    """Why there is no connection, out of an HTTP answer `{error, code}`."""
    status = error.response.status_code
    if status == HTTPStatus.NOT_FOUND:
        return Problem(
            f"The service at {url} predicts no emotions there. Does the address end with /ws, and "
            "does the service's ENABLED_FACES name 'emotions'?"
        )
    try:
        told = json.loads(error.response.body or b"")
        return Refused(str(told["error"]), str(told["code"]))
    except (ValueError, TypeError, KeyError):
        return Problem(f"What answers at {url} refuses the connection, with HTTP status {status}.")


def _closed(error: ConnectionClosed) -> Problem:
    frame = error.rcvd
    if frame is None:
        return Disconnected("The connection to the service broke.")
    if frame.code == CLOSED_UNAUTHORIZED:
        return Refused(frame.reason, "unauthorized")
    told = f": {frame.reason}" if frame.reason else ""
    return Disconnected(f"The service closed the connection, with code {frame.code}{told}.")


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer in {CONNECT_SECONDS:g} s."
    return f"{getattr(error, 'strerror', None) or error}."


# --- Pictures -------------------------------------------------------------------------------------


def pictures_below(folder: Path) -> list[Path]:
    """Every JPEG, PNG and WebP, by name; sorted. Raises Problem where there is none."""
    if not folder.is_dir():
        raise Problem(f"There is no folder {shown(folder)}.")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise Problem(f"There is no JPEG, PNG or WebP below {shown(folder)}.")
    return found


def read_picture(path: Path) -> bytes:
    """Raises Problem where it can't be read, or is more than the service takes."""
    try:
        size = path.stat().st_size
        if size > MAX_PICTURE_BYTES:
            raise Problem(
                f"The file has {size / 2**20:.1f} MB, and the service takes at most "
                f"{MAX_PICTURE_BYTES / 2**20:g} MB; make the picture smaller."
            )
        picture = path.read_bytes()
    except OSError as error:
        raise Problem(f"The file can't be read: {error.strerror}.") from error
    if not picture:
        raise Problem("The file is empty.")
    return picture


def predict(client: EmotionClient, path: Path) -> dict[str, Any]:
    """As the service answers, which may be asked again where it is busy."""
    picture = read_picture(path)
    for pause in BUSY_PAUSES_SECONDS:
        try:
            return client.predict(picture)
        except Refused as error:
            if error.code not in PASSING:
                raise
            time.sleep(pause)
    return client.predict(picture)


# --- Results on standard output -------------------------------------------------------------------


UNTOLD = "–"


def shown(text: object) -> str:
    """On one line of a terminal, whatever characters a file's name or an answer holds."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(text))


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


class Writer(Protocol):
    """Writes results, one after the other."""

    def prediction(self, path: Path, answer: dict[str, Any]) -> None: ...

    def failure(self, path: Path, problem: Problem) -> None: ...


class Table:
    """For people. `–` where an older service does not tell something."""

    def __init__(self, out: TextIO, names: Sequence[str]) -> None:
        self._out = out
        self._names = names
        self._line(["emotion", "sure", "face", "ms", *names], "file")

    def prediction(self, path: Path, answer: dict[str, Any]) -> None:
        each = answer.get("probabilities", {})
        cells = [
            shown(answer["emotion_name"]),
            percent(answer["confidence"]),
            {True: "yes", False: "no"}.get(answer.get("face_found", UNTOLD), UNTOLD),
            f"{answer['processing_time_ms']:.0f}",
            *(percent(each[name]) if name in each else UNTOLD for name in self._names),
        ]
        self._line(cells, shown(path))

    def failure(self, path: Path, problem: Problem) -> None:
        self._line(["failed", *[UNTOLD] * (3 + len(self._names))], shown(path))

    def _line(self, cells: Sequence[str], file: str) -> None:
        first, *others = cells
        self._out.write(" ".join([f"{first:8}", *(f"{cell:>8}" for cell in others), "", file]))
        self._out.write("\n")
        self._out.flush()


class Csv:
    """For spreadsheets; shares of 1, milliseconds."""

    def __init__(self, out: TextIO, names: Sequence[str]) -> None:
        told = ("emotion_name", "confidence", "face_found", "processing_time_ms")
        self._columns = ["file", *told, "model_version_tag", *names, "error"]
        self._out = out
        self._rows = csv.DictWriter(out, self._columns, extrasaction="ignore", lineterminator="\n")
        self._rows.writeheader()

    def prediction(self, path: Path, answer: dict[str, Any]) -> None:
        self._write({**answer, **answer.get("probabilities", {}), "file": shown(path)})

    def failure(self, path: Path, problem: Problem) -> None:
        self._write({"file": shown(path), "error": shown(problem)})

    def _write(self, row: dict[str, Any]) -> None:
        self._rows.writerow(row)
        self._out.flush()


class JsonLines:
    """For programs: the service's answers as they came, one a line, with the file's name."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def prediction(self, path: Path, answer: dict[str, Any]) -> None:
        self.answer({"file": str(path), **answer})

    def failure(self, path: Path, problem: Problem) -> None:
        told = {"type": "error", "message": problem.message, "code": problem.code or None}
        self.answer({"file": str(path), **told})

    def answer(self, answer: dict[str, Any]) -> None:
        self._out.write(json.dumps(answer) + "\n")
        self._out.flush()


def describe_health(answer: dict[str, Any]) -> str:
    why = f": {answer['message']}" if "message" in answer else ""
    clients = answer["clients_connected"]
    return f"{answer['service']} is {answer['status']}{why} ({clients} connected, this one too)"


def describe_emotions(answer: dict[str, Any]) -> str:
    return "\n".join(
        f"{emotion['id']}  {emotion['name']:8}  {emotion['description']}"
        for emotion in answer["emotions"]
    )


def describe_model(answer: dict[str, Any]) -> str:
    return "\n".join(f"{name:12}  {value}" for name, value in answer["info"].items())


# --- Progress and summary on standard error -------------------------------------------------------


class Progress:
    """How far it is: a bar in a terminal, and a line now and then elsewhere."""

    BAR_CHARACTERS = 30
    LINE_INTERVAL_SECONDS = 10.0

    def __init__(self, total: int) -> None:
        self._total = total
        self._begun = self._told = time.monotonic()
        self._is_terminal = sys.stderr.isatty()

    def show(self, done: int) -> None:
        now = time.monotonic()
        rate = done / max(now - self._begun, 1e-9)
        words = f"{done}/{self._total} pictures, {rate:.1f} a second"
        if done:
            words += f", {(self._total - done) / rate:.0f} s left"
        if self._is_terminal:
            filled = self.BAR_CHARACTERS * done // self._total
            bar = "#" * filled + "." * (self.BAR_CHARACTERS - filled)
            columns = shutil.get_terminal_size().columns
            sys.stderr.write("\r" + f"[{bar}] {words}"[: columns - 1].ljust(columns - 1))
            sys.stderr.flush()
        elif now - self._told > self.LINE_INTERVAL_SECONDS:
            self._told = now
            tell(words)

    def clear(self) -> None:
        """Makes room for what is written next."""
        if self._is_terminal:
            blank = " " * (shutil.get_terminal_size().columns - 1)
            sys.stderr.write(f"\r{blank}\r")
            sys.stderr.flush()


class Tally:
    """What came of all pictures."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self.emotions: Counter[str] = Counter()
        self.failures: list[tuple[Path, Problem]] = []

    @property
    def done(self) -> int:
        return sum(self.emotions.values()) + len(self.failures)

    def tell(self, total: int) -> None:
        """Of a single picture, only what went wrong."""
        if total > 1:
            self._tell_counts(total)
        for path, problem in self.failures:
            tell(f"{shown(path)}: {shown(problem)}")
        if total > self.done > 0:
            tell(f"{total - self.done} not tried.")

    def _tell_counts(self, total: int) -> None:
        seconds = time.monotonic() - self._begun
        predicted = sum(self.emotions.values())
        tell(f"\n{predicted} of {total} pictures predicted, {predicted / seconds:.1f} a second")
        for name, count in self.emotions.most_common():
            tell(f"  {shown(name):8}  {count:5}  {percent(count / predicted)}")
        if self.failures:
            tell(f"{len(self.failures)} failed:")


def tell(text: str) -> None:
    sys.stderr.write(text + "\n")


# --- The command ----------------------------------------------------------------------------------


class Run:
    """Predicts pictures; one that fails does not end the others, and a connection that breaks is
    opened again, once."""

    def __init__(self, client: EmotionClient, paths: Sequence[Path], writer: Writer) -> None:
        self._client = client
        self._paths = paths
        self._writer = writer
        self._tally = Tally()
        self._progress = Progress(len(paths))
        self._may_reconnect = True

    def run(self) -> bool:
        """Whether all went well. Raises Problem where no further picture can be predicted."""
        try:
            for path in self._paths:
                self._progress.show(self._tally.done)
                self._take(path)
        finally:
            self._progress.clear()
            self._tally.tell(len(self._paths))
        return not self._tally.failures

    def _take(self, path: Path) -> None:
        try:
            answer = self._predicted(path)
        except Problem as problem:
            if isinstance(problem, Disconnected) or problem.code in FATAL:
                raise
            self._progress.clear()
            self._tally.failures.append((path, problem))
            self._writer.failure(path, problem)
        else:
            self._progress.clear()
            self._tally.emotions[str(answer["emotion_name"])] += 1
            self._writer.prediction(path, answer)

    def _predicted(self, path: Path) -> dict[str, Any]:
        try:
            return predict(self._client, path)
        except Disconnected as error:
            if not self._may_reconnect:
                raise
            self._may_reconnect = False
            self._progress.clear()
            tell(f"{shown(error)} Connecting again ...")
            self._client.reconnect()
            return predict(self._client, path)


def run_commands(client: EmotionClient, wanted: argparse.Namespace) -> bool:
    """What is not about pictures. Whether all is well."""
    well = True
    for asked, ask, describe in (
        (wanted.health, client.health, describe_health),
        (wanted.emotions, client.emotions, describe_emotions),
        (wanted.model_info, client.model_info, describe_model),
    ):
        if not asked:
            continue
        answer = ask()
        if wanted.json:
            JsonLines(sys.stdout).answer(answer)
        else:
            sys.stdout.write(describe(answer) + "\n")
        well = well and answer["status"] in {"success", "healthy"}
    return well


def run_pictures(client: EmotionClient, paths: Sequence[Path], wanted: argparse.Namespace) -> bool:
    names = [str(emotion["name"]) for emotion in client.emotions()["emotions"]]
    if wanted.json:
        return Run(client, paths, JsonLines(sys.stdout)).run()
    if wanted.csv is None:
        return Run(client, paths, Table(sys.stdout, names)).run()
    if wanted.csv == "-":
        return Run(client, paths, Csv(sys.stdout, names)).run()
    try:
        with open(wanted.csv, "w", encoding="utf-8", newline="") as out:
            return Run(client, paths, Csv(out, names)).run()
    except OSError as error:
        raise Problem(f"{wanted.csv} can't be written: {error.strerror}.") from error


def web_socket_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"ws", "wss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as {DEFAULT_URL}")
    return text


def read_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Exits with status 2 where they make no sense."""
    parser = argparse.ArgumentParser(
        description="Asks an EyeLearn Focus service which emotions it reads in pictures.",
        epilog="Inferring emotions of people at work or in education is prohibited in the EU (AI "
        "Act, article 5(1)(f)), except for medical or safety reasons.",
    )
    add = parser.add_argument
    add("images", nargs="*", type=Path, metavar="IMAGE", help="a JPEG, PNG or WebP")
    add("--folder", type=Path, metavar="DIR", help="every JPEG, PNG and WebP below it")
    add("--health", action="store_true", help="whether the service can predict")
    add("--emotions", action="store_true", help="which emotions there are")
    add("--model-info", action="store_true", help="what the model is")
    add("--url", type=web_socket_address, default=DEFAULT_URL, help="default: %(default)s")
    add(
        "--token",
        default=os.environ.get(TOKEN_VARIABLE) or None,
        help=f"the platform's, where the service asks for one; better in {TOKEN_VARIABLE}, since "
        "every user of this machine can read commands",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", metavar="FILE", help="write results there, as CSV; - for here")
    form.add_argument("--json", action="store_true", help="answers as they come, one a line")
    wanted = parser.parse_args(words)
    pictures = wanted.images or wanted.folder
    if not (pictures or wanted.health or wanted.emotions or wanted.model_info):
        parser.error("name a picture, a --folder, --health, --emotions or --model-info")
    if wanted.csv is not None and not pictures:
        parser.error("--csv is for pictures: name some, or a --folder")
    return wanted


def run(wanted: argparse.Namespace) -> bool:
    """Whether all went well. Raises Problem where it can't go on."""
    paths = [*wanted.images, *(pictures_below(wanted.folder) if wanted.folder else [])]
    with EmotionClient(wanted.url, wanted.token) as client:
        well = run_commands(client, wanted)
        return (run_pictures(client, paths, wanted) if paths else True) and well


def main(words: Sequence[str] | None = None) -> int:
    """The exit status."""
    wanted = read_arguments(words)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a letter shows another one.
            stream.reconfigure(errors="replace")
    try:
        return 0 if run(wanted) else FAILED
    except Problem as problem:
        tell(shown(problem))
        if problem.code == "unauthorized":
            tell(f"Give a token by {TOKEN_VARIABLE} or --token; the platform makes it.")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the results, such as `head`, has enough. Nothing more is written at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
