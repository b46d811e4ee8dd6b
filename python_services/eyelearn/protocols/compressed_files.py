"""Large files for browsers: compressed at their first request, and kept so in memory."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..concurrency import Concurrency

LEVEL = 9
# zlib's number for gzip's header and trailer around its largest window.
GZIP = 31
# What is read, hashed and compressed in one turn: 0.1 ms as a rule, 1.3 where zlib finds much to
# try in Face Mesh's weights.
PIECE_BYTES = 2048
# What is sent in one turn, at least: 0.1 ms.
PART_BYTES = 64 * 1024
# What is inflated in one turn, for a client that takes no gzip: 0.4 ms.
INFLATED_BYTES = 16 * 1024


@dataclass(frozen=True)
class CompressedFile:
    """sha384: of the content; size: the content's, in bytes; parts: of the gzip file, in order."""

    sha384: bytes
    size: int
    parts: tuple[bytes, ...]

    @property
    def gzip_size(self) -> int:
        return sum(map(len, self.parts))

    def content(self) -> Iterator[bytes]:
        """The content again, in pieces."""
        inflater = zlib.decompressobj(GZIP)
        for part in self.parts:
            for start in range(0, len(part), INFLATED_BYTES):
                yield inflater.decompress(part[start : start + INFLATED_BYTES])


class CompressedFiles:
    """What files held when they were first asked for."""

    def __init__(self, concurrency: Concurrency) -> None:
        self._sleep = concurrency.sleep
        self._turn = concurrency.lock()
        self._making = concurrency.lock()
        self._made: dict[Path, CompressedFile] = {}

    def of(self, path: Path) -> CompressedFile:
        """Waits at the first call for a path. Raises OSError where it can't be read."""
        if path not in self._made:
            with self._making:
                if path not in self._made:
                    self._made[path] = self._make(path)
        return self._made[path]

    def in_turns(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces, and others have their turn before each: a client that reads as fast as
        we write would leave them none."""
        for piece in pieces:
            self._await_turn()
            yield piece

    def _make(self, path: Path) -> CompressedFile:
        hashed, size = hashlib.sha384(), 0
        deflater = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        parts, part = [], bytearray()
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                hashed.update(piece)
                size += len(piece)
                part += deflater.compress(piece)
                if len(part) >= PART_BYTES:
                    parts.append(bytes(part))
                    part.clear()
                self._await_turn()
        part += deflater.flush()
        return CompressedFile(hashed.digest(), size, (*parts, bytes(part)))

    def _await_turn(self) -> None:
        """One at a time: all downloads together are one among the others."""
        with self._turn:
            self._sleep(0)
