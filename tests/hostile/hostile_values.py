"""What might stand where something else is expected (hypothesis strategies)."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from eyelearn.protocols.guards import MAX_MESSAGE_BYTES

# Characters that are no text included: halves of surrogate pairs, as `\ud800` in JSON.
TEXT = st.text(st.characters(), max_size=80)
LONG = st.sampled_from(["a" * 65, "a" * 4096, "é" * 200_000, "data:image/png;base64," + "A" * 9000])
NUMBER = st.one_of(
    st.integers(),
    st.sampled_from([2**63, -(2**63) - 1, 10**90, -0.0, 1e308]),
    st.floats(),  # NaN and infinity included, as Python and JavaScript write them
)
SCALAR = st.one_of(st.none(), st.booleans(), NUMBER, TEXT, LONG)
KEY = st.one_of(TEXT, st.sampled_from(["_placeholder", "num", "__proto__", "token", "user_id"]))
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(KEY, inner, max_size=5),
        st.builds(lambda n: {"_placeholder": True, "num": n}, inner),
    ),
    max_leaves=10,
    # Two of them fit into a message; a longer one would end the connection.
).filter(lambda value: _json_bytes(value) < 0.49 * MAX_MESSAGE_BYTES)
# Many of these are read in no time, also by whom strangers are read slowly.
SMALL_VALUE = VALUE.filter(lambda value: _json_bytes(value) < 64 * 1024)
IDS = {"user_id": 7, "module_id": "m", "section_id": None}
# Fields as they should be, of which some are then replaced.
FIELDS: dict[str, dict[str, Any]] = {
    "start_tracking": {**IDS, "session_id": "00000000-0000-4000-8000-000000000000"},
    "video_frame": {"frame": "/9j/4AAQSkZJRgABAQAAAQABAAD/2Q==", "timestamp": 1},
    "page_visibility": {"hidden": True},
    "calibrate": {},
    "stop_tracking": {},
    "face_landmarks": {
        "sent_at": 1,
        "width": 640,
        "height": 480,
        "timestamps": [1],
        "face_counts": [1],
        "points": "AAAA",
        "hidden": False,
        "brightness": [100],
    },
    "no such event": {"x": 1},
}


def arguments(event: str) -> st.SearchStrategy[list[Any]]:
    """An event's arguments: nearly right, or anything at all."""
    right = FIELDS[event]
    replaced = st.fixed_dictionaries({}, optional=dict.fromkeys(right, VALUE))
    nearly = replaced.map(lambda wrong: [{**right, **wrong}])
    missing = replaced.map(lambda wrong: [wrong])
    any_of_them = st.one_of(nearly, missing, st.lists(VALUE, max_size=3))
    return any_of_them.filter(lambda sent: _json_bytes(sent) < 0.99 * MAX_MESSAGE_BYTES)


def objects(right: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Messages that are one object: nearly right, or of other fields."""
    replaced = st.fixed_dictionaries({}, optional=dict.fromkeys(right, SMALL_VALUE))
    nearly = replaced.map(lambda wrong: {**right, **wrong})
    return st.one_of(nearly, replaced, st.dictionaries(KEY, SMALL_VALUE, max_size=5))


def nested(depth: int, opening: str = "[") -> str:
    """JSON that is as deep as it is long."""
    closing = {"[": "]", '{"a":': "}"}[opening]
    return opening * depth + "1" + closing * depth


def event_text(name: str, *values: Any) -> str:
    return "42" + json.dumps([name, *values])


def _json_bytes(value: Any) -> int:
    return len(json.dumps(value))
