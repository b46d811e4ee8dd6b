from __future__ import annotations

import gzip
import hashlib
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eyelearn.concurrency import threads
from eyelearn.protocols.compressed_files import CompressedFiles

# Half of it compresses, so that neither encoding has one part alone.
CONTENT = random.Random(5).randbytes(300_000) + bytes(300_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


def files(sleep: Callable[[float], object]) -> CompressedFiles:
    return CompressedFiles(replace(threads(), sleep=sleep))


@pytest.mark.parametrize("content", [CONTENT, b"", b"a"])
def test_what_is_kept_is_the_file(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    file = files(lambda _: None).of(path)
    compressed = b"".join(file.parts)
    assert (gzip.decompress(compressed), len(compressed)) == (content, file.gzip_size)
    assert (b"".join(file.content()), file.size) == (content, len(content))
    assert file.sha384 == hashlib.sha384(content).digest()


def test_a_file_is_compressed_once(path: Path) -> None:
    kept = files(lambda _: None)
    first = kept.of(path)
    path.write_bytes(b"another")
    assert kept.of(path) is first


def test_what_could_not_be_read_is_tried_again(path: Path) -> None:
    kept, away = files(lambda _: None), path.with_name("away")
    path.rename(away)
    with pytest.raises(FileNotFoundError):
        kept.of(path)
    away.rename(path)
    assert kept.of(path).size == len(CONTENT)


def test_others_have_turns_while_a_file_is_compressed(path: Path) -> None:
    turns: list[float] = []
    files(turns.append).of(path)
    assert len(turns) > len(CONTENT) / 4096


def test_others_have_a_turn_before_each_piece_that_is_sent(path: Path) -> None:
    turns: list[float] = []
    kept = files(turns.append)
    file = kept.of(path)
    for pieces in (file.parts, file.content()):
        turns.clear()
        lengths = [len(piece) for piece in kept.in_turns(pieces)]
        assert len(lengths) == len(turns) > 1


def test_a_client_that_stops_reading_keeps_no_other_waiting(path: Path) -> None:
    kept = files(lambda _: None)
    file = kept.of(path)
    stuck = kept.in_turns(file.parts)
    assert next(stuck) == file.parts[0]
    assert tuple(kept.in_turns(file.parts)) == file.parts
