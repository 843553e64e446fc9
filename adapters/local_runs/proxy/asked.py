"""Reads a request so strictly that the server behind us can read it in no other way."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode

PLAIN: Final = re.compile(r"/[A-Za-z0-9_.~!$&'()*+,;=:@%/-]*")
HIDDEN: Final = re.compile(r"%(2e|2f|5c|25|00)", re.IGNORECASE)  # of a path: . / \ % and NUL
MOST_DEPTH: Final = 20
OVERRIDES: Final = frozenset(
    {"x-http-method-override", "x-http-method", "x-method-override", "x-mlflow-workspace"}
)


class StrangeRequestError(ValueError):
    """The request can be read in more than one way."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request: its path is decoded and plain, no name is twice in its query or its body."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    @property
    def encoded_query(self) -> str:
        return urlencode(self.query)

    @property
    def encoded_body(self) -> bytes | None:
        """Return the body written anew: it says what was read, and nothing besides."""
        return None if self.body is None else json.dumps(self.body).encode()


def read_target(target: str) -> tuple[str, dict[str, str]]:
    """Return path and query of a request line. Raise StrangeRequestError for any trick."""
    raw, _, query = target.partition("?")
    if not PLAIN.fullmatch(raw) or HIDDEN.search(raw):
        raise StrangeRequestError("its path has characters that hide something")
    try:
        path = unquote(raw, errors="strict")
    except UnicodeDecodeError:
        raise StrangeRequestError("its path is no text") from None
    check_path(path[1:])
    return path, read_query(query)


def check_path(path: str) -> None:
    """Raise StrangeRequestError for a path with an empty, a dotted or an unprintable part."""
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) and path:
        raise StrangeRequestError("its path has an empty or a dotted part")
    if not path.isprintable() or set(path) & set("\\%#?") or (parts[0].endswith(":")):
        raise StrangeRequestError("its path has characters that hide something")


def read_query(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, strict_parsing=bool(query), errors="strict"
        )
    except ValueError:
        raise StrangeRequestError("its query cannot be read") from None
    return _once(pairs)


def read_body(data: bytes) -> dict[str, Any]:
    """Read a JSON object. Raise StrangeRequestError for anything else."""
    try:
        read = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        known = isinstance(error, StrangeRequestError)
        raise StrangeRequestError(str(error) if known else "its body is no JSON") from None
    if not isinstance(read, dict):
        raise StrangeRequestError("its body is no JSON object")
    return read


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs as a dictionary; a name that comes twice may count as either."""
    found = dict[str, Any]()
    for name, value in pairs:
        if name in found:
            raise StrangeRequestError(f"it says {name[:50]!r} twice")
        found[name] = value
    return found


def _no_constant(name: str) -> float:
    """Let MLflow's own client send what is no number, as a metric may be one."""
    return float(name)
