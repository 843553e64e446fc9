"""The documentation points at what exists: links resolve, and named files are there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
ELSEWHERE = ("http://", "https://", "mailto:")
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir()} - {".venv", ".git"}


def markdown():
    """Every page that git knows or would add, but for the templates of model repositories."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in names.stdout.split() if (ROOT / name).is_file()]


def prose(page):
    """What is said, without blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page):
    return [link for link in LINK.findall(prose(page)) if not link.startswith(ELSEWHERE)]


def paths(page):
    """What is in backticks and begins with a folder of ours; placeholders stay out."""
    words = [word for word in CODE.findall(prose(page)) if re.fullmatch(r"[\w./*-]+", word)]
    return [word for word in words if "/" in word and word.partition("/")[0] in FOLDERS]


def anchor(heading):
    """As the hosts of git make them from headings."""
    return re.sub(r"[^\w\- ]", "", heading.strip().casefold()).replace(" ", "-")


def is_there(page, link):
    path, _, wanted = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    headings = HEADING.findall(target.read_text(encoding="utf-8")) if wanted else []
    return not wanted or wanted in map(anchor, headings)


def name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", markdown(), ids=name)
def test_every_relative_link_leads_somewhere(page):
    assert [link for link in links(page) if not is_there(page, link)] == []


@pytest.mark.parametrize("page", markdown(), ids=name)
def test_every_path_of_ours_exists(page):
    assert [path for path in paths(page) if not any(ROOT.glob(path.rstrip("/")))] == []


def test_the_changelog_has_room_for_what_comes_next():
    assert re.search(r"^## \[Unreleased\]$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_decisions_are_numbered_without_gaps_fit_a_page_and_are_listed():
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text()
    pages = sorted(folder.glob("[0-9]*.md"))

    assert [page.name[:4] for page in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text()
        assert HEADING.findall(text)[1:] == ["Context", "Decision", "Consequences"], page.name
        assert len(text.splitlines()) <= 60, page.name
        assert page.name in listed


def test_every_page_can_be_reached_from_the_readme():
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        found = [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]
        waiting += [path for path in found if path.suffix == ".md" and path not in seen]

    assert {name(page) for page in (ROOT / "docs").rglob("*.md")} <= {name(page) for page in seen}


def test_a_broken_link_and_a_missing_file_are_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "[gone](gone.md) and `core/gone.py`, not `src/train.py` or [web](https://a.example)"
    )

    assert links(page) == ["gone.md"]
    assert not is_there(page, "gone.md")
    assert paths(page) == ["core/gone.py"]
