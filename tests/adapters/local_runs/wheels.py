"""Makes wheels of a few files, as somebody may put into an index whatever they like."""

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def a_wheel(folder: Path, name: str, files: Mapping[str, bytes]) -> None:
    """Write ``name`` 1.0, which holds these files, into the folder."""
    about = f"{name}-1.0.dist-info"
    inside = {
        **files,
        f"{about}/METADATA": METADATA.format(name=name).encode(),
        f"{about}/WHEEL": WHEEL.encode(),
    }
    record = "".join(f"{path},{_digest(data)},{len(data)}\n" for path, data in inside.items())
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for path, data in inside.items():
            wheel.writestr(path, data)
        wheel.writestr(f"{about}/RECORD", f"{record}{about}/RECORD,,\n")


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    return f"sha256={digest}"
