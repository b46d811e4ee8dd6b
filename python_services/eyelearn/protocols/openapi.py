"""What answers over HTTP, as OpenAPI 3.1, from the same models that check and shape it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from ..settings import ROOT, Settings
from .expressions_page import ExpressionSessions, ExpressionsHealth
from .faces import enabled_faces
from .frames import FrameAnswer, FrameMessage
from .refusals import Refusal
from .status import Health, Readiness


class LandmarkIndices(TypedDict):
    """Of MediaPipe's face mesh, in the order in which `points` has them."""

    landmark_indices: list[int]


VERSION = "1"
# A face that we drew, so that the description can be tried as it is.
EXAMPLE_PICTURE = ROOT / "templates" / "drawn-face.jpg"
SCHEMAS = "#/components/schemas/"
JSON = "application/json"
MODELS: Mapping[str, Any] = {
    "FrameMessage": FrameMessage,
    "FrameAnswer": FrameAnswer,
    "LandmarkIndices": LandmarkIndices,
    "Refusal": Refusal,
    "Health": Health,
    "Readiness": Readiness,
    "ExpressionsHealth": ExpressionsHealth,
    "ExpressionSessions": ExpressionSessions,
}
# By status, why a frame is refused.
FRAME_REFUSALS = {
    400: "Not JSON, an id is missing, or of the wrong kind.",
    401: "No token, or a bad one, where `AUTH_SECRET` is set.",
    403: "The token is another learner's, or the page's origin may not connect.",
    413: "More than `MAX_FRAME_KB`, or more than `MAX_FRAME_PIXELS`.",
    422: "Not a picture, or a damaged one.",
    429: "More than `MAX_CLIENT_FPS`.",
    503: "No capacity for now; or pictures are not taken here (`streaming_disabled`).",
}
MAY_TRY_AGAIN = frozenset({429, 503})


def description(settings: Settings) -> dict[str, Any]:
    """For a service that answers frames over REST."""
    frames = {f"/api/{name}": _frames(name) for name in ("frames", "stream-frame")}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "EyeLearn Focus over HTTP",
            "version": VERSION,
            "description": "Pictures in, verdicts out. `WS /ws/frames` takes and tells the same, "
            "as text messages. Every error is `{error, code}`.",
        },
        "servers": [{"url": settings.python_service_url.rstrip("/") or "/"}],
        "security": [{}],
        "paths": {
            **frames,
            "/api/landmark-indices": _landmark_indices(),
            "/healthz": _healthz(),
            "/readyz": _readyz(),
            **(_of_expressions() if "expressions" in enabled_faces(settings) else {}),
        },
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "learnerToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "Signed by the platform with `AUTH_SECRET`.",
                },
                "adminToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The service's `ADMIN_TOKEN`.",
                },
            },
        },
    }


def _schemas() -> dict[str, Any]:
    inputs = [(name, "validation", TypeAdapter(model)) for name, model in MODELS.items()]
    _, told = TypeAdapter.json_schemas(inputs, ref_template=SCHEMAS + "{model}")  # type: ignore[arg-type]
    schemas: dict[str, Any] = told["$defs"]
    return schemas


def _frames(name: str) -> dict[str, Any]:
    return {
        "post": {
            "summary": "One picture of one learner is judged",
            "description": "Pictures of one learner, module and section are one session, with "
            "metrics that are saved. The answer comes within 2 seconds.",
            "operationId": name.replace("-", "_"),
            "security": [{}, {"learnerToken": []}],
            "requestBody": {
                "required": True,
                "content": {JSON: {"schema": _ref("FrameMessage"), "example": _example()}},
            },
            "responses": {
                "200": _answer("Judged; `judged` is false where it repeats.", "FrameAnswer"),
                **{str(status): _refusal(status) for status in FRAME_REFUSALS},
                "405": _answer("Only POST is answered here.", "Refusal"),
                "408": _answer("The request did not come in time.", "Refusal"),
                "500": _answer("A fault of the service, which it has logged.", "Refusal"),
            },
        }
    }


def _example() -> dict[str, Any]:
    picture = base64.b64encode(EXAMPLE_PICTURE.read_bytes()).decode()
    return {
        "frame_base64": f"data:image/jpeg;base64,{picture}",
        "user_id": 123,
        "module_id": 22,
        "section_id": 82,
        "frame_id": "1",
        "timestamp": 1736937045001,
    }


def _refusal(status: int) -> dict[str, Any]:
    answer = _answer(FRAME_REFUSALS[status], "Refusal")
    if status in MAY_TRY_AGAIN:
        answer["headers"] = {
            "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
        }
    return answer


def _landmark_indices() -> dict[str, Any]:
    return {
        "get": {
            "summary": "Which landmarks are taken in a picture's place?",
            "description": "Clients that run Face Mesh themselves send these points, and no "
            "picture.",
            "operationId": "landmark_indices",
            "responses": {
                "200": _answer("The indices.", "LandmarkIndices"),
                "405": _answer("Only GET is answered here.", "Refusal"),
            },
        }
    }


def _healthz() -> dict[str, Any]:
    return {
        "get": {
            "summary": "Is the service alive?",
            "description": "Answers as long as the event loop does.",
            "operationId": "healthz",
            "responses": {"200": _answer("Alive.", "Health"), "405": _wrong_method()},
        }
    }


def _readyz() -> dict[str, Any]:
    return {
        "get": {
            "summary": "Can the service do its work?",
            "description": "For load balancers. With `ADMIN_TOKEN` it also tells of workers and "
            "saving.",
            "operationId": "readyz",
            "security": [{}, {"adminToken": []}],
            "responses": {
                "200": _answer("Ready.", "Readiness"),
                "503": _answer("Not ready; new learners had better go elsewhere.", "Readiness"),
                "405": _wrong_method(),
            },
        }
    }


def _of_expressions() -> dict[str, Any]:
    return {
        "/health": {
            "get": {
                "summary": "Are expressions answered?",
                "description": "Over `WS /ws/{session_id}`. `GET /` tells the same to whoever does "
                "not ask for a page.",
                "operationId": "health",
                "responses": {
                    "200": _answer("They are.", "ExpressionsHealth"),
                    "405": _wrong_method(),
                },
            }
        },
        "/sessions": {
            "get": {
                "summary": "Which sessions of expressions go on?",
                "description": "With `ADMIN_TOKEN` where that is set; else in development alone.",
                "operationId": "sessions",
                "security": [{}, {"adminToken": []}],
                "responses": {
                    "200": _answer("Those that go on.", "ExpressionSessions"),
                    "401": _answer("Not for everyone.", "Refusal"),
                    "405": _wrong_method(),
                },
            }
        },
    }


def _wrong_method() -> dict[str, Any]:
    return {"description": "Only GET, HEAD and OPTIONS are answered here."}


def _answer(text: str, model: str) -> dict[str, Any]:
    return {"description": text, "content": {JSON: {"schema": _ref(model)}}}


def _ref(model: str) -> dict[str, str]:
    return {"$ref": SCHEMAS + model}
