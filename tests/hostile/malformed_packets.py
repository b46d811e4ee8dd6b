"""Engine.IO's and Socket.IO's packets, as nobody should write them."""

from __future__ import annotations

from hostile.hostile_values import event_text, nested

FRAME = '["video_frame",{"frame":{"_placeholder":true,"num":0}}]'
MB = 1024 * 1024
ALL_DIGITS = "9" * 5000

# Each is told as an error, or ends the connection.
MALFORMED: dict[str, tuple[str | bytes, ...]] = {
    "no JSON": ('42["start_tracking",{',),
    "no list": ('42{"a":1}',),
    "no event": ("42",),
    "an empty list": ("42[]",),
    "a list for a name": ('42[["start_tracking"],1]',),
    "an object for a name": ('42[{"a":1}]',),
    "a number for a name": ("42[1]",),
    "a name from within": ('42["connect",{},{"token":"x"}]',),
    "a parting from within": ('42["disconnect","client namespace disconnect"]',),
    "a kind that is none": ("49[1]",),
    "an answer to no question": ('431["x"]',),
    "a refusal": ('44{"message":"no"}',),
    "deep lists": ("42" + nested(100_000),),
    "deep objects": ("42" + nested(100_000, '{"a":'),),
    "deep for Engine.IO": ("4" + nested(100_000),),
    "deep in an event": ('42["calibrate",' + nested(900) + "]",),
    "many values": ('42["calibrate",[' + "0," * MB + "0]]",),
    "many lists": ('42["calibrate",[' + "[]," * MB + "0]]",),
    "a long number": (f"42{ALL_DIGITS}[]",),
    "a long integer": (f'42["page_visibility",{{"hidden":{ALL_DIGITS}}}]',),
    "a long name": (event_text("x" * MB),),
    "an attachment without an event": (b"\xff\xd8\xff",),
    "an attachment of nothing": (b"",),
    "bytes that look like an event": (b'2["calibrate"]',),
    "an attachment too many": (f"451-{FRAME}", b"\xff\xd8\xff", b"\xff\xd8\xff"),
    "two attachments": (f"452-{FRAME}", b"a", b"b"),
    "a million attachments": (f"45999999-{FRAME}", b"a"),
    "none announced": (f"450-{FRAME}", b"a"),
    "an attachment that does not come": (f"451-{FRAME}",),
    "a place that there is not": ('451-["video_frame",{"_placeholder":true,"num":7}]', b"a"),
    "a place before the first": ('451-["video_frame",{"_placeholder":true,"num":-9}]', b"a"),
    "a place that is no number": ('451-["video_frame",{"_placeholder":true,"num":{}}]', b"a"),
    "an empty message": ("",),
    "no Engine.IO": ("x",),
    "a kind that Engine.IO has not": ("8x",),
    "half an emoji": ("4\ud83d".encode("utf-8", "replace").decode(),),
}
# Engine.IO's own, which need no answer.
HARMLESS = ["3", "2", "6", "5", "40", "40/other,", '42/other,["start_tracking",{}]']
BODIES = {
    "a form": "d=1" + "&a=1" * (MB // 2),
    "only separators": "\x1e" * MB,
    "too many packets": "\x1e".join(["3"] * 100),
    "no packets": "hello",
    "no base64": "bA",
    "empty packets": "3\x1e\x1e",
    "a length below nothing": "",
    "deep": "4" + nested(100_000),
}
