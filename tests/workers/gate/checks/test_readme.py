"""The README: what it has to tell, what a template left in it, and where its links lead."""

import pytest

from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts
from core.policy import policy
from tests.model_repos import FILES, REAL_WORLD, a_repo, real_world
from workers.gate.checks.readme import readme
from workers.gate.readme.page import read

GOOD = FILES["README.md"]


def found(repo: ModelRepo, facts: CheckFacts | None = None) -> list[tuple[int, str]]:
    return [(each.line, each.wrong) for each in readme(repo, facts)]


def of(text: str | bytes, *, links: dict[str, str] | None = None) -> list[tuple[int, str]]:
    return found(a_repo({"README.md": text}, links=links))


def after(line: str) -> list[tuple[int, str]]:
    """What is told of the good README with one more line at its end."""
    told = of(f"{GOOD}\n{line}\n")
    last = GOOD.count("\n") + 2
    assert all(number == last for number, _ in told)
    return [(0, wrong) for _, wrong in told]


def test_a_good_repository_has_no_finding():
    assert found(a_repo()) == []


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_has_no_finding(name):
    assert found(real_world(name)) == []


def test_a_missing_readme_is_told_with_what_belongs_in_it():
    [finding] = readme(a_repo({"README.md": None}))
    assert (finding.path, finding.wrong) == ("README.md", "is missing")
    assert finding.mend == (
        "add README.md with the model's purpose, data, owner, training, metrics, limits"
    )


def test_a_link_in_its_place_is_told():
    repo = a_repo({"README.md": None, "docs/x.md": GOOD}, links={"README.md": "docs/x.md"})
    assert found(repo) == [(0, "is a link, which is not read")]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (GOOD.encode("utf-16"), "is no text"),
        (GOOD.encode() + "Ägare: kreditrisk".encode("latin-1"), "is not in UTF-8, so letters are lost"),
        (b"word " * 60_000, "has 300,000 bytes, more than 262,144"),
    ],
    ids=["utf-16", "latin-1", "large"],
)  # fmt: skip
def test_what_cannot_be_read_is_one_finding(text, wrong):
    assert of(text) == [(0, wrong)]


TOPICS = ["purpose", "data", "owner", "training", "metrics", "limits"]


def test_a_bare_title_tells_nothing():
    told = of("# loan_default\n")
    assert told[0] == (0, "has 0 words of text, fewer than 50")
    assert [wrong for _, wrong in told[1:]] == [f"says nothing about {name}" for name in TOPICS]


FILLING = "Lorry rides across seven bridges every morning without ever asking anybody twice. " * 6


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("## Purpose\nx\n## Input\nx\n## Contact\nx\n## Usage\nx\n## Evaluation\nx\n## Caveats\nx", []),
        ("Syfte\n=====\nx\n\nIndata\n---\nx\n## Ägare\nx\n## Träning\nx\n## Utvärdering\nx\n## Begränsningar\nx", []),
        ("<h2 align='center'>About</h2>\nx\n<H3>Data</H3>\nx", TOPICS[2:]),
        ("The model predicts churn from the table customers. Team Retail runs it; AUC is 0.8. Not for firms.", []),
        ("Modellen bedömer risk ur tabellen lån. Ansvarig: Kredit. Tränas varje natt; träffsäkerhet 0,8. Får inte styra priser.", []),
        ("| Owner | x |\n|---|---|\n| Metrics | AUC |", ["purpose", "data", "training", "limits"]),
        ("### Owner: Jane Doe\n### Metrics: AUC", ["purpose", "data", "training", "limits"]),
        ("- questions: ask@team.example", ["purpose", "data", "training", "metrics", "limits"]),
        ("# Purpose\nx\n# Data science\nx", TOPICS[1:]),
        ("```\n## Purpose\n## Data\nthe team trains; auc; limits\n```", TOPICS),
        ("~~~~\n## Purpose\n~~~\n## Data\n~~~~\n## Owner\nx", [name for name in TOPICS if name != "owner"]),
        ("<!-- ## Purpose\nx\n## Data\nx --> words", TOPICS),
        ("text\n\n    ## Purpose\n    the auc\n", TOPICS),
    ],
)  # fmt: skip
def test_a_topic_is_a_heading_or_a_mention(text, topics):
    told = of(f"# loan_default\n\n{FILLING}\n\n{text}\n")
    assert told == [(0, f"says nothing about {name}") for name in topics]


def test_a_heading_with_nothing_below_it_is_advice_and_counts_for_nothing():
    text = GOOD.replace("## Limits", "## Limits\n\n## More")
    [finding] = readme(a_repo({"README.md": text}))
    assert finding.is_advice
    assert finding.wrong == "has nothing below the heading “Limits”"
    bare = GOOD.partition("## Limits")[0] + "## Limits\n<!-- later -->\n"
    assert (0, "says nothing about limits") in of(bare)


def test_policy_sets_how_long_it_is():
    facts = policy({"rules": {"readme": {"min_words": 500}}}).facts()
    [(_, wrong)] = found(a_repo(), facts)
    assert wrong.endswith("fewer than 500")
    facts = policy({"rules": {"readme": {"min_words": 1, "max_words": 20}}}).facts()
    [(_, wrong)] = found(a_repo(), facts)
    assert wrong.endswith("more than 20")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("one two-three four's", 5),
        ("[![build](https://a.b/c.svg)](https://a.b/c) one", 1),
        ("see [the docs](docs/long-name.md) now", 4),
        ("```python\nx = 1\n```\none", 1),
        ("  - item\n    ```\n    code code\n    ```\none", 2),
        ("<p align='center'><img src='x.png'></p>one<br/>two", 2),
        ("1. 2026 -- 7 %", 0),
        ("https://example.com/a/long/path", 0),
        ("---\ntitle: x\ntags: [a, b]\n---\none", 1),
        ("---\nnever closed", 2),
        ("one<!-- two --> three <!-- four\nfive --> six", 3),
    ],
)
def test_only_words_that_somebody_reads_are_counted(text, count):
    assert read(text).words == count


@pytest.mark.parametrize(
    "line",
    [
        "TODO: Give a short introduction of your project.",
        "Owner: TBD",
        "FIXME",
        "Lorem ipsum dolor sit amet.",
        "Describe the limits of the model here.",
        "Add your text here.",
        "A short description of the project.",
        "Choose a self-explaining name for your project.",
        "Beskriv modellen här.",
        "**Owner:** [your team]",
        "- Version: [e.g., 1.2.0]",
        "- Data: [Describe the data, its size and source]",
        "Ask <your name>.",
        "The model <model name> scores loans.",
        "# {{ project_name }} is scored, and {{cookiecutter.x}} too",
    ],
)
def test_what_a_template_left_is_told_with_its_line(line):
    told = after(line) if not line.startswith("#") else after(line.removeprefix("# "))
    assert len(told) == 1
    assert told[0][1].startswith("still has “")


@pytest.mark.parametrize(
    "line",
    [
        "The list is in TODO.md, and todo el mundo knows it.",
        "`TODO` marks open ends; `<your name>` and `{{ name }}` are filled in by the pipeline.",
        "Read [your rights](https://example.com/rights) and [the model](src/score.py).",
        "The key is databricks://<scope>:<prefix> as in WORKSPACE_URL_<stage>.",
        "Here is what we describe.",
        "- [x] done\n- [ ] not done",
    ],
)
def test_what_only_looks_like_a_left_over_is_left_alone(line):
    assert of(f"{GOOD}\n{line}\n") == []


def test_a_plan_under_its_own_heading_is_no_left_over():
    assert of(f"{GOOD}\n## To do\n- TODO: use the new table\n") == []


def test_the_words_of_sluss_init_are_left_over_once_its_data_are_gone():
    text = f"{GOOD}\nThe data in `data/loans.csv` are generated (600 rows)\nby `sluss init`.\n"
    template = "tables:\n  loans: risk.loans\n"
    assert of(text) == []
    told = found(
        a_repo({"README.md": text, "data/loans.csv": None, "dataset_template.yml": template})
    )
    assert [wrong for _, wrong in told] == [
        "speaks of the generated loans of sluss init, which are not here any more"
    ]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("[a](docs/gone.md)", "links to docs/gone.md, which is not there"),
        ("[a](/docs/gone.md#part)", "links to /docs/gone.md, which is not there"),
        ("[a](SRC/Train.py)", "links to SRC/Train.py, which is spelt otherwise"),
        ("[a](../other/README.md)", "links to ../other/README.md, which is outside the repository"),
        ("![a](<my picture.png> 'Title')", "links to my picture.png, which is not there"),
        ("[a](my%20picture.png)", "links to my picture.png, which is not there"),
        ("[![a](gone.png)](https://example.com)", "links to gone.png, which is not there"),
        ("[a]: gone.md 'Title'", "links to gone.md, which is not there"),
        ("<img src='gone.png' width=3>", "links to gone.png, which is not there"),
        ('<a href="#gone">x</a>', "links to #gone, and no heading is called so"),
        ("[a](#no-such-part)", "links to #no-such-part, and no heading is called so"),
        ("[a](notes(1).md)", "links to notes(1).md, which is not there"),
        ("### See [a](gone.md)\nx", "links to gone.md, which is not there"),
    ],
)
def test_a_link_to_nothing_is_told(line, wrong):
    assert [text for _, text in of(f"{GOOD}\n{line}\n")] == [wrong]


@pytest.mark.parametrize(
    "line",
    [
        "[a](src/train.py) [b](./src/train.py#L3) [c](/src/train.py) [d](src/) [e](src) [f](/)",
        "[a](http://x.y/z.md) [b](HTTPS://x.y) [c](mailto:a@b.c) [d](//x.y/z) [e](vscode:x)",
        "[a](#limits) [b](#Limits) [c](#limits-1) [d](#user-content-limits) [e](#) [f](#top)",
        '[a](data%2Floans.csv) [b](data/loans.csv?raw=true "t") [c][d]\n\n[d]: src/score.py',
        "`[a](gone.md)` and ``[`b`](gone.md)`` and \n```\n[c](gone.md)\n```",
        "<!-- [a](gone.md) --> [^1]\n\n[^1]: a footnote",
        "<a name='Here-It-Is'></a> [a](#here-it-is)",
        "## Two: things & `code`! {#own}\nx [a](#two-things--code) [b](#own)",
        "\\[a](gone",
        "f[0](src/train.py)",
    ],
)  # fmt: skip
def test_a_link_that_leads_somewhere_is_left_alone(line):
    assert of(f"{GOOD}\n{line}\n") == []


def test_a_link_of_the_repository_itself_is_there():
    assert of(f"{GOOD}\n[a](latest)\n", links={"latest": "src"}) == []


def test_a_bank_may_keep_it_elsewhere_and_links_start_there():
    facts = policy({"layout": {"readme": "docs/about.md"}}).facts()
    text = f"{GOOD}\n[a](../src/train.py) [b](/src/train.py) [c](src/train.py)\n"
    told = found(a_repo({"docs/about.md": text}), facts)
    assert [wrong for _, wrong in told] == ["links to src/train.py, which is not there"]


HOSTILE = {
    "brackets": "[" * 200_000,
    "images": "![](" * 50_000,
    "targets": "](" * 100_000,
    "open targets": "[a](b " * 40_000,
    "backticks": "`" * 100_000 + "a" * 100_000,
    "tags": "<h1 " * 60_000,
    "comments": "<!--" * 60_000,
    "braces": "{{" * 100_000,
    "underlines": "a\n---\n" * 40_000,
    "mail": "a." * 100_000,
    "references": "[a]: b\n" * 35_000,
    "verbs": "describe add the your " * 11_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_page_gets_its_answer(text):
    assert found(a_repo({"README.md": text}))
