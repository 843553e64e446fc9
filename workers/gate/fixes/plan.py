"""Plans what can be mended without asking: what is not sure stays a finding."""

from collections.abc import Collection, Iterator
from typing import Final

from core.gate.checks import ModelRepo
from core.gate.facts import Facts
from workers.gate.contract.file_names import Misnamed, misnamed
from workers.gate.contract.references import Reference, references
from workers.gate.fixes.fix import Fix, Rename, Rewrite
from workers.gate.fixes.stubs import stubs

# Where a path is only a path. In code a name may be put together in ways that nobody can see.
REWRITTEN: Final = (".yml", ".yaml", ".md")


def planned_fixes(repo: ModelRepo, facts: Facts, only: Collection[str] = ()) -> tuple[Fix, ...]:
    """In the order to apply them: first the texts, then the names, then what is new.

    ``only``: what these checks ask for, all of them where it is empty.
    """
    safe, places = _safe(repo, facts)
    renames = tuple(Rename(each.path, each.to) for each in safe)
    planned = (*_rewrites(repo, safe, places), *renames, *stubs(repo, facts, renames))
    return tuple(fix for fix in planned if not only or set(fix.checks) & set(only))


def _safe(repo: ModelRepo, facts: Facts) -> tuple[list[Misnamed], list[Reference]]:
    """A file is renamed where we can rename every mention of it too."""
    wrong = misnamed(repo, facts)
    found = list(references(repo, [each.path for each in wrong]))
    unsafe = {place.to for place in found if not _is_rewritten(place)}
    known = [
        each for each in wrong if not (each.is_pipeline or each.is_beside) and _is_sure(each.path)
    ]
    safe = [each for each in known if each.path not in unsafe]
    kept = {each.path for each in safe}
    return safe, [place for place in found if place.to in kept]


def _is_sure(path: str) -> bool:
    """Whether the name was read as it is: what is no UTF-8 has this mark in it."""
    return path.isprintable() and "\ufffd" not in path


def _is_rewritten(place: Reference) -> bool:
    return place.is_sure and place.path.casefold().endswith(REWRITTEN)


def _rewrites(
    repo: ModelRepo, renamed: list[Misnamed], places: list[Reference]
) -> Iterator[Rewrite]:
    names = {each.path: each.to.rpartition("/")[2] for each in renamed}
    for path in dict.fromkeys(place.path for place in places):
        old, new, at = repo.files[path], b"", 0
        here = [place for place in places if place.path == path]
        for place in here:
            new += old[at : place.start] + names[place.to].encode()
            at = place.end
        written = tuple(dict.fromkeys(names[place.to] for place in here))
        yield Rewrite(path, old, new + old[at:], written)
