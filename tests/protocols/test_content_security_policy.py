from __future__ import annotations

import pytest

from eyelearn.protocols.content_security_policy import page_policy
from eyelearn.settings import Settings

LOCAL = "http://127.0.0.1:* https://127.0.0.1:* http://localhost:* https://localhost:*"


@pytest.mark.parametrize(
    ("allowed", "embedders"),
    [
        ("https://a.example,https://b.example", "'self' https://a.example https://b.example"),
        ("*", "'self' *"),
        ("", f"'self' {LOCAL}"),
    ],
    ids=["named", "any", "unset"],
)
def test_the_pages_that_may_connect_may_show_ours(allowed: str, embedders: str) -> None:
    policy = page_policy(Settings(_env_file=None, allowed_origins=allowed))
    assert policy.split("; ")[-1] == f"frame-ancestors {embedders}"


def test_a_page_takes_nothing_but_what_it_names() -> None:
    policy = page_policy(Settings(_env_file=None), "script-src 'self'").split("; ")
    assert policy[:2] == ["default-src 'none'", "script-src 'self'"]
    assert {"base-uri 'none'", "form-action 'none'"} < set(policy)
