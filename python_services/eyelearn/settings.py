"""Every environment variable: type, default, unit, and what follows from changing it.

`python python_services/eyelearn/settings.py` writes `env.example`; a test compares it, and the
README's table, with what stands here.
"""

from __future__ import annotations

import sys
import textwrap
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_DATABASE_URL = f"sqlite:///{ROOT / 'data' / 'eyelearn.db'}"
# HS256 wants as many bits as its hash has: 256 (RFC 7518, section 3.2).
MIN_SECRET_CHARACTERS = 32
MAX_SECRETS = 2
# The protocols, by the names that ENABLED_FACES takes.
FACES = frozenset({"focus", "frames", "looking_away", "expressions", "emotions"})


def listed(value: str) -> tuple[str, ...]:
    """What stands between a setting's commas, without the blanks around it."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _web_address(value: str) -> str:
    """Raises ValueError where it is neither empty nor the address of a page."""
    parts = urlsplit(value)
    if value and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise ValueError("it must begin with http:// or https:// and a host")
    return value


def _origins(value: str) -> str:
    """Raises ValueError where one is neither `*` nor what a browser may name as an origin."""
    for origin in listed(value):
        parts = urlsplit(origin.rstrip("/"))
        bare = parts.scheme in {"http", "https"} and parts.hostname and origin.isascii()
        if origin != "*" and (not bare or set("/?#@;'") & set(parts.geturl().split("://")[1])):
            # It may have a user and a password.
            named = "one of them" if "@" in origin else f"'{origin}'"
            raise ValueError(f"{named} is no origin such as https://school.example")
    return value


def _networks(value: str) -> str:
    """Raises ValueError where one is neither an address nor a network."""
    for network in listed(value):
        ip_network(network)
    return value


def _faces(value: str) -> str:
    """Raises ValueError where one is none of FACES."""
    for face in listed(value):
        if face not in FACES:
            raise ValueError(f"'{face}' is none of {', '.join(sorted(FACES))}")
    return value


def _long_secrets(value: SecretStr) -> SecretStr:
    """Raises ValueError, without the value, where a secret can be guessed or there are too many."""
    secrets = _separate(value)
    if any(len(secret) < MIN_SECRET_CHARACTERS for secret in secrets):
        raise ValueError(f"each secret needs at least {MIN_SECRET_CHARACTERS} characters")
    if len(secrets) > MAX_SECRETS:
        raise ValueError(f"it takes at most {MAX_SECRETS} secrets, separated by a comma")
    return value


def _separate(value: SecretStr) -> tuple[str, ...]:
    written = value.get_secret_value()
    return tuple(secret.strip() for secret in written.split(",")) if written else ()


class Settings(BaseSettings):
    """Read once at start, from the environment and from an `.env` file beside the README."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    host: str = Field("0.0.0.0", description="Address to listen on.")
    port: int = Field(5000, ge=1, le=65535, description="Port to listen on.")
    environment: Literal["development", "production"] = Field(
        "development", description="`production` for real learners; the log names it."
    )
    debug: bool = Field(False, description="Log in detail. Never shows a picture or a plain id.")
    allowed_origins: Annotated[str, AfterValidator(_origins)] = Field(
        "",
        description="Origins whose pages may connect, comma-separated, such as "
        "`https://school.example`; `*` for any. Empty: this service's own pages and localhost.",
    )

    auth_secret: Annotated[SecretStr, AfterValidator(_long_secrets)] = Field(
        SecretStr(""),
        description="Signs learners' tokens (HS256), at least 32 characters; two, comma-separated, "
        "while one replaces the other. Unset: anyone may connect, which `production` refuses.",
    )
    admin_token: SecretStr = Field(
        SecretStr(""),
        description="Opens what names sessions or tells of the machine, as `Authorization: "
        "Bearer`. Unset: open in development, closed in production.",
    )
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        "",
        description="Addresses or networks of your proxies, comma-separated, such as "
        "`10.0.0.0/8`: only what they say of a client's address and scheme is believed.",
    )
    enabled_faces: Annotated[str, AfterValidator(_faces)] = Field(
        "",
        description="Protocols that answer, comma-separated: `focus`, `frames`, `looking_away`, "
        "`expressions`, `emotions`. Empty: all, but in production no `emotions`.",
    )

    max_sessions_per_user: int = Field(
        5, ge=1, description="Sessions of one user at a time; one is enough for a learner."
    )
    max_connections_per_address: int = Field(
        5000,
        ge=1,
        description="Connections from one address without a token; a whole school is one address.",
    )
    max_events_per_second: float = Field(
        10.0,
        gt=0,
        description="Events other than frames taken of one connection, with a burst of 3 s.",
    )
    handshake_seconds: float = Field(
        10.0,
        gt=0,
        description="Seconds in which a client must have sent a whole request, and have said "
        "CONNECT on a new Socket.IO connection.",
    )
    log_format: Literal["", "text", "json"] = Field(
        "", description="`text` for people, `json` for machines. Empty: JSON in production."
    )
    log_key: SecretStr = Field(
        SecretStr(""),
        description="Key under which ids are hashed in the log. Unset: made once, and kept beside "
        "the SQLite database, or else made at each start.",
    )
    log_source_ip: bool = Field(
        False,
        description="1: addresses of those who ask for predictions are kept in `predictions_log` "
        "as they are. 0: hashed, under the key of the log.",
    )

    database_url: str = Field(
        DEFAULT_DATABASE_URL,
        description="Where sessions are kept, as an SQLAlchemy URL. Unset: an SQLite file in "
        "`data/`, fine for one machine whose disk survives a restart.",
    )
    php_endpoint: Annotated[str, AfterValidator(_web_address)] = Field(
        "",
        validation_alias=AliasChoices("PHP_ENDPOINT", "TRACKING_SAVE_URL"),
        description="Address of the platform's `save_enhanced_tracking.php` (alias "
        "`TRACKING_SAVE_URL`). Unset: sessions are kept in the database and posted nowhere.",
    )
    save_mode: Literal["cumulative", "delta"] = Field(
        "cumulative",
        description="`cumulative`: each save holds the session's whole values, for a page that "
        "keeps sessions apart. `delta`: only what is new, for the older page that adds up.",
    )
    save_secret: SecretStr = Field(
        SecretStr(""),
        description="Signs every save (`X-EyeLearn-Signature`); the platform's page has the same. "
        "Unset: saves are not signed.",
    )
    retention_days: int = Field(
        90,
        ge=0,
        description="Days after which a prediction, or a session that goes on no more, is deleted "
        "here; a session that the platform is to have and has not, after 30 at the earliest. "
        "0: never.",
    )
    flush_interval_seconds: float = Field(
        30.0, gt=0, description="Seconds between two saves of a session; what a power cut may cost."
    )
    shutdown_seconds: float = Field(
        10.0, ge=0, description="Seconds that SIGTERM leaves for posting what is owed."
    )

    inference_workers: int = Field(
        0,
        ge=0,
        description="Processes that judge frames. 0: one per core that this service may use, as "
        "memory allows.",
    )
    worker_timeout_seconds: float = Field(
        5.0, gt=0, description="Seconds without an answer after which a worker is killed."
    )
    worker_max_age_hours: float = Field(
        12.0,
        ge=0,
        description="Hours after which a worker is replaced by a fresh one, without anyone "
        "noticing; each comes to it up to a quarter earlier, by chance. 0: never by age.",
    )
    worker_max_sessions: int = Field(
        5000,
        ge=0,
        description="Sessions after which a worker is replaced, in the same way; more than a "
        "school has between two nights. 0: never.",
    )
    worker_max_memory_mb: int = Field(
        600,
        ge=0,
        description="Memory in MiB above which a worker is replaced; four times what one has "
        "after its start. 0: never.",
    )
    max_frame_kb: int = Field(
        512, gt=0, description="Largest picture taken, in KiB of JPEG, PNG or WebP."
    )
    max_frame_pixels: int = Field(
        2_073_600, gt=0, description="Largest picture taken, in pixels; 1920 × 1080 by default."
    )
    max_client_fps: float = Field(
        20.0, gt=0, description="Frames a second taken of one session, with a burst of one second."
    )
    enable_browser_eye_streaming: bool = Field(
        True, description="0: no pictures are taken from browsers at all."
    )
    forward_each_result: bool = Field(
        False,
        description="1: every answer to a frame over REST or `/ws/frames` is posted to "
        "`PHP_ENDPOINT`, too, as the older pipeline did, besides the saves. Tried once.",
    )
    model_name: str = Field(
        "mediapipe-face-mesh", description="What `/healthz` tells as `model`; changes nothing else."
    )
    model_path: str = Field(
        "",
        description="Path of your own emotion model, ONNX or, where TensorFlow is installed, "
        "Keras; it is given grey levels of 0 to 255, three times over. Empty: ours.",
    )
    max_predictions_per_second: float = Field(
        0.0,
        ge=0,
        description="Predictions of emotions a second taken of one connection, with a burst of one "
        "second. 0: as many as the machine can do.",
    )
    require_face: bool = Field(
        False, description="1: a picture without a face is no prediction but an error."
    )
    python_service_url: Annotated[str, AfterValidator(_web_address)] = Field(
        "",
        description="Address by which browsers reach this service, for `web_eye_client.html` and "
        "the REST description. Empty: that of the page itself.",
    )
    camera_enabled: bool = Field(
        False,
        description="1: the service's own camera answers `start_tracking` of looking-away events. "
        "0: their clients send pictures.",
    )
    camera_source: str = Field(
        "",
        description="Camera of the service: a device number, a video file, or an address such as "
        "`rtsp://…`. Empty: devices 0, 1 and 2, whichever opens first.",
    )
    camera_fps: float = Field(
        10.0,
        gt=0,
        le=60,
        description="Pictures a second judged of the service's own camera; each costs a worker "
        "about 9 ms.",
    )

    session_idle_seconds: float = Field(
        60.0, gt=0, description="Seconds without a frame after which a session ends and is saved."
    )
    resume_seconds: float = Field(
        900.0, ge=0, description="Seconds after its end in which a dropped session may go on."
    )
    max_observation_gap_seconds: float = Field(
        2.0,
        gt=0,
        description="A longer time between two frames counts nothing: it was not seen.",
    )

    gaze_yaw_limit_degrees: float = Field(
        17.0,
        gt=0,
        le=90,
        description="Gaze (head and eyes) further left or right of the learner's neutral is "
        "off the screen; 17 is half of a 15-inch one from 55 cm.",
    )
    gaze_up_limit_degrees: float = Field(
        11.0,
        gt=0,
        le=90,
        description="Gaze further up than this from the neutral is off the screen.",
    )
    gaze_down_limit_degrees: float = Field(
        16.0,
        gt=0,
        le=90,
        description="The same downwards; wider, since reading low on a screen bows the head, too.",
    )
    head_yaw_limit_degrees: float = Field(
        24.0,
        gt=0,
        le=90,
        description="A head turned further left or right is not frontal, whatever the eyes do.",
    )
    head_up_limit_degrees: float = Field(
        18.0, gt=0, le=90, description="A head turned further up is not frontal."
    )
    head_down_limit_degrees: float = Field(
        26.0,
        gt=0,
        le=90,
        description="A head turned further down is not frontal; wider, since many bow it and look "
        "up at the screen.",
    )
    head_roll_limit_degrees: float = Field(
        25.0, gt=0, le=90, description="Eyes tilted further from level are not aligned."
    )
    neutral_bound_degrees: float = Field(
        12.0,
        ge=0,
        le=30,
        description="How far from straight at the camera the neutral may be learned in each "
        "sitting; 0: not at all. `calibrate` may set it up to 30.",
    )
    focus_hysteresis: float = Field(
        0.15,
        ge=0,
        le=1,
        description="While focus holds, every limit is wider by this share, so that a learner at a "
        "limit does not flicker.",
    )
    gaze_smoothing_seconds: float = Field(
        0.15,
        ge=0,
        le=2,
        description="Time constant over which the angles are smoothed against jitter.",
    )
    eye_closed_openness: float = Field(
        0.165,
        gt=0,
        lt=1,
        description="Eye aspect ratio under which an eye is closed, for eyes open by 0.33; "
        "in proportion for a learner whose eyes are open more or less.",
    )
    eyes_closed_seconds: float = Field(
        1.5, ge=0, description="Eyes closed for longer end focus; a blink takes under 0.4 s."
    )
    second_face_seconds: float = Field(
        2.0,
        ge=0,
        description="A second person in the picture for longer ends focus; one who passes does "
        "not.",
    )
    focus_loss_seconds: float = Field(
        0.35, ge=0, description="Looking away for this long ends focus."
    )
    focus_gain_seconds: float = Field(
        0.3, ge=0, description="Looking at the screen for this long starts focus again."
    )
    second_face_interval_seconds: float = Field(
        1.0, gt=0, description="How often a second person is looked for; each look costs 2 ms."
    )

    @property
    def auth_secrets(self) -> tuple[str, ...]:
        """What tokens may be signed with; empty where none are asked for."""
        return _separate(self.auth_secret)


def describe_problems(error: ValidationError) -> str:
    """Each wrong setting by name and value (no secret's value), and what would be right."""
    return "".join(
        f"{_shown(str(problem['loc'][0]), problem['input'])} won't do: "
        f"{problem['msg'].removeprefix('Value error, ')}\n"
        for problem in error.errors()
    )


def _shown(name: str, value: object) -> str:
    """A setting as it may be told: no secret, no address with a user and so a password, and no
    query, which may have a key."""
    field = Settings.model_fields.get(name.lower())
    if field is not None and field.annotation is SecretStr:
        return name.upper()
    text = value.partition("?")[0] if isinstance(value, str) else value
    return f"{name.upper()}={'(an address with a user)' if '@' in str(value) else repr(text)}"


def env_example() -> str:
    """The text of `env.example`: every setting, commented out, with its default."""
    lines = ["# Every setting with its default. Copy to .env and uncomment what you change."]
    for name, default, description in _rows():
        lines += ["", *textwrap.wrap(description, 98, initial_indent="# ", subsequent_indent="# ")]
        lines.append(f"# {name}={default}")
    return "\n".join(lines) + "\n"


def settings_table() -> str:
    """The README's table of settings, in Markdown."""
    lines = ["| setting | default | what it does |", "|---|---|---|"]
    for name, default, description in _rows():
        lines.append(f"| `{name}` | {f'`{default}`' if default else ''} | {description} |")
    return "\n".join(lines) + "\n"


def _rows() -> list[tuple[str, str, str]]:
    """Name, default as it would be written, and description of each setting."""
    return [
        (name.upper(), _written(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def _written(default: object) -> str:
    if isinstance(default, bool):
        return str(int(default))
    if isinstance(default, SecretStr):
        return ""
    if isinstance(default, float):
        return f"{default:g}"
    return "" if default == DEFAULT_DATABASE_URL else str(default)


if __name__ == "__main__":
    (ROOT / "env.example").write_text(env_example())
    sys.stdout.write(settings_table())
