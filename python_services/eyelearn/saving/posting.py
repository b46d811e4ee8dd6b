"""One POST to the platform's page, and what its answer means."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import HTTPError

POST_TIMEOUT_SECONDS = 10.0
# An acknowledgement has some 100 bytes; a page that answers without end must not fill memory.
MAX_ANSWER_BYTES = 64 * 1024
# Of 4xx, these two ask for another attempt by their definition (RFC 9110, RFC 6585).
_TRY_AGAIN = {requests.codes.request_timeout, requests.codes.too_many_requests}


@dataclass(eq=False)
class NotSaved(Exception):
    """The page did not acknowledge.

    reason: for the log; holds no address, id or body. answer: what the page said, for a person who
    looks into it. answered: whether it said anything. final: the same would be refused again.
    retry_after: seconds that the page asks for.
    """

    reason: str
    answer: str = ""
    answered: bool = True
    final: bool = False
    retry_after: float | None = None

    def __str__(self) -> str:
        return self.reason


def post(
    http: requests.Session, endpoint: str, body: bytes, headers: dict[str, str]
) -> dict[str, Any]:
    """Sends one save and gives the page's acknowledgement. Raises NotSaved."""
    try:
        with http.post(
            endpoint,
            data=body,
            headers={"Content-Type": "application/json"} | headers,
            timeout=POST_TIMEOUT_SECONDS,
            allow_redirects=False,
            stream=True,
        ) as response:
            answer = _read(response, time.monotonic() + POST_TIMEOUT_SECONDS)
    except requests.Timeout:
        raise _no_answer() from None
    except (requests.RequestException, HTTPError) as error:
        # From None, and the type alone: their texts quote the address, query included.
        raise NotSaved(type(error).__name__, answered=False) from None
    return acknowledgement(
        response.status_code, answer, _seconds(response.headers.get("Retry-After"))
    )


def _read(response: requests.Response, until: float) -> bytes:
    """The body, or its beginning where it is too long. Raises NotSaved where it drips past `until`:
    the timeout of requests counts anew with every byte."""
    answer = bytearray()
    while len(answer) < MAX_ANSWER_BYTES:
        part = response.raw.read1(MAX_ANSWER_BYTES, decode_content=True)
        if not part:
            break
        answer += part
        if time.monotonic() > until:
            raise _no_answer()
    return bytes(answer)


def _no_answer() -> NotSaved:
    return NotSaved(f"no answer in {POST_TIMEOUT_SECONDS:g} s", answered=False)


def acknowledgement(status: int, body: bytes, retry_after: float | None = None) -> dict[str, Any]:
    """The page's answer where it means done: HTTP 200 and a JSON object with `"success": true`.

    Else raises NotSaved; final for any 4xx that does not ask for another attempt by its number or
    by a Retry-After header.
    """
    text = body.decode(errors="replace")
    if status != requests.codes.ok:
        final = (
            requests.codes.bad_request <= status < requests.codes.internal_server_error
            and status not in _TRY_AGAIN
            and retry_after is None
        )
        raise NotSaved(f"HTTP {status}", f"HTTP {status}: {text}", True, final, retry_after)
    try:
        answer = json.loads(body)
    except ValueError:
        raise NotSaved("the answer is not JSON", text) from None
    if not isinstance(answer, dict) or answer.get("success") is not True:
        raise NotSaved('the answer has no "success": true', text)
    return answer


def _seconds(retry_after: str | None) -> float | None:
    """A Retry-After in seconds; one that names a date asks for another attempt at any time."""
    if retry_after is None:
        return None
    return float(retry_after) if retry_after.strip().isdecimal() else 0.0
