"""Writes the corpus: one small valid input of each kind, from which the fuzzer sets out.

.venv/bin/python fuzz/seeds.py
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import cv2
import jwt
import numpy as np
import simplejpeg
from targets import NOW, SECRET, TEXT

CORPUS = Path(__file__).parent / "corpus"
SIZE = 16
EVENTS = {
    "connect": "40",
    "connect with a token": '40{"token":"a.b.c"}',
    "start": '421["start_tracking",{"user_id":1,"module_id":"2","section_id":null}]',
    "resume": '42["start_tracking",{"user_id":1,"module_id":2,'
    '"session_id":"0e8400e2-29b4-41d4-a716-446655440000"}]',
    "frame as text": '422["video_frame",{"frame":"data:image/jpeg;base64,/9j/4A==",'
    '"timestamp":1.5}]',
    "frame": '451-3["video_frame",{"frame":{"_placeholder":true,"num":0},"timestamp":1}]'
    "\x1eb/9j/4AA=",
    "page hidden": '42["page_visibility",{"hidden":true}]',
    "unknown": '42["calibrate"]\x1e42/other,["x",[1e9,-0.5,"\\u00e9"]]',
    "acknowledgement": '431["x"]\x1e3\x1e2probe\x1e5\x1e6\x1e1',
    "disconnect": "41\x1e40",
}


MESSAGES = {
    "frame": '{"frame_base64":"data:image/jpeg;base64,/9j/","user_id":7,"module_id":"m",'
    '"section_id":null,"frame_id":"a","timestamp":1.5,"fps":7,"hidden":true}',
    "resumed": '{"frame":"/9j/","user_id":"7","module_id":1,'
    '"session_id":"0e8400e2-29b4-41d4-a716-446655440000"}',
    "echo": '{"frame_id":"\\ud800","timestamp":99999999999999999999}',
    "landmarks": '{"user_id":7,"module_id":1,"landmarks":{"sent_at":1,"width":640,"height":480,'
    '"timestamps":[1],"face_counts":[1],"points":"AAAA"}}',
    "looked at": '{"type":"frame","data":"/9j/"}',
    "start": '{"type":"start_tracking"}',
    "ping": '{"type":"ping","token":null}',
    "upload": '{"type":"upload_image","expression_type":"fist","image_data":"/9j/"}',
    "expressions": '{"type":"get_expressions"}',
    "predict": '{"command":"predict","image":"/9j/"}',
    "model": '{"command":"model_info"}',
}


def pictures() -> Iterator[tuple[str, bytes]]:
    shade = np.linspace(0, 255, SIZE * SIZE * 3).astype(np.uint8).reshape(SIZE, SIZE, 3)
    progressive = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_QUALITY, 60]
    jpeg = simplejpeg.encode_jpeg(shade, 60, "RGB", "420")
    yield "jpeg", jpeg
    yield "grey jpeg", simplejpeg.encode_jpeg(shade[:, :, :1].copy(), 60, "GRAY", "Gray")
    yield "progressive jpeg", cv2.imencode(".jpg", shade, progressive)[1].tobytes()
    yield "png", cv2.imencode(".png", shade)[1].tobytes()
    yield "png of 16 bits", cv2.imencode(".png", shade.astype(np.uint16) * 257)[1].tobytes()
    yield "webp", cv2.imencode(".webp", shade, [cv2.IMWRITE_WEBP_QUALITY, 60])[1].tobytes()
    yield (
        "lossless webp",
        cv2.imencode(".webp", shade, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes(),
    )
    yield "base64", base64.b64encode(jpeg)
    yield "data url", TEXT + b"data:image/jpeg;base64," + base64.b64encode(jpeg)


def frame(first: int, payload: bytes, said: int | None = None) -> bytes:
    """A client's (RFC 6455, section 5.2), that says another length where one is given."""
    length = len(payload) if said is None else said
    return struct.pack("!BB", first, 0x80 | length) + bytes(4) + payload


def connections() -> Iterator[tuple[str, bytes]]:
    whole = b"\xff"
    yield "text", whole + frame(0x81, b'42["x"]')
    yield "pieces", b"\x05" + frame(0x01, b"42[") + frame(0x89, b"ping") + frame(0x80, b'"x"]')
    yield "binary and close", whole + frame(0x82, b"\x00\xff") + frame(0x88, b"\x03\xe8")
    yield "long", whole + b"\x82\xfe\x00\x80" + bytes(4) + bytes(128)
    yield "longer", whole + b"\x82\xff" + struct.pack("!Q", 130) + bytes(4) + bytes(130)
    yield "compressed", whole + frame(0xC1, b"x")
    yield "a length that lies", whole + frame(0x81, b"x", said=100)


def claims() -> Iterator[tuple[str, bytes]]:
    good = {"sub": "7", "aud": "eyelearn", "exp": int(NOW) + 3600, "module_id": 22}
    yield "claims", json.dumps(good).encode()
    yield "audiences", json.dumps({**good, "aud": ["x", "eyelearn"], "nbf": 1.5}).encode()
    yield "token", jwt.encode(good, SECRET, "HS256").encode()
    yield "unsigned", jwt.encode(good, "", "none").encode()


def main() -> None:
    inputs = {
        "frames": dict(pictures()),
        "packets": {name: text.encode() for name, text in EVENTS.items()},
        "web_socket": dict(connections()),
        "tokens": dict(claims()),
        "messages": {name: text.encode() for name, text in MESSAGES.items()},
    }
    for target, seeds in inputs.items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / name.replace(" ", "-")).write_bytes(data)


if __name__ == "__main__":
    main()
