"""Face Mesh for the learner's browser: the worker that runs it, and the npm package it is made of.

A package file's address names its content (`/face-mesh/KEY/NAME`), and so browsers keep it for
ever. KEY is the first 16 characters of its SHA-384 in base64url, as in its integrity.
"""

from __future__ import annotations

import base64

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from ..concurrency import Concurrency
from ..settings import ROOT
from .compressed_files import CompressedFile, CompressedFiles
from .own_files import own_file
from .security_headers import FOR_EVERYONE

PACKAGE = ROOT / "node_modules" / "@mediapipe" / "face_mesh"
# The version that package.json pins, and the worker's integrity hashes are of; tests compare them.
CDN = "https://cdn.jsdelivr.net/npm/@mediapipe/face_mesh@0.4.1633559619"
PATH = "/face-mesh"
KEY_LENGTH = 16
# What a browser loads that has SIMD, as all have since 2023, and its type.
FILES = {
    "face_mesh.js": "text/javascript",
    "face_mesh.binarypb": "application/octet-stream",
    "face_mesh_solution_packed_assets_loader.js": "text/javascript",
    "face_mesh_solution_packed_assets.data": "application/octet-stream",
    "face_mesh_solution_simd_wasm_bin.js": "text/javascript",
    # Browsers compile it while it arrives only under this type.
    "face_mesh_solution_simd_wasm_bin.wasm": "application/wasm",
}
# A year, in seconds, which HTTP takes for ever.
FOR_EVER = "public, max-age=31536000, immutable"
# npm may install the package meanwhile.
FOR_AN_HOUR = "public, max-age=3600"

WORKER = ROOT / "user" / "js" / "landmark-worker.js"
WORKER_PATH = "/user/js/landmark-worker.js"
# Face Mesh makes code of text as it starts, which needs 'unsafe-eval'. A worker has a policy of its
# own, so that no page has to allow it; this one reaches no page, and no other host but the CDN. It
# runs the package's scripts from memory (blob:), their integrity checked.
WORKER_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src blob: 'unsafe-eval'",
        "connect-src 'self' blob: https://cdn.jsdelivr.net",
    )
)


def face_mesh_files(concurrency: Concurrency) -> Blueprint:
    blueprint = Blueprint("face_mesh_files", __name__)
    files = CompressedFiles(concurrency)
    worker = own_file(
        WORKER, "text/javascript", {**FOR_EVERYONE, "Content-Security-Policy": WORKER_POLICY}
    )
    blueprint.add_url_rule(WORKER_PATH, "worker", worker)

    @blueprint.get(f"{PATH}/<key>/<name>")
    def package_file(key: str, name: str) -> ResponseReturnValue:
        if name not in FILES:
            return _missing("There is no such file.")
        path = PACKAGE / name
        if not path.is_file():
            return _from_the_cdn(name)
        file = files.of(path)
        if key != _key(file):
            return _missing("The file here is of another version.")
        return _answer(files, file, FILES[name])

    return blueprint


def _key(file: CompressedFile) -> str:
    return base64.urlsafe_b64encode(file.sha384).decode()[:KEY_LENGTH]


def _answer(files: CompressedFiles, file: CompressedFile, mimetype: str) -> Response:
    encoding = request.accept_encodings.best_match(("gzip", "identity"), "identity")
    if encoding == "gzip":
        response = Response(files.in_turns(iter(file.parts)), mimetype=mimetype)
        response.content_encoding = encoding
        response.content_length = file.gzip_size
    else:
        response = Response(files.in_turns(file.content()), mimetype=mimetype)
        response.content_length = file.size
    response.headers.update({**FOR_EVERYONE, "Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"})
    # Weak: it is the same for both encodings.
    response.set_etag(_key(file), weak=True)
    response.make_conditional(request)
    return response


def _from_the_cdn(name: str) -> ResponseReturnValue:
    """Where npm has not installed the package; the worker checks the integrity."""
    answer = redirect(f"{CDN}/{name}", 302)
    answer.headers.update({**FOR_EVERYONE, "Cache-Control": FOR_AN_HOUR})
    return answer


def _missing(reason: str) -> Response:
    return Response(f"{reason}\n", 404, FOR_EVERYONE, mimetype="text/plain")
