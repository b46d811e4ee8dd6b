"""Is the service alive, and is it whole? For load balancers and operators."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from ..inference.pool import InferencePool
from ..saving.ledger import SessionLedger
from ..session_service import SessionService
from ..settings import Settings

MODEL_NAME = "mediapipe-face-mesh"


def status(
    settings: Settings, sessions: SessionService, pool: InferencePool, ledger: SessionLedger
) -> Blueprint:
    """`/healthz` answers as long as the service does; `/readyz` only when it can do its work."""
    blueprint = Blueprint("status", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(
            status="ok",
            camera_enabled=False,
            model=MODEL_NAME,
            browser_streaming_enabled=settings.enable_browser_eye_streaming,
        )

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        workers = pool.status()
        saving = ledger.status
        ready = (
            not sessions.closing
            and any(worker["ready"] for worker in workers)
            and saving["keeper_up"]
            and saving["database_ok"]
        )
        answer = jsonify(
            status="ready" if ready else "not_ready",
            sessions=sessions.alive_count,
            workers=workers,
            saving=saving,
        )
        return answer, 200 if ready else 503

    return blueprint
