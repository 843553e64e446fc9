"""The tables behind the clone index: what each operation does to them.

A content is kept once, however many repositories have it. ``posting`` tells which contents have a
fingerprint; all else that is known of a content is in its sketch, which is packed.
"""

import json
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import msgspec

from core.gate.sketch import Sketch
from core.ports.clone_index import Elsewhere

FORM: Final = 1  # the version of the tables; a file of another one is made anew
MOST_FOUND: Final = 300  # contents: those that share the most fingerprints
LEVEL: Final = 1  # of compression: the fast one

SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS content (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    sketch BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS file (
    repository TEXT NOT NULL,
    path TEXT NOT NULL,
    content INTEGER NOT NULL,
    PRIMARY KEY (repository, path)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS file_content ON file (content, repository);
CREATE TABLE IF NOT EXISTS posting (
    print INTEGER NOT NULL,
    content INTEGER NOT NULL,
    PRIMARY KEY (print, content)
) WITHOUT ROWID;
PRAGMA user_version = {FORM};
"""
REPOSITORIES: Final = "SELECT DISTINCT repository FROM file ORDER BY repository"
FILES: Final = (
    "SELECT path, sketch FROM file JOIN content ON content.id = file.content WHERE repository = ?"
)
DIGESTS: Final = (
    "SELECT path, digest, content.id FROM file JOIN content ON content.id = file.content "
    "WHERE repository = ?"
)
# CROSS JOIN keeps SQLite to this order: it looks up each wanted print, and reads no others.
SHARED: Final = """
SELECT found.content, content.sketch FROM (
    SELECT posting.content, count(*) AS shared
    FROM json_each(?) AS wanted CROSS JOIN posting ON posting.print = wanted.value
    GROUP BY posting.content
) AS found JOIN content ON content.id = found.content
WHERE EXISTS (SELECT 1 FROM file WHERE file.content = found.content AND repository <> ?)
ORDER BY shared DESC, found.content LIMIT ?
"""
PLACES: Final = (
    "SELECT repository, min(path) FROM file WHERE content = ? AND repository <> ? "
    "GROUP BY repository"
)
CONTENT: Final = "SELECT id FROM content WHERE digest = ?"
ADD_CONTENT: Final = "INSERT INTO content (digest, sketch) VALUES (?, ?)"
ADD_POSTING: Final = "INSERT OR IGNORE INTO posting (print, content) VALUES (?, ?)"
ADD_FILE: Final = "INSERT OR REPLACE INTO file (repository, path, content) VALUES (?, ?, ?)"
REMOVE_FILE: Final = "DELETE FROM file WHERE repository = ? AND path = ?"
IS_HELD: Final = "SELECT 1 FROM file WHERE content = ? LIMIT 1"
SKETCH: Final = "SELECT sketch FROM content WHERE id = ?"
REMOVE_POSTING: Final = "DELETE FROM posting WHERE print = ? AND content = ?"
REMOVE_CONTENT: Final = "DELETE FROM content WHERE id = ?"

_pack: Final = msgspec.msgpack.Encoder()
_unpack: Final = msgspec.msgpack.Decoder(Sketch)


def repositories(connection: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(name for (name,) in connection.execute(REPOSITORIES))


def files(connection: sqlite3.Connection, repository: str) -> dict[str, Sketch]:
    return {path: _sketch(kept) for path, kept in connection.execute(FILES, (repository,))}


def look_up(
    connection: sqlite3.Connection, prints: Collection[int], besides: str
) -> list[Elsewhere]:
    wanted = json.dumps(sorted(prints))  # in order, as neighbours are on one page of the file
    found = connection.execute(SHARED, (wanted, besides, MOST_FOUND)).fetchall()
    return [
        Elsewhere(sketch=_sketch(kept), paths=dict(connection.execute(PLACES, (content, besides))))
        for content, kept in found
    ]


def replace(connection: sqlite3.Connection, repository: str, kept: Mapping[str, Sketch]) -> None:
    """Write only what has changed; call it inside a transaction."""
    before = {
        path: (digest, content)
        for path, digest, content in connection.execute(DIGESTS, (repository,))
    }
    same = {path for path in kept if path in before and kept[path].digest == before[path][0]}
    gone = before.keys() - kept.keys()
    connection.executemany(REMOVE_FILE, [(repository, path) for path in gone])
    new = {path: sketch for path, sketch in kept.items() if path not in same}
    contents = _contents(connection, new.values())
    rows = [(repository, path, contents[sketch.digest]) for path, sketch in new.items()]
    connection.executemany(ADD_FILE, rows)
    _forget(connection, {content for path, (_, content) in before.items() if path not in same})


def _contents(connection: sqlite3.Connection, sketches: Iterable[Sketch]) -> dict[str, int]:
    """Return the row of each content by its digest, and add those that are new."""
    numbers: dict[str, int] = {}
    postings: list[tuple[int, int]] = []
    for sketch in sketches:
        if sketch.digest in numbers:
            continue
        found = connection.execute(CONTENT, (sketch.digest,)).fetchone()
        if found is None:
            packed = zlib.compress(_pack.encode(sketch), LEVEL)
            number = connection.execute(ADD_CONTENT, (sketch.digest, packed)).lastrowid
            assert number is not None
            postings.extend((value, number) for value in sketch.prints)
            found = (number,)
        (numbers[sketch.digest],) = found
    connection.executemany(ADD_POSTING, sorted(postings))
    return numbers


def _forget(connection: sqlite3.Connection, contents: Iterable[int]) -> None:
    """Delete each of these contents, with its postings, that no repository has any more."""
    for content in contents:
        if connection.execute(IS_HELD, (content,)).fetchone():
            continue
        (kept,) = connection.execute(SKETCH, (content,)).fetchone()
        rows = [(value, content) for value in sorted(_sketch(kept).prints)]
        connection.executemany(REMOVE_POSTING, rows)
        connection.execute(REMOVE_CONTENT, (content,))


def _sketch(packed: bytes) -> Sketch:
    return _unpack.decode(zlib.decompress(packed))
