"""Is the service alive, and is it whole? For load balancers and operators."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from flask import Blueprint, Response, jsonify, request
from typing_extensions import TypedDict

from ..inference.pool import InferencePool
from ..saving.database_url import is_sqlite
from ..saving.ledger import SessionLedger
from ..session_service import SessionService
from ..settings import Settings
from .admin import is_admin
from .faces import enabled_faces


class Health(TypedDict):
    """camera_enabled: whether the service films itself. browser_streaming_enabled: whether pictures
    of browsers are taken."""

    status: Literal["ok"]
    camera_enabled: bool
    model: str
    browser_streaming_enabled: bool


class Warning(TypedDict):
    """What works, and yet a person should look at; `message` for admins."""

    code: str
    message: NotRequired[str]


class Readiness(TypedDict):
    """For admins also: sessions alive now, the processes that judge pictures, and how sessions are
    kept and what is owed to the platform."""

    status: Literal["ready", "not_ready"]
    warnings: list[Warning]
    sessions: NotRequired[int]
    workers: NotRequired[list[dict[str, Any]]]
    saving: NotRequired[dict[str, Any]]


SQLITE_IN_PRODUCTION = (
    "Sessions are kept in an SQLite file. Platforms lose their disk at every restart: put it on a "
    "volume, or set DATABASE_URL to PostgreSQL."
)
ANYONE_MAY_CONNECT = (
    "AUTH_SECRET is unset: whoever reaches this service may connect as any learner. Good for "
    "trying it out; ENVIRONMENT=production does not start like this."
)
PAGE_ADDS_UP = (
    "PHP_ENDPOINT acknowledges without a revision. A page that adds up what it receives counts "
    "sessions several times; SAVE_MODE=delta is for such a page."
)
PARKED = "PHP_ENDPOINT won't take some sessions: `manage.py parked` lists them, with its answers."
EMOTIONS_IN_PRODUCTION = (
    "ENABLED_FACES names `emotions`. In the European Union inferring learners' emotions is "
    "prohibited (AI Act, article 5(1)(f)); see docs/model-card.md."
)


def warnings(
    settings: Settings, saving: dict[str, Any], emotion_problem: str | None = None
) -> list[Warning]:
    """What works, and yet a person should look at: code and sentence of each.

    emotion_problem: why emotions can't be predicted, where they are asked for and can't.
    """
    in_production = settings.environment == "production"
    found = {
        "anyone_may_connect": None if settings.auth_secrets else ANYONE_MAY_CONNECT,
        "sqlite_in_production": SQLITE_IN_PRODUCTION
        if in_production and is_sqlite(settings.database_url)
        else None,
        "page_adds_up": PAGE_ADDS_UP if saving["page_adds_up"] else None,
        "sessions_parked": PARKED if saving["parked"] else None,
        "emotions_in_production": EMOTIONS_IN_PRODUCTION
        if in_production and "emotions" in enabled_faces(settings)
        else None,
        "no_emotion_model": emotion_problem,
    }
    return [{"code": code, "message": text} for code, text in found.items() if text]


def status(
    settings: Settings, sessions: SessionService, pool: InferencePool, ledger: SessionLedger
) -> Blueprint:
    """`/healthz` answers as long as the service does; `/readyz` only when it can do its work.

    What else `/readyz` tells, of the machine and its learners, is for admins.
    """
    blueprint = Blueprint("status", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        health: Health = {
            "status": "ok",
            "camera_enabled": settings.camera_enabled,
            "model": settings.model_name,
            "browser_streaming_enabled": settings.enable_browser_eye_streaming,
        }
        return jsonify(health)

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
        told: Readiness = {
            "status": "ready" if ready else "not_ready",
            "warnings": warnings(settings, saving, (pool.emotion_model or {}).get("problem")),
        }
        if is_admin(settings, request.headers.get("Authorization")):
            told["sessions"], told["workers"] = sessions.alive_count, workers
            told["saving"] = saving
        else:
            told["warnings"] = [{"code": warning["code"]} for warning in told["warnings"]]
        return jsonify(told), 200 if ready else 503

    return blueprint
