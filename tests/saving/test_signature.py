from __future__ import annotations

from eyelearn.saving.signature import signed_headers

# printf '1736937045.{"user_id": "ünï"}' | openssl dgst -sha256 -hmac "a secret" -r
BY_OPENSSL = "e63f3274d648aac8b2e0708b5a01741c3c1323db3c7a58f0925f55e55cae9938"


def test_the_signature_is_what_openssl_makes_of_timestamp_dot_body() -> None:
    headers = signed_headers('{"user_id": "ünï"}'.encode(), "a secret", 1736937045.9)
    assert headers == {
        "X-EyeLearn-Timestamp": "1736937045",
        "X-EyeLearn-Signature": BY_OPENSSL,
    }
