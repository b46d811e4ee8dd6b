"""An exception as a line that says what to mend; the values in its message stay untold."""

from __future__ import annotations

import re

from ..safe_text import safe_text
from .check import Check, failure
from .installing import how_to_install

_SHARED_LIBRARY = re.compile(r"([\w.+-]+\.so[\w.]*): cannot open shared object file")
# Of Debian and Ubuntu.
_SYSTEM_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
    "libGL.so.1": "libgl1",
    "libSM.so.6": "libsm6",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXrender.so.1": "libxrender1",
    "libgcc_s.so.1": "libgcc-s1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libstdc++.so.6": "libstdc++6",
    "libusb-1.0.so.0": "libusb-1.0-0",
    "libz.so.1": "zlib1g",
}
_NOT_HEADLESS = (
    "an OpenCV with windows is installed: uninstall opencv-python and opencv-contrib-python, and "
    "install opencv-python-headless anew (PIP_NO_DEPS=1 keeps them away); or "
)


def told(name: str, module: str, error: Exception) -> Check:
    """The check `name`, which `look` of this module makes, could not be made."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return failure(name, f"the Python package {error.name!r} is missing", how_to_install())
    library = _SHARED_LIBRARY.search(str(error))
    if library is not None:
        found = f"the system library {library[1]} is missing"
        return failure(name, found, _how_to_get(library[1]))
    if isinstance(error, ImportError):
        found = f"can't be imported: {safe_text(str(error))}"
        return failure(name, found, how_to_install())
    return failure(
        name,
        f"this check itself failed ({type(error).__name__})",
        f"see where: cd python_services && python -m eyelearn.diagnosis.child {module} '{name}'",
    )


def _how_to_get(library: str) -> str:
    package = _SYSTEM_PACKAGES.get(library)
    if package is None:
        return f"install the system's package with {library} (Debian: apt-file search {library})"
    windows = _NOT_HEADLESS if library == "libGL.so.1" else ""
    return f"{windows}apt-get install {package}"
