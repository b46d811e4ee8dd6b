"""HTTP requests that lie (RFC 9112)."""

from __future__ import annotations

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n"
POST_FRAMES = b"POST /api/frames HTTP/1.1\r\nHost: x\r\n"
SMUGGLED = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"

LIES = {
    "a length below nothing": POST + b"Content-Length: -1\r\n\r\n",
    "a length that is no number": POST + b"Content-Length: ten\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nhello",
    "a length of many digits": POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "a length that is too much": POST + b"Content-Length: 99999999999\r\n\r\n",
    "a body that does not come": POST + b"Content-Length: 100\r\n\r\nhello",
    "a chunk that is no number": POST
    + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "a chunk below nothing": POST + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
    "a chunk that does not come": POST + b"Transfer-Encoding: chunked\r\n\r\nffff\r\nhello",
    "a header that is too long": HEALTH + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
    "too many headers": HEALTH + b"X: a\r\n" * 20_000 + b"\r\n",
    "an address that is too long": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    "a header without a colon": HEALTH + b"nonsense\r\n\r\n",
    "a header with a zero byte": HEALTH + b"X: a\0b\r\n\r\n",
    "a method that is none": b"N\xffPE / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a version that is none": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "no version": b"GET /healthz\r\n\r\n",
    "no request": b"\r\n\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(100),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an upgrade without a key": b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "an upgrade of another version": b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
    b"Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n\r\n",
    "an upgrade of a draft": b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key1: 1 2\r\n"
    b"Sec-WebSocket-Key2: 3 4\r\n\r\n12345678",
    "a session that is none": b"GET /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\n\r\n",
    "a path out of the house": b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path in per cent": b"GET /%2e%2e/%2e%2e/etc/passwd%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a host that is none": b"GET /healthz HTTP/1.1\r\nHost: [::x\r\nOrigin: http://[::x\r\n\r\n",
}
LIES |= {
    f"{name} of frames": sent.replace(b"/socket.io/?EIO=4&transport=websocket", b"/ws/frames")
    for name, sent in LIES.items()
    if name.startswith("an upgrade")
}
LIES |= {
    "an upgrade with a body": b"POST /ws/frames HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"
    b"Content-Length: 5\r\n\r\nhello",
    "an upgrade with a key that is none": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \xff\r\n"
    b"Sec-WebSocket-Protocol: ,\xff,a b\r\nSec-WebSocket-Extensions: ;=,\r\n\r\n",
    "an upgrade of what has none": b"GET /api/frames HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n",
    "a body that is compressed": POST_FRAMES
    + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
    "a body of no text": POST_FRAMES
    + b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 4\r\n\r\n\xff\xfe{}",
    "a body of none": POST_FRAMES + b"\r\n",
    "a method that frames have not": POST_FRAMES.replace(b"POST", b"TRACE") + b"\r\n",
}
# One request each to whoever reads them rightly, and two to whoever does not.
SMUGGLERS = {
    "length and chunks": POST
    + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + SMUGGLED,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n" + SMUGGLED,
    "a list of lengths": POST + b"Content-Length: 0, 40\r\n\r\n" + SMUGGLED,
    "chunks by another name": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks after a space": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks in the next line": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks, then nothing": POST
    + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"
    + SMUGGLED,
}
