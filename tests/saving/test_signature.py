from __future__ import annotations

import subprocess

from eyelearn.saving.signature import signed_headers


def test_the_signature_is_what_openssl_makes_of_timestamp_dot_body() -> None:
    body = '{"user_id": "ünï"}'.encode()
    headers = signed_headers(body, "a secret", 1736937045.9)
    assert headers["X-EyeLearn-Timestamp"] == "1736937045"
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", "a secret", "-r"],
        input=b"1736937045." + body,
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert headers["X-EyeLearn-Signature"] == made.split()[0]
