"""The documentation points at what exists: links, named files, quoted messages, examples."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry

from adapters.local_runs import child_environment, model_process
from core.gate import dataset_template
from core.policy import Policy
from handlers.app import Counters, DeliveryOutcome
from scripts.house import House
from sluss.templates.model_repository import Kind, write_repository

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
ELSEWHERE = ("http://", "https://", "mailto:")
QUOTES = "it says"  # how the head of a table begins whose column quotes messages of the code
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
def test_every_picture_says_in_words_what_it_shows(page):
    assert [words for words in re.findall(r"!\[([^\]]*)\]", prose(page)) if len(words) < 20] == []


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


def said(tree):
    """Every text of a module; a place to fill is "…", and a docstring is one line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (each.value if isinstance(each, ast.Constant) else "…" for each in node.values)
            yield "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.sub(r"\{[^{}\n]*\}", "…", " ".join(node.value.split()))


@pytest.fixture(scope="module")
def messages():
    pages = (path.read_text(encoding="utf-8") for path in (ROOT / "web").glob("*.html"))
    trees = House(ROOT).trees.values()
    return [*pages, *(text for tree in trees for text in said(tree))]


def quoted(page):
    """What the columns of messages quote, in backticks."""
    column = -1
    for line in prose(page).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        heads = [number for number, cell in enumerate(cells) if cell.startswith(QUOTES)]
        column = -1 if not line.startswith("|") else heads[0] if heads else column
        if column >= 0 and not heads:
            yield from CODE.findall(cells[column])


def is_said(quote, messages):
    """A quote may leave out the end of a message, and the beginning of its first word."""
    wanted = re.compile(".*".join(map(re.escape, quote.rstrip(".").split("…"))))
    return any(wanted.search(text) for text in messages)


@pytest.mark.parametrize("name", ["approve", "troubleshoot"])
def test_every_message_that_is_quoted_is_one_of_the_code(name, messages):
    found = list(quoted(ROOT / "docs" / "how_to" / f"{name}.md"))

    assert len(found) > 20
    assert [quote for quote in found if not is_said(quote, messages)] == []


def test_a_quote_of_no_message_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("| what | it says |\n|---|---|\n| `x` | `Port … is free` and `Port … of` |\n")

    assert list(quoted(page)) == ["Port … is free", "Port … of"]
    assert [is_said(quote, ["Port … of … is taken."]) for quote in quoted(page)] == [False, True]


def test_every_metric_is_on_the_page_for_operators_and_no_other():
    registry = CollectorRegistry()
    Counters(registry)
    counted = {each.name + "_total" * (each.type == "counter") for each in registry.collect()}

    page = (ROOT / "docs" / "how_to" / "operate.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(sluss_[a-z_]+)`", page)) == counted
    assert all(f"`{outcome}`" in page for outcome in DeliveryOutcome)


CONTRACT = ROOT / "docs" / "reference" / "model_contract.md"
EXAMPLE = re.compile(r"^`([\w./]+)`[^\n]*:\n\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_example_of_the_contract_is_what_init_writes(tmp_path):
    write_repository(tmp_path / "loan_default", Kind.SUPERVISED)
    shown = dict(EXAMPLE.findall(CONTRACT.read_text(encoding="utf-8")))

    variables = "model_variables.yml"
    written = (tmp_path / "loan_default" / variables).read_text()
    assert yaml.safe_load(shown.pop(variables)) == yaml.safe_load(written)
    assert {"src/train.py", "src/score.py", "dataset_template.yml"} < set(shown)
    for name, text in shown.items():
        assert text == (tmp_path / "loan_default" / name).read_text(), name


def test_the_dataset_template_of_the_contract_is_read():
    section = CONTRACT.read_text(encoding="utf-8").partition("## The dataset template")[2]
    found = dataset_template.parse(re.search(r"```yaml\n(.*?)```", section, re.DOTALL)[1])

    assert [(each.file, each.table) for each in found.tables] == [
        ("data/applications.csv", ""),
        ("", "risk.loans.customers"),
        ("data/payments.csv", "risk.loans.payments"),
    ]
    assert found.parameters == {"seed": 7, "cut_off": "2025-01-01"}


def test_the_limits_in_the_contract_are_those_of_a_run():
    text = CONTRACT.read_text(encoding="utf-8")

    assert f"{Policy().time_limit_s:.0f} s and {Policy().memory_limit_mb} MB" in text
    disk, log = model_process.DISK_MB, model_process.LOG_MB
    assert f"| disk, log | {disk} MB; a log of {log} MB" in text
    assert f"at most {child_environment.MOST_THREADS} threads" in text
    assert f"one to {model_process.MOST_METRICS:,};" in text
