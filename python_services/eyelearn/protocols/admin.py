"""Who may see what names sessions or tells of the machine."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import request
from flask.typing import ResponseReturnValue

from ..errors import Unauthorized
from ..settings import Settings
from .refusals import refusal

P = ParamSpec("P")


def is_admin(settings: Settings, authorization: str | None) -> bool:
    """authorization: the request's header. With no ADMIN_TOKEN set: everyone while developing,
    nobody in production."""
    token = settings.admin_token.get_secret_value()
    if not token:
        return settings.environment == "development"
    scheme, _, given = (authorization or "").partition(" ")
    # HTTP's headers come as Latin-1, whatever their bytes were.
    same = hmac.compare_digest(given.strip().encode("latin-1", "replace"), token.encode())
    return scheme.lower() == "bearer" and same


def admin_only(
    settings: Settings,
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """A decorator for Flask's views: 401 for everyone else."""

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if is_admin(settings, request.headers.get("Authorization")):
                return view(*args, **kwargs)
            return refusal(Unauthorized("This needs 'Authorization: Bearer' with ADMIN_TOKEN."))

        return guarded

    return decorate
